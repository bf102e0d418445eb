import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink, stat } from "node:fs/promises";
import { basename, join, posix, resolve } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { Refusal } from "./refusal";
import { readZip } from "./release-zip";

/** A file, or a link, of what shall become part of a release. Folders are what files lie in. */
export interface Entry {
    /** Relative, with slashes, without `.` and `..`. */
    readonly path: string;
    readonly data: Buffer;
    /** Where a symbolic link leads; absent for a file. */
    readonly target?: string;
    readonly executable: boolean;
}

export interface Source {
    /** What the user typed. */
    readonly text: string;
    /** A name for it: of the folder, the repository, or the archive without its ending. */
    readonly name: string;
    readonly entries: readonly Entry[];
}

/** What version control and desktops leave behind. */
const leftOut = new Set([".git", ".hg", ".svn", ".DS_Store", "__MACOSX"]);

/** All of it is held in memory. */
export const limits = { bytes: 512 * 1024 * 1024, entries: 100_000 } as const;

const endings = /\.(?:tar|tar\.gz|tgz|tar\.zst|zip)$/;

/** @throws Refusal where it cannot be read, or would reach out of its own folder. */
export async function readSource(text: string): Promise<Source> {
    const add = collector(text);
    if (text.startsWith("git:")) return readGit(text, add);
    const found = await stat(text).catch(() => undefined);
    if (found === undefined)
        throw new Refusal(
            `SOURCE ${text}: there is no such directory or archive (looked in ${process.cwd()})`,
        );
    const name = basename(resolve(text)).replace(endings, "");
    if (found.isDirectory()) await readDirectory(text, "", add.entry);
    else if (text.endsWith(".zip")) await readZip(text, add.entry);
    else await readTar(unpacked(text), add.entry);
    return { text, name, entries: add.entries() };
}

/** Takes one entry, as it stands in an archive. */
export type Add = (
    path: string,
    what: { readonly data?: Buffer; readonly target?: string; readonly executable?: boolean },
) => void;

interface Collector {
    readonly entry: Add;
    readonly entries: () => readonly Entry[];
}

/** Refuses what reaches out; exported for tests. */
export function collector(source: string): Collector {
    const all = new Map<string, Entry>();
    let bytes = 0;
    const refuse = (path: string, why: string): never => {
        throw new Refusal(
            `SOURCE ${source}: ${JSON.stringify(path)} ${why}; nothing has been changed`,
        );
    };
    return {
        entry: (given, { data = Buffer.alloc(0), target, executable = false }) => {
            // eslint-disable-next-line no-control-regex
            if (/[\u0000-\u001f\u007f\\]/.test(given))
                return refuse(given, "has a character in its name that no release may have");
            if (given.startsWith("/"))
                return refuse(given, "is an absolute path, outside of the release");
            const path = posix.normalize(given).replace(/\/+$/, "");
            if (given.split("/").includes("..")) return refuse(given, "leads out of the release");
            if (path === "." || path.split("/").some((part) => leftOut.has(part))) return;
            bytes += data.length;
            all.set(path, { path, data, executable, ...(target === undefined ? {} : { target }) });
            if (bytes > limits.bytes || all.size > limits.entries)
                throw new Refusal(
                    `SOURCE ${source}: is larger than a release may be (${limits.bytes / 1024 / 1024} MiB in ${limits.entries} files); uploads do not belong into it`,
                );
        },
        entries: () => {
            for (const { path } of all.values()) {
                const above = path.split("/").slice(0, -1);
                const parents = above.map((_, index) => above.slice(0, index + 1).join("/"));
                if (parents.some((parent) => all.has(parent)))
                    refuse(path, "lies below something that is no folder");
            }
            checkLinks(source, [...all.values()]);
            if (all.size === 0) throw new Refusal(`SOURCE ${source}: has no files in it`);
            return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
        },
    };
}

/** @throws Refusal where a link leads out of the folder that all paths are relative to */
export function checkLinks(source: string, entries: readonly Entry[]): void {
    for (const { path, target } of entries) {
        if (target === undefined) continue;
        const leads = posix.normalize(posix.join(posix.dirname(path), target));
        if (target.startsWith("/") || leads === ".." || leads.startsWith("../"))
            throw new Refusal(
                `SOURCE ${source}: ${JSON.stringify(path)} is a link that leads out of the release (to ${target}); nothing has been changed`,
            );
    }
}

