import { gunzipSync } from "node:zlib";
import { extract } from "tar-stream";

/** What a host gets when it has decoded and decompressed a bundle: a tar archive. */
export function bundleTar(bundle: unknown): Buffer {
    return gunzipSync(Buffer.from(String(bundle), "base64"));
}

/** The archive as text, to look for words in. */
export function bundleText(bundle: unknown): string {
    return bundleTar(bundle).toString("latin1");
}

/** Files of a bundle, as a host would unpack them. */
export async function bundleFiles(bundle: unknown): Promise<Map<string, string>> {
    const files = new Map<string, string>();
    const tar = extract();
    tar.end(bundleTar(bundle));
    for await (const entry of tar) {
        const parts: Buffer[] = [];
        for await (const part of entry) parts.push(part as Buffer);
        files.set(entry.header.name, Buffer.concat(parts).toString("utf8"));
    }
    return files;
}

/** A text, what it is the base64 of, and what that is the compressed form of. */
export function layersOf(text: string): string[] {
    const bytes = Buffer.from(text, "base64");
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return [text, bytes.toString("latin1"), ...(isGzip ? [bundleText(text)] : [])];
}
