import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loss } from "./analysis";
import { visitors } from "./client";
import { whole } from "./cluster";
import { figure } from "./figures";
import {
    changed,
    changedStackFile,
    checkout,
    hostsOf,
    needsUp,
    sh,
    stackFile,
    stateDigest,
    tool,
    up,
    type Changes,
} from "./lab";
import { killGroup, must, until } from "./shell";

beforeAll(needsUp);

const settings = "/etc/haproxy/haproxy.cfg";
const fewer = { loadBalancer: { maxConnections: 3900 } };

/** What each balancer runs: its file, and the process that serves. */
async function balancersRun(): Promise<Record<string, string>> {
    const all: Record<string, string> = {};
    for (const host of await hostsOf("load-balancer")) {
        all[host] = await sh(
            host,
            `sha256sum ${settings}; systemctl show --property=MainPID,ActiveEnterTimestamp haproxy; pgrep -x haproxy | sort | tr '\\n' ' '`,
        );
    }
    return all;
}

async function maxConnections(): Promise<string[]> {
    const hosts = await hostsOf("load-balancer");
    return Promise.all(
        hosts.map((host) =>
            sh(
                host,
                `echo 'show info' | socat -t 2 stdio /run/haproxy/admin.sock | sed -n 's/^Maxconn: //p'`,
            ),
        ),
    );
}

describe("changing a running cluster", () => {
    test("a second up finds nothing to change", async () => {
        const finished = await up(["--expect-no-changes"]);
        figure("second up, no changes", finished.seconds, "s", 8);
        expect(finished.text.slice(-3000)).not.toContain("error:");
        expect(finished.code).toBe(0);
    }, 300_000);

    test("a HAProxy setting goes to the balancers only, one after the other, and no request fails meanwhile", async () => {
        const file = changedStackFile("fewer", fewer);
        const asking = await visitors();
        const finished = await up([], { file });
        const attempts = await asking.stop();
        const lost = loss(attempts);
        const pushes = (await hostsOf("load-balancer")).map((host) => `lb-${host}-push`);
        figure("HAProxy setting changed: up", finished.seconds, "s");
        figure(
            "HAProxy setting changed: resources touched",
            changed(finished).length,
            "",
            pushes.length,
            changed(finished).join(", "),
        );
        figure(
            `HAProxy setting changed: failed GETs of ${lost.attempts}`,
            lost.failed,
            "",
            0,
            Object.keys(lost.errors).join("; "),
        );
        expect(finished.code).toBe(0);
        expect(changed(finished)).toEqual(pushes);
        // A balancer goes over to new settings a moment after its reload has returned.
        await until("both balancers have the new setting", 10, async () =>
            (await maxConnections()).filter((value) => value !== "3900"),
        );
        expect(lost.errors).toEqual({});
    }, 300_000);

    test("a file that its daemon's checker refuses changes nothing on the host, and the message says which and why", async () => {
        const copy = mkdtempSync(join(tmpdir(), "testudo-e2e-"));
        try {
            const ignored = new Set(["node_modules", ".git"].map((name) => join(checkout, name)));
            cpSync(checkout, copy, { recursive: true, filter: (path) => !ignored.has(path) });
            symlinkSync(join(checkout, "node_modules"), join(copy, "node_modules"));
            const template = join(
                copy,
                "config-templates/load-balancer-pair",
                `${settings}.mustache`,
            );
            writeFileSync(
                template,
                readFileSync(template, "utf8").replace(
                    "backend web\n",
                    "backend web\n    guesswork yes\n",
                ),
            );

            const before = await balancersRun();
            const finished = await up([], {
                file: changedStackFile("fewer", fewer),
                checkout: copy,
            });
            expect(finished.code).not.toBe(0);
            expect(finished.text).toContain(
                "a checker refused the new files; the old ones are still in place",
            );
            expect(finished.text).toMatch(new RegExp(`checker: haproxy .*${settings}`));
            expect(finished.text).toMatch(/unknown keyword .guesswork./);
            expect(await balancersRun()).toEqual(before);
        } finally {
            rmSync(copy, { recursive: true, force: true });
        }
        const mended = await up(["--expect-no-changes"], {
            file: changedStackFile("fewer", fewer),
        });
        expect(mended.code).toBe(0);
        await whole(60);
    }, 300_000);
});

