import { spawnSync } from "node:child_process";
import { cloudFlows } from "../../../components/roles/base.cloud";
import { fileOf } from "../../helpers/facts";
import { full, hostOf, onAws, planOf } from "../../helpers/plans";

const firewall = (values: typeof onAws, host: string) => {
    const plan = planOf(values);
    return fileOf(plan, hostOf(plan, host), "/etc/testudo/firewall.nft");
};

test("on a platform that serves nothing there is no such flow", () => {
    expect(cloudFlows(planOf(full))).toEqual([]);
    expect(firewall(full, "app1")).not.toMatch(/169\.254|skuid/);
});

test("only root's processes ask the metadata service: PHP reads neither user-data nor credentials", () => {
    for (const host of planOf(onAws).hosts) {
        const lines = firewall(onAws, host.name)
            .split("\n")
            .filter((line) => /daddr.*(dport 80 |169\.254\.169\.254)/.test(line))
            .map((line) => line.trim());
        // In this order: what is wider stands below, and knows link-local addresses as no outside.
        expect([host.name, lines]).toEqual([
            host.name,
            [
                'meta skuid root ip daddr { 169.254.169.254/32 } tcp dport 80 accept comment "what this machine is"',
                'ip daddr { 169.254.169.254/32 } tcp dport 80 counter reject with tcp reset comment "for root alone"',
                'ip daddr != { 10.91.0.0/24, 10.91.1.0/24, 169.254.0.0/16 } tcp dport 80 accept comment "packages"',
            ],
        ]);
    }
});

test("a way out that is wider than it looks does not open it either", () => {
    const text = firewall({ ...onAws, aws: { egress: ["128.0.0.0/1"] } }, "app1");
    expect(text.indexOf("for root alone")).toBeLessThan(text.indexOf("128.0.0.0/1"));
});

test("without gateways both pairs of balancers reach the API at its endpoint inside, and nobody else does", () => {
    const closed = { ...onAws, aws: { nat: "none", ami: "ami-0123456789abcdef0" } };
    const rule =
        'ip daddr { 10.91.1.8/32, 10.91.1.72/32, 10.91.1.136/32 } tcp dport 443 accept comment "the platform\'s API, at its endpoint in the network"';
    for (const host of planOf(closed).hosts)
        expect([host.name, firewall(closed, host.name).includes(rule)]).toEqual([
            host.name,
            /^(lb|inner)/.test(host.name),
        ]);
    expect(firewall(onAws, "inner1")).not.toContain("10.91.1.8/32");
});

test("packages from anywhere are no way to the stack's own hosts", () => {
    expect(firewall(onAws, "web1")).not.toContain("{ 0.0.0.0/0 }");
});

test("a host refuses files that call its interface otherwise than its image does", () => {
    const plan = planOf({ ...onAws, hosts: { db2: { interface: "enp39s0" } } });
    const adapt = (name: string) =>
        fileOf(plan, hostOf(plan, name), "/usr/local/lib/testudo/base/adapt");
    expect(adapt("db1")).toContain("show dev ens5 ");
    expect(adapt("db2")).toContain("show dev enp39s0 ");
    const answer = (others: string) =>
        spawnSync("bash", {
            input: `ip() { [[ " $* " != *" dev "* ]] || return 1; echo "${others}"; }\n${adapt("db1")}`,
            encoding: "utf8",
        });
    const found = answer("2: enp39s0    inet 10.91.1.41/26 brd 10.91.1.63 scope global enp39s0");
    expect([found.status, found.stderr]).toEqual([
        1,
        "testudo:hosts.db1.interface: needs to be enp39s0 (testudo:aws.interface for all hosts), because the floating address goes to it; got ens5\n",
    ]);
});

test("a host keeps its address, its names and the time", () => {
    const text = firewall(onAws, "db2");
    expect(text).toContain("ip daddr { 10.91.0.1/32, 10.91.0.65/32, 10.91.0.129/32, 10.91.1.1/32");
    expect(text).toContain("ip daddr { 10.91.0.2/32 } udp dport 53 accept");
    expect(text).toContain("ip daddr { 169.254.169.123/32 } udp dport 123 accept");
});

test("packages come from where the stack says, and nothing of all this comes in", () => {
    const text = firewall({ ...onAws, aws: { egress: ["192.0.2.0/24"] } }, "db2");
    expect(text).toContain('ip daddr { 192.0.2.0/24 } tcp dport 443 accept comment "packages');
    expect(text).not.toContain("0.0.0.0/0");
    expect(cloudFlows(planOf(onAws)).map((flow) => flow.to)).toEqual(
        expect.not.arrayContaining(["load-balancer"]),
    );
});
