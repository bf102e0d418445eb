import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { sections } from "../components/cluster/presets";
import type { RoleName } from "../components/cluster/types";
import { confirm } from "./confirm";
import { farewellOf, type Farewell, type Wish } from "./farewell";
import { markOf, type Mark } from "./marks";
import { Refusal } from "./refusal";
import { reportOf, type GlobalOptions, type Report } from "./report";
import { openStack, type Answer, type Stack } from "./stack";
import { survey } from "./survey";

interface LeaveOptions {
    readonly acceptRisk?: string;
    readonly dryRun?: true;
    readonly yes?: true;
}

export function addLeave(program: Command): void {
    program
        .command("leave <host>")
        .description(
            "a host says goodbye: it drains and stops, and its peers forget it, so that it can be taken out",
        )
        .option("--accept-risk <sentence>", "what may be lost where too few would stay, in words")
        .option("--dry-run", "check everything, say what it would cost, change nothing")
        .option("-y, --yes", "do not ask")
        .action(async (name: string, options: LeaveOptions, command: Command) => {
            const { stack } = command.optsWithGlobals<GlobalOptions>();
            const { acceptRisk } = options;
            if (acceptRisk !== undefined && acceptRisk.length < 20)
                throw new Refusal("--accept-risk: needs a sentence of at least 20 characters");
            const wish = {
                name,
                returns: false,
                ...(acceptRisk === undefined ? {} : { acceptRisk }),
            };
            await sayGoodbye(await openStack(stack), wish, reportOf(command), options);
        });
}

export function addReplace(program: Command): void {
    program
        .command("replace <host>")
        .description(
            "a host drains and stops; the next up makes it anew, from the newest image, with its data volume",
        )
        .option("--dry-run", "check everything, say what it would cost, change nothing")
        .option("-y, --yes", "do not ask")
        .action(async (name: string, options: LeaveOptions, command: Command) => {
            const { stack } = command.optsWithGlobals<GlobalOptions>();
            const wish = { name, returns: true };
            await sayGoodbye(await openStack(stack), wish, reportOf(command), options);
        });
}

export async function sayGoodbye(
    stack: Stack,
    wish: Wish,
    report: Report,
    { dryRun, yes }: Pick<LeaveOptions, "dryRun" | "yes"> = {},
    mark: Mark = markOf(stack),
): Promise<void> {
    const farewell = farewellOf(await survey(stack), wish);
    const { host, costs } = farewell;
    if (!host.answers) report.say(`${host.name} does not answer: only its peers are told`);
    for (const line of costs) report.say(line);
    const value = { host: host.name, returns: wish.returns, costs };
    if (dryRun === true) {
        report.result({ changed: false, ...value }, "nothing was changed (--dry-run)");
        return;
    }
    await confirm(`${wish.returns ? "Replace" : "Say goodbye to"} ${host.name}?`, yes);
    const isGone = await drain(stack, farewell, wish, report);
    if (!wish.returns) await forget(stack, farewell, report);
    // Noted first: of a host that is down and not noted the next `up` would know nothing.
    const isThere = await mark(stack.name, host.name, wish.returns ? "replace" : "left");
    if (!isGone) {
        const done = await stack.run(host.name, `${library("base")}/stand-down`);
        if (done.code !== 255) passOn(done, report, "stand-down");
    }
    report.result({ changed: true, ...value }, nextStep(stack, host, wish.returns, isThere));
}

const library = (role: RoleName | "base") => `/usr/local/lib/testudo/${role}`;
/** Not beside a push. */
const locked = (script: string) =>
    `mkdir -p -m 0711 /run/testudo; test ! -x ${script.split(" ")[0] ?? ""} || flock -w 300 /run/testudo/lock ${script}`;
/** A lock may be waited for, and then the slowest step: files that heal. */
const patience = { timeoutSeconds: 1200 };

/** Every role in the order in which a request meets them. @returns whether the host is dead */
async function drain(
    stack: Stack,
    { host }: Farewell,
    { returns }: Wish,
    report: Report,
): Promise<boolean> {
    if (!host.answers) return true;
    for (const role of host.roles) {
        // It would give its copy away, which shall be there when it comes back.
        if (returns && role === "storage") continue;
        const leave = () => stack.run(host.name, locked(`${library(role)}/leave`), patience);
        let done = await leave();
        if (done.code === 255 && (await answersAgain(stack, host.name))) done = await leave();
        if (done.code === 255) {
            report.say(`${host.name} does not answer any more; going on without it`);
            return true;
        }
        passOn(done, report, `${role}/leave`);
    }
    return false;
}

/** A connection may end without its host: by the loss of a balancer, which is the way to it. */
async function answersAgain(stack: Stack, host: string): Promise<boolean> {
    for (let attempt = 0; attempt < 4; attempt++) {
        await sleep(3000);
        const { code } = await stack.run(host, "true", { timeoutSeconds: 15 });
        if (code === 0) return true;
    }
    return false;
}

/** One peer after the other: each is whole again before the next one is told. */
async function forget(stack: Stack, { host, peers }: Farewell, report: Report): Promise<void> {
    for (const [role, stay] of peers) {
        // The last one first: it may be given the vote that is missing meanwhile.
        for (const peer of [...stay].reverse()) {
            const script = `${library(role)}/forget ${host.name} ${host.address}`;
            passOn(await stack.run(peer.name, locked(script), patience), report, `${role}/forget`);
        }
    }
}

function passOn({ host, code, stdout, stderr }: Answer, report: Report, what: string): void {
    for (const line of stdout.split("\n")) if (line !== "") report.say(`${host}: ${line}`);
    if (code === 0) return;
    const reason = (stderr.trim() || "no reason was given").split("\n").pop() ?? "";
    throw new Refusal(
        `${host}: ${what} stopped: ${reason}. What was done stays done; run the same command again when that is mended.`,
    );
}

function nextStep(
    stack: Stack,
    { name, roles }: { readonly name: string; readonly roles: readonly RoleName[] },
    returns: boolean,
    isThere: boolean,
): string {
    const up = `make up STACK=${stack.name}`;
    if (returns)
        return isThere
            ? `${name} is down and is made anew by: ${up}`
            : `${name} has no machine any more; it is made anew by: ${up}`;
    const number = Number(/\d+$/.exec(name)?.[0]);
    const prefix = name.replace(/\d+$/, "");
    const isLast = !stack.hosts.some(
        (host) =>
            host.name.replace(/\d+$/, "") === prefix &&
            Number(/\d+$/.exec(host.name)?.[0]) > number,
    );
    const [role] = roles;
    const count =
        isLast && role !== undefined
            ? ` (or, as it is the last one, testudo:${sections[role]}.count: ${number - 1})`
            : "";
    return [
        `${name} has left. Take it out of Pulumi.${stack.name}.yaml with testudo:hosts.${name}.state: absent${count}, then: ${up}`,
        `Left in the file as it is, the same command brings ${name} back, made anew.`,
    ].join("\n");
}
