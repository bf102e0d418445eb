import { isExisting } from "../cluster/existing";
import type { Plan } from "../cluster/plan";
import { roleNames, type Flow, type RoleName } from "../cluster/types";
import type { FileSpec, HostFacts } from "./role";

const library = "/usr/local/lib/testudo/base";

/** What a machine needs of the world, whoever made it: without these it has no updates, and soon the wrong time. */
const services = [
    { protocol: "udp", port: 53, why: "name servers" },
    { protocol: "tcp", port: 53, why: "name servers" },
    { protocol: "udp", port: 67, why: "its address, where it is leased" },
    { protocol: "tcp", port: 80, why: "packages and security updates" },
    { protocol: "udp", port: 123, why: "time" },
    { protocol: "tcp", port: 443, why: "packages and security updates" },
] as const;

/** Names beside those that the machine's owner has written into /etc/hosts. */
export const existingFiles: readonly FileSpec<HostFacts>[] = [
    {
        path: `${library}/hosts`,
        view: ({ plan }) => (isExisting(plan.config) ? {} : null),
        mode: "0755",
        check: `bash -n ${library}/hosts`,
    },
    {
        path: "/etc/testudo/hosts",
        view: ({ plan }) => (isExisting(plan.config) ? { lines: hostLines(plan) } : null),
        onChange: `run ${library}/hosts`,
        check: { none: "the resolver has no checker" },
    },
];

/** `10.0.0.11 db1.testudo.internal db1` */
export function hostLines(plan: Plan): string[] {
    return plan.hosts.map((host) => `${host.address} ${host.name}.testudo.internal ${host.name}`);
}

/** Ports at which a role's hosts have their sshd; a role without hosts will have it where it usually is. */
export function sshPorts(plan: Plan, role: RoleName): number[] {
    const ports = plan.hosts
        .filter((host) => host.roles.includes(role))
        .map((host) => host.sshPort ?? 22);
    return [...new Set(ports.length === 0 ? [22] : ports)];
}

/** Machines that exist keep the way in that their owners have, and reach what keeps them up to date. */
export function existingFlows(plan: Plan): Flow[] {
    if (!isExisting(plan.config)) return [];
    const only = plan.config.ssh.services;
    const present = roleNames.filter((role) =>
        plan.hosts.some((host) => host.roles.includes(role)),
    );
    return present.flatMap((role): Flow[] => [
        // Balancers have this one on every platform.
        ...(role === "load-balancer" ? [] : sshPorts(plan, role)).map((port): Flow => ({
            from: "operator",
            to: role,
            protocol: "tcp",
            port,
            why: "the owner's way in",
        })),
        ...(only?.length === 0 ? [] : services).map((service): Flow => ({
            from: role,
            to: "outside",
            ...service,
            ...(only === undefined ? {} : { only }),
        })),
    ]);
}
