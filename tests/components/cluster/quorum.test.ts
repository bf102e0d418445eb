import fc from "fast-check";
import { hostsOf } from "../../../components/cluster/plan";
import { galeraWeight } from "../../../components/cluster/quorum";
import type { HostSpec, RoleName } from "../../../components/cluster/types";
import { planFaults, planOf, type Values } from "../../helpers/plans";

const keyOf = (line: string) => line.split(": ")[0];
const risk = { acceptDataLossRisk: "a throw-away cluster for one afternoon" };

test.each([1, 2])("%d Galera members are refused", (count) => {
    expect(planFaults({ database: { count } })).toEqual([
        `testudo:database.count: needs at least 3 Galera members that stay (or testudo:acceptDataLossRisk), because a member that lost the others cannot tell whether they are gone or it is cut off, and stops writing; got ${count}`,
    ]);
});

test.each([3, 4, 5, 6, 9])("%d Galera members are a quorum", (count) => {
    expect(planFaults({ database: { count } })).toEqual([]);
});

test.each([1, 2])("%d Sentinels are refused", (count) => {
    expect(planFaults({ cache: { count } })).toEqual([
        `testudo:cache.count: needs at least 3 Sentinels that stay (or testudo:acceptDataLossRisk), because a majority of the Sentinels elects a master, and a master without a replica takes no writes; got ${count}`,
    ]);
});

test.each([0, 3, 4, 5, 9])("%d Sentinels are a quorum, or none is asked for", (count) => {
    expect(planFaults({ cache: { count } })).toEqual([]);
});

test.each([1, 2])("%d copies of visitors' files are refused", (count) => {
    expect(planFaults({ storage: { count } })[0]).toMatch(
        /^testudo:storage\.count: needs at least 3 copies that stay /,
    );
});

const weights = (values: Values) => {
    const members = hostsOf(planOf(values), "database");
    return members.map((host) => galeraWeight(host, members));
};

test.each<[string, Values, number[]]>([
    ["three", { database: { count: 3 } }, [1, 1, 1]],
    ["four: the last has none", { database: { count: 4 } }, [1, 1, 1, 0]],
    ["five", { database: { count: 5 } }, [1, 1, 1, 1, 1]],
    [
        "four, the second leaving: it gives its vote to the last",
        { database: { count: 4 }, hosts: { db2: { state: "leaving" } } },
        [1, 0, 1, 1],
    ],
    [
        "five, one leaving: four stay, and the last of them has none",
        { database: { count: 5 }, hosts: { db5: { state: "leaving" } } },
        [1, 1, 1, 0, 0],
    ],
    [
        "four places, one empty",
        { database: { count: 4 }, hosts: { db2: { state: "absent" } } },
        [1, 1, 1],
    ],
])("Galera's votes, %s", (_, values, expected) => {
    expect(weights(values)).toEqual(expected);
});

test("a host that leaves or is absent is not counted on", () => {
    for (const state of ["leaving", "absent"]) {
        expect(planFaults({ hosts: { db2: { state }, web1: { state } } }).map(keyOf)).toEqual([
            "testudo:web.count",
            "testudo:database.count",
        ]);
    }
});

test("law: every plan that is accepted survives the loss of any one host", () => {
    const some = (least: number, most: number) => fc.integer({ min: least, max: most });
    const state = fc.constantFrom("leaving", "absent");
    const names = ["lb2", "inner1", "db1", "db2", "db4", "cache1", "storage3", "app1", "web2"];
    const values = fc.record({
        preset: fc.constantFrom("small", "full"),
        loadBalancer: fc.record({ count: some(1, 4) }),
        innerLoadBalancer: fc.record({ count: some(0, 2) }),
        web: fc.record({ count: some(1, 9) }),
        app: fc.record({ count: some(0, 9) }),
        database: fc.record({ count: some(1, 9) }),
        cache: fc.record({ count: some(0, 9) }),
        storage: fc.record({ count: some(0, 5) }),
        hosts: fc.dictionary(fc.constantFrom(...names), fc.record({ state }), { maxKeys: 3 }),
    });
    let accepted = 0;
    fc.assert(
        fc.property(values, (one) => {
            if (planFaults(one).length > 0) return;
            accepted += 1;
            const stay = planOf(one).hosts.filter((host) => host.leaving !== true);
            for (const lost of stay) expect(survives(stay, lost.name)).toBe(true);
        }),
        // One in twelve is accepted.
        { numRuns: 1000 },
    );
    expect(accepted).toBeGreaterThan(20);
});

