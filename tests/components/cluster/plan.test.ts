import fc from "fast-check";
import { contains, parseAddress, parseNetwork } from "../../../components/cluster/addresses";
import { hostsOf } from "../../../components/cluster/plan";
import { planFaults, hostOf, largest, planOf, type Values } from "../../helpers/plans";

test("the smallest plan has these hosts at these addresses", () => {
    expect(
        planOf().hosts.map((host) => [host.name, host.zone, host.address, ...host.roles]),
    ).toEqual([
        ["lb1", "public", "10.91.0.11", "load-balancer"],
        ["lb2", "public", "10.91.0.12", "load-balancer"],
        ["db1", "private", "10.91.1.41", "database"],
        ["db2", "private", "10.91.1.42", "database"],
        ["db3", "private", "10.91.1.43", "database"],
        ["web1", "private", "10.91.1.21", "web", "app"],
        ["web2", "private", "10.91.1.22", "web", "app"],
    ]);
});

test("the full preset has every tier on hosts of its own, and two floating addresses", () => {
    const plan = planOf({ preset: "full" });
    expect(plan.hosts.map((host) => [host.name, host.zone, host.address, ...host.roles])).toEqual([
        ["lb1", "public", "10.91.0.11", "load-balancer"],
        ["lb2", "public", "10.91.0.12", "load-balancer"],
        ["inner1", "private", "10.91.1.11", "inner-load-balancer"],
        ["inner2", "private", "10.91.1.12", "inner-load-balancer"],
        ["db1", "private", "10.91.1.41", "database"],
        ["db2", "private", "10.91.1.42", "database"],
        ["db3", "private", "10.91.1.43", "database"],
        ["cache1", "private", "10.91.1.51", "cache"],
        ["cache2", "private", "10.91.1.52", "cache"],
        ["cache3", "private", "10.91.1.53", "cache"],
        ["storage1", "private", "10.91.1.16", "storage"],
        ["storage2", "private", "10.91.1.17", "storage"],
        ["storage3", "private", "10.91.1.18", "storage"],
        ["app1", "private", "10.91.1.31", "app"],
        ["app2", "private", "10.91.1.32", "app"],
        ["web1", "private", "10.91.1.21", "web"],
        ["web2", "private", "10.91.1.22", "web"],
        ["ops1", "private", "10.91.1.15", "ops"],
    ]);
    expect(plan.vips).toEqual({
        "load-balancer": "10.91.0.10",
        "inner-load-balancer": "10.91.1.10",
    });
    expect(planOf().vips).toEqual({ "load-balancer": "10.91.0.10" });
});

test("where PHP has no hosts of its own, it runs on the web hosts, in any preset", () => {
    const merged = planOf({ preset: "full", app: { count: 0 } });
    expect(hostsOf(merged, "app").map((host) => host.name)).toEqual(["web1", "web2"]);
});

test("the inner floating address is nobody else's, and lies in the private network", () => {
    expect(planFaults({ network: { innerVip: "10.91.1.41" } }).join()).toMatch(
        /testudo:hosts\.db1\.address: needs an address of its own.*testudo:network\.innerVip/,
    );
    expect(planFaults({ network: { innerVip: "10.91.0.20" } }).join()).toMatch(
        /testudo:network\.innerVip: needs a host address inside testudo:network\.private/,
    );
});

test("only members of the database have a data volume", () => {
    const { hosts } = planOf({ database: { dataGiB: 20 } });
    expect(
        hosts
            .filter((host) => host.data !== undefined)
            .map((host) => [host.name, host.data?.sizeGiB]),
    ).toEqual([
        ["db1", 20],
        ["db2", 20],
        ["db3", 20],
    ]);
});

test("a host's own memory goes before its tier's, and its tier's before the preset's", () => {
    const plan = planOf({ web: { memoryMiB: 2048 }, hosts: { web2: { memoryMiB: 3072 } } });
    expect(["lb1", "web1", "web2"].map((name) => hostOf(plan, name).memoryMiB)).toEqual([
        512, 2048, 3072,
    ]);
});

test("without a name the site is the floating address", () => {
    expect([planOf().siteName, planOf({ site: { name: "www.example.org" } }).siteName]).toEqual([
        "10.91.0.10",
        "www.example.org",
    ]);
});

test("without operators only the machine itself may reach the balancers' sshd", () => {
    expect(planOf().operators).toEqual(["10.91.0.1/32"]);
});

