import type { RoleName, Zone } from "./types";

/** One row of a topology: hosts that are alike. */
export interface TierSpec {
    /** Hosts are named after it: `web` → `web1`, `web2`. */
    readonly prefix: string;
    readonly zone: Zone;
    readonly roles: readonly RoleName[];
    readonly count: number;
    readonly memoryMiB: number;
    readonly diskGiB: number;
    /** First address in the zone's network: `web1` gets this one, `web2` the next. */
    readonly firstAddress: number;
    /** The config section that overrides count and sizes. */
    readonly section:
        | "loadBalancer"
        | "web"
        | "app"
        | "innerLoadBalancer"
        | "database"
        | "cache"
        | "storage"
        | "ops";
}

/** The config section of each role's tier. */
export const sections: Readonly<Record<RoleName, TierSpec["section"]>> = {
    "load-balancer": "loadBalancer",
    web: "web",
    app: "app",
    "inner-load-balancer": "innerLoadBalancer",
    database: "database",
    cache: "cache",
    storage: "storage",
    ops: "ops",
};

const balancers: TierSpec = {
    prefix: "lb",
    zone: "public",
    roles: ["load-balancer"],
    count: 2,
    memoryMiB: 512,
    diskGiB: 4,
    firstAddress: 11,
    section: "loadBalancer",
};

const innerBalancers: TierSpec = {
    prefix: "inner",
    zone: "private",
    roles: ["inner-load-balancer"],
    count: 2,
    memoryMiB: 512,
    diskGiB: 4,
    firstAddress: 11,
    section: "innerLoadBalancer",
};

const web: TierSpec = {
    prefix: "web",
    zone: "private",
    roles: ["web"],
    count: 2,
    memoryMiB: 512,
    diskGiB: 4,
    firstAddress: 21,
    section: "web",
};

const app: TierSpec = {
    prefix: "app",
    zone: "private",
    roles: ["app"],
    count: 2,
    memoryMiB: 768,
    diskGiB: 4,
    firstAddress: 31,
    section: "app",
};

const databases: TierSpec = {
    prefix: "db",
    zone: "private",
    roles: ["database"],
    count: 3,
    memoryMiB: 1024,
    diskGiB: 4,
    firstAddress: 41,
    section: "database",
};

const caches: TierSpec = {
    prefix: "cache",
    zone: "private",
    roles: ["cache"],
    count: 3,
    memoryMiB: 512,
    diskGiB: 4,
    firstAddress: 51,
    section: "cache",
};

const storages: TierSpec = {
    prefix: "storage",
    zone: "private",
    roles: ["storage"],
    count: 3,
    memoryMiB: 512,
    diskGiB: 4,
    firstAddress: 16,
    section: "storage",
};

const ops: TierSpec = {
    prefix: "ops",
    zone: "private",
    roles: ["ops"],
    count: 1,
    memoryMiB: 512,
    diskGiB: 4,
    firstAddress: 15,
    section: "ops",
};

/** Named topologies. Memory figures are limits that leave room, not what the daemons use at rest. */
export const presets: Readonly<Record<string, readonly TierSpec[]>> = {
    /** The smallest cluster that survives the loss of any one host. Tiers of 0 can be given hosts. */
    small: [
        balancers,
        { ...innerBalancers, count: 0 },
        databases,
        { ...caches, count: 0 },
        { ...storages, count: 0 },
        { ...app, count: 0 },
        { ...web, memoryMiB: 768 },
        { ...ops, count: 0 },
    ],
    /** Every tier on hosts of its own. */
    full: [balancers, innerBalancers, databases, caches, storages, app, web, ops],
};
