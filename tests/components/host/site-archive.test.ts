import { execFileSync } from "node:child_process";
import {
    chmodSync,
    mkdirSync,
    mkdtempSync,
    rmSync,
    symlinkSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PhpSite } from "../../../components/cluster/sites";
import { packSites } from "../../../components/host/site-archive";

let root: string;

beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "testudo-sites-"));
    mkdirSync(join(root, "shop", "public"), { recursive: true });
    writeFileSync(join(root, "shop", "public", "index.php"), "<?php echo 1;\n");
    writeFileSync(join(root, "shop", "settings.php"), "<?php return [];\n");
});
afterEach(() => {
    rmSync(root, { recursive: true });
});

function site(documentRoot = "public", directory = "shop"): PhpSite {
    return {
        id: "shop",
        key: "sites.shop",
        host: "shop.example.org",
        aliases: [],
        redirects: [],
        code: { directory, documentRoot, healthPath: "/", environment: {}, cron: [] },
    };
}

const pack = (one: PhpSite) => packSites([one], root, join(root, "cache"));

test("the id is that of the content: neither of its times nor of this machine's modes", async () => {
    const first = await pack(site());
    utimesSync(join(root, "shop", "settings.php"), 1, 1);
    chmodSync(join(root, "shop", "settings.php"), 0o600);
    mkdirSync(join(root, "shop", ".git"));
    const second = await pack(site());
    writeFileSync(join(root, "shop", "settings.php"), "<?php return [1];\n");
    const third = await pack(site());
    expect(first.faults).toEqual([]);
    expect(second.value?.[0]?.id).toBe(first.value?.[0]?.id);
    expect(third.value?.[0]?.id).not.toBe(first.value?.[0]?.id);
});

test("tar takes it apart again", async () => {
    symlinkSync("public/index.php", join(root, "shop", "link.php"));
    const { value } = await pack(site());
    const list = execFileSync("tar", ["-tzf", value?.[0]?.file ?? ""], { encoding: "utf8" });
    expect(list.split("\n").filter(Boolean).sort()).toEqual([
        "link.php",
        "public",
        "public/index.php",
        "settings.php",
    ]);
});

test.each<[string, () => PhpSite, string]>([
    ["a directory that is not there", () => site("", "other"), "testudo:sites.shop.directory"],
    ["a document root that is not there", () => site("web"), "testudo:sites.shop.documentRoot"],
    [
        "a document root that is a file",
        () => site("settings.php"),
        "testudo:sites.shop.documentRoot",
    ],
    [
        "a directory that is a link out of the project",
        () => {
            symlinkSync(tmpdir(), join(root, "linked"));
            return site("", "linked");
        },
        "testudo:sites.shop.directory",
    ],
    [
        "a link that leads out",
        () => {
            symlinkSync("../../etc", join(root, "shop", "out"));
            return site();
        },
        "testudo:sites.shop.directory",
    ],
])("refuses %s", async (_, make, key) => {
    const { faults, value } = await pack(make());
    expect(faults.map((fault) => fault.key)).toEqual([key]);
    expect(value).toEqual([]);
});

test.each(["", ".", "shop/..", "../other", "/etc"])(
    "packs nothing where the configuration is at fault already: directory %p",
    async (directory) => {
        expect(await pack(site("", directory))).toEqual({ faults: [], value: [] });
    },
);
