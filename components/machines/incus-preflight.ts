import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { overlaps, parseNetwork } from "../cluster/addresses";
import type { Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import { bridgeName, projectName } from "./incus-names";
import type { Preflight } from "./machines";

const run = promisify(execFile);

/** What Incus says about the hosts of the plan. */
export interface IncusFacts extends Preflight {
    /** The nonce of the living machine, or a new one for a machine that is to be made. */
    machineId(host: string): string;
    /** The image that a living machine was made from, or the one for new machines. */
    imageOf(host: string): string;
}

interface Instance {
    readonly name: string;
    readonly status: string;
    readonly config: Readonly<Record<string, string | undefined>>;
}

/** Asks the Incus server, changes nothing. */
export async function incusPreflight(plan: Plan): Promise<IncusFacts> {
    const { remote, storagePool } = plan.config.incus;
    const unreachable = await reach(remote);
    if (unreachable !== undefined)
        return { faults: [unreachable], warnings: [], machineId: () => "", imageOf: () => "" };
    const [instances, images, pools, routes, resources, space] = await Promise.all([
        livingInstances(plan),
        incus<{ aliases: { name: string }[]; uploaded_at: string }[]>([
            "image",
            "list",
            `${remote}:`,
            "--format",
            "json",
        ]),
        incus<{ name: string }[]>(["storage", "list", `${remote}:`, "--format", "json"]),
        machineRoutes(),
        incus<{ memory: { total: number; used: number } }>([
            "query",
            remote === "local" ? "/1.0/resources" : `${remote}:/1.0/resources`,
        ]),
        poolSpace(remote, storagePool),
    ]);
    const image = plan.config.incus.image ?? newestImage(images);
    const living = new Map(instances.map((instance) => [instance.name, instance]));
    const nonces = new Map(
        plan.hosts.map((host) => [
            host.name,
            living.get(host.name)?.config["user.testudo.nonce"] ?? randomBytes(8).toString("hex"),
        ]),
    );
    return {
        faults: [
            ...(pools.some((pool) => pool.name === storagePool)
                ? []
                : [
                      noPool(
                          storagePool,
                          pools.map((pool) => pool.name),
                      ),
                  ]),
            ...(image !== undefined &&
            images.some((one) => one.aliases.some((alias) => alias.name === image))
                ? []
                : [noImage(image)]),
            ...routeFaults(plan, routes),
            ...memoryFaults(plan, living, resources.memory),
            ...diskFaults(plan, living, space),
        ],
        warnings: instances
            .filter((instance) => instance.status !== "Running" && nonces.has(instance.name))
            .map(
                (instance) =>
                    `${instance.name} is ${instance.status.toLowerCase()}; start it with: incus start --project ${projectName(plan.stack)} ${instance.name}`,
            ),
        machineId: (host) => nonces.get(host) ?? "",
        imageOf: (host) => living.get(host)?.config["user.testudo.image"] ?? image ?? "",
    };
}

async function incus<T>(args: string[]): Promise<T> {
    const { stdout } = await run("incus", args, { maxBuffer: 64 * 1024 * 1024, timeout: 30_000 });
    return JSON.parse(stdout) as T;
}

async function reach(remote: string): Promise<Fault | undefined> {
    try {
        await run("incus", ["query", remote === "local" ? "/1.0" : `${remote}:/1.0`], {
            timeout: 30_000,
        });
        return undefined;
    } catch (error) {
        return {
            key: "testudo:incus.remote",
            rule: "needs an Incus server that answers (`make platform` installs and starts one here)",
            why: "every host is made by it",
            got: `${remote}: ${(error as Error).message.trim().split("\n").pop() ?? ""}`,
        };
    }
}

/** Instances that a create has finished; a half-made one counts as absent and is made again. */
async function livingInstances(plan: Plan): Promise<Instance[]> {
    const { remote } = plan.config.incus;
    const projects = await incus<{ name: string }[]>([
        "project",
        "list",
        `${remote}:`,
        "--format",
        "json",
    ]);
    if (!projects.some((project) => project.name === projectName(plan.stack))) return [];
    const all = await incus<Instance[]>([
        "list",
        `${remote}:`,
        "--project",
        projectName(plan.stack),
        "--format",
        "json",
    ]);
    return all.filter((instance) => instance.config["user.testudo.made"] === "true");
}

function newestImage(
    images: readonly { aliases: { name: string }[]; uploaded_at: string }[],
): string | undefined {
    return [...images]
        .sort((a, b) => b.uploaded_at.localeCompare(a.uploaded_at))
        .flatMap((image) => image.aliases)
        .find((alias) => alias.name.startsWith("testudo/"))?.name;
}

interface Route {
    readonly dst: string;
    readonly dev?: string;
    readonly type?: string;
}

async function machineRoutes(): Promise<Route[]> {
    const { stdout } = await run("ip", ["-json", "-4", "route", "show", "table", "main"], {
        timeout: 10_000,
    });
    return JSON.parse(stdout) as Route[];
}

/** A network that the machine uses already would be torn between two interfaces. Our own bridges and the fence are no reason. */
function routeFaults(plan: Plan, routes: readonly Route[]): Fault[] {
    const own = (["public", "private", "outside"] as const).map((zone) =>
        bridgeName(plan.stack, zone),
    );
    const supernet = parseNetwork(plan.networks.supernet);
    return routes
        .filter(
            (route) =>
                route.dst !== "default" &&
                route.type !== "unreachable" &&
                !own.includes(route.dev ?? ""),
        )
        .filter((route) => {
            const used = parseNetwork(route.dst.includes("/") ? route.dst : `${route.dst}/32`);
            return supernet !== undefined && used !== undefined && overlaps(supernet, used);
        })
        .map((route) => ({
            key: "testudo:network.supernet",
            rule: "needs a network that this machine does not use",
            why: `its route to ${route.dst} by ${route.dev ?? "?"} would be cut or would cut the lab`,
            got: plan.networks.supernet,
        }));
}

/** Containers use a fraction of their limits at rest: a third of the limits of all new hosts must be free. */
function memoryFaults(
    plan: Plan,
    living: ReadonlyMap<string, Instance>,
    memory: { total: number; used: number },
): Fault[] {
    const wanted = plan.hosts
        .filter((host) => !living.has(host.name))
        .reduce((sum, host) => sum + host.memoryMiB, 0);
    const needed = plan.config.incus.type === "container" ? Math.ceil(wanted / 3) : wanted;
    const free = Math.floor((memory.total - memory.used) / 2 ** 20);
    const largest = plan.hosts.find((host) => host.memoryMiB * 2 ** 20 > memory.total);
    if (needed <= free && largest === undefined) return [];
    return [
        {
            key:
                largest === undefined
                    ? `testudo:preset`
                    : `testudo:hosts.${largest.name}.memoryMiB`,
            rule: `needs ${largest === undefined ? `${needed} MiB of free memory for ${plan.hosts.length} hosts` : "no more memory than the machine has"}`,
            why: "the kernel would end daemons at random",
            got: `${free} MiB free of ${Math.floor(memory.total / 2 ** 20)} MiB`,
        },
    ];
}

interface Space {
    readonly total: number;
    readonly used: number;
}

async function poolSpace(remote: string, pool: string): Promise<Space | undefined> {
    try {
        const path = `/1.0/storage-pools/${pool}/resources`;
        return (
            await incus<{ space: Space }>([
                "query",
                remote === "local" ? path : `${remote}:${path}`,
            ])
        ).space;
    } catch {
        return undefined; // no such pool: said elsewhere
    }
}

/** Hosts share the image's blocks; one that has run for a while has written about half a GiB, a database one more. */
function diskFaults(
    plan: Plan,
    living: ReadonlyMap<string, Instance>,
    space: Space | undefined,
): Fault[] {
    const needed = plan.hosts
        .filter((host) => !living.has(host.name))
        .reduce((sum, host) => sum + 0.5 + (host.data === undefined ? 0 : 1), 0);
    if (space === undefined || needed * 2 ** 30 <= space.total - space.used) return [];
    return [
        {
            key: "testudo:incus.storagePool",
            rule: `needs ${needed} GiB free`,
            why: "a full pool stops every daemon that writes",
            got: `${((space.total - space.used) / 2 ** 30).toFixed(1)} GiB free in ${plan.config.incus.storagePool}`,
        },
    ];
}

function noPool(pool: string, known: readonly string[]): Fault {
    return {
        key: "testudo:incus.storagePool",
        rule: `needs one of ${known.join(", ") || "(there is none; `make platform` makes one)"}`,
        why: "hosts lie in it",
        got: pool,
    };
}

function noImage(image: string | undefined): Fault {
    return {
        key: "testudo:incus.image",
        rule: "needs the alias of an image on the server (`make image` builds one)",
        why: "hosts start from it",
        got: image ?? "no testudo/… image",
    };
}
