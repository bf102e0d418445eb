import { Readable } from "node:stream";
import type { RoleName } from "../components/cluster/types";
import type { Decision, SiteHere } from "./import-checks";
import type { Dump } from "./import-dump";
import { framed } from "./import-send";
import type { Uploads } from "./import-uploads";
import { Refusal } from "./refusal";
import type { Answer, RunOptions, Stack } from "./stack";

const scripts = {
    import: "/usr/local/lib/testudo/app/import",
    rights: "/usr/local/lib/testudo/database/import-rights",
} as const;
const hours = 6 * 3600;

/** What a step has changed, as its host says. */
export interface Settled {
    readonly url: string;
    /** Rows in which an address was replaced, by table. */
    readonly rewritten: Readonly<Record<string, number>>;
    /** Values that name an old address and could not be read. */
    readonly unreadable: number;
    readonly fromDbVersion: number;
    readonly dbVersion: number;
    /** Whether the stack's administrator was in the dump (kept), came along (added), or is in neither. */
    readonly admin: "kept" | "added" | "none";
    readonly users: number;
}

/** The first host that runs PHP and answers, and what it says of the site. */
export async function askSite(stack: Stack): Promise<{ host: string; here: SiteHere }> {
    const { host, stdout } = await firstOf(stack, "app", `${scripts.import} ask`);
    return { host, here: lastLine(stdout) as SiteHere };
}

/** Runs `work` while the site's account may also make the tables beside its own. */
export async function withRights<T>(stack: Stack, work: () => Promise<T>): Promise<T> {
    await firstOf(stack, "database", `${scripts.rights} begin`);
    // A person who interrupts ends the step under way; the rights are taken back all the same.
    const stay = () => undefined;
    process.on("SIGINT", stay);
    try {
        const result = await work();
        await firstOf(stack, "database", `${scripts.rights} end`);
        return result;
    } catch (error) {
        // The first failure is the one to tell.
        await firstOf(stack, "database", `${scripts.rights} end`).catch(() => undefined);
        throw error;
    } finally {
        process.off("SIGINT", stay);
    }
}

export async function loadDump(stack: Stack, host: string, dump: Dump): Promise<void> {
    const stream = Readable.from(withEnd(framed(dump)), { objectMode: false });
    const zone = dump.timeZone === undefined ? "" : ` ${dump.timeZone}`;
    await step(stack, host, `load ${dump.charset}${zone}`, { stdin: { stream } });
}

export async function settle(
    stack: Stack,
    host: string,
    dump: Dump,
    { from, missingPlugins, theme }: Decision,
): Promise<Settled> {
    const admin = adminOf(stack);
    const wishes = { from, prefix: dump.prefix, admin, missingPlugins, theme };
    const { stdout } = await step(stack, host, "settle", { stdin: JSON.stringify(wishes) });
    return lastLine(stdout) as Settled;
}

/** Visitors see the other site from here on. */
export async function change(stack: Stack, host: string, order: "swap" | "undo"): Promise<void> {
    await step(stack, host, order);
    await step(stack, host, "flush");
}

/** The hosts that need the files: one where storage hosts have them, else each that shows or makes them. */
export function uploadHosts(stack: Stack, host: string): string[] {
    if (stack.hostsOf("storage").length > 0) return [host];
    const names = [...stack.hostsOf("web"), ...stack.hostsOf("app")].map((one) => one.name);
    return [...new Set(names)];
}

export async function sendUploads(stack: Stack, host: string, uploads: Uploads): Promise<void> {
    // As www-data, which may write nowhere else.
    const command =
        "exec runuser --user www-data -- tar --extract --no-same-owner --no-same-permissions --directory /srv/site/uploads";
    told(
        await stack.run(host, command, {
            stdin: { stream: uploads.packed() },
            timeoutSeconds: hours,
        }),
        "uploads",
    );
}

async function step(
    stack: Stack,
    host: string,
    words: string,
    options: RunOptions = {},
): Promise<Answer> {
    const answer = await stack.run(host, `exec ${scripts.import} ${words}`, {
        timeoutSeconds: hours,
        ...options,
    });
    return told(answer, words);
}

function told(answer: Answer, what: string): Answer {
    if (answer.code === 0) return answer;
    const why = answer.stderr.trim().split("\n").slice(-5).join("\n") || `exit ${answer.code}`;
    throw new Refusal(`${answer.host}: ${what.split(" ")[0] ?? ""}: ${why}`);
}

/** Asks one host after the other until one can. */
async function firstOf(stack: Stack, role: RoleName, command: string): Promise<Answer> {
    const said: string[] = [];
    for (const { name } of stack.hostsOf(role)) {
        const answer = await stack.run(name, command, { timeoutSeconds: 120 });
        if (answer.code === 0) return answer;
        said.push(`${name}: ${answer.stderr.trim().split("\n").pop() ?? `exit ${answer.code}`}`);
    }
    throw new Refusal(
        `stack ${stack.name}: no ${role} host could run ${command}:\n${said.join("\n")}`,
    );
}

async function* withEnd(frames: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    yield* frames;
    yield Buffer.from("end\n");
}

/** The administrator that the stack has made. */
export function adminOf({ outputs }: Pick<Stack, "outputs">): string {
    return typeof outputs.adminUser === "string" ? outputs.adminUser : "";
}

function lastLine(text: string): unknown {
    return JSON.parse(text.trim().split("\n").pop() ?? "null");
}
