import { ruleText, serviceText } from "../../../components/roles/base";
import { flowsOf } from "../../../components/roles/all";
import { fileOf } from "../../helpers/facts";
import { hostOf, planOf } from "../../helpers/plans";

const firewall = "/etc/testudo/firewall.nft";
const rulesOf = (name: string) =>
    fileOf(planOf(), hostOf(planOf(), name), firewall)
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line.startsWith("ip ") && line.includes(" accept "));

test("both ways are closed but for what is declared", () => {
    const text = fileOf(planOf(), hostOf(planOf(), "db1"), firewall);
    for (const hook of ["input", "output", "forward"]) {
        expect(text).toContain(`type filter hook ${hook} priority filter; policy drop;`);
    }
});

test("what is closed is refused where our own hosts ask, and passed over in silence where others do", () => {
    const text = fileOf(planOf(), hostOf(planOf(), "db1"), firewall);
    const own = "ip saddr { 10.91.0.0/24, 10.91.1.0/24 }";
    const input = text.slice(text.indexOf("chain input"), text.indexOf("chain output"));
    expect(input.match(/^.*undeclared.*$/gm)?.map((line) => line.trim())).toEqual([
        `${own} meta l4proto tcp counter reject with tcp reset comment "undeclared"`,
        `${own} counter reject with icmpx admin-prohibited comment "undeclared"`,
        'counter comment "undeclared"',
    ]);
    expect(
        text
            .slice(text.indexOf("chain output"))
            .match(/^.*undeclared.*$/gm)
            ?.map((line) => line.trim()),
    ).toEqual([
        'meta l4proto tcp counter reject with tcp reset comment "undeclared"',
        'counter reject with icmpx admin-prohibited comment "undeclared"',
    ]);
});

test("a database member lets in SSH from balancers, SQL from web hosts, Galera from members", () => {
    expect(rulesOf("db1").filter((rule) => rule.startsWith("ip saddr"))).toEqual([
        'ip saddr { 10.91.0.11, 10.91.0.12, 10.91.0.10 } tcp dport 22 accept comment "SSH through the bastion"',
        'ip saddr { 10.91.1.21, 10.91.1.22 } tcp dport 3307 accept comment "SQL"',
        'ip saddr { 10.91.1.21, 10.91.1.22 } tcp dport 9200 accept comment "which member may be written to"',
        'ip saddr { 10.91.1.42, 10.91.1.43 } tcp dport 4567 accept comment "Galera group"',
        'ip saddr { 10.91.1.42, 10.91.1.43 } tcp dport 4568 accept comment "Galera incremental state transfer"',
        'ip saddr { 10.91.1.42, 10.91.1.43 } tcp dport 4444 accept comment "Galera full state transfer"',
        'ip saddr { 10.91.1.42, 10.91.1.43 } tcp dport 9200 accept comment "who is up before anyone forms or restarts"',
    ]);
});

test("the world reaches a balancer on two ports, and is told by not being ours", () => {
    expect(rulesOf("lb1").filter((rule) => rule.includes("saddr !="))).toEqual([
        'ip saddr != { 10.91.0.0/24, 10.91.1.0/24 } tcp dport 80 accept comment "redirect to https"',
        'ip saddr != { 10.91.0.0/24, 10.91.1.0/24 } tcp dport 443 accept comment "the site"',
    ]);
});

test.each([
    [{ protocol: "tcp", port: 443 } as const, "tcp dport 443"],
    [{ protocol: "udp", port: 53 } as const, "udp dport 53"],
    [{ protocol: "vrrp", port: null } as const, "ip protocol vrrp"],
    [{ protocol: "icmp", port: null } as const, "icmp type echo-request"],
])("%j is written as nftables reads it", (service, text) => {
    expect(serviceText(service)).toBe(text);
});

test("a rule for everybody but us excludes, a rule for some includes", () => {
    const rule = { protocol: "tcp", port: 1, why: "because" } as const;
    expect(ruleText({ ...rule, peers: ["10.0.0.1"], except: [] }, "daddr")).toBe(
        'ip daddr { 10.0.0.1 } tcp dport 1 accept comment "because"',
    );
    expect(ruleText({ ...rule, peers: [], except: ["10.0.0.0/8"] }, "saddr")).toBe(
        'ip saddr != { 10.0.0.0/8 } tcp dport 1 accept comment "because"',
    );
});

test("every host knows every host by name", () => {
    const plan = planOf();
    const hosts = fileOf(plan, hostOf(plan, "web1"), "/etc/hosts");
    for (const { name, address } of plan.hosts) {
        expect(hosts).toContain(`${address} ${name}.testudo.internal ${name}\n`);
    }
});

test("no flow of any role is declared twice", () => {
    const lines = flowsOf(planOf()).map(({ from, to, protocol, port }) =>
        [from, to, protocol, port].join(" "),
    );
    expect(new Set(lines).size).toBe(lines.length);
});
