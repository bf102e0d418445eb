import { inbound, outbound } from "../../../components/cluster/flows";
import { flowsOf, roleFaults } from "../../../components/roles/all";
import { full, hostOf, lineOf, planFaults, planOf, type Values } from "../../helpers/plans";

const faultsOf = (...flows: readonly Values[]) => roleFaults(planOf({ flows })).map(lineOf);
const search: Values = {
    from: "app",
    to: "database",
    protocol: "tcp",
    port: 9300,
    why: "search index",
};

test("a declared flow opens both ends for the hosts of its roles, and nothing else", () => {
    const plan = planOf({ flows: [search] });
    expect(roleFaults(plan)).toEqual([]);
    const nine = (rules: ReturnType<typeof inbound>) => rules.filter(({ port }) => port === 9300);
    const flows = flowsOf(plan);
    expect(nine(outbound(plan, flows, hostOf(plan, "web1")))).toEqual([
        {
            peers: ["10.91.1.41", "10.91.1.42", "10.91.1.43"],
            except: [],
            protocol: "tcp",
            port: 9300,
            why: "search index",
        },
    ]);
    expect(nine(inbound(plan, flows, hostOf(plan, "db1")))).toHaveLength(1);
    expect(nine(inbound(plan, flows, hostOf(plan, "web1")))).toEqual([]);
    expect(nine(outbound(plan, flows, hostOf(plan, "lb1")))).toEqual([]);
});

test("outside can be narrowed, towards balancers and from any host", () => {
    const plan = planOf({
        flows: [
            {
                ...search,
                from: "outside",
                to: "load-balancer",
                port: 8883,
                only: ["192.0.2.0/24"],
            },
            { ...search, to: "outside", port: 443, only: ["198.51.100.7/32"], why: "payments" },
            { from: "web", to: "database", protocol: "icmp", why: "is it there" },
        ],
    });
    expect(roleFaults(plan)).toEqual([]);
    expect(inbound(plan, flowsOf(plan), hostOf(plan, "lb1"))).toContainEqual(
        expect.objectContaining({ peers: ["192.0.2.0/24"], port: 8883 }),
    );
    expect(outbound(plan, flowsOf(plan), hostOf(plan, "web1"))).toContainEqual(
        expect.objectContaining({ peers: ["198.51.100.7/32"], port: 443 }),
    );
});

const roles = "load-balancer, web, app, database";
test.each<[string, Values, string]>([
    [
        "a role that the plan does not have",
        { from: "cache" },
        `testudo:flows.0.from: needs one of ${roles}, outside, operator, because nobody else asks; got "cache"`,
    ],
    [
        "a target that is no role",
        { to: "operator" },
        `testudo:flows.0.to: needs one of ${roles}, outside, because nobody else can be asked; got "operator"`,
    ],
    [
        "a port out of range",
        { port: 65_536 },
        "testudo:flows.0.port: needs a whole number from 1 to 65535, because that is what ports are; got 65536",
    ],
    [
        "no port",
        { port: undefined },
        "testudo:flows.0.port: needs a whole number from 1 to 65535, because that is what ports are; got nothing",
    ],
    [
        "a port of icmp",
        { protocol: "icmp" },
        "testudo:flows.0.port: is not to be there with icmp, because icmp has no ports; got 9300",
    ],
    [
        "a protocol that is none",
        { protocol: "sctp" },
        'testudo:flows.0.protocol: needs one of tcp, udp, icmp, because no rule is made of another; got "sctp"',
    ],
    [
        "outside into the private zone",
        { from: "outside" },
        'testudo:flows.0.to: needs one of load-balancer where testudo:flows.0.from is outside, because hosts of the private zone are reached through the balancers only; got "database"',
    ],
    [
        "outside to outside",
        { from: "outside", to: "outside" },
        'testudo:flows.0.to: needs a role where testudo:flows.0.from is outside, because neither is ours; got "outside"',
    ],
    [
        "networks where a role says it",
        { only: ["192.0.2.0/24"] },
        'testudo:flows.0.only: is for outside and operator alone, because a role\'s addresses are those of its hosts; got ["192.0.2.0/24"]',
    ],
    [
        "a network that is none",
        { to: "outside", only: ["192.0.2.1/24"] },
        'testudo:flows.0.only: needs a list of IPv4 networks such as 192.0.2.0/24, host bits zero, because rules are made from them; got ["192.0.2.1/24"]',
    ],
    [
        "all the world, our own hosts in it",
        { to: "outside", only: ["0.0.0.0/0"] },
        'testudo:flows.0.only: must not be inside or around testudo:network.public (10.91.0.0/24), because its hosts are named by their roles; got ["0.0.0.0/0"]',
    ],
    [
        "a reason that would end the rule's comment",
        { why: 'x" accept' },
        String.raw`testudo:flows.0.why: needs a phrase of 3 to 100 letters without " and \, because whoever finds the open port later wants to know; got "x\" accept"`,
    ],
])("%s is refused, by the key as typed", (_, change, message) => {
    expect(faultsOf({ ...search, ...change })).toEqual([message]);
});

test("what is open already is refused, whoever declared it", () => {
    const sql: Values = { ...search, port: 3307 };
    expect(faultsOf(sql)).toEqual([
        'testudo:flows.0: needs to open what is not open yet, because app may talk to database there already (SQL); got {"from":"app","to":"database","protocol":"tcp","port":3307,"why":"search index"}',
    ]);
    expect(faultsOf(search, search)[0]).toMatch(/^testudo:flows\.1: .*already \(search index\)/);
    const narrow: Values = { ...search, to: "outside", only: ["192.0.2.0/24"] };
    expect(faultsOf(narrow, { ...narrow, only: ["192.0.2.7/32"] })).toHaveLength(1);
    expect(faultsOf(narrow, { ...narrow, only: ["198.51.100.0/24"] })).toEqual([]);
    expect(faultsOf({ ...narrow, only: ["192.0.2.7/32"] }, narrow)).toEqual([]);
});

test("all faults are told at once, beside those of the configuration", () => {
    const bad = { from: "nobody", to: 7, protocol: "tpc", port: 0, why: "" };
    expect(faultsOf(bad, search, bad).map((line) => line.split(": ")[0])).toEqual(
        [0, 2].flatMap((index) =>
            ["from", "to", "protocol", "port", "why"].map((key) => `testudo:flows.${index}.${key}`),
        ),
    );
    expect(planFaults({ flows: [{ ...search, prot: 1 }] })).toEqual([
        "testudo:flows.0.prot: is not a key that Testudo knows, because a mistyped key would silently do nothing; got 1",
    ]);
    expect(planFaults({ flows: "all" })).toHaveLength(1);
});

test("with the roles of the full preset more can be named", () => {
    const plan = planOf({ ...full, flows: [{ ...search, from: "ops", to: "cache" }] });
    expect(roleFaults(plan)).toEqual([]);
});
