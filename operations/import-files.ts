import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Refusal } from "./refusal";

/** A file as it was before it was packed; fails with a Refusal where it cannot be read to its end. */
export function openPacked(file: string): Readable {
    return Readable.from(contentOf(file), { objectMode: false });
}

async function* contentOf(file: string): AsyncGenerator<Buffer> {
    const kind = /\.t?gz$/.test(file) ? "gzip" : file.endsWith(".zst") ? "zstd" : "";
    const source = createReadStream(file, { highWaterMark: 2 ** 20 });
    try {
        if (kind === "zstd") yield* decompressed(source);
        else if (kind === "") yield* source as AsyncIterable<Buffer>;
        else {
            const unpacker = createGunzip();
            source.on("error", (error) => unpacker.destroy(error));
            yield* source.pipe(unpacker) as AsyncIterable<Buffer>;
        }
    } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        const what =
            code === "ENOENT"
                ? "there is no such file"
                : kind === ""
                  ? message
                  : `cut off, or not of ${kind} (${message})`;
        throw new Refusal(`${basename(file)}: ${what}; nothing was changed`);
    }
}

async function* decompressed(source: Readable): AsyncGenerator<Buffer> {
    const program = spawn("zstd", ["--decompress", "--stdout", "--quiet"], {
        stdio: ["pipe", "pipe", "pipe"],
    });
    let said = "";
    const ended = new Promise<number>((resolve, reject) => {
        program.on("error", reject);
        program.on("close", (code) => {
            resolve(code ?? 1);
        });
    });
    program.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    source.on("error", () => program.kill()).pipe(program.stdin);
    // A reader that leaves early says why by its exit status.
    program.stdin.on("error", () => undefined);
    yield* program.stdout as AsyncIterable<Buffer>;
    if ((await ended) !== 0) throw new Error(said.trim().split("\n").pop() ?? "");
}
