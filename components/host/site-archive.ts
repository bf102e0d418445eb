import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import {
    lstat,
    mkdir,
    mkdtemp,
    readdir,
    readlink,
    realpath,
    rename,
    rm,
    stat,
} from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack, type Pack } from "tar-stream";
import { configKey } from "../cluster/config";
import type { PhpSite } from "../cluster/sites";
import type { Checked, Fault } from "../cluster/types";

/** A site's directory, packed. */
export interface SiteArchive {
    readonly site: PhpSite;
    /** The same for the same content, whoever packs it and when. */
    readonly id: string;
    /** A .tar.gz on this machine. */
    readonly file: string;
}

/** What version control and desktops leave behind. */
const leftOut = new Set([".git", ".hg", ".svn", ".DS_Store"]);

const project = join(__dirname, "..", "..");
const cache = join(
    process.env.TESTUDO_CACHE ??
        join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "testudo"),
    "sites",
);

/**
 * Packs the directories of all PHP sites, or says what is wrong with them.
 * @param root What the directories are relative to.
 */
export async function packSites(
    sites: readonly PhpSite[],
    root = project,
    folder = cache,
): Promise<Checked<SiteArchive[]>> {
    const packed = await Promise.all(sites.map((site) => packSite(site, root, folder)));
    return {
        faults: packed.flatMap(({ faults }) => faults),
        value: packed.flatMap(({ value }) => value ?? []),
    };
}

async function packSite(
    site: PhpSite,
    root: string,
    folder: string,
): Promise<Checked<SiteArchive>> {
    const directory = resolve(root, site.code.directory);
    // The configuration's own faults say so already.
    const documentRoot = resolve(directory, site.code.documentRoot);
    if (!isInside(resolve(root), dirname(directory)) || !isInside(directory, documentRoot))
        return { faults: [] };
    const faults = await directoryFaults(site, root, directory);
    return faults.length > 0
        ? { faults }
        : { faults, value: { site, ...(await archive(directory, folder)) } };
}

async function directoryFaults(site: PhpSite, root: string, directory: string): Promise<Fault[]> {
    const fault = (key: string, rule: string, why: string, got: string): Fault[] => [
        { key: configKey(`${site.key}.${key}`), rule, why, got },
    ];
    if (!(await isDirectory(directory))) {
        return fault(
            "directory",
            "needs a directory that is there",
            "the site is made of it",
            `${JSON.stringify(site.code.directory)}, which is none (looked in ${root})`,
        );
    }
    if (!isInside(await realpath(root), dirname(await realpath(directory)))) {
        return fault(
            "directory",
            "needs a directory inside the project, not a link out of it",
            "a stack is made of what is kept with it",
            `${JSON.stringify(site.code.directory)}, which leads to ${await realpath(directory)}`,
        );
    }
    if (!(await isDirectory(resolve(directory, site.code.documentRoot)))) {
        return fault(
            "documentRoot",
            `needs a directory inside ${site.code.directory}`,
            "visitors would find nothing",
            `${JSON.stringify(site.code.documentRoot)}, which is not there`,
        );
    }
    const strange = await strangers(directory);
    return strange.length === 0
        ? []
        : fault(
              "directory",
              "needs to hold nothing but files, directories and links that stay inside",
              "the hosts get what is in it, and nothing else of this machine",
              strange.slice(0, 5).join(", "),
          );
}

async function strangers(directory: string): Promise<string[]> {
    const strange: string[] = [];
    for (const path of await walk(directory)) {
        const found = await lstat(path);
        if (found.isFile() || found.isDirectory()) continue;
        if (found.isSymbolicLink()) {
            const to = await readlink(path);
            if (!to.startsWith("/") && isInside(directory, resolve(dirname(path), to))) continue;
        }
        strange.push(relative(directory, path));
    }
    return strange;
}

/** Everything below the directory, in an order that is the same everywhere. */
async function walk(directory: string): Promise<string[]> {
    const paths: string[] = [];
    for (const entry of await readdir(directory, { withFileTypes: true })) {
        if (leftOut.has(entry.name)) continue;
        const path = join(directory, entry.name);
        paths.push(path, ...(entry.isDirectory() ? await walk(path) : []));
    }
    return paths.sort();
}

async function archive(
    directory: string,
    folder: string,
): Promise<Pick<SiteArchive, "id" | "file">> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const scratch = await mkdtemp(join(folder, "new-"));
    try {
        const tar = pack();
        const hash = createHash("sha256");
        const file = join(scratch, "site.tar.gz");
        await Promise.all([
            pipeline(
                tar,
                async function* (source: AsyncIterable<unknown>) {
                    for await (const chunk of source) {
                        hash.update(chunk as Buffer);
                        yield chunk;
                    }
                },
                createGzip(),
                createWriteStream(file, { mode: 0o600 }),
            ),
            fill(tar, directory),
        ]);
        const id = hash.digest("hex").slice(0, 20);
        await rename(file, join(folder, `${id}.tar.gz`));
        return { id, file: join(folder, `${id}.tar.gz`) };
    } finally {
        await rm(scratch, { recursive: true, force: true });
    }
}

/** Times, owners and most modes are this machine's own business. */
async function fill(tar: Pack, directory: string): Promise<void> {
    for (const path of await walk(directory)) {
        const name = relative(directory, path).split(sep).join("/");
        const found = await lstat(path);
        const common = { name, mtime: new Date(0), uid: 0, gid: 0 };
        if (found.isDirectory()) {
            tar.entry({ ...common, type: "directory", mode: 0o755 });
        } else if (found.isSymbolicLink()) {
            tar.entry({ ...common, type: "symlink", linkname: await readlink(path) });
        } else {
            const mode = (found.mode & 0o100) === 0 ? 0o644 : 0o755;
            const entry = tar.entry({ ...common, type: "file", mode, size: found.size });
            await pipeline(createReadStream(path), entry);
        }
    }
    tar.finalize();
}

async function isDirectory(path: string): Promise<boolean> {
    return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}

function isInside(directory: string, path: string): boolean {
    return path === directory || path.startsWith(directory + sep);
}
