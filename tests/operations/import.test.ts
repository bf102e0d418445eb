import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { extract, pack } from "tar-stream";
import { bringIn, undo } from "../../operations/import";
import { decide, type SiteHere } from "../../operations/import-checks";
import { surveyDump, type Dump } from "../../operations/import-dump";
import { surveyUploads } from "../../operations/import-uploads";
import { Refusal } from "../../operations/refusal";
import type { Answer, RunOptions, Stack } from "../../operations/stack";

// From files to a stack; the stack is played.

const fixture = join(__dirname, "..", "fixtures", "wordpress-export.sql");
let folder = "";
let dump: Dump;
beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "testudo-import-"));
    dump = await surveyDump(fixture);
});
afterAll(() => {
    rmSync(folder, { recursive: true });
});

const here: SiteHere = {
    server: "11.8.6-MariaDB",
    collations: ["utf8mb4_uca1400_ai_ci", "utf8mb4_unicode_520_ci", "utf8mb4_bin"],
    url: "https://10.91.0.10",
    wordpress: "6.8.3",
    dbVersion: 60421,
    plugins: ["guestbook/guestbook.php"],
    themes: ["twentytwentyfive"],
    posts: 0,
    users: 1,
    comments: 0,
};
const wishes = { fromUrl: [], overwrite: false, deactivateMissing: false };

