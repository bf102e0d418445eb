import { crossings, inbound, outbound, type HostRule } from "../../../components/cluster/flows";
import { hostsOf } from "../../../components/cluster/plan";
import type { HostSpec } from "../../../components/cluster/types";
import { flowsOf } from "../../../components/roles/all";
import { full, hostOf, largest, planOf } from "../../helpers/plans";

const topologies = [
    ["smallest", planOf()],
    ["largest", planOf(largest)],
    ["full", planOf(full)],
] as const;

const sameService = (a: HostRule, b: HostRule) => a.protocol === b.protocol && a.port === b.port;

describe.each(topologies)("in the %s topology", (_, plan) => {
    const flows = flowsOf(plan);
    const pairs = plan.hosts.flatMap((from) =>
        plan.hosts.filter((to) => to !== from).map((to): [HostSpec, HostSpec] => [from, to]),
    );

    test("law: what one host may open to another, that one lets in, and nothing else", () => {
        for (const [from, to] of pairs) {
            const opened = outbound(plan, flows, from).filter((rule) =>
                rule.peers.includes(to.address),
            );
            const admitted = inbound(plan, flows, to).filter((rule) =>
                rule.peers.includes(from.address),
            );
            expect([
                from.name,
                to.name,
                opened.map(({ protocol, port }) => [protocol, port]),
            ]).toEqual([
                from.name,
                to.name,
                admitted.map(({ protocol, port }) => [protocol, port]),
            ]);
        }
    });

    test("law: every rule between two zones passes the border, and the border passes no other", () => {
        const crossing = crossings(plan, flows);
        for (const [from, to] of pairs.filter(([a, b]) => a.zone !== b.zone)) {
            const declared = outbound(plan, flows, from).filter((rule) =>
                rule.peers.includes(to.address),
            );
            const passing = crossing.filter(
                (rule) =>
                    rule.from.addresses.includes(from.address) &&
                    rule.to.addresses.includes(to.address),
            );
            // Two roles of one host may declare the same; the border needs it once.
            const services = (rules: readonly Pick<HostRule, "protocol" | "port">[]) =>
                [...new Set(rules.map(({ protocol, port }) => `${protocol} ${port}`))].sort();
            expect(services(passing)).toEqual(services(declared));
        }
        expect(crossing.filter((rule) => rule.from.zone === rule.to.zone)).toEqual([]);
    });

    test("law: no host is its own peer, and every rule says for whom and why", () => {
        for (const host of plan.hosts) {
            for (const rule of [...inbound(plan, flows, host), ...outbound(plan, flows, host)]) {
                expect(rule.peers).not.toContain(host.address);
                expect(rule.peers.length + rule.except.length).toBeGreaterThan(0);
                expect(rule.why).not.toBe("");
                expect(rule.why).not.toMatch(/["\n]/);
            }
        }
    });

    test("law: outside reaches balancers only", () => {
        for (const rule of crossings(plan, flows).filter(({ from }) => from.zone === "outside")) {
            expect(rule.to.zone).toBe("public");
        }
        for (const host of plan.hosts.filter(({ zone }) => zone === "private")) {
            expect(inbound(plan, flows, host).filter((rule) => rule.except.length > 0)).toEqual([]);
        }
    });

    test("law: no private host opens a connection to a balancer", () => {
        const balancers = [
            plan.vip,
            ...plan.hosts.filter(({ zone }) => zone === "public").map(({ address }) => address),
        ];
        for (const host of plan.hosts.filter(({ zone }) => zone === "private")) {
            const peers = outbound(plan, flows, host).flatMap((rule) => rule.peers);
            expect(peers.filter((peer) => balancers.includes(peer))).toEqual([]);
        }
    });
});

test("an undeclared service is open between no two hosts", () => {
    const plan = planOf();
    const telnet: HostRule = { peers: [], except: [], protocol: "tcp", port: 23, why: "" };
    for (const host of plan.hosts) {
        expect(inbound(plan, flowsOf(plan), host).some((rule) => sameService(rule, telnet))).toBe(
            false,
        );
    }
});

test("a host with nginx and PHP talks to the members' gates, to its like, and to nobody else", () => {
    const plan = planOf();
    const rules = outbound(plan, flowsOf(plan), hostOf(plan, "web1"));
    const members = ["10.91.1.41", "10.91.1.42", "10.91.1.43"];
    expect(rules.map(({ peers, port }) => [port, peers]).sort()).toEqual([
        [10000, ["10.91.1.22"]],
        [3307, members],
        [8444, ["10.91.1.22"]],
        [9200, members],
        [9443, ["10.91.1.22"]],
        [9444, ["10.91.1.22"]],
        [9445, ["10.91.1.22"]],
    ]);
});

test("with inner balancers PHP talks to them alone, and only they talk to the data", () => {
    const plan = planOf({ preset: "full" });
    const flows = flowsOf(plan);
    const from = (host: string) =>
        new Set(outbound(plan, flows, hostOf(plan, host)).flatMap(({ peers }) => peers));
    const of = (role: "database" | "cache" | "inner-load-balancer") =>
        hostsOf(plan, role).map(({ address }) => address);
    const data = [...of("database"), ...of("cache")];
    expect(data.filter((address) => from("app1").has(address))).toEqual([]);
    expect(data.filter((address) => from("web1").has(address))).toEqual([]);
    expect(data.filter((address) => !from("inner1").has(address))).toEqual([]);
    expect(from("app1").has("10.91.1.10")).toBe(true);
});

test("a mail relay opens one address and port to the web hosts, and only with a relay", () => {
    const plan = planOf({ mail: { relay: "192.0.2.25", port: 2525, from: "a@example.org" } });
    const rule = { protocol: "tcp", port: 2525, peers: ["192.0.2.25/32"] };
    expect(outbound(plan, flowsOf(plan), hostOf(plan, "web1"))).toContainEqual(
        expect.objectContaining(rule),
    );
    expect(outbound(plan, flowsOf(plan), hostOf(plan, "db1"))).not.toContainEqual(
        expect.objectContaining({ port: 2525 }),
    );
    expect(crossings(plan, flowsOf(plan))).toContainEqual(
        expect.objectContaining({
            port: 2525,
            to: { zone: "outside", addresses: ["192.0.2.25/32"] },
        }),
    );
    expect(
        crossings(planOf(), flowsOf(planOf())).filter(({ to }) => to.zone === "outside"),
    ).toEqual([]);
});
