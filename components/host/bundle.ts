import { createHash, createHmac } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "fflate";
import { pack } from "tar-stream";
import type { SystemUser } from "../roles/role";
import type { RenderedFile } from "./render";

const engineRoot = join(__dirname, "..", "..", "config-templates", "_shared", "engine");

/** What one push carries to a host. */
export interface Push {
    readonly role: string;
    readonly files: readonly RenderedFile[];
    readonly units: readonly string[];
    readonly packages?: readonly string[];
    readonly users?: readonly SystemUser[];
    /** All roles of the host: one that it had and has no more is taken away. @default unknown */
    readonly roles?: readonly string[];
}

/**
 * The push as a .tar.gz in base64: the engine that applies it, what it shall do, and the files.
 * The same push gives the same text, so an unchanged push is no change to Pulumi.
 */
export function pushBundle(push: Push): Promise<string> {
    const entries: [string, string][] = [
        ...engineFiles(),
        ["role", push.role],
        ["manifest", lines(push.files.map(manifestLine))],
        ["units", lines(push.units)],
        ["roles", lines(push.roles ?? [])],
        ["packages", lines(push.packages ?? [])],
        [
            "users",
            lines(
                (push.users ?? []).map((user) =>
                    [user.name, user.home, (user.groups ?? []).join(",")].join("\t"),
                ),
            ),
        ],
        ...push.files.map((file): [string, string] => [`files${file.path}`, file.content]),
    ];
    return archive(entries);
}

/** Named values for a script on the host (accounts, passwords), each a file of its own. */
export function valueBundle(values: Readonly<Record<string, string>>): Promise<string> {
    return archive([
        ...engineFiles(),
        ...Object.entries(values).map(([name, value]): [string, string] => [
            `values/${name}`,
            value,
        ]),
    ]);
}

/** One line a file for `pulumi preview --diff`: which file changes, and nothing about what is in it. */
export function digestLines(stackKey: string, files: readonly RenderedFile[]): string {
    return files
        .map(
            (file) => `# ${file.path} ${file.owner} ${file.mode} ${digest(stackKey, file.content)}`,
        )
        .join("\n");
}

/** A keyed digest of secret content: without the stack's key it cannot be guessed at. */
export function digest(stackKey: string, content: string): string {
    return createHmac("sha256", stackKey).update(content).digest("hex").slice(0, 16);
}

/** A digest of content that is no secret: a change of it is a change of whatever carries it. */
export function fingerprint(content: string): string {
    return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

/** The fingerprint of one rendered file. */
export function fileFingerprint(files: readonly RenderedFile[], path: string): string {
    return fingerprint(files.find((file) => file.path === path)?.content ?? "");
}

function manifestLine(file: RenderedFile): string {
    return [file.path, file.owner, file.mode, file.onChange, file.check].join("\t");
}

function lines(items: readonly string[]): string {
    return items.map((item) => `${item}\n`).join("");
}

function engineFiles(): [string, string][] {
    return readdirSync(engineRoot)
        .sort()
        .map((name) => [`engine/${name}`, readFileSync(join(engineRoot, name), "utf8")]);
}

async function archive(entries: readonly [string, string][]): Promise<string> {
    const tar = pack();
    for (const [name, content] of entries)
        tar.entry({ name, mode: 0o600, mtime: new Date(0) }, content);
    tar.finalize();
    const chunks: Buffer[] = [];
    for await (const chunk of tar) chunks.push(chunk as Buffer);
    return Buffer.from(compress(Buffer.concat(chunks))).toString("base64");
}

/**
 * The same bytes for the same bytes, on every machine and in every version of Node.
 * State holds each bundle twice and is written at every step, so its size is the duration of `up`. Not by Node's
 * zlib: what that makes of them is its build's own affair, and on another machine each push would be a change.
 */
export function compress(bytes: Uint8Array): Uint8Array {
    return gzipSync(bytes, { mtime: 0 });
}
