import { hostsOf } from "../../../components/cluster/plan";
import { innerLoadBalancer } from "../../../components/roles/inner-load-balancer";
import { fileOf } from "../../helpers/facts";
import { full, hostOf, planFaults, planOf, roleFaults } from "../../helpers/plans";

const config = "/etc/haproxy/inner.cfg";
const plan = planOf(full);
const file = (host: string, path: string) => fileOf(plan, hostOf(plan, host), path);

/** The lines of one section. */
function section(text: string, head: string): string[] {
    const lines = text.split("\n");
    const from = lines.indexOf(head);
    if (from < 0) throw new Error(`no section ${head}`);
    const rest = lines.slice(from + 1);
    const to = rest.findIndex((line) => /^\S/.test(line));
    return rest.slice(0, to < 0 ? undefined : to).map((line) => line.trim());
}

test("one inner balancer is refused, and two that fail together", () => {
    expect(planFaults({ ...full, innerLoadBalancer: { count: 1 } })).toEqual([
        expect.stringMatching(/^testudo:innerLoadBalancer\.count: needs at least 2 .*; got 1$/),
    ]);
    const rack = { failureDomain: "rack 1" };
    expect(planFaults({ ...full, hosts: { inner1: rack, inner2: rack } })).toEqual([
        expect.stringMatching(/^testudo:hosts\.inner1\.failureDomain/),
    ]);
});

test("two and none are refused by nobody", () => {
    expect(roleFaults(innerLoadBalancer, full)).toEqual([]);
    expect(roleFaults(innerLoadBalancer, {})).toEqual([]);
});

test("every door wants a certificate of a host that runs PHP", () => {
    for (const door of ["sql", "reads", "sessions-door", "objects-door"]) {
        const lines = section(file("inner1", config), `frontend ${door}`);
        expect(lines.find((line) => line.startsWith("bind"))).toMatch(
            /^bind :\d+ ssl crt \S+ ca-file \S+ verify required/,
        );
        expect(lines).toContain("tcp-request session reject unless { ssl_c_s_dn(OU) -m str app }");
    }
});

test("both choose from the same members, in the same order, under the same ids", () => {
    const [one, two] = ["inner1", "inner2"].map((host) =>
        section(file(host, config), "backend writer").filter((line) => line.startsWith("server")),
    );
    expect(one).toEqual(two);
    expect(one?.map((line) => line.split(" ").slice(1, 5).join(" "))).toEqual([
        "db1 10.91.1.41:3307 id 1",
        "db2 10.91.1.42:3307 id 2",
        "db3 10.91.1.43:3307 id 3",
    ]);
});

test("reads go beside whoever is the writer, and to it only where there is nobody else", () => {
    for (const writer of hostsOf(plan, "database").map(({ name }) => name)) {
        const lines = section(file("inner1", config), `backend reads-beside-${writer}`).filter(
            (line) => line.startsWith("server"),
        );
        expect(lines).toHaveLength(3);
        expect(
            lines.filter((line) => line.endsWith(" backup")).map((line) => line.split(" ")[1]),
        ).toEqual([writer]);
    }
});

test("sessions wait for a new master, objects do not", () => {
    const waits = (door: string) =>
        section(file("inner1", config), `frontend ${door}`).some((line) =>
            line.includes("lua.await_server"),
        );
    expect([waits("sessions-door"), waits("objects-door")]).toEqual([true, false]);
});

test("HAProxy 3.0 does not use tcp-ut of a default-server line: it stands at every server", () => {
    for (const [host, path] of [
        ["inner1", config],
        ["app1", "/etc/haproxy/data.cfg"],
    ] as const) {
        const text = file(host, path);
        expect(text).not.toMatch(/default-server.*tcp-ut/);
        const servers = text
            .split("\n")
            .filter((line) => /^\s+server (db|cache|inner )/.test(line));
        expect(servers.length).toBeGreaterThan(3);
        expect(servers.filter((line) => !line.includes(" tcp-ut "))).toEqual([]);
    }
});

test("without cache hosts there is no door to Redis", () => {
    const bare = planOf({ ...full, cache: { count: 0 }, app: { count: 0 } });
    expect(fileOf(bare, hostOf(bare, "inner1"), config)).not.toMatch(/sessions-door|objects-door/);
});

test("the inner pair has its own address and its own VRRP id", () => {
    const text = file("inner2", "/etc/keepalived/keepalived.conf");
    expect(text).toContain("10.91.1.10/24");
    expect(text).toContain("virtual_router_id 92");
    expect(text).toMatch(/unicast_peer \{\s+10\.91\.1\.11\s+\}/);
});
