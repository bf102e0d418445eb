import { createHash } from "node:crypto";
import { renderRole, type RenderedFile } from "../../../components/host/render";
import { redis, type RedisPasswords } from "../../../components/roles/redis-sentinel";
import { hostOf, planOf } from "../../helpers/plans";
import { PrivateHost } from "../../helpers/private-host";

// What a push leaves on a member when passwords change; members together: tests/checkers/redis-passwords.test.ts.

const missing = PrivateHost.missing();
const here = missing === undefined ? test : test.skip;
const plan = planOf({ preset: "full" });
const settings = "/etc/testudo/cache";
const shown = [
    `${settings}/gate.auth`,
    `${settings}/operator.auth`,
    `${settings}/sessions.conf`,
    `${settings}/objects.conf`,
    `${settings}/sentinel.conf`,
    "/etc/haproxy/redis.cfg",
];
const lists = ["sessions", "objects", "sentinel"].map((name) => `${settings}/${name}.acl`);
const scripts = ["adapt", "passwords.sh"].map((name) => `/usr/local/lib/testudo/cache/${name}`);

function passwordsOf(mark: string): RedisPasswords {
    const of = (account: string) => `${account}Of${mark}`;
    return {
        sessions: of("sessions"),
        objects: of("objects"),
        replication: of("replication"),
        sentinel: of("sentinel"),
        gate: of("gate"),
        operator: of("operator"),
    };
}

/** The files that hold passwords, and the scripts that know them; nothing here is started. */
function filesWith(mark: string, sessionsMiB = 64): RenderedFile[] {
    const own = planOf({ preset: "full", cache: { sessionsMiB } });
    const credentials = { certificate: "", key: "", ca: "" };
    const passwords = passwordsOf(mark);
    return renderRole(redis, { plan: own, host: hostOf(plan, "cache1"), credentials, passwords })
        .filter(({ path }) => [...shown, ...lists, ...scripts].includes(path))
        .map((file) => ({ ...file, owner: "root:root", onChange: "none", check: "" }));
}

const hash = (text: string) => `#${createHash("sha256").update(text).digest("hex")}`;
const text = (files: RenderedFile[], path: string) =>
    files.find((file) => file.path === path)?.content ?? "";

here("a member goes on using what it used, and accepts the new beside all of before", async () => {
    const host = new PrivateHost();
    const push = (mark: string, sessionsMiB?: number) =>
        host.applyAs({ role: "cache", units: [], roles: [] }, ...filesWith(mark, sessionsMiB));
    try {
        await push("First");
        for (const path of [...shown, ...lists])
            expect([path, host.read(path)]).toEqual([path, text(filesWith("First"), path)]);

        expect((await push("Second", 96)).status).toBe(0);
        await push("Third", 96);
        for (const path of shown) {
            // All else of the file is what the push brought.
            expect([path, host.read(path)]).toEqual([path, text(filesWith("First", 96), path)]);
            expect(host.read(path)).toContain("OfFirst");
        }
        for (const path of lists) {
            const lines = host.read(path).split("\n");
            expect(lines).toHaveLength(text(filesWith("Third"), path).split("\n").length);
            for (const [account, password] of Object.entries(passwordsOf("Third"))) {
                const line = lines.find((one) => one.startsWith(`user ${account} `));
                if (line === undefined) continue;
                expect(line.match(/#[0-9a-f]{64}/g)).toEqual([
                    hash(String(password)),
                    hash(`${account}OfSecond`),
                    hash(`${account}OfFirst`),
                ]);
            }
            expect(lines.filter((line) => line.startsWith("user operator "))).toHaveLength(1);
        }
        expect((await push("Third", 96)).said).toBe("nothing to change\n");
    } finally {
        host.remove();
    }
});
