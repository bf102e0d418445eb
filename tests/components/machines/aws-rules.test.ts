import {
    groupRules,
    groupsOf,
    rulesPerGroup,
    type GroupRule,
} from "../../../components/machines/aws-rules";
import { flowsOf } from "../../../components/roles/all";
import type { Flow } from "../../../components/cluster/types";
import { onAws, planOf } from "../../helpers/plans";

const plan = planOf(onAws);
const flows = flowsOf(plan);
const rules = groupRules(plan, flows);
const known: readonly string[] = groupsOf(plan);

/** What a flow asks of the groups, in words of its own. */
const service = ({ protocol, port }: Flow) =>
    `${{ vrrp: "112", icmp: "icmp", tcp: "tcp", udp: "udp" }[protocol]} ${protocol === "icmp" ? 8 : (port ?? "-")}`;
const ruleText = (rule: GroupRule) =>
    `${rule.group} ${rule.direction} ${"group" in rule.peer ? rule.peer.group : rule.peer.network} ${rule.protocol} ${rule.fromPort ?? "-"}`;

test("law: a flow between roles is exactly one rule where it leaves and one where it arrives, each naming the other's group", () => {
    const between = flows.filter(({ from, to }) => known.includes(from) && known.includes(to));
    expect(between.length).toBeGreaterThan(20);
    for (const flow of between) {
        const wanted = [
            `${flow.from} egress ${flow.to} ${service(flow)}`,
            `${flow.to} ingress ${flow.from} ${service(flow)}`,
        ];
        for (const text of wanted)
            expect([text, rules.filter((rule) => ruleText(rule) === text).length]).toEqual([
                text,
                1,
            ]);
    }
});

test("law: every rule is asked for by a flow", () => {
    const asked = flows.flatMap((flow) => {
        const sides = (party: string) =>
            party === "outside"
                ? (flow.only ?? ["0.0.0.0/0"])
                : party === "operator"
                  ? plan.operators
                  : [party, ...(party === "inner-load-balancer" ? ["10.92.0.10/32"] : [])];
        return [
            ...sides(flow.to).map((to) => `${flow.from} egress ${to} ${service(flow)}`),
            ...sides(flow.to).map((to) => `host egress ${to} ${service(flow)}`),
            ...sides(flow.from).map((from) => `${flow.to} ingress ${from} ${service(flow)}`),
        ];
    });
    expect(rules.map(ruleText).filter((text) => !asked.includes(text))).toEqual([]);
    // What every host needs of the platform stands in the group of every host alone, and is one way.
    const common = rules.filter((rule) => rule.group === "host");
    expect(common.map((rule) => rule.direction)).not.toContain("ingress");
    expect(common.map(ruleText)).toContain("host egress 10.91.0.2/32 udp 53");
});

test("the public may reach 80 and 443 of the balancers, the operators two doors more, and nobody anything else", () => {
    const open = rules.filter((rule) => rule.direction === "ingress" && "network" in rule.peer);
    expect(open.map(ruleText).sort()).toEqual([
        "load-balancer ingress 0.0.0.0/0 tcp 443",
        "load-balancer ingress 0.0.0.0/0 tcp 80",
        "load-balancer ingress 203.0.113.7/32 tcp 22",
        "load-balancer ingress 203.0.113.7/32 tcp 2222",
        "load-balancer ingress 203.0.113.7/32 tcp 443",
    ]);
});

test("VRRP is a protocol without ports between the two balancers", () => {
    const vrrp = rules.filter((rule) => rule.protocol === "112");
    expect(vrrp.map(ruleText).sort()).toEqual([
        "inner-load-balancer egress 10.92.0.10/32 112 -",
        "inner-load-balancer egress inner-load-balancer 112 -",
        "inner-load-balancer ingress inner-load-balancer 112 -",
        "load-balancer egress load-balancer 112 -",
        "load-balancer ingress load-balancer 112 -",
    ]);
});

test("an address that only routes lead to is no group's: whoever may dial the inner balancers may dial it", () => {
    const dialled = rules.filter(
        (rule) => "network" in rule.peer && rule.peer.network === "10.92.0.10/32",
    );
    const services = (all: readonly GroupRule[]) =>
        all.map((rule) => `${rule.group} ${rule.protocol} ${rule.fromPort ?? "-"}`).sort();
    const referenced = rules.filter(
        (rule) =>
            rule.direction === "egress" &&
            "group" in rule.peer &&
            rule.peer.group === "inner-load-balancer",
    );
    expect(services(dialled)).toEqual(services(referenced));
    expect(dialled.length).toBeGreaterThan(4);
});

test("descriptions have only what EC2 allows, names are unique, and no group is too large", () => {
    for (const { description } of rules)
        expect(description).toMatch(/^[\w .:/()#,@[\]+=&;{}!$*-]{1,255}$/);
    expect(new Set(rules.map((rule) => rule.key)).size).toBe(rules.length);
    for (const group of new Set(rules.map((rule) => rule.group))) {
        const own = rules.filter((rule) => rule.group === group);
        expect(own.filter((rule) => rule.direction === "ingress").length).toBeLessThan(
            rulesPerGroup,
        );
        expect(own.filter((rule) => rule.direction === "egress").length).toBeLessThan(
            rulesPerGroup,
        );
    }
});

test("ways out and flows that the user declares are rules like all others, and open nothing else", () => {
    const more = {
        ...onAws,
        egress: { time: ["192.0.2.1"], mirrors: ["198.51.100.0/24"] },
        flows: [
            {
                from: "web",
                to: "outside",
                protocol: "tcp",
                port: 8883,
                only: ["203.0.113.0/24"],
                why: "sensors",
            },
            { from: "web", to: "app", protocol: "udp", port: 8125, why: "counters" },
        ],
    };
    const keysOf = (values: typeof onAws) => {
        const plan = planOf(values);
        return groupRules(plan, flowsOf(plan)).map(({ key }) => key);
    };
    const before = new Set(keysOf(onAws));
    const added = keysOf(more).filter((key) => !before.has(key));
    expect(added.filter((key) => /^(web|app)-/.test(key)).sort()).toEqual([
        "app-from-web-udp-8125",
        "app-to-192-0-2-1-32-udp-123",
        "app-to-198-51-100-0-24-tcp-443",
        "app-to-198-51-100-0-24-tcp-80",
        "web-to-192-0-2-1-32-udp-123",
        "web-to-198-51-100-0-24-tcp-443",
        "web-to-198-51-100-0-24-tcp-80",
        "web-to-203-0-113-0-24-tcp-8883",
        "web-to-app-udp-8125",
    ]);
    expect(keysOf(more)).toEqual(expect.arrayContaining([...before]));
});
