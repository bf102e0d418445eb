import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../cluster/plan";
import { ports } from "../roles/load-balancer-pair";
import type { Trust } from "../trust";
import type { Host } from "./host";

/**
 * An ssh_config for people: `ssh -F FILE db1`. Balancers are reached directly, everybody else through
 * the bastion. The key and the known hosts are outputs of their own, kept beside it by `make up`.
 */
export function sshConfig(plan: Plan): string {
    const hosts = plan.hosts.map((host) => [
        `Host ${host.name}`,
        `    HostName ${host.address}`,
        ...(host.sshPort === undefined ? [] : [`    Port ${host.sshPort}`]),
        "    User root",
        ...(host.zone === "private" ? ["    ProxyJump testudo-bastion"] : []),
    ]);
    return [
        "Host testudo-bastion",
        `    HostName ${plan.vip}`,
        `    Port ${ports.bastion}`,
        "    User jump",
        ...hosts.flat(),
        "Host *",
        "    IdentityFile %d/.ssh/testudo",
        "    IdentitiesOnly yes",
        "    UserKnownHostsFile %d/.ssh/testudo_known_hosts",
        "    StrictHostKeyChecking yes",
        "",
    ].join("\n");
}

/** Every host's pinned key, and the bastion's, as known_hosts lines. */
export function knownHosts(
    plan: Plan,
    trust: Trust,
    hosts: readonly Host[],
): pulumi.Output<string> {
    const lines = hosts.map(
        (host) =>
            pulumi.interpolate`${placeOf(host)} ${host.connection.apply((connection) => connection.hostKey ?? "")}`,
    );
    const bastion = trust.bastionKey.publicKeyOpenssh.apply(
        (key) => `[${plan.vip}]:${ports.bastion} ${key.trim()}`,
    );
    return pulumi.unsecret(pulumi.all([bastion, ...lines]).apply((all) => `${all.join("\n")}\n`));
}

/** As known_hosts names a server. */
function placeOf({ spec }: Host): string {
    return spec.sshPort === undefined ? spec.address : `[${spec.address}]:${spec.sshPort}`;
}
