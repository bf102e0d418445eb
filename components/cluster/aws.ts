import { contains, formatAddress, networkSize, parseAddress, parseNetwork } from "./addresses";
import type { Config } from "./config";
import { instanceMemoryMiB } from "./prices.aws";
import { sections, type TierSpec } from "./presets";
import type { HostSpec, Zone } from "./types";

/** A zone's network has one part for each availability zone. */
export interface Subnet {
    readonly zone: Zone;
    readonly failureDomain: string;
    readonly network: string;
}

/** Where a host of a tier lies, before anybody overrides it. */
export interface Place {
    readonly address: string;
    readonly failureDomain?: string;
    readonly interface?: string;
    readonly memoryMiB?: number;
}

/** Default types by architecture: burstable ones, for a site that begins. docs/aws.md says when to take others. */
const defaultTypes = {
    arm64: { small: "t4g.small", medium: "t4g.medium" },
    amd64: { small: "t3a.small", medium: "t3a.medium" },
} as const;

/** The instance type of a host: its own, its tier's, or the default. */
export function instanceTypeOf(config: Config, host: Pick<HostSpec, "name" | "roles">): string {
    const [first] = host.roles;
    return typeOf(config, host.name, first === undefined ? "ops" : sections[first]);
}

/** Each network cut into 1, 2 or 4 equal parts, one for each availability zone. */
export function subnetsOf(config: Config): Subnet[] {
    return (["public", "private"] as const).flatMap((zone) =>
        config.aws.zones.map((failureDomain, index) => ({
            zone,
            failureDomain,
            network: part(config.network[zone], index, parts(config)),
        })),
    );
}

/** The subnet that a host lies in; undefined where its failure domain is no zone of the stack. */
export function subnetOf(
    config: Config,
    host: Pick<HostSpec, "zone" | "failureDomain">,
): Subnet | undefined {
    return subnetsOf(config).find(
        ({ zone, failureDomain }) => zone === host.zone && failureDomain === host.failureDomain,
    );
}

/** Hosts of a tier take turns in the zones, each at the tier's place in the subnet of its zone. */
export function placeOnAws(
    config: Config,
    tier: TierSpec,
    name: string,
    index: number,
    wantedDomain: string | undefined,
): Place {
    const { zones } = config.aws;
    const turn = zones[index % zones.length] ?? "";
    const failureDomain =
        wantedDomain !== undefined && zones.includes(wantedDomain) ? wantedDomain : turn;
    const subnet = subnetOf(config, { zone: tier.zone, failureDomain });
    const base = parseNetwork(subnet?.network ?? "")?.base ?? 0;
    const memoryMiB = instanceMemoryMiB(typeOf(config, name, tier.section));
    return {
        address: formatAddress(base + tier.firstAddress + index),
        failureDomain,
        interface: config.hosts[name]?.interface ?? config.aws.interface,
        ...(memoryMiB === undefined ? {} : { memoryMiB }),
    };
}

/**
 * The second address of a balancer's interface, which the elastic address is led to: it may leave without taking the
 * balancer's own public address along.
 */
export function doorOf(config: Config, host: HostSpec): string | undefined {
    const network = parseNetwork(subnetOf(config, host)?.network ?? "");
    return network === undefined ? undefined : formatAddress(network.base + doorPlace);
}

export const doorPlace = 9;

/**
 * What the platform puts into a subnet beside hosts: a NAT gateway, or the API's endpoint. Without a place of its own it
 * would take any free address, and some deployments would find a host's taken.
 */
export function servicePlace(subnet: string): string {
    return formatAddress((parseNetwork(subnet)?.base ?? 0) + 8);
}

/** Does the API come into the network? Without NAT gateways inner balancers would have no way to ask for their address. */
export function hasApiEndpoint({
    config,
    hosts,
}: {
    readonly config: Config;
    readonly hosts: readonly HostSpec[];
}): boolean {
    return (
        config.platform === "aws" &&
        config.aws.nat === "none" &&
        hosts.some((host) => host.roles.includes("inner-load-balancer"))
    );
}

/** Does the inner floating address lie outside of all networks, where only routes lead to it? */
export function isOverlay(config: Config): boolean {
    return config.platform === "aws" && config.aws.innerAddress === "route";
}

/** What EC2 serves every instance is no outside world: user-data, credentials. */
const linkLocal = "169.254.0.0/16";

export function platformsOwn({ platform }: Config): string[] {
    return platform === "aws" ? [linkLocal] : [];
}

export function isLinkLocal(network: string): boolean {
    return isInside(linkLocal, network.split("/")[0] ?? "");
}

export function isInside(network: string, address: string): boolean {
    const parsed = parseNetwork(network);
    const value = parseAddress(address);
    return parsed !== undefined && value !== undefined && contains(parsed, value);
}

function typeOf(config: Config, name: string, section: TierSpec["section"]): string {
    const { architecture, instanceTypes } = config.aws;
    const size =
        section === "app" || section === "database" || section === "ops" ? "medium" : "small";
    return (
        config.hosts[name]?.instanceType ??
        instanceTypes[section] ??
        defaultTypes[architecture][size]
    );
}

function parts(config: Config): number {
    return [1, 2, 4, 4][config.aws.zones.length - 1] ?? 4;
}

function part(text: string, index: number, of: number): string {
    const network = parseNetwork(text);
    if (network === undefined) return text;
    const size = networkSize(network) / of;
    return `${formatAddress(network.base + index * size)}/${network.prefix + Math.log2(of)}`;
}
