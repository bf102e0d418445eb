import type { Plan } from "../../../components/cluster/plan";
import { renderRole, type RenderedFile } from "../../../components/host/render";
import { galera, ports } from "../../../components/roles/galera-cluster";
import { providerOptions, voteTimers } from "../../../components/roles/galera-cluster.views";
import { hostOf, planOf as planWith } from "../../helpers/plans";

const canary = "CANARY-KEY";
const credentials = { certificate: "certificate\n", key: `${canary}\n`, ca: "ca\n" };

function planOf(database: object = {}): Plan {
    return planWith({ database });
}

function filesOf(plan: Plan, name: string): Map<string, RenderedFile> {
    const files = renderRole(galera, { plan, host: hostOf(plan, name), credentials });
    return new Map(files.map((file) => [file.path, file]));
}

const server = "/etc/mysql/mariadb.conf.d/90-testudo.cnf";
const runtime = "/etc/mysql/mariadb.conf.d/91-testudo-runtime.cnf";

test.each([1, 1.5, 2, 3.7, 5, 30, 60])(
    "vote timers for a suspect timeout of %d s are inside Galera's limits",
    (suspect) => {
        const timers = voteTimers(suspect);
        expect(timers.keepalive_period).toBeLessThanOrEqual(suspect / 3);
        expect(timers.inactive_check_period).toBeLessThanOrEqual(suspect / 2);
        expect(timers.inactive_timeout).toBeGreaterThanOrEqual(suspect);
        expect(timers.install_timeout).toBeLessThanOrEqual(timers.inactive_timeout ?? 0);
        expect(timers.install_timeout).toBeGreaterThanOrEqual(timers.keepalive_period ?? Infinity);
        for (const seconds of Object.values(timers))
            expect(String(seconds)).toMatch(/^\d+(\.\d{1,2})?$/);
    },
);

test("the recommended timers come out for 2 s", () => {
    expect(providerOptions("10.0.0.1", 128, 2)).toContain(
        "evs.keepalive_period=PT0.3S;evs.inactive_check_period=PT0.3S;evs.join_retrans_period=PT0.3S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT6S",
    );
});

test("there is one provider options line in all of the server's files", () => {
    const text = [...filesOf(planOf(), "db1").values()].map((file) => file.content).join("\n");
    expect(text.match(/^wsrep_provider_options/gm)).toHaveLength(1);
});

test("a change that restarts a member is not made by sizes, nor by another member", () => {
    const before = filesOf(planOf(), "db1");
    const after = filesOf(planOf({ count: 5, bufferPoolMiB: 256, maxConnections: 300 }), "db1");
    expect(after.get(server)?.content).toBe(before.get(server)?.content);
    expect(after.get(runtime)?.content).not.toBe(before.get(runtime)?.content);
    expect(after.get(runtime)?.onChange).toMatch(/^run /);
    const restarting = [...after.values()]
        .filter((file) => file.onChange === "restart mariadb.service")
        .map((file) => file.path);
    expect(restarting).toEqual([server]);
});

test("no member is its own donor, and the first member is the last choice", () => {
    expect(filesOf(planOf(), "db1").get(runtime)?.content).toContain(
        "wsrep_sst_donor = db3,db2,\n",
    );
    expect(filesOf(planOf(), "db3").get(runtime)?.content).toContain(
        "wsrep_sst_donor = db2,db1,\n",
    );
});

test("the key is in no file that others may read", () => {
    const readable = [...filesOf(planOf(), "db1").values()].filter(
        (file) => file.content.includes(canary) && !/0[46][04]0/.test(file.mode),
    );
    expect(readable.map((file) => file.path)).toEqual([]);
});

test("the gate lets in no more clients than the server has places for", () => {
    const files = filesOf(planOf({ maxConnections: 40 }), "db1");
    expect(files.get("/etc/haproxy/galera.cfg")?.content).toContain("maxconn 40 check");
    expect(files.get(runtime)?.content).toContain("max_connections = 48\n");
});

test("every flow has a listener and every network listener a flow", () => {
    const flows = new Set(galera.flows(planOf()).map((flow) => flow.port));
    const listeners = new Set(
        galera.listens
            .filter((listener) => listener.scope === "network")
            .map((listener) => listener.port),
    );
    expect(flows).toEqual(listeners);
    expect(flows.has(ports.server)).toBe(false);
});

test.each([
    [{ suspectTimeoutSeconds: 28 }, "testudo:database.suspectTimeoutSeconds"],
    [{ bufferPoolMiB: 900 }, "testudo:database.bufferPoolMiB"],
    [{ gcacheMiB: 3000 }, "testudo:database.gcacheMiB"],
])("%j is refused by its key", (database, key) => {
    expect(galera.faults(planOf(database)).map((fault) => fault.key)).toEqual([key]);
});

test("the defaults are refused by nobody", () => {
    expect(galera.faults(planOf())).toEqual([]);
});
