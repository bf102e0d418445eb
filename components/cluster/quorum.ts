import { configKey, type Config } from "./config";
import type { Fault, HostSpec, RoleName } from "./types";

/** Roles whose hosts decide by majority. */
export const quorumRoles = ["database", "cache", "storage"] as const;

/** The quorum that a host votes in, or `null`. */
export function quorumOf(host: Pick<HostSpec, "roles">): (typeof quorumRoles)[number] | null {
    return quorumRoles.find((role) => host.roles.includes(role)) ?? null;
}

/**
 * Votes of a Galera member. Whoever leaves has none, so that it costs none; of an even number that stays the
 * last has none either: with equal halves on both sides of a lost link neither may write.
 */
export function galeraWeight(host: HostSpec, members: readonly HostSpec[]): 0 | 1 {
    if (host.leaving === true) return 0;
    const stay = members.filter((member) => member.leaving !== true);
    const isOneTooMany = stay.length >= 4 && stay.length % 2 === 0;
    return isOneTooMany && stay[stay.length - 1]?.name === host.name ? 0 : 1;
}

/**
 * Topologies that cannot survive the loss of one failure domain. A user who wants one all the same
 * says so in words (`testudo:acceptDataLossRisk`).
 */
export function quorumFaults(config: Config, hosts: readonly HostSpec[]): Fault[] {
    if (config.acceptDataLossRisk !== undefined) return [];
    return [
        ...pairFaults("load-balancer", "loadBalancer", hosts),
        ...pairFaults("web", "web", hosts),
        ...appFaults(hosts),
        ...innerFaults(hosts),
        ...voteFaults("database", "Galera members", hosts),
        ...optionalFaults("cache", "Sentinels", hosts),
        ...optionalFaults("storage", "copies", hosts),
    ];
}

/** They may be none at all: then every host that runs PHP finds its data by itself. */
function innerFaults(hosts: readonly HostSpec[]): Fault[] {
    return hosts.some((host) => host.roles.includes("inner-load-balancer"))
        ? pairFaults("inner-load-balancer", "innerLoadBalancer", hosts)
        : [];
}

function pairFaults(
    role: "load-balancer" | "web" | "app" | "inner-load-balancer",
    section: string,
    hosts: readonly HostSpec[],
): Fault[] {
    const members = stayingIn(role, hosts);
    const domains = new Set(members.map((host) => host.failureDomain));
    if (members.length < 2) {
        return [
            tooFew(
                section,
                `at least 2 ${role} hosts that stay`,
                "the loss of one would be the loss of the site",
                members.length,
            ),
        ];
    }
    if (domains.size < 2) return [oneDomain(members, `the ${role} hosts would fail together`)];
    return [];
}

/** Where PHP has no hosts of its own it shares those of the web role. */
function appFaults(hosts: readonly HostSpec[]): Fault[] {
    const apart = hosts.filter((host) => host.roles.includes("app") && !host.roles.includes("web"));
    return apart.length === 0 ? [] : pairFaults("app", "app", apart);
}

/** None at all is a choice: sessions then stay on their web host, uploads on the host that took them. */
function optionalFaults(
    role: "cache" | "storage",
    votes: string,
    hosts: readonly HostSpec[],
): Fault[] {
    if (!hosts.some((host) => host.roles.includes(role))) return [];
    return voteFaults(role, votes, hosts);
}

const tooFewVotes = {
    database:
        "a member that lost the others cannot tell whether they are gone or it is cut off, and stops writing",
    cache: "a majority of the Sentinels elects a master, and a master without a replica takes no writes",
    storage:
        "files are written where most copies are, and two copies that differ have nobody to say which is right",
} as const;

function voteFaults(
    role: (typeof quorumRoles)[number],
    votes: string,
    hosts: readonly HostSpec[],
): Fault[] {
    const members = stayingIn(role, hosts);
    const faults: Fault[] = [];
    if (members.length < 3) {
        const rule = `at least 3 ${votes} that stay`;
        faults.push(tooFew(role, rule, tooFewVotes[role], members.length));
    }
    const byDomain = new Map<string, HostSpec[]>();
    for (const host of members)
        byDomain.set(host.failureDomain, [...(byDomain.get(host.failureDomain) ?? []), host]);
    for (const together of byDomain.values()) {
        if (together.length > 1)
            faults.push(oneDomain(together, "two members of one quorum would fail together"));
    }
    return faults;
}

function stayingIn(role: RoleName, hosts: readonly HostSpec[]): HostSpec[] {
    return hosts.filter((host) => host.roles.includes(role) && host.leaving !== true);
}

function tooFew(section: string, rule: string, why: string, got: number): Fault {
    return {
        key: configKey(`${section}.count`),
        rule: `needs ${rule} (or testudo:acceptDataLossRisk)`,
        why,
        got: String(got),
    };
}

function oneDomain(together: readonly HostSpec[], why: string): Fault {
    return {
        key: together.map((host) => configKey(`hosts.${host.name}.failureDomain`)).join(", "),
        rule: "need different failure domains (or testudo:acceptDataLossRisk)",
        why,
        got: JSON.stringify(together[0]?.failureDomain),
    };
}
