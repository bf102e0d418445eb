import { buffer } from "node:stream/consumers";
import { openPromise } from "yauzl";
import { Refusal } from "./refusal";
import { limits, type Add } from "./release-source";

/** Kinds of files, as Unix keeps them in the upper half of a zip's attributes. */
const kinds = { mask: 0o170000, link: 0o120000, file: 0o100000, none: 0 } as const;

/** Reads a zip archive; names that lead out are refused, as everywhere. */
export async function readZip(file: string, add: Add): Promise<void> {
    let bytes = 0;
    try {
        const zip = await openPromise(file, { lazyEntries: true });
        for await (const entry of zip.eachEntry()) {
            const mode = entry.externalFileAttributes >>> 16;
            const kind = mode & kinds.mask;
            if (entry.fileName.endsWith("/")) continue;
            bytes += entry.uncompressedSize;
            if (bytes > limits.bytes)
                throw new Refusal(
                    `SOURCE ${file}: is larger than a release may be (${limits.bytes / 1024 / 1024} MiB)`,
                );
            const data = await buffer(await zip.openReadStreamPromise(entry));
            if (kind === kinds.link) add(entry.fileName, { target: data.toString("utf8") });
            else if (kind === kinds.file || kind === kinds.none)
                add(entry.fileName, { data, executable: (mode & 0o100) !== 0 });
            else
                throw new Refusal(
                    `SOURCE ${file}: ${JSON.stringify(entry.fileName)} is neither a file nor a link`,
                );
        }
    } catch (error) {
        if (error instanceof Refusal) throw error;
        throw new Refusal(
            `SOURCE ${file}: cannot be read as a zip archive (${error instanceof Error ? error.message : String(error)}); nothing has been changed`,
        );
    }
}
