import { contains, parseAddress, parseNetwork } from "../../../components/cluster/addresses";
import { doorOf, instanceTypeOf, subnetOf, subnetsOf } from "../../../components/cluster/aws";
import { hostOf, onAws, planFaults, planOf, smallest, type Values } from "../../helpers/plans";

const faultsOf = (values: Values) => planFaults({ ...onAws, ...values });

test("each network has an equal part for each zone", () => {
    const networks = (zones: string[]) =>
        subnetsOf(
            planOf({
                ...onAws,
                preset: "small",
                aws: { zones },
                acceptDataLossRisk: "this is a test of addresses",
            }).config,
        )
            .filter(({ zone }) => zone === "private")
            .map(({ failureDomain, network }) => `${failureDomain} ${network}`);
    expect(networks(["a"])).toEqual(["a 10.91.1.0/24"]);
    expect(networks(["b", "c"])).toEqual(["b 10.91.1.0/25", "c 10.91.1.128/25"]);
    expect(networks(["a", "b", "c"])).toEqual([
        "a 10.91.1.0/26",
        "b 10.91.1.64/26",
        "c 10.91.1.128/26",
    ]);
});

test("the hosts of a tier take turns in the zones, each with an address of its zone's subnet", () => {
    const plan = planOf(onAws);
    const where = (prefix: string) =>
        plan.hosts
            .filter((host) => host.name.startsWith(prefix))
            .map((host) => `${host.name} ${host.failureDomain} ${host.address}`);
    expect(where("db")).toEqual(["db1 a 10.91.1.41", "db2 b 10.91.1.106", "db3 c 10.91.1.171"]);
    expect(where("lb")).toEqual(["lb1 a 10.91.0.11", "lb2 b 10.91.0.76"]);
    for (const host of plan.hosts) {
        const subnet = parseNetwork(subnetOf(plan.config, host)?.network ?? "");
        expect([host.name, subnet && contains(subnet, parseAddress(host.address) ?? -1)]).toEqual([
            host.name,
            true,
        ]);
    }
    expect(new Set(plan.hosts.map((host) => host.address)).size).toBe(plan.hosts.length);
});

test("no address is one that EC2 keeps for itself, and a balancer's second one is nobody's first", () => {
    const plan = planOf(onAws);
    const doors = plan.hosts.flatMap((host) =>
        host.zone === "public" ? [doorOf(plan.config, host)] : [],
    );
    expect(doors).toEqual(["10.91.0.9", "10.91.0.73"]);
    for (const host of plan.hosts) {
        const { base = 0 } = parseNetwork(subnetOf(plan.config, host)?.network ?? "") ?? {};
        expect((parseAddress(host.address) ?? 0) - base).toBeGreaterThan(3);
        expect(doors).not.toContain(host.address);
    }
});

test("types are the host's own, its tier's, or the architecture's", () => {
    const { config } = planOf({
        ...onAws,
        aws: { instanceTypes: { database: "r8g.large" } },
        hosts: { db2: { instanceType: "r8g.xlarge" } },
    });
    const type = (name: string) => instanceTypeOf(config, hostOf(planOf(onAws), name));
    expect([type("db1"), type("db2"), type("web1"), type("app1")]).toEqual([
        "r8g.large",
        "r8g.xlarge",
        "t4g.small",
        "t4g.medium",
    ]);
});

test("a host has the memory of its type, where it is known", () => {
    expect(hostOf(planOf(onAws), "db1").memoryMiB).toBe(4096);
    expect(hostOf(planOf({ ...onAws, database: { memoryMiB: 3000 } }), "db1").memoryMiB).toBe(3000);
});

test("hosts of other platforms know nothing of zones", () => {
    expect(hostOf(planOf(smallest), "db2")).toMatchObject({
        failureDomain: "db2",
        address: "10.91.1.42",
    });
    expect(hostOf(planOf(smallest), "db2").interface).toBeUndefined();
});

