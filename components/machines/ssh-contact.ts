import type { Plan } from "../cluster/plan";
import type { Fault, HostSpec } from "../cluster/types";
import type { Said } from "./ssh-client";

/** Why a machine could not be asked, from the words of OpenSSH's client, of sudo, and of whatever shell is there. */
export function contactFault(plan: Plan, spec: HostSpec, { stderr, stdout, code }: Said): Fault {
    const { ssh } = plan.config;
    const { name } = spec;
    const host = ssh.hosts[name];
    const user = host?.user ?? ssh.user;
    const port = host?.port ?? ssh.port;
    const last = lastLine(stderr) || lastLine(stdout) || `exit status ${code}`;
    const place = `${spec.address}:${port}`;
    const isJumps = /testudo-jump|jumphost|UNKNOWN port 65535|stdio forwarding failed/i.test(
        stderr,
    );
    const shown = /fingerprint for the (\S+) key sent by the remote host is\s+(\S+?)\.?\s/.exec(
        stderr,
    );

    if (isJumps && spec.zone === "private" && ssh.jump !== undefined) {
        return {
            key: "testudo:ssh.jump",
            rule: `needs a machine that answers and forwards to ${name} (${place})`,
            why: "private machines are reached through it before the bastion is there",
            got: last,
        };
    }
    if (/host key verification failed|no matching host key type/i.test(stderr)) {
        return {
            key: `testudo:ssh.hosts.${name}.hostKey`,
            rule: `needs the key that ${name} shows: compare on the machine itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub), then ssh-keyscan -t ed25519 -p ${port} ${spec.address}`,
            why: "a machine with another key is another machine, or somebody in between",
            got: shown === null ? last : `${shown[1] ?? ""} key ${shown[2] ?? ""}`,
        };
    }
    if (/permission denied/i.test(stderr) && code === 255) {
        return {
            key: `testudo:ssh.hosts.${name}.user`,
            rule: `needs to let ${user} in with ${keyInWords(plan)}`,
            why: "nobody is here to type a password, neither the user's nor the key's (an agent keeps a key open)",
            got: last,
        };
    }
    if (/sudo/i.test(stderr)) {
        return {
            key: `testudo:ssh.hosts.${name}.user`,
            rule: `needs a user who may do everything by sudo without a password (a line in /etc/sudoers.d: ${user} ALL=(ALL) NOPASSWD: ALL), or root`,
            why: "what is configured belongs to root",
            got: last,
        };
    }
    if (code === 255 || code === -1) {
        return {
            key: `testudo:ssh.hosts.${name}.address`,
            rule: "needs a machine whose sshd answers this one within 10 s",
            why: "the first contact is made directly (or set testudo:ssh.jump for private machines); where a machine is gone, testudo:hosts.".concat(
                `${name}.state: absent goes on without it`,
            ),
            got: code === -1 ? `${place}: no end of its answer in 150 s` : `${place}: ${last}`,
        };
    }
    return {
        key: `testudo:ssh.hosts.${name}`,
        rule: "needs a machine with bash that answers a few questions",
        why: "what is not known of a machine would be found out half-way",
        got: last,
    };
}

function keyInWords({ config: { ssh, sshPrivateKey } }: Plan): string {
    if (sshPrivateKey !== undefined) return "the key in testudo:sshPrivateKey";
    return ssh.keyFile === undefined
        ? "a key that ssh finds by itself (or name one in testudo:ssh.keyFile)"
        : `the key ${ssh.keyFile}`;
}

function lastLine(text: string): string {
    const lines = text
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "" && !line.startsWith("client\t"));
    return lines[lines.length - 1] ?? "";
}