async function readDirectory(root: string, below: string, add: Add): Promise<void> {
    for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
        const path = below === "" ? entry.name : `${below}/${entry.name}`;
        if (leftOut.has(entry.name)) continue;
        const found = await lstat(join(root, path));
        if (found.isDirectory()) await readDirectory(root, path, add);
        else if (found.isSymbolicLink()) add(path, { target: await readlink(join(root, path)) });
        else if (found.isFile())
            add(path, {
                data: await readFile(join(root, path)),
                executable: (found.mode & 0o100) !== 0,
            });
        else throw notAFile(root, path, "device or socket");
    }
}

function notAFile(source: string, path: string, kind: string): Refusal {
    return new Refusal(
        `SOURCE ${source}: ${JSON.stringify(path)} is a ${kind}; a release has files, folders and symbolic links only`,
    );
}

/** The archive's tar, whatever it is packed with. */
function unpacked(file: string): { readonly name: string; readonly stream: Readable } {
    if (file.endsWith(".tar.zst"))
        return { name: file, stream: outputOf("zstd", ["-dc", "--", file], file) };
    if (file.endsWith(".tar")) return { name: file, stream: createReadStream(file) };
    if (!endings.test(file))
        throw new Refusal(
            `SOURCE ${file}: needs to be a directory, a .tar, .tar.gz, .tgz, .tar.zst or .zip, or git:PATH#REF`,
        );
    const gunzip = createGunzip();
    createReadStream(file)
        .on("error", (error) => gunzip.destroy(error))
        .pipe(gunzip);
    return { name: file, stream: gunzip };
}

async function readTar(
    { name, stream }: { readonly name: string; readonly stream: Readable },
    add: Add,
): Promise<void> {
    const tar = extract();
    stream
        .on("error", (error) => {
            tar.destroy(error);
        })
        .pipe(tar);
    let ended = false;
    try {
        for await (const entry of tar) {
            const { name: path, type, linkname, mode } = entry.header;
            const parts: Buffer[] = [];
            let size = 0;
            for await (const part of entry as AsyncIterable<Buffer>) {
                size += part.length;
                if (size > limits.bytes)
                    throw new Refusal(
                        `SOURCE ${name}: ${JSON.stringify(path)} is larger than a release may be (${limits.bytes / 1024 / 1024} MiB); nothing has been changed`,
                    );
                parts.push(part);
            }
            if (type === "symlink") add(path, { target: linkname });
            else if (type === "file" || type === "contiguous-file")
                add(path, { data: Buffer.concat(parts), executable: (mode & 0o100) !== 0 });
            else if (type === "directory") checkFolder(path, add);
            else throw notAFile(name, path, type === "link" ? "hard link" : type);
        }
        ended = true;
    } catch (error) {
        if (error instanceof Refusal) throw error;
        throw new Refusal(
            `SOURCE ${name}: cannot be read to its end (${error instanceof Error ? error.message : String(error)}); is it truncated?`,
        );
    } finally {
        if (!ended) stream.destroy();
    }
}

/** Its name is checked as a file's is; it is there because of what lies in it. */
function checkFolder(path: string, add: Add): void {
    if (path.startsWith("/") || path.split("/").includes("..")) add(path, {});
}

function readGit(text: string, add: Collector): Promise<Source> {
    const [, path = "", ref = ""] = /^git:([^#]+)#(.+)$/.exec(text) ?? [];
    if (path === "" || ref.startsWith("-"))
        throw new Refusal(`SOURCE ${text}: needs to be git:PATH#REF, for example git:.#v1.2`);
    const stream = outputOf("git", ["-C", path, "archive", "--format=tar", ref], text);
    return readTar({ name: text, stream }, add.entry).then(() => ({
        text,
        name: basename(resolve(path)),
        entries: add.entries(),
    }));
}

/** What a program prints; its failure is the stream's. */
function outputOf(program: string, words: readonly string[], source: string): Readable {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
    // Ends when the program has, and has ended well: an archive that was cut off may look whole.
    const output = child.stdout.pipe(new PassThrough(), { end: false });
    output.on("close", () => child.kill());
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (part: string) => (said += part));
    const fail = (why: string) => {
        output.destroy(new Refusal(`SOURCE ${source}: ${why}`));
    };
    child.on("error", () => {
        fail(`needs the program ${program}, which is not installed here`);
    });
    child.on("close", (code) => {
        if (code === 0) output.end();
        else fail(said.trim().split("\n").pop() ?? `${program} ended with ${code ?? "-"}`);
    });
    return output;
}
