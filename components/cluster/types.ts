/** Where a host stands. `public` is the DMZ (the balancers); everything else is `private`. */
export type Zone = "public" | "private";

/** What a host does. Every host has `base` as well, which is not listed in its roles. */
export const roleNames = [
    "load-balancer",
    "web",
    "app",
    "inner-load-balancer",
    "database",
    "cache",
    "storage",
    "ops",
] as const;
export type RoleName = (typeof roleNames)[number];

/**
 * Who may open a connection: a role, or one of two parties that are no hosts of ours.
 * `outside` is the rest of the world; `operator` is whoever deploys (config key `operators`).
 */
export type Party = RoleName | "outside" | "operator";

/** A disk of its own that outlives the machine and is attached again when the machine is remade. */
export interface DataVolume {
    /** Size in GiB; the platform may treat it as a limit. */
    readonly sizeGiB: number;
    /** Where the host mounts it. */
    readonly path: string;
}

/**
 * What a host may do beyond what every host may. `fuse`: mount file systems of its own. `trusted-attributes`: keep
 * extended attributes in the kernel's `trusted` space, as Gluster's bricks do.
 */
export type Privilege = "fuse" | "trusted-attributes";

/** One machine as the plan wants it. Plain data: known at preview. */
export interface HostSpec {
    /** Short name, unique in the stack, for example `db1`. */
    readonly name: string;
    readonly zone: Zone;
    /** IPv4 address inside the zone's network. */
    readonly address: string;
    /** In the plan's order: the host belongs to the component of the first one. */
    readonly roles: readonly RoleName[];
    /** What fails together with other hosts of the same name: a machine, an availability zone. */
    readonly failureDomain: string;
    /** Memory limit in MiB. */
    readonly memoryMiB: number;
    /** Disk limit of the root file system in GiB. */
    readonly diskGiB: number;
    readonly data?: DataVolume;
    /** @default none */
    readonly privileges?: readonly Privilege[];
    /** Network interface that has the address. @default "eth0" */
    readonly interface?: string;
    /** Where its sshd listens. @default 22 */
    readonly sshPort?: number;
    /** On its way out: still there, but nothing is counted on it. @default false */
    readonly leaving?: boolean;
}

export function interfaceOf(host: Pick<HostSpec, "interface">): string {
    return host.interface ?? "eth0";
}

/** A declared right to talk. What is not declared is closed. */
export interface Flow {
    readonly from: Party;
    readonly to: Party;
    /** `vrrp` is IP protocol 112 and has no port. */
    readonly protocol: "tcp" | "udp" | "icmp" | "vrrp";
    readonly port?: number;
    /** Narrows `outside` or `operator` to these CIDRs; default: all of them. */
    readonly only?: readonly string[];
    /** A service of the platform itself, which every host needs. @default false */
    readonly ofPlatform?: boolean;
    /** Whose processes may use it on the host that opens the connection. @default anybody's */
    readonly user?: string;
    /** One phrase for the printed matrix. */
    readonly why: string;
}

/**
 * One thing that is wrong with what the user asked for.
 * `key` is the config key as typed in the stack file, for example `testudo:database.count`.
 */
export interface Fault {
    readonly key: string;
    /** What is required. */
    readonly rule: string;
    /** What would go wrong otherwise. */
    readonly why: string;
    /** What was found, in the user's own words where there are any. */
    readonly got: string;
}

/** A result with what is wrong with it; absent where nothing could be made of the input at all. */
export interface Checked<T> {
    readonly value?: T;
    readonly faults: readonly Fault[];
}

/** All faults in one message, a line each. */
export function faultsMessage(faults: readonly Fault[]): string {
    const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
    return [`${count} in the configuration; nothing was changed:`, ...faults.map(faultLine)].join(
        "\n",
    );
}

/** `  testudo:database.count: needs …, because …; got 2` */
export function faultLine(fault: Fault): string {
    return `  ${fault.key}: ${fault.rule}, because ${fault.why}; got ${fault.got}`;
}