describe("what is decided before anything changes", () => {
    function refusal(site: Partial<SiteHere>, other: Partial<Dump> = {}): string {
        try {
            decide({ ...dump, ...other }, { ...here, ...site }, wishes);
        } catch (error) {
            if (error instanceof Refusal) return error.message;
            throw error;
        }
        return "accepted";
    }

    test("a site that fits is taken as it is", () => {
        expect(decide(dump, here, wishes)).toEqual({
            from: ["http://old.example/blog"],
            missingPlugins: [],
            theme: null,
            upgrade: false,
        });
    });

    test("addresses are those that are given and those of the dump", () => {
        const { from } = decide(dump, here, { ...wishes, fromUrl: ["https://www.old.example"] });
        expect(from).toEqual(["https://www.old.example", "http://old.example/blog"]);
        expect(() => decide(dump, here, { ...wishes, fromUrl: ["old.example"] })).toThrow(
            /--from-url: old\.example is no address of a site/,
        );
    });

    test.each<[string, Partial<SiteHere>, Partial<Dump>, RegExp]>([
        ["a site with content", { posts: 4 }, {}, /has content of its own \(4 posts.*--overwrite/],
        ["one with users", { users: 2 }, {}, /2 users.*--overwrite/],
        [
            "a newer MariaDB",
            {},
            { server: { product: "MariaDB", version: "12.1.2-MariaDB" } },
            /MariaDB 12\.1\.2.*newer than/,
        ],
        [
            "a newer MySQL",
            {},
            { server: { product: "MySQL", version: "9.1.0" } },
            /MySQL 9\.1\.0.*MySQL 8\.4/,
        ],
        [
            "a collation that is not here",
            {},
            { collations: ["utf8mb4_ja_0900_as_cs"] },
            /sorts by utf8mb4_ja_0900_as_cs.*sed -i/,
        ],
        ["a newer WordPress", { dbVersion: 58975 }, {}, /newer WordPress.*testudo release core/],
        [
            "a plugin that is not here",
            { plugins: [] },
            {},
            /plugin guestbook\/guestbook\.php; release it first/,
        ],
        [
            "a theme that is not here",
            { themes: ["other"] },
            {},
            /theme twentytwentyfive; release it first/,
        ],
    ])("%s is refused", (_, site, other, reason) => {
        expect(refusal(site, other)).toMatch(reason);
    });

    test("all reasons come at once, and each wish lifts its own", () => {
        expect(refusal({ posts: 4, plugins: [], dbVersion: 1 }).split("\n")).toHaveLength(4);
        const site = { ...here, posts: 4, plugins: [], themes: ["a", "twentytwentyfour"] };
        expect(
            decide(dump, site, { ...wishes, overwrite: true, deactivateMissing: true }),
        ).toMatchObject({
            missingPlugins: ["guestbook/guestbook.php"],
            theme: "twentytwentyfour",
        });
    });
});

describe("uploads", () => {
    async function archive(entries: Readonly<Record<string, string>>): Promise<string> {
        const file = join(folder, "uploads.tar");
        const tar = pack();
        for (const [name, text] of Object.entries(entries)) tar.entry({ name }, text);
        tar.entry({ name: "2024/link.jpg", type: "symlink", linkname: "/etc/passwd" });
        tar.finalize();
        const parts: Buffer[] = [];
        for await (const part of tar) parts.push(part as Buffer);
        writeFileSync(file, Buffer.concat(parts));
        return file;
    }

    async function contents(stream: Readable): Promise<Record<string, string>> {
        const found: Record<string, string> = {};
        const reader = extract();
        stream.pipe(reader);
        for await (const entry of reader) {
            const parts: Buffer[] = [];
            for await (const part of entry) parts.push(part as Buffer);
            found[entry.header.name] = Buffer.concat(parts).toString();
        }
        return found;
    }

    test("of an archive come those below uploads, and no programs, links or hidden files", async () => {
        const file = await archive({
            "site/wp-content/uploads/2024/03/a.jpg": "picture",
            "site/wp-content/uploads/2024/shell.php.jpg": "<?php",
            "site/wp-content/uploads/2024/x.PHTML": "<?php",
            "site/wp-content/uploads/.htaccess": "x",
        });
        const found = await surveyUploads(file);
        expect(found).toMatchObject({ files: 1, bytes: 7 });
        expect(found.left).toEqual([
            "2024/shell.php.jpg",
            "2024/x.PHTML",
            ".htaccess",
            "2024/link.jpg",
        ]);
        expect(await contents(found.packed())).toEqual({ "2024/03/a.jpg": "picture" });
    });

    test.each(["../x.jpg", "/etc/x.jpg", "2024/../../x.jpg"])("%s is refused", async (name) => {
        await expect(surveyUploads(await archive({ [name]: "x" }))).rejects.toThrow(
            `uploads.tar: ${name} leads out of the folder; nothing was changed`,
        );
    });

    test("of a folder come its files", async () => {
        const place = join(folder, "uploads");
        mkdirSync(join(place, "2024"), { recursive: true });
        writeFileSync(join(place, "2024", "ü.jpg"), "picture");
        symlinkSync("/etc/passwd", join(place, "passwd.txt"));
        const found = await surveyUploads(place);
        expect(found.left).toEqual(["passwd.txt"]);
        expect(await contents(found.packed())).toEqual({ "2024/ü.jpg": "picture" });
        await expect(surveyUploads(join(folder, "none"))).rejects.toThrow("there is no such");
    });
});

describe("the way into a stack", () => {
    const said: string[] = [];
    const report = { say: (line: string) => said.push(line), result: () => undefined };
    const settled = {
        url: here.url,
        rewritten: { wp_posts: 3 },
        unreadable: 0,
        fromDbVersion: 1,
        dbVersion: 1,
        admin: "added",
        users: 3,
    };

    /** Answers as hosts would; `broken` is a word of the command that fails. */
    function played(calls: string[], broken = "never", down: readonly string[] = []): Stack {
        const hosts = [
            { name: "app1", address: "", zone: "private", roles: ["app" as const] },
            { name: "app2", address: "", zone: "private", roles: ["app" as const] },
            { name: "db1", address: "", zone: "private", roles: ["database" as const] },
            { name: "db2", address: "", zone: "private", roles: ["database" as const] },
            { name: "web1", address: "", zone: "private", roles: ["web" as const] },
        ];
        return {
            name: "test",
            outputs: { adminUser: "root", adminPassword: "HIDDEN" },
            hosts,
            hostsOf: (role) => hosts.filter(({ roles }) => roles.some((one) => one === role)),
            run: async (host: string, command: string, options?: RunOptions): Promise<Answer> => {
                const word = command.replace(/.*\/import(-rights)? /, "$1 ").trim();
                calls.push(`${host} ${word.startsWith("exec") ? "tar" : word}`);
                const input = options?.stdin;
                if (typeof input === "object" && "stream" in input)
                    for await (const part of input.stream) expect(part).toBeDefined();
                const answer = word === "ask" ? here : settled;
                if (down.includes(host)) return { host, code: 255, stdout: "", stderr: "no route" };
                return word.includes(broken)
                    ? { host, code: 1, stdout: "", stderr: "broken" }
                    : { host, code: 0, stdout: JSON.stringify(answer), stderr: "" };
            },
        };
    }

    test("the living site's tables change places last, and rights end", async () => {
        const calls: string[] = [];
        await bringIn(() => Promise.resolve(played(calls)), { dump: fixture }, report);
        expect(calls).toEqual([
            "app1 ask",
            "db1 -rights begin",
            "app1 load utf8mb4 +00:00",
            "app1 settle",
            "app1 swap",
            "app1 flush",
            "db1 -rights end",
        ]);
        expect(said.join("\n")).toMatch(/prefix blog7_ becomes wp_/);
        expect(said.join("\n")).not.toContain("HIDDEN");
    });

    test("a step that fails ends it before visitors see anything, and rights end", async () => {
        const calls: string[] = [];
        const work = bringIn(
            () => Promise.resolve(played(calls, "settle")),
            { dump: fixture },
            report,
        );
        await expect(work).rejects.toThrow("app1: settle: broken");
        expect(calls.slice(-2)).toEqual(["app1 settle", "db1 -rights end"]);
    });

    test("hosts that are away are passed over", async () => {
        const calls: string[] = [];
        const stack = played(calls, "never", ["app1", "db1"]);
        await bringIn(() => Promise.resolve(stack), { dump: fixture }, report);
        expect(calls).toContain("app2 swap");
        expect(calls).toContain("db2 -rights end");
    });

    test("a trial changes nothing, and a bad dump asks nobody", async () => {
        const calls: string[] = [];
        await bringIn(
            () => Promise.resolve(played(calls)),
            { dump: fixture, dryRun: true },
            report,
        );
        expect(calls).toEqual(["app1 ask"]);
        const bad = join(folder, "bad.sql");
        writeFileSync(bad, "-- MariaDB dump\nGRANT ALL ON *.* TO x;\n");
        const open = () => Promise.reject(new Error("the stack was asked"));
        await expect(bringIn(open, { dump: bad }, report)).rejects.toThrow("bad.sql:2:");
    });

    test("uploads go to every host that needs them, before the change of places", async () => {
        const calls: string[] = [];
        const uploads = join(folder, "files");
        mkdirSync(uploads);
        writeFileSync(join(uploads, "a.jpg"), "x");
        await bringIn(() => Promise.resolve(played(calls)), { dump: fixture, uploads }, report);
        expect(calls.filter((call) => call.endsWith("tar"))).toEqual([
            "web1 tar",
            "app1 tar",
            "app2 tar",
        ]);
        expect(calls.indexOf("app2 tar")).toBeLessThan(calls.indexOf("app1 swap"));
    });

    test("the way back changes places again", async () => {
        const calls: string[] = [];
        await undo(played(calls), report);
        expect(calls).toEqual([
            "app1 ask",
            "db1 -rights begin",
            "app1 undo",
            "app1 flush",
            "db1 -rights end",
        ]);
    });
});
