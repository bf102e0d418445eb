import { planFaults } from "../../helpers/plans";

const risk = { acceptDataLossRisk: "a throw-away cluster for one afternoon" };

test.each([2, 4, 6, 8])("%d Galera votes are refused: an even number", (count) => {
    expect(planFaults({ database: { count } })).toEqual([
        `testudo:database.count: needs an odd number of Galera votes, at least 3 (or testudo:acceptDataLossRisk), because with an even number one lost link leaves two halves and neither may write; got ${count}`,
    ]);
});

test.each([3, 5, 7, 9])("%d Galera votes are a quorum", (count) => {
    expect(planFaults({ database: { count } })).toEqual([]);
});

test("one vote is no quorum", () => {
    expect(planFaults({ database: { count: 1 } })).toHaveLength(1);
});

test.each([1, 2, 4, 8])("%d Sentinel votes are refused", (count) => {
    expect(planFaults({ cache: { count } })).toEqual([
        `testudo:cache.count: needs an odd number of Sentinel votes, at least 3 (or testudo:acceptDataLossRisk), because a majority of the Sentinels elects a master, and a master without a replica takes no writes; got ${count}`,
    ]);
});

test.each([0, 3, 5, 9])("%d Sentinel votes are a quorum, or none is asked for", (count) => {
    expect(planFaults({ cache: { count } })).toEqual([]);
});

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
        "testudo:app.count: needs at least 2 app hosts (or testudo:acceptDataLossRisk), because the loss of one would be the loss of the site; got 1",
    ]);
    expect(planFaults({ cache, app: { count: 0 } })).toEqual([]);
});

test("both app hosts in one failure domain are refused", () => {
    const hosts = { app1: { failureDomain: "rack1" }, app2: { failureDomain: "rack1" } };
    expect(planFaults({ cache: { count: 3 }, app: { count: 2 }, hosts })).toHaveLength(1);
});