test("law: whatever the counts, names and addresses are unique, and each address lies in its zone's network", () => {
    const counts = fc.record({
        web: fc.integer({ min: 2, max: 9 }),
        database: fc.integer({ min: 3, max: 9 }),
    });
    fc.assert(
        fc.property(counts, ({ web, database }) => {
            const plan = planOf({ web: { count: web }, database: { count: database } });
            const all = [plan.vip, ...plan.hosts.map((host) => host.address)];
            expect(new Set(all).size).toBe(all.length);
            expect(new Set(plan.hosts.map((host) => host.name)).size).toBe(plan.hosts.length);
            expect(hostsOf(plan, "web")).toHaveLength(web);
            for (const host of plan.hosts) {
                const network = parseNetwork(plan.networks[host.zone]);
                expect(
                    network !== undefined && contains(network, parseAddress(host.address) ?? -1),
                ).toBe(true);
            }
        }),
    );
});

test("law: more hosts of a tier change no other host's name or address", () => {
    const small = planOf();
    const big = planOf({ ...largest, hosts: {} });
    for (const host of small.hosts) {
        expect(hostOf(big, host.name).address).toBe(host.address);
    }
});

test("an empty place in the middle changes nobody else's name or address", () => {
    const plan = planOf({ database: { count: 4 }, hosts: { db2: { state: "absent" } } });
    expect(hostsOf(plan, "database").map((host) => [host.name, host.address])).toEqual([
        ["db1", "10.91.1.41"],
        ["db3", "10.91.1.43"],
        ["db4", "10.91.1.44"],
    ]);
});

test("a host that leaves is still there, and known as one", () => {
    const plan = planOf({ web: { count: 3 }, hosts: { web1: { state: "leaving" } } });
    expect(hostsOf(plan, "web").map((host) => host.leaving ?? false)).toEqual([true, false, false]);
});

test("the largest configuration is a plan", () => {
    expect(planFaults(largest)).toEqual([]);
    expect(planOf(largest).hosts).toHaveLength(29);
});

test.each<[string, Values, string[]]>([
    ["an unknown preset", { preset: "huge" }, ["testudo:preset"]],
    ["a host that the plan has not", { hosts: { db4: {} } }, ["testudo:hosts.db4"]],
    [
        "an address outside its network",
        { hosts: { db2: { address: "10.91.0.42" } } },
        ["testudo:hosts.db2.address"],
    ],
    [
        "the router's address",
        { hosts: { db2: { address: "10.91.1.1" } } },
        ["testudo:hosts.db2.address"],
    ],
    [
        "the network's own address",
        { hosts: { db2: { address: "10.91.1.0" } } },
        ["testudo:hosts.db2.address"],
    ],
    [
        "the broadcast address",
        { hosts: { db2: { address: "10.91.1.255" } } },
        ["testudo:hosts.db2.address"],
    ],
    [
        "an address that another host has",
        { hosts: { web1: { address: "10.91.1.41" } } },
        ["testudo:hosts.web1.address"],
    ],
    [
        "a floating address outside of the DMZ",
        { network: { vip: "10.91.1.10" } },
        ["testudo:network.vip"],
    ],
    [
        "a floating address that is the router's",
        { network: { vip: "10.91.0.1" } },
        ["testudo:network.vip"],
    ],
    [
        "a floating address that a balancer has",
        { network: { vip: "10.91.0.12" } },
        ["testudo:hosts.lb2.address"],
    ],
    [
        "a zone outside of the supernet",
        { network: { outside: "10.92.0.0/24" } },
        ["testudo:network.outside"],
    ],
    [
        "a zone that is larger than the supernet",
        { network: { supernet: "10.91.2.0/25" } },
        ["testudo:network.public", "testudo:network.private", "testudo:network.outside"],
    ],
    ["zones that overlap", { network: { outside: "10.91.1.0/24" } }, ["testudo:network.outside"]],
])("%s is refused", (_, values, keys) => {
    expect(planFaults(values).map((line) => line.split(": ")[0])).toEqual(keys);
});

test("a network that is too small for the fixed places is refused", () => {
    expect(planFaults({ network: { outside: "10.91.2.0/27" } })).toEqual([
        "testudo:network.outside: needs at least a /26, because hosts have fixed places in the first 62 addresses; got 10.91.2.0/27",
    ]);
});

test("faults of networks, hosts and quorum come at once", () => {
    const found = planFaults({
        network: { vip: "10.91.1.10" },
        hosts: { db9: {}, db1: { address: "10.91.0.9" } },
        database: { count: 2 },
    });
    expect(found.map((line) => line.split(": ")[0])).toEqual([
        "testudo:network.vip",
        "testudo:hosts.db9",
        "testudo:hosts.db1.address",
        "testudo:database.count",
    ]);
});

test("what can be understood of a faulty configuration is planned, so that its faults come as well", () => {
    const found = planFaults({ web: { cuont: 3 }, database: { count: 2 } });
    expect(found.map((line) => line.split(": ")[0])).toEqual([
        "testudo:web.cuont",
        "testudo:database.count",
    ]);
});
