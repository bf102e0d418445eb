import { formatAddress, type Network } from "./addresses";
import { placeOnAws, type Place } from "./aws";
import type { Config } from "./config";
import type { TierSpec } from "./presets";
import { existingSpec } from "./existing";
import type { HostSpec } from "./types";

/** The hosts of a topology with the user's counts, sizes and overrides, in the topology's order. */
export function makeHosts(
    tiers: readonly TierSpec[],
    config: Config,
    networks: Record<"public" | "private", Network>,
): HostSpec[] {
    return withPrivileges(withApp(tiers.flatMap((tier) => tierHosts(tier, config, networks))));
}

/** PHP runs somewhere: on the web hosts where it has none of its own. */
function withApp(hosts: readonly HostSpec[]): HostSpec[] {
    if (hosts.some((host) => host.roles.includes("app"))) return [...hosts];
    return hosts.map((host) =>
        host.roles.includes("web") ? { ...host, roles: [...host.roles, "app"] } : host,
    );
}

/** What outlives the machine: a role with data has one volume for it. */
function dataOf(tier: TierSpec, config: Config): Pick<HostSpec, "data"> {
    if (tier.roles.includes("database"))
        return { data: { sizeGiB: config.database.dataGiB, path: "/var/lib/mysql" } };
    if (tier.roles.includes("cache"))
        return { data: { sizeGiB: config.cache.dataGiB, path: "/var/lib/redis" } };
    if (tier.roles.includes("storage"))
        return { data: { sizeGiB: config.storage.dataGiB, path: "/srv/gluster" } };
    return {};
}

/** Bricks keep their state in attributes that only a privileged host may write; whoever mounts the volume needs FUSE. */
function withPrivileges(hosts: readonly HostSpec[]): HostSpec[] {
    if (!hosts.some((host) => host.roles.includes("storage"))) return [...hosts];
    return hosts.map((host): HostSpec => {
        if (host.roles.includes("storage")) return { ...host, privileges: ["trusted-attributes"] };
        const mounts = host.roles.includes("web") || host.roles.includes("app");
        return mounts ? { ...host, privileges: ["fuse"] } : host;
    });
}

function tierHosts(
    tier: TierSpec,
    config: Config,
    networks: Record<"public" | "private", Network>,
): HostSpec[] {
    const section = config[tier.section];
    return placesOf(tier, config).flatMap((name, index) => {
        const override = config.hosts[name] ?? {};
        if (override.state === "absent") return [];
        const place: Place =
            config.platform === "aws"
                ? placeOnAws(config, tier, name, index, override.failureDomain)
                : { address: formatAddress(networks[tier.zone].base + tier.firstAddress + index) };
        return {
            name,
            zone: tier.zone,
            address: override.address ?? place.address,
            roles: tier.roles,
            failureDomain: override.failureDomain ?? place.failureDomain ?? name,
            ...(place.interface === undefined ? {} : { interface: place.interface }),
            memoryMiB: override.memoryMiB ?? section.memoryMiB ?? place.memoryMiB ?? tier.memoryMiB,
            diskGiB: section.diskGiB ?? tier.diskGiB,
            ...dataOf(tier, config),
            ...existingSpec(config, name),
            ...(override.state === "leaving" ? { leaving: true } : {}),
        };
    });
}

/** Names of a tier's hosts, those of empty places included: who leaves changes nobody else's name or address. */
export function placesOf(tier: TierSpec, config: Config): string[] {
    const count = config[tier.section].count ?? tier.count;
    return Array.from({ length: count }, (_, index) => `${tier.prefix}${index + 1}`);
}
