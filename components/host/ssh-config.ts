import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import { ports } from "../roles/load-balancer-pair";
import type { Trust } from "../trust";
import type { Host } from "./host";

/** What is dialled. */
export interface SshPlaces {
    /** Of the bastion. */
    readonly entrance: string;
    /** By host, where it is not the host's own address. */
    readonly hosts?: Readonly<Record<string, string>>;
}

/** What steps dial as well. */
export function sshPlaces(
    hosts: readonly Host[],
    entrance: pulumi.Input<string>,
): pulumi.Output<SshPlaces> {
    const dialled = hosts.map((host) =>
        pulumi.unsecret(host.connection.apply((connection) => connection.host)),
    );
    return pulumi.all([entrance, ...dialled]).apply(([first = "", ...addresses]) => ({
        entrance: first,
        hosts: Object.fromEntries(hosts.map((host, index) => [host.name, addresses[index] ?? ""])),
    }));
}

/**
 * An ssh_config for people: `ssh -F FILE db1`. Balancers are reached directly, everybody else through
 * the bastion. The key and the known hosts are outputs of their own, kept beside it by `make up`.
 */
export function sshConfig(plan: Plan, places: SshPlaces = { entrance: plan.vip }): string {
    const hosts = plan.hosts.map((host) => [
        `Host ${host.name}`,
        `    HostName ${places.hosts?.[host.name] ?? host.address}`,
        ...(host.sshPort === undefined ? [] : [`    Port ${host.sshPort}`]),
        "    User root",
        ...(host.zone === "private" ? ["    ProxyJump testudo-bastion"] : []),
    ]);
    return [
        "Host testudo-bastion",
        `    HostName ${places.entrance}`,
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
    entrance: pulumi.Input<string> = plan.vip,
): pulumi.Output<string> {
    const lines = hosts.map(
        ({ spec, connection }) =>
            pulumi.interpolate`${placeOf(spec, connection)} ${connection.apply(({ hostKey }) => hostKey ?? "")}`,
    );
    const bastion = pulumi
        .all([entrance, trust.bastionKey.publicKeyOpenssh])
        .apply(([address, key]) => `[${address}]:${ports.bastion} ${key.trim()}`);
    return pulumi.unsecret(pulumi.all([bastion, ...lines]).apply((all) => `${all.join("\n")}\n`));
}

/** As known_hosts names a server. */
function placeOf({ sshPort }: HostSpec, connection: Host["connection"]): pulumi.Output<string> {
    const address = connection.apply(({ host }) => host);
    return sshPort === undefined
        ? pulumi.interpolate`${address}`
        : pulumi.interpolate`[${address}]:${sshPort}`;
}
