import { parse } from "yaml";
import { existingMachines } from "../../../components/cluster/schema.ssh";
import { flowsOf } from "../../../components/roles/all";
import { inbound, outbound } from "../../../components/cluster/flows";
import { existing, hostOf, planFaults, planOf, type Values } from "../../helpers/plans";
import { textOf } from "../../helpers/sources";

// The plan of machines that exist already.

const ssh = existing.ssh as { hosts: Record<string, object | undefined> };
const withHost = (name: string, change: object): Values => ({
    ...existing,
    ssh: { ...ssh, hosts: { ...ssh.hosts, [name]: { ...ssh.hosts[name], ...change } } },
});

test("every host is the machine that the stack file names, whatever its network's first addresses are", () => {
    const plan = planOf(existing);
    expect(
        plan.hosts.map(({ name, address, interface: on, sshPort }) => [name, address, on, sshPort]),
    ).toEqual([
        ["lb1", "192.0.2.11", "ens3", undefined],
        ["lb2", "192.0.2.12", "ens3", undefined],
        ["db1", "192.0.2.41", "ens3", undefined],
        ["db2", "192.0.2.42", "eno1", undefined],
        ["db3", "192.0.2.43", "ens3", undefined],
        ["web1", "192.0.2.21", "ens3", 2200],
        ["web2", "192.0.2.22", "ens3", undefined],
    ]);
});

test("hosts of other platforms have neither port nor interface of their own", () => {
    for (const host of planOf().hosts) {
        expect(host).not.toHaveProperty("interface");
        expect(host).not.toHaveProperty("sshPort");
    }
});

test("one network for both zones is allowed, and its router may be anywhere", () => {
    expect(planFaults(withHost("lb1", { address: "192.0.2.1" }))).toEqual([]);
    expect(planFaults(withHost("lb1", { address: "192.0.2.255" })).join()).toMatch(
        /^testudo:ssh\.hosts\.lb1\.address: needs a host address inside testudo:network\.public \(192\.0\.2\.0\/24\).*got 192\.0\.2\.255$/,
    );
});

test("a host without a machine and a machine without a host are both refused, in one message", () => {
    const { web2: renamed, ...others } = ssh.hosts;
    const faults = planFaults({ ...existing, ssh: { ...ssh, hosts: { ...others, www: renamed } } });
    expect(faults).toEqual([
        expect.stringMatching(/^testudo:ssh\.hosts\.web2: needs the machine/),
        expect.stringMatching(/^testudo:ssh\.hosts\.www: needs to be one of lb1, lb2, db1/),
    ]);
});

test("who administers must be said: the firewalls close sshd to all others", () => {
    const rest = Object.entries(existing).filter(([key]) => key !== "operators");
    expect(planFaults(Object.fromEntries(rest))).toEqual([
        expect.stringMatching(/^testudo:operators: is required: .*; got nothing$/),
    ]);
});

test("an address stands at one place, and at one machine", () => {
    expect(planFaults({ ...existing, hosts: { db1: { address: "192.0.2.99" } } })).toEqual([
        expect.stringMatching(/^testudo:hosts\.db1\.address: belongs into testudo:ssh\.hosts\.db1/),
    ]);
    expect(planFaults(withHost("db2", { address: "192.0.2.10" })).join()).toMatch(
        /testudo:ssh\.hosts\.db2\.address: needs an address of its own.*testudo:network\.vip/,
    );
});

test("the way in is no host of the stack", () => {
    const jump = { ...ssh.hosts.lb1 };
    expect(planFaults({ ...existing, ssh: { ...ssh, jump } })).toEqual([
        expect.stringMatching(/^testudo:ssh\.jump\.address: needs to be no host of the stack/),
    ]);
});

test.each([
    ["no key at all", "db1"],
    ["an RSA key", "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7"],
    ["a fingerprint", "SHA256:abcdef"],
])(
    "a host key is a line of the server's, not %s; and it is shown: it is no secret",
    (_, hostKey) => {
        expect(planFaults(withHost("db1", { hostKey })).join()).toContain(
            `testudo:ssh.hosts.db1.hostKey: needs a line such as \`ssh-ed25519 AAAA…\``,
        );
        expect(planFaults(withHost("db1", { hostKey })).join()).toContain(JSON.stringify(hostKey));
    },
);

test("of a host key's line the comment does not matter, as ssh-keyscan and people write it", () => {
    const { hostKey = "" } = ssh.hosts.db1 as { hostKey?: string };
    const plan = planOf(withHost("db1", { hostKey: `${hostKey} root@db1\n` }));
    expect(plan.config.ssh.hosts.db1?.hostKey).toBe(hostKey);
});

test("a private key is not shown", () => {
    const faults = planFaults({ ...existing, sshPrivateKey: 7 });
    expect(faults.join()).not.toContain("7");
});

test("everybody on the network but the hosts is outside: a neighbour sees the site, and no database", () => {
    const plan = planOf(existing);
    const flows = flowsOf(plan);
    const site = inbound(plan, flows, hostOf(plan, "lb1")).find(
        ({ port, except }) => port === 443 && except.length > 0,
    );
    expect(site?.except).toEqual(plan.hosts.map(({ address }) => address));
    const open = inbound(plan, flows, hostOf(plan, "db1")).filter(
        ({ except }) => except.length > 0,
    );
    expect(open).toEqual([]);
});

test("the owner keeps his way in, at the sshd that the machine has, and the bastion finds it there", () => {
    const plan = planOf(existing);
    const doors = inbound(plan, flowsOf(plan), hostOf(plan, "web1"))
        .filter(({ port }) => port === 2200)
        .map(({ peers }) => peers);
    expect(doors).toEqual(
        expect.arrayContaining([["192.0.2.200/32"], ["192.0.2.11", "192.0.2.12", "192.0.2.10"]]),
    );
});

test("machines reach name servers, time and mirrors: anywhere, at the given places, or nowhere", () => {
    const reached = (services?: string[]) => {
        const plan = planOf({ ...existing, ssh: { ...ssh, ...(services && { services }) } });
        return outbound(plan, flowsOf(plan), hostOf(plan, "db1"))
            .filter(({ port }) => port === 123)
            .map(({ peers, except }) => [peers, except.length > 0]);
    };
    expect(reached()).toEqual([[[], true]]);
    expect(reached(["198.51.100.0/24"])).toEqual([[["198.51.100.0/24"], false]]);
    expect(reached([])).toEqual([]);
});

test("the example stack file is a plan that nobody refuses, and names every key", () => {
    const { config } = parse(textOf("Pulumi.ssh.yaml")) as { config: Record<string, unknown> };
    const values = Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace("testudo:", ""), value]),
    );
    expect(planFaults(values, "ssh")).toEqual([]);
    const { hosts } = existingMachines.removeDefault().shape;
    const keys = [
        ...Object.keys(existingMachines.removeDefault().shape),
        ...Object.keys(hosts.removeDefault().valueSchema.shape),
    ];
    for (const key of keys)
        expect(textOf("Pulumi.ssh.yaml")).toMatch(new RegExp(`^[ #]*${key}:`, "m"));
});
