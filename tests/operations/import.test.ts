import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bringIn, undo } from "../../operations/import";
import type { Answer, RunOptions, Stack } from "../../operations/stack";
import { fixture, here } from "../helpers/dumps";

// From files to a stack; the stack is played.

let folder = "";
beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "testudo-import-"));
});
afterAll(() => {
    rmSync(folder, { recursive: true });
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
                // Neither who imports, nor how often hosts are asked where files may go.
                const short = /^(begin|end) '/.exec(word)?.[1] ?? word;
                const isTest = command.includes("test -w");
                if (!isTest) calls.push(`${host} ${word.startsWith("exec") ? "tar" : short}`);
                if (isTest && host === "app2") return { host, code: 1, stdout: "", stderr: "" };
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
            "app1 begin",
            "app2 begin",
            "db1 -rights begin",
            "app1 load utf8mb4 +00:00",
            "app1 settle",
            "app1 swap",
            "db1 -rights end",
            "app1 end",
            "app2 end",
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
        expect(calls.slice(-4)).toEqual(["app1 settle", "db1 -rights end", "app1 end", "app2 end"]);
    });

    test("whoever finds another import under way touches nothing, nor that one's rights", async () => {
        const calls: string[] = [];
        const work = bringIn(
            () => Promise.resolve(played(calls, "begin '")),
            { dump: fixture },
            report,
        );
        await expect(work).rejects.toThrow("app1: import: broken");
        expect(calls.filter((call) => /rights|load|swap/.test(call))).toEqual([]);
    });

    test("caches are emptied elsewhere where the host that changed places is gone", async () => {
        const calls: string[] = [];
        const stack = played(calls, "swap", []);
        const run = stack.run.bind(stack);
        const lost: Stack = {
            ...stack,
            run: async (host, command, options) => ({
                ...(await run(host, command, options)),
                ...(command.includes("swap")
                    ? { code: 255, stdout: '{"swapped":true}\n', stderr: "lost" }
                    : {}),
            }),
        };
        await bringIn(() => Promise.resolve(lost), { dump: fixture }, report);
        expect(calls).toContain("app1 flush");
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

    test("uploads go to every host that may write them, right before the change of places", async () => {
        const calls: string[] = [];
        const uploads = join(folder, "files");
        mkdirSync(uploads);
        writeFileSync(join(uploads, "a.jpg"), "x");
        await bringIn(() => Promise.resolve(played(calls)), { dump: fixture, uploads }, report);
        const steps = calls.filter((call) => /tar$|settle|swap/.test(call));
        expect(steps).toEqual(["app1 settle", "web1 tar", "app1 tar", "app1 swap"]);
    });

    test("the way back changes places again", async () => {
        const calls: string[] = [];
        await undo(played(calls), report);
        expect(calls).toEqual([
            "app1 ask",
            "app1 begin",
            "app2 begin",
            "db1 -rights begin",
            "app1 undo",
            "db1 -rights end",
            "app1 end",
            "app2 end",
        ]);
    });
});
