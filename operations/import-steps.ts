import { userInfo } from "node:os";
import { Readable } from "node:stream";
import type { RoleName } from "../components/cluster/types";
import type { Decision, SiteHere } from "./import-checks";
import type { Dump } from "./import-dump";
import { framed } from "./import-send";
import type { Uploads } from "./import-uploads";
import { Refusal } from "./refusal";
import { tokenOf } from "./release-part";
import { isAway, words } from "./release-store";
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

/** Says a line to the person who imports. */
export type Say = (line: string) => void;

/** The first host that runs PHP and answers, and what it says of the site. */
export async function askSite(stack: Stack): Promise<{ host: string; here: SiteHere }> {
    const { host, stdout } = await firstOf(stack, "app", `${scripts.import} ask`);
    return { host, here: lastLine(stdout) as SiteHere };
}

/**
 * Runs `work` while nobody else imports, and while the site's account may also make the tables beside its own. Rights
 * end by the hand of whoever has the turn.
 */
export async function withRights<T>(stack: Stack, work: () => Promise<T>): Promise<T> {
    const token = tokenOf(userInfo().username, new Date());
    // A person who interrupts ends the step under way; the rights are taken back all the same.
    const stay = () => undefined;
    process.on("SIGINT", stay);
    try {
        await takeTurn(stack, token);
        await firstOf(stack, "database", `${scripts.rights} begin`);
        try {
            const result = await work();
            await firstOf(stack, "database", `${scripts.rights} end`);
            return result;
        } catch (error) {
            // The first failure is the one to tell.
            await firstOf(stack, "database", `${scripts.rights} end`).catch(() => undefined);
            throw error;
        }
    } finally {
        await turn(stack, `end ${words(token)}`);
        process.off("SIGINT", stay);
    }
}

/** @throws Refusal where somebody else imports */
async function takeTurn(stack: Stack, token: string): Promise<void> {
    const answers = await turn(stack, `begin ${words(token)}`);
    for (const answer of answers) if (!isAway(answer)) told(answer, "import");
    if (answers.every(isAway))
        throw new Refusal(`stack ${stack.name}: no app host answers; nothing was changed`);
}

/** On every host that could import. */
function turn(stack: Stack, order: string): Promise<Answer[]> {
    const run = ({ name }: { readonly name: string }) =>
        stack.run(name, `${scripts.import} ${order}`, { timeoutSeconds: 60, detached: true });
    return Promise.all(stack.hostsOf("app").map(run));
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

/** Visitors see the other site from here on; the host empties the caches in the same breath. */
export async function change(
    stack: Stack,
    host: string,
    order: "swap" | "undo",
    say: Say,
): Promise<void> {
    // Nobody at a terminal cuts it in its middle.
    const answer = await stack.run(host, `exec ${scripts.import} ${order}`, {
        timeoutSeconds: 1200,
        detached: true,
    });
    if (answer.code === 0) return;
    const isChanged = answer.stdout.includes('"swapped":true');
    if (!isChanged && !isAway(answer)) told(answer, order);
    say(`${host}: did not empty the caches (${whyOf(answer)}); another host does`);
    const flushed = await firstOf(stack, "app", `${scripts.import} flush`).then(
        () => "the caches are empty",
        (error: unknown) =>
            `the caches may still have pages of the site before: ${error instanceof Error ? error.message : String(error)}`,
    );
    if (!isChanged)
        throw new Refusal(
            `${host}: ${order}: no answer while the sites changed places; ${flushed}. Look at the site; to change places again: testudo import --undo`,
        );
    say(flushed);
}

/** The hosts that need the files: one where storage hosts have them, else each that may write there. */
export async function uploadHosts(stack: Stack, host: string): Promise<string[]> {
    if (stack.hostsOf("storage").length > 0) return [host];
    const all = [...stack.hostsOf("web"), ...stack.hostsOf("app")].map((one) => one.name);
    const names = [...new Set(all)];
    const answers = await Promise.all(
        names.map((name) =>
            stack.run(name, "exec runuser -u www-data -- test -w /srv/site/uploads", {
                timeoutSeconds: 60,
            }),
        ),
    );
    const found = names.filter((_, index) => answers[index]?.code === 0);
    if (found.length === 0)
        throw new Refusal(
            `stack ${stack.name}: no host may write uploads now (/srv/site/uploads); is the one that takes them up? testudo status`,
        );
    return found;
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
    order: string,
    options: RunOptions = {},
): Promise<Answer> {
    const answer = await stack.run(host, `exec ${scripts.import} ${order}`, {
        timeoutSeconds: hours,
        ...options,
    });
    return told(answer, order);
}

function told(answer: Answer, what: string): Answer {
    if (answer.code === 0) return answer;
    throw new Refusal(`${answer.host}: ${what.split(" ")[0] ?? ""}: ${whyOf(answer)}`);
}

function whyOf({ stderr, code }: Answer): string {
    return stderr.trim().split("\n").slice(-5).join("\n") || `exit ${code}`;
}

/** Asks one host after the other until one can; of app hosts the first that answers has the last word. */
async function firstOf(stack: Stack, role: RoleName, command: string): Promise<Answer> {
    const said: string[] = [];
    for (const { name } of stack.hostsOf(role)) {
        const answer = await stack.run(name, command, { timeoutSeconds: 120, detached: true });
        if (answer.code === 0) return answer;
        said.push(`${name}: ${answer.stderr.trim().split("\n").pop() ?? `exit ${answer.code}`}`);
        if (role === "app" && !isAway(answer)) break;
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
