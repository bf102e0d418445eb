import { createReadStream } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, pack, type Pack } from "tar-stream";
import { openPacked } from "./import-files";
import { Refusal } from "./refusal";

export interface Uploads {
    readonly files: number;
    readonly bytes: number;
    /** Names of what does not come along: programs, links, hidden files. */
    readonly left: readonly string[];
    /** An archive of what comes along. Good for one reading. */
    packed(): Readable;
}

interface Entry {
    readonly name: string;
    readonly size: number;
    readonly mtime: Date;
    readonly isFile: boolean;
    readonly content: () => AsyncIterable<unknown>;
    readonly skip: () => void;
}

/** What nginx would not show either. */
const program = /\.(?:ph[a-z0-9]*|inc|cgi|pl|py|sh)(?:$|[./])/i;

/**
 * Reads a folder or an archive of uploads to its end. An archive may have them below `uploads` or `wp-content/uploads`.
 * @throws Refusal where there is nothing, or something that leads out of the folder
 */
export async function surveyUploads(path: string): Promise<Uploads> {
    const left: string[] = [];
    let files = 0;
    let bytes = 0;
    for await (const entry of entriesOf(path)) {
        entry.skip();
        if (!entry.isFile || refusedName(entry.name)) left.push(entry.name);
        else {
            files++;
            bytes += entry.size;
        }
    }
    if (files === 0) throw new Refusal(`${path}: has no files that could be uploads`);
    return { files, bytes, left, packed: () => packed(path) };
}

function packed(path: string): Readable {
    const archive = pack();
    fill(archive, path).catch((error: unknown) => {
        archive.destroy(error instanceof Error ? error : new Error(String(error)));
    });
    return Readable.from(archive, { objectMode: false });
}

async function fill(archive: Pack, path: string): Promise<void> {
    for await (const { name, size, mtime, isFile, content, skip } of entriesOf(path)) {
        if (!isFile || refusedName(name)) {
            skip();
            continue;
        }
        await pipeline(content(), archive.entry({ name, size, mtime, mode: 0o644 }));
    }
    archive.finalize();
}

function refusedName(name: string): boolean {
    return program.test(name) || name.split("/").some((part) => part.startsWith("."));
}

async function* entriesOf(path: string): AsyncGenerator<Entry> {
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) throw new Refusal(`${path}: there is no such folder or archive`);
    yield* found.isDirectory() ? folder(path, "") : archived(path);
}

async function* folder(root: string, below: string): AsyncGenerator<Entry> {
    const names = await readdir(join(root, below));
    for (const one of names.sort()) {
        const name = below === "" ? one : `${below}/${one}`;
        const place = join(root, name);
        const { size, mtime, ...kind } = await statOf(place);
        if (kind.isDirectory) yield* folder(root, name);
        else
            yield {
                name,
                size,
                mtime,
                isFile: kind.isFile,
                content: () => createReadStream(place),
                skip: () => undefined,
            };
    }
}

async function statOf(place: string) {
    const found = await lstat(place);
    return {
        size: found.size,
        mtime: found.mtime,
        isFile: found.isFile(),
        isDirectory: found.isDirectory(),
    };
}

async function* archived(path: string): AsyncGenerator<Entry> {
    const reader = extract();
    const source = openPacked(path);
    source.on("error", (error) => {
        reader.destroy(error);
    });
    source.pipe(reader);
    try {
        for await (const entry of reader) {
            const { name, size, mtime, type } = entry.header;
            if (name.startsWith("/") || name.split("/").includes(".."))
                throw new Refusal(
                    `${basename(path)}: ${name} leads out of the folder; nothing was changed`,
                );
            if (type === "directory") {
                entry.resume();
                continue;
            }
            yield {
                name: name
                    .replace(/^(?:\.\/)+/, "")
                    .replace(/^(?:[^/]+\/)*wp-content\/uploads\/|^uploads\//, ""),
                size,
                mtime,
                isFile: type === "file" || type === "contiguous-file",
                content: () => entry,
                skip: () => {
                    entry.resume();
                },
            };
        }
    } catch (error) {
        if (error instanceof Refusal) throw error;
        throw new Refusal(
            `${basename(path)}: cannot be read as an archive (${(error as Error).message}); nothing was changed`,
        );
    }
}
