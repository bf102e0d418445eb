import { constants } from "node:fs";
import { link, mkdir, open, readFile, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { Refusal } from "./refusal";

/** What `pulumi stack export --show-secrets` prints: every secret in plain. */
export interface Export {
    readonly version: number;
    readonly deployment: {
        readonly manifest: { readonly time: string };
        readonly secrets_providers?: unknown;
        readonly resources?: readonly object[];
        readonly pending_operations?: readonly object[];
    };
}

/** All that another machine needs to go on with a stack. In memory and inside the encryption only. */
export interface StateCopy {
    readonly format: "testudo-state";
    /** 1 is what this Testudo writes and reads. */
    readonly version: number;
    readonly stack: string;
    readonly savedAt: string;
    readonly export: Export;
    readonly stackFile: string;
    /** The stack file's secrets: their place in it, and what they are. */
    readonly secrets: readonly {
        readonly path: readonly (string | number)[];
        readonly value: string;
    }[];
}

const ending = ".age";

export async function packCopy(copy: StateCopy): Promise<Buffer> {
    return promisify(gzip)(JSON.stringify(copy));
}

/** @throws Refusal where it is something else. */
export async function unpackCopy(bytes: Uint8Array, file: string): Promise<StateCopy> {
    const text = await promisify(gunzip)(bytes).catch(() => Buffer.from("null"));
    const copy = JSON.parse(text.toString("utf8")) as StateCopy | null;
    if (copy?.format !== "testudo-state")
        throw new Refusal(`${file}: is encrypted, but holds no copy made by testudo state save`);
    if (copy.version !== 1)
        throw new Refusal(
            `${file}: was made by a newer Testudo (version ${String(copy.version)} of the format, this one reads 1)`,
        );
    return copy;
}

/**
 * Where a copy goes: a file's name as given, or in a folder a name with the stack and its state's time.
 * @throws Refusal where it is there already, or the folder has a copy of a later state.
 */
export async function placeOf(target: string, { stack, export: state }: StateCopy) {
    const path = resolve(target);
    if (path.endsWith(ending)) {
        if (await exists(path))
            throw new Refusal(`${path}: is there already, and a copy is never overwritten`);
        return path;
    }
    const name = `${stack}-${stamp(state.deployment.manifest.time)}${ending}`;
    await mkdir(path, { recursive: true, mode: 0o700 });
    const others = (await readdir(path)).filter(
        (other) => other.startsWith(`${stack}-2`) && other.endsWith(ending),
    );
    const newer = others.filter((other) => other > name).sort();
    if (newer.length > 0)
        throw new Refusal(
            `${join(path, newer.at(-1) ?? "")}: is a copy of a later state than this machine has (${name}); somebody else has brought the stack up since: restore that one here first, or save to another folder`,
        );
    if (others.includes(name))
        throw new Refusal(`${join(path, name)}: is there already; the state has not changed since`);
    return join(path, name);
}

/** `2026-11-21T23:54:49.7323Z` → `20261121T235449Z`: names that sort by time. */
function stamp(time: string): string {
    return new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** Writes a new file for its owner alone: whole or not at all, on the disk when this returns. */
export async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
    const partial = join(dirname(path), `.${basename(path)}.${process.pid}`);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
        const file = await open(
            partial,
            constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
            0o600,
        );
        try {
            await file.writeFile(bytes);
            await file.sync();
        } finally {
            await file.close();
        }
        // Unlike a rename it refuses where somebody was quicker.
        await link(partial, path);
    } finally {
        await rm(partial, { force: true });
    }
    if (!(await readFile(path)).equals(bytes))
        throw new Refusal(`${path}: does not hold what was written; is the disk well?`);
}

export async function exists(path: string): Promise<boolean> {
    return (await stat(path).catch(() => undefined)) !== undefined;
}