describe("what cannot work is refused before anything changes, by the key as typed", () => {
    async function refused(name: string, changes: Changes): Promise<string> {
        const before = await stateDigest();
        const finished = await up([], { file: changedStackFile(name, changes) });
        expect(finished.code).not.toBe(0);
        expect(finished.text).toContain("nothing was changed");
        expect(changed(finished)).toEqual([]);
        expect(await stateDigest()).toBe(before);
        return finished.text;
    }

    test("several wrong values and an unknown key, all in one message", async () => {
        const text = await refused("wrong", {
            loadBalancer: { maxConnections: 7 },
            app: { phpWorkers: "many" },
            database: { bufferPoolMib: 256 },
            incuss: { remote: "local" },
        });
        expect(text).toContain("4 faults");
        for (const key of [
            "testudo:loadBalancer.maxConnections",
            "testudo:app.phpWorkers",
            "testudo:database.bufferPoolMib",
            "testudo:incuss",
        ])
            expect(text).toContain(key);
    });

    test("counts without a majority, and an address that is not in its network", async () => {
        const text = await refused("even", {
            database: { count: 2 },
            cache: { count: 2 },
            storage: { count: 2 },
            hosts: { web1: { address: "10.250.0.1" } },
        });
        expect(text).toContain("testudo:database.count");
        expect(text).toContain("testudo:cache.count");
        expect(text).toContain("testudo:storage.count");
        expect(text).toContain("testudo:hosts.web1.address");
    });

    test("two members of a quorum in one failure domain", async () => {
        const text = await refused("domain", {
            hosts: { db1: { failureDomain: "rack" }, db2: { failureDomain: "rack" } },
        });
        expect(text).toMatch(/testudo:hosts\.db[12]\.failureDomain/);
    });

    test("a network that this machine uses already", async () => {
        const routes = JSON.parse(
            await must(["ip", "-json", "-4", "route", "show", "table", "main"]),
        ) as { dst: string; type?: string; dev?: string }[];
        const used = routes.find(
            (route) =>
                route.type === undefined &&
                route.dst.includes("/") &&
                !(route.dev ?? "").startsWith("td"),
        );
        if (used === undefined)
            throw new Error("this machine has no network that could be taken for the test");
        const [a = "", b = ""] = used.dst.split(".");
        const text = await refused("taken", {
            network: {
                supernet: `${a}.${b}.0.0/16`,
                public: `${a}.${b}.200.0/24`,
                private: `${a}.${b}.201.0/24`,
                outside: `${a}.${b}.202.0/24`,
                vip: `${a}.${b}.200.10`,
                innerVip: `${a}.${b}.201.10`,
            },
        });
        expect(text).toContain("testudo:network.supernet");
        expect(text).toContain(used.dst);
    });

    test("the stack file on disk is as it was", () => {
        expect(readFileSync(stackFile, "utf8")).not.toContain("encryptionsalt");
    });
});

describe("an interrupted up", () => {
    test("an up that was killed in the middle is finished by the next one; plain pulumi says what to do", async () => {
        let killed = false;
        const broken = await up([], {
            onLine: (line, child) => {
                if (killed || !/lb-\S+-push updating/.test(line)) return;
                killed = true;
                killGroup(child);
            },
        });
        expect(killed).toBe(true);
        expect(broken.code).not.toBe(0);

        const plain = await up();
        expect(plain.code).not.toBe(0);
        expect(plain.text).toMatch(/currently locked/);
        expect(plain.text).toMatch(/pulumi cancel/);

        const finished = await tool("up", []);
        figure("up after a killed one", finished.seconds, "s");
        expect(finished.text).toContain("was killed; clearing its lock");
        expect(finished.code).toBe(0);
        expect(await maxConnections()).toEqual((await hostsOf("load-balancer")).map(() => "4000"));
        await whole();
        const again = await up(["--expect-no-changes"]);
        expect(again.code).toBe(0);
    }, 600_000);
});
