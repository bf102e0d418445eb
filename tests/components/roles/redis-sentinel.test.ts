import { createHash } from "node:crypto";
import type { Plan } from "../../../components/cluster/plan";
import { renderRole, type RenderedFile } from "../../../components/host/render";
import { ports, redis, type RedisPasswords } from "../../../components/roles/redis-sentinel";
import { failoverMs, majority, pingMs } from "../../../components/roles/redis-sentinel.views";
import { hostOf, planOf as planWith, roleFaults, type Values } from "../../helpers/plans";

const canary = "CANARY";
const credentials = { certificate: "certificate\n", key: `${canary}key\n`, ca: "ca\n" };
const passwords: RedisPasswords = {
    sessions: `${canary}sessions`,
    objects: `${canary}objects`,
    replication: `${canary}replication`,
    sentinel: `${canary}sentinel`,
    gate: `${canary}gate`,
    operator: `${canary}operator`,
};

function planOf(cache: object = {}, others: Values = {}): Plan {
    return planWith({ preset: "full", cache, ...others });
}

function filesOf(plan: Plan, name: string): Map<string, RenderedFile> {
    const files = renderRole(redis, { plan, host: hostOf(plan, name), credentials, passwords });
    return new Map(files.map((file) => [file.path, file]));
}

function textOf(plan: Plan, name: string, path: string): string {
    const file = filesOf(plan, name).get(path);
    if (file === undefined) throw new Error(`${name} has no ${path}`);
    return file.content;
}

const settings = "/etc/testudo/cache";
const gate = "/etc/haproxy/redis.cfg";

test.each([
    [3, 2],
    [5, 3],
    [9, 5],
])("of %d Sentinels %d decide, everywhere", (count, least) => {
    const plan = planOf({ count });
    expect(majority(plan)).toBe(least);
    expect(textOf(plan, "cache2", `${settings}/cluster.env`)).toContain(`\nmajority=${least}\n`);
    const monitors = textOf(plan, "cache2", `${settings}/sentinel.conf`).match(
        /^sentinel monitor .*$/gm,
    );
    expect(monitors).toEqual([
        `sentinel monitor sessions 10.91.1.51 16379 ${least}`,
        `sentinel monitor objects 10.91.1.51 16380 ${least}`,
    ]);
    const doors = textOf(plan, "cache2", gate).match(/nbsrv\(\w+-named\) ge \d+/g);
    expect(new Set(doors)).toEqual(
        new Set([`nbsrv(sessions-named) ge ${least}`, `nbsrv(objects-named) ge ${least}`]),
    );
    expect(doors).toHaveLength(4);
});

test("a gate asks every Sentinel for its own host's whole address", () => {
    const text = textOf(planOf(), "cache1", gate);
    expect(text).toContain(String.raw`tcp-check expect min-recv 33 string "\r\n10.91.1.51\r\n"`);
    for (const address of ["10.91.1.51", "10.91.1.52", "10.91.1.53"])
        expect(text.split(` ${address}:26379 `)).toHaveLength(3);
});

test("the shortest answer of a Sentinel is not shorter than what the gate waits for", () => {
    const shortest = "+OK\r\n*2\r\n$7\r\n1.1.1.1\r\n$5\r\n16379\r\n";
    expect(shortest.length).toBeGreaterThanOrEqual(33);
    const longest = "+OK\r\n*2\r\n$15\r\n100.100.100.100\r\n";
    expect(longest.length).toBeLessThanOrEqual(33);
});

test("a gate that starts knows nobody: every server that it checks is down in its first state", () => {
    const plan = planOf({ count: 5 });
    const lines = textOf(plan, "cache1", `${settings}/gate.state`).trim().split("\n").slice(2);
    const checked = textOf(plan, "cache1", gate).match(/^ {4}server \S+ \S+/gm) ?? [];
    // All but the agent, which has no check.
    expect(lines).toHaveLength(checked.length - 1);
    for (const line of lines) {
        expect(line.split(" ")).toHaveLength(25);
        expect(line.split(" ").slice(5, 7)).toEqual(["0", "0"]);
    }
});

test("sessions are never thrown away, objects are", () => {
    const plan = planOf({ sessionsMiB: 70, objectsMiB: 90 });
    const sessions = textOf(plan, "cache1", `${settings}/sessions.conf`);
    const objects = textOf(plan, "cache1", `${settings}/objects.conf`);
    expect(sessions).toContain("maxmemory 70mb\nmaxmemory-policy noeviction\n");
    expect(objects).toContain("maxmemory 90mb\nmaxmemory-policy allkeys-lru\n");
});

test("a master without replicas takes no writes, except where the user has accepted a single host", () => {
    const line = (plan: Plan) =>
        /^min-replicas-to-write .*$/m.exec(
            textOf(plan, "cache1", `${settings}/sessions.conf`),
        )?.[0];
    const acceptDataLossRisk = "a throw-away cluster for one afternoon";
    const alone = planOf({ count: 1 }, { acceptDataLossRisk });
    expect(line(planOf())).toBe("min-replicas-to-write 1");
    expect(line(alone)).toBe("min-replicas-to-write 0");
    expect(textOf(planOf(), "cache1", gate)).toContain("min_slaves_good_slaves");
    expect(textOf(alone, "cache1", gate)).not.toContain("min_slaves_good_slaves");
});

