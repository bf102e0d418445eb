import * as pulumi from "@pulumi/pulumi";
import { DmzFirewall } from "../../../components/dmz-firewall";
import { LoadBalancerPair } from "../../../components/load-balancer-pair";
import { SshMachines } from "../../../components/machines/ssh";
import type { SshFacts } from "../../../components/machines/ssh-preflight";
import { flowsOf } from "../../../components/roles/all";
import { Trust } from "../../../components/trust";
import { existing, hostOf, planOf, type Values } from "../../helpers/plans";
import { isSecret, leaks, record, remembered, type Recording } from "../../helpers/record";

const facts: SshFacts = {
    faults: [],
    warnings: [],
    machineId: (host) => `nonce-${host}`,
    isLiving: () => false,
};

let connections: Record<string, pulumi.Output<unknown>> = {};
const recordHosts = remembered((names: string[], values: Values = existing) => {
    const plan = planOf(values);
    connections = {};
    return record(() => {
        const machines = new SshMachines("ssh", plan, new Trust("trust"), facts);
        const tier = new pulumi.ComponentResource("testudo:index:Tier", "db");
        for (const name of names)
            connections[name] = machines.host(hostOf(plan, name), { parent: tier }).connection;
    });
});

const requestOf = (recording: Recording, name: string) =>
    JSON.parse(String(recording.get(name).inputs.stdin)) as Record<string, unknown>;

test("one resource a machine, under the tier that it is for; no border, no volume, no key made for it (mocks)", async () => {
    const made = await recordHosts(["lb1", "db1"]);
    expect(made.childrenOf("db")).toEqual(["ssh-db1", "ssh-lb1"]);
    expect(made.childrenOf("ssh")).toEqual([]);
    expect(made.names.filter((name) => name.includes("host-key"))).toEqual([]);
});

test("balancers come up on machines that exist, with no border to wait for, in a preview as well (mocks)", async () => {
    for (const preview of [true, false]) {
        const made = await record(
            () => {
                const plan = planOf(existing);
                const trust = new Trust("trust");
                const machines = new SshMachines("ssh", plan, trust, facts);
                const flows = flowsOf(plan);
                const { border } = new DmzFirewall("dmz", { plan, flows, machines });
                new LoadBalancerPair("lb", {
                    foundation: { plan, flows, machines, trust, border },
                });
            },
            { preview },
        );
        expect(made.childrenOf("dmz")).toEqual([]);
        expect(made.isAfter("lb-lb1-ready", "ssh-lb1")).toBe(true);
        expect(made.get("lb-lb1-base").inputs.triggers).toEqual(["nonce-lb1"]);
    }
});

test("a machine is given back before it is taken anew, and its nonce decides (mocks)", async () => {
    const machine = (await recordHosts(["lb1", "db1"])).get("ssh-db1");
    expect(machine.deleteBeforeReplace).toBe(true);
    expect(machine.inputs).toMatchObject({
        triggers: ["nonce-db1"],
        create: "components/machines/ssh/adopt create",
        update: "components/machines/ssh/adopt update",
        delete: "components/machines/ssh/adopt delete",
        logging: "none",
        addPreviousOutputInEnv: false,
    });
});

test("what the script is given lasts for the way back too: who, where, with which key (mocks)", async () => {
    const made = await recordHosts(["lb1", "db1"]);
    const request = requestOf(made, "ssh-db1");
    expect(request).toMatchObject({
        stack: "test",
        host: "db1",
        nonce: "nonce-db1",
        operator_key: "ssh-ed25519 PUBLIC-trust-client-key",
        path: "/var/lib/mysql",
        data: "/srv/testudo/mysql",
        device: "/dev/vdb",
        key: null,
    });
    expect(String(request.shell)).toContain("exec sudo -n bash -s");
    expect(String(request.packages).split(" ")).toContain("mariadb-server");
    expect(String(request.config)).toMatch(
        /^Host db1\n {4}HostName 192\.0\.2\.41\n {4}Port 22\n {4}User admin\n {4}HostKeyAlias db1\n {4}HostKeyAlgorithms ssh-ed25519\nHost \*\n/,
    );
    expect(String(request.config)).toContain('IdentityFile "~/.ssh/cluster"');
    expect(String(request.knownHosts)).toMatch(/^db1 ssh-ed25519 AAAA\S+\n$/);
    expect(requestOf(made, "ssh-lb1")).toMatchObject({ data: null, path: null, packages: "dbus" });
});

test("a key in the configuration goes along as a secret, and only there (mocks)", async () => {
    const values = { ...existing, sshPrivateKey: "CANARY<private>" };
    const made = await recordHosts(["db1", "db2"], values);
    expect(isSecret(made.get("ssh-db1").sent.stdin)).toBe(true);
    expect(requestOf(made, "ssh-db1").key).toBe("CANARY<private>\n");
    expect(String(requestOf(made, "ssh-db1").config)).toContain('IdentityFile "@DIR@/key"');
    expect(String(requestOf(made, "ssh-db2").shell)).toContain("exec bash -s");
    expect(made.all.flatMap((one) => leaks(one.sent))).toEqual([]);
});

test("private machines go through the one in between, balancers never (mocks)", async () => {
    const { hosts } = existing.ssh as { hosts: { lb1: { hostKey: string } } };
    const jump = { address: "198.51.100.1", user: "me", port: 2022, hostKey: hosts.lb1.hostKey };
    const values = { ...existing, ssh: { ...(existing.ssh as object), jump } };
    const made = await recordHosts(["lb1", "db1"], values);
    const config = String(requestOf(made, "ssh-db1").config);
    expect(config).toContain("    ProxyJump testudo-jump\n");
    expect(config).toContain(
        "Host testudo-jump\n    HostName 198.51.100.1\n    Port 2022\n    User me\n",
    );
    expect(String(requestOf(made, "ssh-lb1").config)).not.toContain("ProxyJump");
});

test("after the first contact it is root with the stack's key, at the machine's own sshd and host key (mocks)", async () => {
    const found = new Promise((resolve) => {
        void recordHosts(["web1", "lb2"]).then(() => {
            pulumi.output(connections).apply((all) => {
                resolve(all);
            });
        });
    });
    expect(await found).toMatchObject({
        web1: {
            host: "192.0.2.21",
            port: 2200,
            user: "root",
            hostKey: expect.stringMatching(/^ssh-ed25519 AAAA/) as string,
            proxy: { host: "192.0.2.10", user: "jump" },
        },
        lb2: { host: "192.0.2.12", port: 22, user: "root" },
    });
});
