import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { Refusal } from "./refusal";
import { checkLinks, type Entry, type Source } from "./release-source";

export const kinds = ["theme", "plugin", "core", "site"] as const;
export type Kind = (typeof kinds)[number];

/** What a release gets, as its hosts shall have it. */
export interface Part {
    readonly kind: Kind;
    /** How a host puts it in: `content` is a wp-content, `tree` a whole WordPress. */
    readonly order: "theme" | "plugin" | "core" | "content" | "tree";
    /** Folder of a theme or plugin; `wordpress` otherwise. */
    readonly name: string;
    readonly version: string;
    readonly entries: readonly Entry[];
    readonly bytes: number;
    /** WordPress' number of its tables' layout; of parts with WordPress in them. */
    readonly dbVersion?: number;
    /** Of a plugin: the files that WordPress can activate, `folder/file.php`. */
    readonly plugins: readonly string[];
}

/** Finds in SOURCE what was said to be in it. @throws Refusal where it is not. */
export function partOf(kind: Kind, source: Source, givenName?: string): Part {
    const stripped = strip(kind, source);
    const { entries } = stripped;
    // What led to a place beside the folder that is gone now leads out.
    checkLinks(source.text, entries);
    const read = (path: string) =>
        entries.find((entry) => entry.path === path && entry.target === undefined)?.data;
    const common = {
        kind,
        entries,
        bytes: entries.reduce((sum, { data }) => sum + data.length, 0),
        plugins: [],
    };
    const name = givenName ?? stripped.name;
    switch (kind) {
        case "theme": {
            const style = header(read("style.css"), "Theme Name");
            if (style === undefined)
                throw missing(source, kind, "a style.css with a line `Theme Name: …`");
            return {
                ...common,
                order: kind,
                name: checkedName(source, name),
                version: header(read("style.css"), "Version") ?? "",
            };
        }
        case "plugin": {
            const files = entries.filter(
                ({ path, data }) =>
                    /^[^/]+\.php$/.test(path) && header(data, "Plugin Name") !== undefined,
            );
            const [first] = files;
            if (first === undefined)
                throw missing(source, kind, "a PHP file with a line `Plugin Name: …`");
            const folder = checkedName(source, name);
            return {
                ...common,
                order: kind,
                name: folder,
                version: header(first.data, "Version") ?? "",
                plugins: files.map(({ path }) => `${folder}/${path}`),
            };
        }
        case "core":
        case "site": {
            const isTree = read("wp-load.php") !== undefined;
            if (kind === "site" && !isTree) {
                if (!entries.some(({ path }) => /^themes\/[^/]+\/style\.css$/.test(path)))
                    throw missing(source, kind, "wp-load.php, or themes/ of a wp-content");
                return { ...common, order: "content", name: "wp-content", version: "" };
            }
            const version = read("wp-includes/version.php")?.toString("utf8") ?? "";
            const dbVersion = Number(/^\$wp_db_version\s*=\s*(\d+);/m.exec(version)?.[1]);
            if (!isTree || Number.isNaN(dbVersion) || read("wp-admin/index.php") === undefined)
                throw missing(
                    source,
                    kind,
                    "all of WordPress: wp-load.php, wp-admin/, wp-includes/version.php",
                );
            return {
                ...common,
                order: kind === "core" ? "core" : "tree",
                name: "wordpress",
                version: /^\$wp_version\s*=\s*'([^']+)';/m.exec(version)?.[1] ?? "",
                dbVersion,
            };
        }
    }
}

/** Archives have a folder around everything, as a rule. */
function strip(
    kind: Kind,
    { entries, name }: Pick<Source, "entries" | "name">,
): Pick<Source, "entries" | "name"> {
    const [top = ""] = entries[0]?.path.split("/") ?? [];
    const isAround = entries.every(({ path }) => path.startsWith(`${top}/`));
    // The folders of a wp-content are no wrapping.
    if (!isAround || (kind === "site" && ["themes", "plugins"].includes(top)))
        return { entries, name };
    return strip(kind, {
        name: top,
        entries: entries.map((entry) => ({ ...entry, path: entry.path.slice(top.length + 1) })),
    });
}

/** WordPress' own way: a line in the first 8 KiB. */
function header(data: Buffer | undefined, field: string): string | undefined {
    const text = data?.subarray(0, 8192).toString("latin1") ?? "";
    const found = new RegExp(`^[ \\t/*#@]*${field}:(.*)$`, "im").exec(text)?.[1];
    const value = found?.replace(/\s*(?:\*\/|\?>).*/, "").trim() ?? "";
    return value === "" ? undefined : value.replace(/[^ -~]/g, "?").slice(0, 60);
}

export function checkedName(source: Pick<Source, "text">, name: string): string {
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) return name;
    throw new Refusal(
        `SOURCE ${source.text}: ${JSON.stringify(name)} cannot be the name of a folder in wp-content; say it with --name`,
    );
}

function missing(source: Source, kind: Kind, what: string): Refusal {
    return new Refusal(
        `SOURCE ${source.text}: is no ${kind}: it needs to have ${what}; nothing has been changed`,
    );
}

/** Packs it for the host that makes the release. */
export async function packPart(part: Part, folder: string): Promise<string> {
    const file = join(folder, "part.tar.gz");
    const tar = pack();
    const common = { mtime: new Date(0), uid: 0, gid: 0 };
    const written = pipeline(tar, createGzip(), createWriteStream(file, { mode: 0o600 }));
    for (const { path: name, data, target, executable } of part.entries) {
        if (target !== undefined) tar.entry({ ...common, name, type: "symlink", linkname: target });
        else tar.entry({ ...common, name, mode: executable ? 0o755 : 0o644 }, data);
    }
    tar.finalize();
    await written;
    return file;
}

/** Names a run, so that no other one interferes. */
export function tokenOf(user: string, now: Date): string {
    return `${user} ${createHash("sha256").update(`${process.pid}${now.toISOString()}`).digest("hex").slice(0, 8)}`;
}
