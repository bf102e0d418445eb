import { Refusal } from "./refusal";
import { isAway, isApp, lastLine, libraryOf, order, words } from "./release-store";
import type { Stack, StackHost } from "./stack";

/** What the site's database says of itself. */
export interface Facts {
    readonly dbVersion: number;
    readonly stylesheet: string;
    readonly template: string;
    /** Active ones, `folder/file.php`. */
    readonly plugins: readonly string[];
    /** Bytes of each table. */
    readonly tables: Readonly<Record<string, number>>;
}

/** What WordPress would do to it. */
export interface Pending {
    /** The version that the code wants. */
    readonly code: number;
    readonly database: number;
    /** dbDelta's own words, for example `Changed type of wp_posts.post_x from …`. */
    readonly changes: readonly string[];
}

/** What a release is made of. */
export interface Contents {
    readonly dbVersion: number;
    readonly version: string;
    /** Versions by folder. */
    readonly themes: Readonly<Record<string, string>>;
    readonly plugins: Readonly<Record<string, string>>;
}

/** An ALTER copies a table at about this pace on modest disks, bytes a second. */
const pace = 20 * 1024 * 1024;
/** HAProxy ends a statement of PHP after 60 s; the estimate is a rough one. */
export const largestAltered = 45 * pace;

export async function factsOf(stack: Stack, apps: readonly StackHost[]): Promise<Facts> {
    return php<Facts>(stack, apps, ["facts"], 60);
}

export async function pendingOf(stack: Stack, app: StackHost, id: string): Promise<Pending> {
    return php<Pending>(stack, [app], ["pending", id], 120);
}

/** Does it once, on one host. */
export async function upgrade(stack: Stack, app: StackHost, id: string): Promise<void> {
    await php(stack, [app], ["upgrade", id], 3600);
}

async function php<T>(
    stack: Stack,
    apps: readonly StackHost[],
    texts: readonly string[],
    seconds: number,
): Promise<T> {
    let said = "no app host answers";
    for (const app of apps) {
        const answer = await stack.run(
            app.name,
            `timeout ${seconds} php ${libraryOf(app)}/release.php ${words(...texts)}`,
            // Nobody at a terminal cuts an upgrade in its middle.
            { timeoutSeconds: seconds + 30, detached: texts[0] === "upgrade" },
        );
        const json = answer.stdout.trim().split("\n").pop() ?? "";
        if (answer.code === 0 && json.startsWith("{")) return JSON.parse(json) as T;
        said = `${app.name}: ${answer.code === 124 ? `no answer within ${seconds} s` : lastLine(answer)}`;
        if (!isAway(answer)) break;
    }
    throw new Refusal(`the site's database cannot be asked (${said})`);
}

export async function contentsOf(stack: Stack, host: StackHost, id: string): Promise<Contents> {
    const answer = await order(stack, host, ["parts", id], { timeoutSeconds: 60 });
    if (answer.code !== 0) throw new Refusal(`${host.name}: ${lastLine(answer)}`);
    return parseContents(answer.stdout);
}

/** Lines of `release parts`. Exported for tests. */
export function parseContents(text: string): Contents {
    const lines = text.split("\n").map((line) => line.split(" "));
    const folders = (kind: string) =>
        Object.fromEntries(
            lines
                .filter(([first]) => first === kind)
                .map(([, name = "", version = ""]) => [name, version]),
        );
    const core = lines.find(([first]) => first === "core") ?? [];
    return {
        version: core[2] ?? "",
        dbVersion: Number(core[3] ?? "0"),
        themes: folders("theme"),
        plugins: folders("plugin"),
    };
}

function alteredBy({ changes }: Pending, { tables }: Facts): [string, number][] {
    return Object.entries(tables).filter(([table]) =>
        changes.some((change) => new RegExp(`\\b${table}\\b`).test(change)),
    );
}

/** @throws Refusal where one ALTER would be cut off in its middle */
export function checkPace(pending: Pending, facts: Facts): void {
    const large = alteredBy(pending, facts).filter(([, size]) => size > largestAltered);
    if (large.length > 0)
        throw new Refusal(
            `${large.map(([table, size]) => `${table} (${sizeText(size)}: about ${Math.ceil(size / pace)} s)`).join(", ")}: too large for an upgrade through the site's own way to its database, where HAProxy ends a statement after 60 s. Make the changes above on a database host first (mariadb wordpress, as root: no such limit), at a quiet hour, then release again; nothing has been changed`,
        );
}

/** What an upgrade would mean, a line each. */
export function upgradeLines(pending: Pending, facts: Facts): string[] {
    const { code, database, changes } = pending;
    const altered = alteredBy(pending, facts);
    const bytes = altered.reduce((sum, [, size]) => sum + size, 0);
    const seconds = Math.ceil(bytes / pace);
    return [
        `the database is at version ${database}, the new code wants ${code}: WordPress upgrades it`,
        ...(changes.length === 0
            ? ["  no table is altered (as far as WordPress tells beforehand)"]
            : [
                  ...changes.map((change) => `  ${change}`),
                  `  tables: ${altered.map(([table, size]) => `${table} ${sizeText(size)}`).join(", ") || "new ones only"}`,
                  `  each ALTER runs on all members in one order: writes of the whole site wait for it, about ${seconds} s`,
              ]),
        "  upgrade routines of WordPress may change rows as well; they do not tell beforehand",
    ];
}

export function sizeText(bytes: number): string {
    return bytes < 1024 * 1024
        ? `${Math.ceil(bytes / 1024)} KiB`
        : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export const appsOf = (hosts: readonly StackHost[]) => hosts.filter(isApp);