test("accounts are hashes, the default one is off, and none but the operator has everything", () => {
    for (const name of ["sessions", "objects", "sentinel"]) {
        const lines = textOf(planOf(), "cache1", `${settings}/${name}.acl`).trim().split("\n");
        expect(lines[0]).toMatch(/^user default off .*-@all$/);
        for (const line of lines) expect(line).not.toContain(canary);
        expect(lines.filter((line) => line.includes("+@all"))).toEqual([
            expect.stringMatching(/^user operator /),
        ]);
    }
    const hash = createHash("sha256").update(passwords.sessions).digest("hex");
    expect(textOf(planOf(), "cache1", `${settings}/sessions.acl`)).toContain(`#${hash} `);
});

test("the accounts of sessions and objects exist on their own instance only, with their own keys", () => {
    const sessions = textOf(planOf(), "cache1", `${settings}/sessions.acl`);
    const objects = textOf(planOf(), "cache1", `${settings}/objects.acl`);
    expect(sessions).toMatch(/^user sessions on .* ~session:\* /m);
    expect(sessions).not.toContain("user objects");
    expect(objects).toMatch(/^user objects on .* ~wp:\* .*\+flushdb/m);
    expect(objects).not.toContain("user sessions");
});

test("no secret is in a file that everybody may read", () => {
    const readable = [...filesOf(planOf(), "cache1").values()].filter(
        (file) => file.content.includes(canary) && !/^0[46][04]0$/.test(file.mode),
    );
    expect(readable.map((file) => file.path)).toEqual([]);
});

test("sizes, timers, passwords and certificates restart no daemon", () => {
    const before = filesOf(planOf(), "cache1");
    const after = filesOf(
        planOf({ sessionsMiB: 80, objectsMiB: 150, downAfterSeconds: 1.5, count: 5 }),
        "cache1",
    );
    const changed = [...after.values()].filter(
        (file) => file.content !== before.get(file.path)?.content,
    );
    expect(changed.length).toBeGreaterThan(3);
    for (const file of changed) expect([file.path, file.onChange]).not.toContain("restart");
    const restarting = [...after.values()].filter((file) => file.onChange.startsWith("restart "));
    expect(restarting.map((file) => file.path)).toEqual(
        restarting.map(() => expect.stringMatching(/^\/etc\/systemd\//) as unknown),
    );
});

test("what a running server is given is all that the plan can change", () => {
    const above = (cache: object) =>
        textOf(planOf(cache), "cache1", `${settings}/objects.conf`).split("# apply-runtime:")[0];
    expect(above({ sessionsMiB: 80, objectsMiB: 150, count: 5 })).toBe(above({}));
});

test("a host's Sentinel keeps its id when the machine is remade, and shares it with nobody", () => {
    const idOf = (plan: Plan, name: string) =>
        /^sentinel myid ([0-9a-f]{40})$/m.exec(
            textOf(plan, name, `${settings}/sentinel.conf`),
        )?.[1];
    const ids = ["cache1", "cache2", "cache3"].map((name) => idOf(planOf(), name));
    expect(new Set(ids).size).toBe(3);
    expect(idOf(planOf({ count: 5 }), "cache1")).toBe(ids[0]);
});

test.each([0.5, 1, 1.5, 2])("timers fit a down-after of %d s", (seconds) => {
    expect(pingMs(seconds)).toBeLessThanOrEqual(seconds * 500);
    expect(pingMs(seconds)).toBeGreaterThanOrEqual(200);
    expect(failoverMs(seconds)).toBeGreaterThan(seconds * 1000);
});

test("every flow has a listener and every network listener a flow", () => {
    const flows = new Set(redis.flows(planOf()).map((flow) => flow.port));
    const network = redis.listens.filter((listener) => listener.scope === "network");
    expect(flows).toEqual(new Set(network.map((listener) => listener.port)));
    expect(flows.has(ports.agent)).toBe(false);
});

test("clients come through the inner balancers where there are any, else by themselves", () => {
    const clients = (plan: Plan) => [
        ...new Set(
            redis
                .flows(plan)
                .map((flow) => flow.from)
                .filter((from) => from !== "cache"),
        ),
    ];
    expect(clients(planOf())).toEqual(["inner-load-balancer"]);
    expect(clients(planOf({}, { innerLoadBalancer: { count: 0 } }))).toEqual(["app"]);
});

test.each([
    [{ sessionsMiB: 200 }, "at most half of the memory of cache1 (512 MiB)"],
    [{ sessionsMiB: 300, memoryMiB: 4096 }, undefined],
    [{ objectsMiB: 500, memoryMiB: 4096 }, "at most a quarter of testudo:cache.dataGiB (512 MiB)"],
    [{}, undefined],
])("%j: %s", (cache, rule) => {
    const faults = roleFaults(redis, { preset: "full", cache });
    expect(faults).toHaveLength(rule === undefined ? 0 : 1);
    if (rule !== undefined) {
        expect(faults[0]).toContain("testudo:cache.sessionsMiB, testudo:cache.objectsMiB: ");
        expect(faults[0]).toContain(rule);
    }
});
