import { parseConfig, type Config } from "../../components/cluster/config";
import { makePlan, type Plan } from "../../components/cluster/plan";
import { faultLine, type Checked, type Fault } from "../../components/cluster/types";
import type { Role } from "../../components/roles/role";

export type Values = Readonly<Record<string, unknown>>;

/** The least that a stack file can say. */
export const smallest: Values = { platform: "incus", preset: "small" };

/** As much as a stack file can say: the most hosts, every optional part, the longest names. */
export const largest: Values = {
    ...smallest,
    site: {
        name: "www.example.org",
        title: "A 'quoted' $title & more",
        adminUser: "root.of_all-1",
    },
    operators: ["10.91.0.1/32", "192.0.2.0/24"],
    loadBalancer: { maxConnections: 100_000, vrrpAdvertSeconds: 0.5, serverTimeoutSeconds: 90 },
    web: { count: 9, maxUploadMiB: 1024, memoryMiB: 4096 },
    app: { phpWorkers: 64, phpMemoryMiB: 512 },
    database: {
        count: 9,
        bufferPoolMiB: 1024,
        suspectTimeoutSeconds: 5,
        gcacheMiB: 1024,
        maxConnections: 1000,
        dataGiB: 50,
        memoryMiB: 4096,
    },
    cache: {
        count: 9,
        sessionsMiB: 1024,
        objectsMiB: 2048,
        downAfterSeconds: 2,
        dataGiB: 50,
        memoryMiB: 8192,
    },
    hosts: { web9: { address: "10.91.1.129", failureDomain: "rack 2" } },
    egress: {
        time: ["192.0.2.123", "192.0.2.124"],
        dns: ["192.0.2.53"],
        mirrors: ["198.51.100.0/24"],
    },
    mail: { relay: "192.0.2.25", user: "o'brien@example.org", from: "site@example.org" },
    mailPassword: "PLACEHOLDER mail 'password",
    incus: { exposePort: 8443 },
};

/** Every tier on hosts of its own. */
export const full: Values = { platform: "incus", preset: "full" };

const testKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO3W2tr4Zz4f0PXgYd2nT1gFqvCM5m1z3kV3Z9oBqk0f";

/** Machines that exist already: both zones on one network of somebody's, one sshd elsewhere, one disk for data. */
export const existing: Values = {
    platform: "ssh",
    preset: "small",
    network: { public: "192.0.2.0/24", private: "192.0.2.0/24", vip: "192.0.2.10" },
    operators: ["192.0.2.200/32"],
    ssh: {
        user: "admin",
        keyFile: "~/.ssh/cluster",
        interface: "ens3",
        hosts: {
            lb1: { address: "192.0.2.11", hostKey: testKey },
            lb2: { address: "192.0.2.12", hostKey: testKey },
            db1: { address: "192.0.2.41", hostKey: testKey, data: { device: "/dev/vdb" } },
            db2: { address: "192.0.2.42", hostKey: testKey, user: "root", interface: "eno1" },
            db3: { address: "192.0.2.43", hostKey: testKey, data: { directory: "/data/mysql" } },
            web1: { address: "192.0.2.21", hostKey: testKey, port: 2200 },
            web2: { address: "192.0.2.22", hostKey: testKey },
        },
    },
};

/** The same on EC2, over three zones; what only there must be said. */
export const onAws: Values = {
    platform: "aws",
    preset: "full",
    site: { name: "www.example.org" },
    operators: ["203.0.113.7/32"],
    network: { innerVip: "10.92.0.10" },
};

/** What needs packages of their vendors, and files without storage hosts. */
export const otherEngines: Values = {
    ...smallest,
    database: { engine: "percona-xtradb", proxy: "proxysql" },
    storage: { engine: "lsyncd" },
};

/** Where a public authority is asked for the site's certificate. */
export const withAcme: Values = {
    ...smallest,
    site: { name: "www.turtles.org", aliases: ["turtles.org"], acme: {} },
    egress: { dns: ["192.0.2.53"] },
};

/** The stack's configuration as Pulumi keeps it: every value a text. */
export function rawConfig(values: Values): Record<string, string> {
    return Object.fromEntries(
        Object.entries(values).map(([key, value]) => [
            `testudo:${key}`,
            typeof value === "string" ? value : JSON.stringify(value),
        ]),
    );
}

/** The plan of a configuration that is refused by nobody. */
export function planOf(values: Values = {}, stack = "test"): Plan {
    const { value, faults } = checkedPlan(values, stack);
    if (value === undefined || faults.length > 0)
        throw new Error(`no plan: ${faults.map(faultLine).join("\n")}`);
    return value;
}

export function configOf(values: Values = {}): Config {
    return planOf(values).config;
}

/** What configuration and plan find wrong, a line each. */
export function planFaults(values: Values, stack = "test"): string[] {
    return checkedPlan(values, stack).faults.map(lineOf);
}

/** What one role finds wrong with a plan that is right but for that, a line each. */
export function roleFaults(role: Pick<Role, "faults">, values: Values): string[] {
    return role.faults(planOf(values)).map(lineOf);
}

/** A fault as the user reads it. */
export function lineOf(fault: Fault): string {
    return faultLine(fault).trim();
}

function checkedPlan(values: Values, stack: string): Checked<Plan> {
    const config = parseConfig(stack, rawConfig({ ...smallest, ...values }));
    const plan = config.value === undefined ? { faults: [] } : makePlan(config.value);
    return { ...plan, faults: [...config.faults, ...plan.faults] };
}

/** One host of a plan by its name. */
export function hostOf(plan: Plan, name: string): Plan["hosts"][number] {
    const found = plan.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`the plan has no host ${name}`);
    return found;
}
