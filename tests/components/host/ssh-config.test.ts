import * as pulumi from "@pulumi/pulumi";
import { connectionTo } from "../../../components/host/connection";
import { sshConfig } from "../../../components/host/ssh-config";
import { configOf } from "../../../operations/ssh-config";
import { Trust } from "../../../components/trust";
import { hostOf, planOf } from "../../helpers/plans";
import { canary, record } from "../../helpers/record";

const plan = planOf();

test("people reach balancers directly and everybody else through the bastion at the floating address", () => {
    const text = sshConfig(plan);
    expect(text).toContain(
        "Host testudo-bastion\n    HostName 10.91.0.10\n    Port 2222\n    User jump\n",
    );
    expect(text).toContain("Host lb1\n    HostName 10.91.0.11\n    User root\nHost lb2\n");
    expect(text).toContain(
        "Host db3\n    HostName 10.91.1.43\n    User root\n    ProxyJump testudo-bastion\n",
    );
    expect(text).toContain("    StrictHostKeyChecking yes\n");
});

test("what comes for all hosts comes last: ssh takes the first value it meets", () => {
    expect(
        sshConfig(plan)
            .match(/^Host .*$/gm)
            ?.at(-1),
    ).toBe("Host *");
});

test("a person goes the same ways, by their own name and key on every hop", () => {
    const text = configOf(sshConfig(plan), "ada", "/x/known_hosts", "/keys/ada");
    expect(text.match(/^ +User .*$/gm)).toEqual(
        ["testudo-bastion", ...plan.hosts].map(() => "    User ada"),
    );
    expect(text).toMatch(/IdentityFile "\/keys\/ada"\n +IdentitiesOnly yes/);
    expect(text).toContain(
        '    UserKnownHostsFile "/x/known_hosts"\n    StrictHostKeyChecking yes',
    );
    expect(text).toContain("    ProxyJump testudo-bastion\n");
    expect(configOf(sshConfig(plan), "ada", "/x/known_hosts")).not.toContain("Identit");
});

test("on a platform with addresses of its own, bastion and balancers are dialled where the world sees them", () => {
    const places = {
        entrance: "198.51.100.1",
        hosts: { lb1: "198.51.100.2", db3: "10.91.1.43" },
    };
    const text = configOf(sshConfig(plan, places), "ada", "/x/known_hosts");
    expect(text).toContain("Host testudo-bastion\n    HostName 198.51.100.1\n    Port 2222\n");
    expect(text).toContain("Host lb1\n    HostName 198.51.100.2\n    User ada\n");
    expect(text).toContain(
        "Host db3\n    HostName 10.91.1.43\n    User ada\n    ProxyJump testudo-bastion\n",
    );
});

test("Pulumi goes the same ways, with pinned keys of host and bastion", async () => {
    const connections: Record<string, unknown> = {};
    await record(() => {
        const trust = new Trust("trust");
        for (const name of ["lb1", "db1"]) {
            const connection = connectionTo(
                hostOf(plan, name),
                plan,
                trust,
                trust.hostKey(name),
                "root",
            );
            pulumi.unsecret(connection).apply((value) => (connections[name] = value));
        }
    });
    const direct = {
        port: 22,
        user: "root",
        privateKey: canary("trust-client-key"),
        perDialTimeout: 15,
    };
    expect(connections).toEqual({
        lb1: { ...direct, host: "10.91.0.11", hostKey: "ssh-ed25519 PUBLIC-trust-host-key-lb1" },
        db1: {
            ...direct,
            host: "10.91.1.41",
            hostKey: "ssh-ed25519 PUBLIC-trust-host-key-db1",
            proxy: {
                host: "10.91.0.10",
                port: 2222,
                user: "jump",
                privateKey: canary("trust-client-key"),
                hostKey: "ssh-ed25519 PUBLIC-trust-bastion-key",
                dialErrorLimit: 20,
                perDialTimeout: 15,
            },
        },
    });
});
