import { spawnSync } from "node:child_process";
import {
    existsSync,
    mkdirSync,
    mkdtempSync,
    readdirSync,
    readlinkSync,
    rmSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PhpSite } from "../../../components/cluster/sites";
import { packSites } from "../../../components/host/site-archive";
import { fileOf } from "../../helpers/facts";
import { hostOf, planOf } from "../../helpers/plans";

// The script itself, below a directory of its own; what the site's health path answers is a file.

const plan = planOf({});
const original = fileOf(plan, hostOf(plan, "web1"), "/usr/local/lib/testudo/web/release-site");
let root: string;

beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "testudo-release-"));
    mkdirSync(join(root, "incoming"));
    mkdirSync(join(root, "bin"));
    mkdirSync(join(root, "values"));
    writeFileSync(join(root, "bin", "curl"), `#!/bin/sh\ncat "${root}/answer"\n`, { mode: 0o755 });
    writeFileSync(join(root, "bin", "sleep"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(join(root, "bin", "chown"), "#!/bin/sh\n", { mode: 0o755 });
    writeFileSync(join(root, "answer"), "200");
    const text = original
        .replaceAll("/srv/", `${root}/srv/`)
        .replaceAll("/var/lib/testudo/incoming", `${root}/incoming`);
    writeFileSync(join(root, "release-site"), text, { mode: 0o755 });
});
afterEach(() => {
    rmSync(root, { recursive: true });
});

/** An archive of a new release, where a copy puts it. */
async function copied(content: string, site = "shop"): Promise<string> {
    const code = join(root, "code", site, "public");
    mkdirSync(code, { recursive: true });
    writeFileSync(join(code, "index.php"), content);
    const one: PhpSite = {
        id: site,
        key: `sites.${site}`,
        host: "shop.example.org",
        aliases: [],
        redirects: [],
        code: {
            directory: `code/${site}`,
            documentRoot: "public",
            healthPath: "/",
            environment: {},
            cron: [],
        },
    };
    const { value } = await packSites([one], root, join(root, "incoming"));
    const [archive] = value ?? [];
    if (archive === undefined) throw new Error("nothing was packed");
    spawnSync("mv", [archive.file, join(root, "incoming", `${site}-${archive.id}.tar.gz`)]);
    return archive.id;
}

function run(order: string, id: string, more: Record<string, string> = {}): string {
    const values = {
        order,
        id,
        site: "shop",
        key: "sites.shop",
        host: "shop.example.org",
        health_path: "/up",
        document_root: "public",
        ...more,
    };
    for (const [name, text] of Object.entries(values))
        writeFileSync(join(root, "values", name), text);
    const { status, stderr } = spawnSync(join(root, "release-site"), [join(root, "values")], {
        encoding: "utf8",
        env: { ...process.env, PATH: `${root}/bin:${process.env.PATH ?? ""}` },
    });
    return status === 0 ? "" : stderr;
}

const releases = () => readdirSync(join(root, "srv/sites/shop/releases")).sort();
const current = () => readlinkSync(join(root, "srv/sites/shop/current"));
const answers = (status: string) => {
    writeFileSync(join(root, "answer"), status);
};
const shown = (id: string) => join(root, "srv/sites/shop/releases", `php-${id}`, "public");

test("however often new code fails, the code that visitors use is there, on a host without nginx too", async () => {
    const good = await copied("good");
    expect(run("unpack", good) + run("use", good) + run("keep", good)).toBe("");
    answers("503");
    for (const text of ["a", "b", "c", "d", "e", "f"]) {
        const bad = await copied(text);
        expect(run("unpack", bad)).toBe("");
        expect(run("use", bad)).toMatch(/testudo:sites\.shop\.healthPath.*503.*the code before it/);
    }
    expect(current()).toBe(shown(good));
    expect(existsSync(join(shown(good), "index.php"))).toBe(true);
    rmSync(join(root, "srv/sites/shop/current"));
    expect(run("keep", good)).toBe("");
    expect(current()).toBe(shown(good));
});

test("four releases stay beside the one in use, among them the one before it", async () => {
    const first = await copied("first");
    expect(run("unpack", first) + run("use", first)).toBe("");
    const more: string[] = [];
    for (const text of ["a", "b", "c", "d", "e"]) {
        more.push(await copied(text));
        expect(run("unpack", more.at(-1) ?? "")).toBe("");
    }
    const last = more.at(-1) ?? "";
    expect(run("use", last) + run("keep", last)).toBe("");
    expect(releases()).toEqual([first, ...more.slice(1)].map((id) => `php-${id}`).sort());
});

test("another document root is shown after the health path has answered, and not before", async () => {
    const id = await copied("one");
    expect(run("unpack", id) + run("use", id)).toBe("");
    answers("500");
    expect(run("use", id, { document_root: "" })).toContain("visitors keep the code before it");
    expect(current()).toBe(shown(id));
    expect(run("use", id)).toContain("visitors have them already");
    answers("200");
    expect(run("use", id, { document_root: "" })).toBe("");
    expect(`${current()}/public`).toBe(shown(id));
});

test("archives of a site whose name begins with this one's are left alone", async () => {
    const other = await copied("other", "shop-eu");
    const first = await copied("first");
    const second = await copied("second");
    expect(run("unpack", second)).toBe("");
    expect(readdirSync(join(root, "incoming")).sort()).toEqual(
        [`shop-${second}.tar.gz`, `shop-eu-${other}.tar.gz`].sort(),
    );
    expect(first).not.toBe(second);
});
