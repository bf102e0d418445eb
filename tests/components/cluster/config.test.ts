import { parseConfig } from "../../../components/cluster/config";
import {
    configOf,
    lineOf,
    planFaults,
    rawConfig,
    smallest,
    type Values,
} from "../../helpers/plans";

const faultsOfRaw = (raw: Record<string, string>) => parseConfig("test", raw).faults.map(lineOf);

test("the least stack file is complete with defaults", () => {
    const config = configOf();
    expect(config.stack).toBe("test");
    expect(config.network.vip).toBe("10.91.0.10");
    expect(config.database.dataGiB).toBe(10);
    expect(config.acceptDataLossRisk).toBeUndefined();
});

test("keys of other programs are none of ours", () => {
    const raw = { ...rawConfig(smallest), "aws:region": "eu-central-1" };
    expect(faultsOfRaw(raw)).toEqual([]);
});

test.each<[string, Values, string]>([
    [
        "an unknown key",
        { databse: { count: 3 } },
        'testudo:databse: is not a key that Testudo knows, because a mistyped key would silently do nothing; got {"count":3}',
    ],
    [
        "an unknown key in a section",
        { database: { cuont: 5 } },
        "testudo:database.cuont: is not a key that Testudo knows, because a mistyped key would silently do nothing; got 5",
    ],
    [
        "an unknown key of one host",
        { hosts: { db1: { zone: "rack" } } },
        'testudo:hosts.db1.zone: is not a key that Testudo knows, because a mistyped key would silently do nothing; got "rack"',
    ],
])("%s is refused by the key as typed", (_, values, message) => {
    expect(planFaults(values)).toEqual([message]);
});

test.each<[string, Values, string]>([
    [
        "text for a number",
        { database: { count: "three" } },
        'testudo:database.count: does not fit (expected number, received string), because the plan is made from it; got "three"',
    ],
    [
        "a number for a section",
        { web: 3 },
        "testudo:web: does not fit (expected object, received number), because the plan is made from it; got 3",
    ],
    [
        "a fraction for a count",
        { web: { count: 2.5 } },
        "testudo:web.count: does not fit (expected integer, received float), because the plan is made from it; got 2.5",
    ],
    [
        "no address",
        { network: { vip: "10.91.0" } },
        'testudo:network.vip: needs an IPv4 address such as 10.91.0.10, because the plan is made from it; got "10.91.0"',
    ],
    [
        "host bits in a network",
        { network: { public: "10.91.0.1/24" } },
        'testudo:network.public: needs an IPv4 network such as 10.91.0.0/24, host bits zero, because the plan is made from it; got "10.91.0.1/24"',
    ],
    [
        "one of several operators",
        { operators: ["10.0.0.0/8", "home"] },
        'testudo:operators.1: needs an IPv4 network such as 10.91.0.0/24, host bits zero, because the plan is made from it; got "home"',
    ],
    [
        "a platform that is none",
        { platform: "heroku" },
        `testudo:platform: does not fit (invalid enum value. Expected 'incus' | 'aws' | 'ssh', received 'heroku'), because the plan is made from it; got "heroku"`,
    ],
    [
        "a site name with a path",
        { site: { name: "example.org/blog" } },
        'testudo:site.name: needs a DNS name in lower case such as www.example.org, because the plan is made from it; got "example.org/blog"',
    ],
    [
        "an excuse of one word",
        { acceptDataLossRisk: "yes" },
        'testudo:acceptDataLossRisk: needs a sentence of at least 20 characters, because the plan is made from it; got "yes"',
    ],
])("%s is refused with what was got", (_, values, message) => {
    expect(planFaults(values)).toEqual([message]);
});

test("a missing key is named as required", () => {
    expect(faultsOfRaw({ "testudo:platform": "incus" })).toEqual([
        "testudo:preset: is required, because the plan is made from it; got nothing",
    ]);
});

test("all faults come in one message, the stack's name among them", () => {
    const found = planFaults(
        { web: { cuont: 1, phpWorkers: "many" }, network: { vip: "x" }, nonsense: 1 },
        "my-stack",
    );
    expect(found.map((line) => line.split(": ")[0]).sort()).toEqual([
        "stack name",
        "testudo:network.vip",
        "testudo:nonsense",
        "testudo:web.cuont",
        "testudo:web.phpWorkers",
    ]);
});

test.each(["", "Dev", "1dev", "my-stack", "tenletters"])("a stack named %j is refused", (stack) => {
    expect(planFaults({}, stack)).toHaveLength(1);
});

test.each(["d", "dev", "prod2", "ninechars"])(
    "a stack named %j fits into the names of bridges",
    (stack) => {
        expect(planFaults({}, stack)).toEqual([]);
    },
);

test.each(["12345678", "true", "null", '{"a":1}', "[1]"])(
    "a password that reads like JSON (%s) is still a text",
    (mailPassword) => {
        const raw = { ...rawConfig(smallest), "testudo:mailPassword": mailPassword };
        expect(parseConfig("test", raw).value?.mailPassword).toBe(mailPassword);
    },
);

test("a fault does not quote what looks like a secret", () => {
    const found = planFaults({
        mail: { relay: "192.0.2.1", from: "a@example.org", password: "hunter2" },
    });
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("testudo:mail.password");
    expect(found[0]).not.toContain("hunter2");
});
