import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Refusal } from "./refusal";

/** A file as it was before it was packed. */
export function openPacked(file: string): Readable {
    const source = createReadStream(file, { highWaterMark: 2 ** 20 });
    if (/\.t?gz$/.test(file)) return through(source, createGunzip(), file);
    if (!file.endsWith(".zst")) return source;
    const program = spawn("zstd", ["--decompress", "--stdout", "--quiet"], {
        stdio: ["pipe", "pipe", "inherit"],
    });
    program.on("error", (error) => program.stdout.destroy(error));
    program.on("close", (code) => {
        if (code !== 0) program.stdout.destroy(new Refusal(`${file}: cut off, or not of zstd`));
    });
    source.on("error", (error) => program.stdout.destroy(error)).pipe(program.stdin);
    program.stdin.on("error", () => undefined);
    return program.stdout;
}

function through(source: Readable, unpacker: NodeJS.ReadWriteStream & Readable, file: string) {
    source.on("error", (error) => unpacker.destroy(error));
    const readable = new Readable().wrap(source.pipe(unpacker));
    unpacker.on("error", (error: Error) =>
        readable.destroy(new Refusal(`${file}: cut off, or not of gzip (${error.message})`)),
    );
    return readable;
}