/** A literal reading of what each daemon asks for, apart from the code under test. */
function survives(hosts: readonly HostSpec[], lost: string): boolean {
    const of = (role: RoleName) => hosts.filter((host) => host.roles.includes(role));
    const left = (role: RoleName) => of(role).filter((host) => host.name !== lost);
    const votes = (members: readonly HostSpec[]) =>
        members.reduce((sum, host) => sum + galeraWeight(host, of("database")), 0);
    const isMajority = (role: RoleName) =>
        of(role).length === 0 || 2 * left(role).length > of(role).length;
    return (
        2 * votes(left("database")) > votes(of("database")) &&
        votes(of("database")) % 2 === 1 &&
        isMajority("cache") &&
        (of("cache").length === 0 || left("cache").length >= 2) &&
        isMajority("storage") &&
        (["load-balancer", "web", "app"] as const).every((role) => left(role).length > 0) &&
        (of("inner-load-balancer").length === 0 || left("inner-load-balancer").length > 0)
    );
}

test("two Sentinels in one failure domain are refused, both by name", () => {
    const hosts = { cache1: { failureDomain: "rack1" }, cache2: { failureDomain: "rack1" } };
    expect(planFaults({ cache: { count: 3 }, hosts })).toEqual([
        'testudo:hosts.cache1.failureDomain, testudo:hosts.cache2.failureDomain: need different failure domains (or testudo:acceptDataLossRisk), because two members of one quorum would fail together; got "rack1"',
    ]);
});

test("two members of one quorum in one failure domain are refused, both by name", () => {
    const hosts = { db1: { failureDomain: "rack1" }, db3: { failureDomain: "rack1" } };
    expect(planFaults({ hosts })).toEqual([
        'testudo:hosts.db1.failureDomain, testudo:hosts.db3.failureDomain: need different failure domains (or testudo:acceptDataLossRisk), because two members of one quorum would fail together; got "rack1"',
    ]);
});

test("hosts of different tiers may share a failure domain", () => {
    const hosts = {
        cache1: { failureDomain: "rack1" },
        db1: { failureDomain: "rack1" },
        web1: { failureDomain: "rack1" },
        lb1: { failureDomain: "rack1" },
    };
    expect(planFaults({ cache: { count: 3 }, hosts })).toEqual([]);
});

test.each([
    ["lb", "loadBalancer"],
    ["web", "web"],
])("both hosts of the tier %s in one failure domain are refused", (prefix, section) => {
    const hosts = {
        [`${prefix}1`]: { failureDomain: "rack1" },
        [`${prefix}2`]: { failureDomain: "rack1" },
    };
    expect(planFaults({ hosts })[0]).toContain(
        `testudo:hosts.${prefix}1.failureDomain, testudo:hosts.${prefix}2.failureDomain: `,
    );
    expect(planFaults({ [section]: { count: 1 } })[0]).toContain(
        `testudo:${section}.count: needs at least 2`,
    );
});

test("whoever says in words what may be lost gets the topology all the same", () => {
    const together = { db1: { failureDomain: "a" }, db2: { failureDomain: "a" } };
    const unsafe = {
        database: { count: 2 },
        cache: { count: 2 },
        web: { count: 1 },
        loadBalancer: { count: 1 },
        hosts: together,
    };
    expect(planFaults(unsafe)).toHaveLength(5);
    expect(planFaults({ ...unsafe, ...risk })).toEqual([]);
});

test("such words excuse no fault of another kind", () => {
    expect(planFaults({ ...risk, network: { vip: "10.91.1.10" } })).toHaveLength(1);
});

test("one app host of its own is refused, none is a choice", () => {
    const cache = { count: 3 };
    expect(planFaults({ cache, app: { count: 1 } })).toEqual([
        "testudo:app.count: needs at least 2 app hosts that stay (or testudo:acceptDataLossRisk), because the loss of one would be the loss of the site; got 1",
    ]);
    expect(planFaults({ cache, app: { count: 0 } })).toEqual([]);
});

test("both app hosts in one failure domain are refused", () => {
    const hosts = { app1: { failureDomain: "rack1" }, app2: { failureDomain: "rack1" } };
    expect(planFaults({ cache: { count: 3 }, app: { count: 2 }, hosts })).toHaveLength(1);
});
