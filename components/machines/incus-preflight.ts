import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import {
    addressFaults,
    diskFaults,
    memberFaults,
    memoryFaults,
    noImage,
    noPool,
    routeFaults,
    type Instance,
    type Route,
    type Space,
    type Volume,
    volumeFaults,
} from "./incus-limits";
import { projectName } from "./incus-names";
import { packageFaults, type Image } from "./incus-packages";
import type { Preflight } from "./machines";

const run = promisify(execFile);

/** What Incus says about the hosts of the plan. */
export interface IncusFacts extends Preflight {
    /** The nonce of the living machine, or a new one for a machine that is to be made. */
    machineId(host: string): string;
    /** The image that a living machine was made from, or the one for new machines. */
    imageOf(host: string): string;
    /** The nonce of the border that is loaded, or a new one where there is none (a reboot takes it away). */
    readonly borderId: string;
}

/** Asks the Incus server, changes nothing. */
export async function incusPreflight(plan: Plan): Promise<IncusFacts> {
    const { remote, storagePool } = plan.config.incus;
    const unreachable = await reach(remote);
    if (unreachable !== undefined)
        return {
            faults: [unreachable],
            warnings: [],
            borderId: "",
            machineId: () => "",
            imageOf: () => "",
        };
    const [instances, volumes, images, pools, routes, resources, space, borderId, checkoutImage] =
        await Promise.all([
            livingInstances(plan),
            dataVolumes(plan),
            incus<Image[]>(["image", "list", `${remote}:`, "--format", "json"]),
            incus<{ name: string }[]>(["storage", "list", `${remote}:`, "--format", "json"]),
            machineRoutes(),
            incus<{ memory: Space }>(["query", `${remote}:/1.0/resources`]),
            poolSpace(remote, storagePool),
            loadedBorder(plan.stack),
            imageOfCheckout(),
        ]);
    const image = plan.config.incus.image ?? bestImage(images, checkoutImage);
    const living = new Map(instances.map((instance) => [instance.name, instance]));
    const used = new Set(volumes.filter((volume) => volume.used).map((volume) => volume.host));
    const nonces = new Map(
        plan.hosts.map((host) => [
            host.name,
            living.get(host.name)?.config["user.testudo.nonce"] ?? newNonce(),
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
            ...packageFaults(plan, living, images, image),
            ...routeFaults(plan, routes),
            ...memoryFaults(plan, living, resources.memory),
            ...diskFaults(plan, living, space),
            ...addressFaults(plan, living),
            ...volumeFaults(plan, volumes),
            ...memberFaults(plan, living, used),
        ],
        warnings: instances
            .filter((instance) => instance.status !== "Running" && nonces.has(instance.name))
            .map(
                (instance) =>
                    `${instance.name} is ${instance.status.toLowerCase()}; start it with: incus start --project ${projectName(plan.stack)} ${instance.name}`,
            ),
        borderId,
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
        await run("incus", ["query", `${remote}:/1.0`], {
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

/** The data volumes of the stack. */
async function dataVolumes(plan: Plan): Promise<Volume[]> {
    const { remote, storagePool } = plan.config.incus;
    try {
        const volumes = await incus<Pick<Instance, "name" | "config">[]>([
            ...["storage", "volume", "list", `${remote}:${storagePool}`],
            ...["--project", projectName(plan.stack), "--format", "json"],
        ]);
        return volumes
            .filter((volume) => volume.name.endsWith("-data"))
            .map(({ name, config }) => ({
                host: name.replace(/-data$/, ""),
                sizeGiB: Number.parseInt(config.size ?? "0", 10),
                used: config["user.testudo.made"] === "true",
            }));
    } catch {
        return []; // no such pool, said elsewhere, or no such project: nothing was made
    }
}

/** The image built from this checkout's package list; else the newest of ours. */
function bestImage(
    images: readonly Image[],
    checkoutImage: string | undefined,
): string | undefined {
    const aliases = [...images]
        .sort((a, b) => b.uploaded_at.localeCompare(a.uploaded_at))
        .flatMap((image) => image.aliases.map((alias) => alias.name))
        .filter((alias) => alias.startsWith("testudo/"));
    return aliases.find((alias) => alias === checkoutImage) ?? aliases[0];
}

/** `testudo/<key>`, as `platform/image` names what it builds from this checkout. */
async function imageOfCheckout(): Promise<string | undefined> {
    try {
        const { stdout } = await run("platform/image", ["--key"], { timeout: 30_000 });
        return `testudo/${stdout.trim().split("\n").pop() ?? ""}`;
    } catch {
        return undefined; // a server that is prepared elsewhere needs nothing of platform/
    }
}

async function loadedBorder(stack: string): Promise<string> {
    try {
        const { stdout } = await run("nft", ["list", "table", "inet", `testudo-${stack}`], {
            timeout: 10_000,
        });
        return /^\s*comment "([0-9a-f]+)"$/m.exec(stdout)?.[1] ?? newNonce();
    } catch {
        return newNonce(); // not loaded
    }
}

function newNonce(): string {
    return randomBytes(8).toString("hex");
}

async function machineRoutes(): Promise<Route[]> {
    const { stdout } = await run("ip", ["-json", "-4", "route", "show", "table", "main"], {
        timeout: 10_000,
    });
    return JSON.parse(stdout) as Route[];
}

async function poolSpace(remote: string, pool: string): Promise<Space | undefined> {
    try {
        const path = `/1.0/storage-pools/${pool}/resources`;
        return (await incus<{ space: Space }>(["query", `${remote}:${path}`])).space;
    } catch {
        return undefined; // no such pool: said elsewhere
    }
}
