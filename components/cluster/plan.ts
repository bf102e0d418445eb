import {
    contains,
    formatAddress,
    networkSize,
    overlaps,
    parseAddress,
    parseNetwork,
    type Network,
} from "./addresses";
import { acmeFaults } from "./acme";
import { isOverlay, platformsOwn } from "./aws";
import { awsFaults } from "./aws.faults";
import { configKey, type Config } from "./config";
import { addressKey, existingFaults, existingNetworkFaults, isExisting } from "./existing";
import { makeHosts, placesOf } from "./hosts";
import { presets } from "./presets";
import { quorumFaults } from "./quorum";
import { siteFaults } from "./sites";
import { trustFaults } from "./trust";
import type { Checked, Fault, HostSpec, RoleName } from "./types";

/** What to build: every host with its address, before any resource exists. */
export interface Plan {
    readonly stack: string;
    readonly config: Config;
    readonly hosts: readonly HostSpec[];
    readonly networks: Readonly<Record<"supernet" | "public" | "private" | "outside", string>>;
    /** First address of each network: the platform's router. */
    readonly gateways: Readonly<Record<"public" | "private" | "outside", string>>;
    /** The floating address that the world knows. */
    readonly vip: string;
    /** Floating addresses by the role that holds them; `inner-load-balancer` only where there are such hosts. */
    readonly vips: Readonly<Partial<Record<RoleName, string>>>;
    /** What is not `outside`: the stack's networks; where they are shared with others, its hosts' addresses. */
    readonly inside: readonly string[];
    /** Who may reach sshd on the balancers, as CIDRs. */
    readonly operators: readonly string[];
    /** What visitors type: the site's name, or the floating address where it has none. */
    readonly siteName: string;
}

/** Turns the configuration into hosts with names, addresses and roles, with every fault of the topology. */
export function makePlan(config: Config): Checked<Plan> {
    const preset = presets[config.preset];
    if (preset === undefined) return { faults: [unknownPreset(config.preset)] };
    const networks = {
        supernet: network(config.network.supernet),
        public: network(config.network.public),
        private: network(config.network.private),
        outside: network(config.network.outside),
    };
    const hosts = makeHosts(preset, config, networks);
    const places = preset.flatMap((tier) => placesOf(tier, config));
    return {
        faults: [
            ...(isExisting(config)
                ? existingNetworkFaults(config, hosts)
                : networkFaults(config, networks)),
            ...existingFaults(config, places, hosts),
            ...placeFaults(config, places),
            ...(isExisting(config)
                ? []
                : hosts.flatMap((host) => placedFaults(config, host, networks[host.zone]))),
            ...sharedFaults(config, hosts),
            ...quorumFaults(config, hosts),
            ...awsFaults(config, hosts),
            ...siteFaults(config),
            ...acmeFaults(config),
            ...trustFaults(config),
        ],
        value: {
            stack: config.stack,
            config,
            hosts,
            networks: config.network,
            gateways: {
                public: router(networks.public),
                private: router(networks.private),
                outside: router(networks.outside),
            },
            vip: config.network.vip,
            vips: {
                "load-balancer": config.network.vip,
                ...(hosts.some((host) => host.roles.includes("inner-load-balancer"))
                    ? { "inner-load-balancer": config.network.innerVip }
                    : {}),
            },
            inside: isExisting(config)
                ? hosts.map((host) => host.address)
                : [config.network.public, config.network.private, ...platformsOwn(config)],
            operators: config.operators ?? [`${router(networks.public)}/32`],
            siteName: config.site.name ?? config.network.vip,
        },
    };
}

/** A network's first address is the platform's router. */
function router(network: Network): string {
    return formatAddress(network.base + 1);
}

/** The hosts that have a role, in the plan's order. */
export function hostsOf(plan: Pick<Plan, "hosts">, role: RoleName): readonly HostSpec[] {
    return plan.hosts.filter((host) => host.roles.includes(role));
}