test.each<[string, Values, string]>([
    [
        "nobody may deploy",
        { operators: undefined },
        "testudo:operators: needs the networks from which you deploy",
    ],
    ["no name", { site: {} }, "testudo:site.name: needs the name that visitors type"],
    [
        "a supernet too large",
        { network: { ...(onAws.network as object), supernet: "10.0.0.0/8" } },
        "testudo:network.supernet: needs to be a /16 to /28, because a VPC takes no other size; got 10.0.0.0/8",
    ],
    [
        "a network too small for its zones",
        { network: { ...(onAws.network as object), private: "10.91.1.0/25" } },
        "testudo:network.private: needs to be at least a /24 for 3 zones",
    ],
    [
        "overlapping networks",
        { network: { ...(onAws.network as object), private: "10.91.0.0/24" } },
        "testudo:network.private: must not overlap testudo:network.public",
    ],
    [
        "two zones for a quorum",
        { aws: { zones: ["a", "b"] } },
        "testudo:aws.zones: needs three zones (or testudo:acceptDataLossRisk), because of database, cache, storage one zone would have the majority",
    ],
    [
        "two members in one zone",
        { hosts: { db2: { failureDomain: "a" } } },
        "testudo:hosts.db1.failureDomain, testudo:hosts.db2.failureDomain: need different failure domains",
    ],
    [
        "a failure domain that is no zone",
        { hosts: { db2: { failureDomain: "rack" } } },
        "testudo:hosts.db2.failureDomain: needs one of testudo:aws.zones (a, b, c)",
    ],
    [
        "an address of another zone",
        { hosts: { db2: { address: "10.91.1.42" } } },
        "testudo:hosts.db2.address: needs an address of zone b (10.91.1.64/26)",
    ],
    [
        "a balancer at its own door",
        { hosts: { lb1: { address: "10.91.0.9" } } },
        "testudo:hosts.lb1.address: needs another address",
    ],
    [
        "an inner address inside, with routes",
        { network: {} },
        "testudo:network.innerVip: needs to lie outside of testudo:network.supernet (10.91.0.0/16)",
    ],
    [
        "an inner address that moves between zones as a further one",
        { aws: { innerAddress: "secondary" }, network: {} },
        "testudo:aws.innerAddress: needs all inner balancers in one zone",
    ],
    [
        "a type of another architecture",
        { aws: { instanceTypes: { web: "m7i.large" } } },
        "testudo:aws.architecture: needs to be amd64 for m7i.large (web1)",
    ],
    [
        "no type at all",
        { aws: { instanceTypes: { web: "large" } } },
        "testudo:aws.instanceTypes.web: needs an instance type such as t4g.small",
    ],
    [
        "a zone by its whole name",
        { aws: { zones: ["eu-central-1a"] } },
        "testudo:aws.zones.0: needs the last letter of a zone's name",
    ],
    [
        "a zone twice",
        { aws: { zones: ["a", "a", "b"] } },
        "testudo:aws.zones: needs each zone once",
    ],
    ["an image that is none", { aws: { ami: "debian" } }, "testudo:aws.ami: needs an image's id"],
])("%s: refused", (_, values, said) => {
    expect(faultsOf(values)).toEqual(expect.arrayContaining([expect.stringContaining(said)]));
});

test("Graviton is told by its families", () => {
    for (const type of [
        "t4g.small",
        "m7gd.large",
        "c8gn.4xlarge",
        "x2gd.medium",
        "im4gn.large",
        "a1.large",
    ])
        expect([type, faultsOf({ aws: { instanceTypes: { web: type } } })]).toEqual([type, []]);
    const amd = { architecture: "amd64" };
    for (const type of ["t3a.small", "m7i.large", "c7a.large", "g5.xlarge", "m5dn.large"])
        expect([type, faultsOf({ aws: { ...amd, instanceTypes: { web: type } } })]).toEqual([
            type,
            [],
        ]);
});

test("one zone, or two, for whoever says in words what that may cost", () => {
    const acceptDataLossRisk = "one zone is enough for this trial";
    expect(faultsOf({ aws: { zones: ["a"] }, acceptDataLossRisk })).toEqual([]);
});

test("the inner address in one zone, as a further address of its holder", () => {
    const values = {
        aws: { innerAddress: "secondary" },
        hosts: { inner2: { failureDomain: "a" } },
        network: { innerVip: "10.91.1.10" },
        acceptDataLossRisk: "both inner balancers are in one zone",
    };
    expect(faultsOf(values)).toEqual([]);
});

test("a type says nothing where there are no types: refused", () => {
    expect(planFaults({ hosts: { db1: { interface: "ens6" } } })).toEqual([
        'testudo:hosts.db1.interface: is no key of testudo:platform: incus, because it would silently do nothing; got "ens6"',
    ]);
    expect(planFaults({ hosts: { db1: { instanceType: "t4g.small" } } })).toEqual([
        expect.stringContaining(
            "testudo:hosts.db1.instanceType: is no key of testudo:platform: incus",
        ),
    ]);
});

test("the network of a lab's clients, which EC2 has not, needs no place beside the others", () => {
    const network = { supernet: "10.94.0.0/16", public: "10.94.0.0/24", private: "10.94.1.0/24" };
    const moved = { ...network, vip: "10.94.0.10", innerVip: "10.95.0.10" };
    expect(faultsOf({ network: moved })).toEqual([]);
    expect(faultsOf({ network: { ...moved, private: "10.91.1.0/24" } })).toHaveLength(1);
});

test("without gateways hosts need an image that has everything", () => {
    expect(faultsOf({ aws: { nat: "none" } })).toEqual([
        expect.stringContaining("testudo:aws.ami: needs the id of an image that has all packages"),
    ]);
    expect(faultsOf({ aws: { nat: "none", ami: "ami-0123456789abcdef0" } })).toEqual([]);
});
