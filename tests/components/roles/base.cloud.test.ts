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
        const lines = firewall(onAws, host.name).split("\n");
        expect([host.name, lines.filter((line) => line.includes("169.254.169.254"))]).toEqual([
            host.name,
            [
                '        meta skuid root ip daddr { 169.254.169.254/32 } tcp dport 80 accept comment "what this machine is"',
            ],
        ]);
    }
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