function unknownPreset(name: string): Fault {
    return {
        key: configKey("preset"),
        rule: `needs one of ${Object.keys(presets).join(", ")}`,
        why: "a preset names the topology",
        got: JSON.stringify(name),
    };
}

const zones = ["public", "private", "outside"] as const;

function networkFaults(
    config: Config,
    networks: Record<"supernet" | (typeof zones)[number], Network>,
): Fault[] {
    const faults: Fault[] = [];
    // On EC2 nobody makes the network in which a lab's clients stand.
    const made = zones.filter((zone) => zone !== "outside" || config.platform === "incus");
    for (const zone of made) {
        if (
            !contains(networks.supernet, networks[zone].base) ||
            networkSize(networks[zone]) > networkSize(networks.supernet)
        ) {
            faults.push({
                key: configKey(`network.${zone}`),
                rule: `needs to lie inside testudo:network.supernet (${config.network.supernet})`,
                why: "only the supernet is fenced against packets that leave the platform",
                got: config.network[zone],
            });
        }
        if (networkSize(networks[zone]) < 64) {
            faults.push({
                key: configKey(`network.${zone}`),
                rule: "needs at least a /26",
                why: "hosts have fixed places in the first 62 addresses",
                got: config.network[zone],
            });
        }
        for (const other of made.slice(0, made.indexOf(zone))) {
            if (!overlaps(networks[zone], networks[other])) continue;
            faults.push({
                key: configKey(`network.${zone}`),
                rule: `must not overlap testudo:network.${other} (${config.network[other]})`,
                why: "a zone is told by its addresses",
                got: config.network[zone],
            });
        }
    }
    if (!usable(networks.public, config.network.vip))
        faults.push(outsideNetwork("network.vip", "public", config, config.network.vip));
    if (!isOverlay(config) && !usable(networks.private, config.network.innerVip))
        faults.push(outsideNetwork("network.innerVip", "private", config, config.network.innerVip));
    return faults;
}

function placeFaults(config: Config, places: readonly string[]): Fault[] {
    return Object.keys(config.hosts)
        .filter((name) => !places.includes(name))
        .map((name) => ({
            key: configKey(`hosts.${name}`),
            rule: `needs to be one of ${places.join(", ")}`,
            why: "there is no other host to override",
            got: JSON.stringify(name),
        }));
}

function placedFaults(config: Config, host: HostSpec, place: Network): Fault[] {
    return usable(place, host.address)
        ? []
        : [outsideNetwork(`hosts.${host.name}.address`, host.zone, config, host.address)];
}

function sharedFaults(config: Config, hosts: readonly HostSpec[]): Fault[] {
    const faults: Fault[] = [];
    const taken = new Map<string, string>([
        [config.network.vip, "testudo:network.vip"],
        [config.network.innerVip, "testudo:network.innerVip"],
    ]);
    for (const host of hosts) {
        const owner = taken.get(host.address);
        if (owner !== undefined) {
            faults.push({
                key: configKey(addressKey(config, host.name)),
                rule: "needs an address of its own",
                why: `${owner} has it already`,
                got: host.address,
            });
        }
        taken.set(host.address, host.name);
    }
    return faults;
}

/** Inside the network, and neither its own address, the router's nor the broadcast address. */
function usable(network: Network, address: string): boolean {
    const value = parseAddress(address) ?? -1;
    return (
        contains(network, value) &&
        value > network.base + 1 &&
        value < network.base + networkSize(network) - 1
    );
}

function outsideNetwork(
    key: string,
    zone: "public" | "private",
    config: Config,
    address: string,
): Fault {
    return {
        key: configKey(key),
        rule: `needs a host address inside testudo:network.${zone} (${config.network[zone]}), not its first two or its last`,
        why: "the router has the first one and nothing routes the others",
        got: address,
    };
}

function network(text: string): Network {
    const parsed = parseNetwork(text);
    if (parsed === undefined)
        throw new TypeError(`${text} passed the configuration but is no network`);
    return parsed;
}
