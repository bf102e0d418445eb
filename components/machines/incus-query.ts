import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import type { Instance, Route, Space, Volume } from "./incus-limits";
import { bridgeName, projectName } from "./incus-names";

const run = promisify(execFile);

/** Anything of Incus that has configuration keys. */
export interface Thing {
    readonly name: string;
    readonly config?: Readonly<Record<string, string | undefined>>;
}

/** Asks the server a question whose answer is JSON. Changes nothing. */
export async function incus<T>(args: string[]): Promise<T> {
    const { stdout } = await run("incus", args, { maxBuffer: 64 * 1024 * 1024, timeout: 30_000 });
    return JSON.parse(stdout) as T;
}

export async function reach(remote: string): Promise<Fault | undefined> {
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

/** The stack's project, and its instances that a create has finished; a half-made one counts as absent and is made again. */
export async function projectOf(
    plan: Plan,
): Promise<{ readonly project?: Thing; readonly instances: readonly Instance[] }> {
    const { remote } = plan.config.incus;
    const name = projectName(plan.stack);
    const projects = await incus<Thing[]>(["project", "list", `${remote}:`, "--format", "json"]);
    const project = projects.find((one) => one.name === name);
    if (project === undefined) return { instances: [] };
    const words = ["list", `${remote}:`, "--project", name, "--format", "json"];
    const all = await incus<Instance[]>(words);
    return {
        project,
        instances: all.filter((instance) => instance.config["user.testudo.made"] === "true"),
    };
}

/** The data volumes of the stack. */
export async function dataVolumes(plan: Plan): Promise<Volume[]> {
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
                ...nonceOf(config),
            }));
    } catch (error) {
        if (!isNotFound(error)) throw error;
        return []; // no such pool, said elsewhere, or no such project: nothing was made
    }
}

/** Any other error says nothing of whether there is such a thing. */
export function isNotFound(error: unknown): boolean {
    return /not found/i.test((error as { stderr?: string }).stderr ?? "");
}

function nonceOf(config: Instance["config"]): Pick<Volume, "nonce"> {
    const nonce = config["user.testudo.nonce"];
    return nonce === undefined ? {} : { nonce };
}

/** The nonce that all bridges of the stack have; none where one of them is missing. */
export async function bridgesNonce(plan: Plan): Promise<string | undefined> {
    const { remote } = plan.config.incus;
    const networks = await incus<Thing[]>(["network", "list", `${remote}:`, "--format", "json"]);
    const nonces = (["public", "private", "outside"] as const).map((zone) => {
        const bridge = networks.find((one) => one.name === bridgeName(plan.stack, zone));
        return bridge?.config?.["user.testudo.nonce"];
    });
    return nonces.every((nonce) => nonce === nonces[0]) ? nonces[0] : undefined;
}

/** `testudo/<key>`, as `platform/image` names what it builds from this checkout. */
export async function imageOfCheckout(): Promise<string | undefined> {
    try {
        const { stdout } = await run("platform/image", ["--key"], { timeout: 30_000 });
        return `testudo/${stdout.trim().split("\n").pop() ?? ""}`;
    } catch {
        return undefined; // a server that is prepared elsewhere needs nothing of platform/
    }
}

/** The nonce of the border that is loaded. */
export async function loadedBorder(stack: string): Promise<string | undefined> {
    try {
        const { stdout } = await run("nft", ["list", "table", "inet", `testudo-${stack}`], {
            timeout: 10_000,
        });
        return /^\s*comment "([0-9a-f]+)"$/m.exec(stdout)?.[1];
    } catch {
        return undefined; // not loaded
    }
}

export function newNonce(): string {
    return randomBytes(8).toString("hex");
}

export async function machineRoutes(): Promise<Route[]> {
    const { stdout } = await run("ip", ["-json", "-4", "route", "show", "table", "main"], {
        timeout: 10_000,
    });
    return JSON.parse(stdout) as Route[];
}

export async function poolSpace(remote: string, pool: string): Promise<Space | undefined> {
    try {
        const path = `/1.0/storage-pools/${pool}/resources`;
        return (await incus<{ space: Space }>(["query", `${remote}:${path}`])).space;
    } catch {
        return undefined; // no such pool: said elsewhere
    }
}
