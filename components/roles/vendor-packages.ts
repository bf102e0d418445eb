import { configKey } from "../cluster/config";
import type { Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import { packagesOf } from "./all";
import { perconaBackup, perconaServer } from "./database-engines";

/** A package that Debian does not carry: hosts have it only where their image has it (`packages/`). */
export interface VendorPackage {
    readonly name: string;
    /** The config key whose value asks for it. */
    readonly key: string;
    /** Whose it is. */
    readonly vendor: string;
}

const vendorPackages: readonly VendorPackage[] = [
    { name: "proxysql", key: configKey("database.proxy"), vendor: "ProxySQL" },
    { name: perconaServer, key: configKey("database.engine"), vendor: "Percona" },
    { name: perconaBackup, key: configKey("database.engine"), vendor: "Percona" },
];

/** The packages of a host that its image must have from a vendor. */
export function vendorPackagesOf(plan: Plan, host: HostSpec): VendorPackage[] {
    const wanted = packagesOf(plan, host);
    return vendorPackages.filter(({ name }) => wanted.includes(name));
}

export function isVendorPackage(name: string): boolean {
    return vendorPackages.some((one) => one.name === name);
}
