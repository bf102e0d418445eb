import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Argument, InvalidArgumentError, Option, type Command } from "commander";
import { confirm } from "./confirm";
import { Refusal } from "./refusal";
import {
    appsOf,
    checkPace,
    contentsOf,
    factsOf,
    pendingOf,
    upgrade,
    upgradeLines,
} from "./release-database";
import type { Facts } from "./release-database";
import { kinds, packPart, partOf, tokenOf, type Kind } from "./release-part";
import { checkChange, checkRoom, labelOf, nameOf, planLines, type Change } from "./release-plan";
import { readSource } from "./release-source";
import {
    goOn,
    inTurn,
    newRun,
    prune,
    refresh,
    spread,
    switchAll,
    takeBack,
    tidy,
    tryOut,
    type Run,
} from "./release-steps";
import { lastLine, order, readStore, releasesOf, type Store } from "./release-store";
import { reportOf, type GlobalOptions, type Report } from "./report";
import { openStack, type StackHost } from "./stack";

interface Options extends GlobalOptions {
    readonly name?: string;
    readonly remove?: string;
    readonly keep: number;
    readonly dryRun?: true;
    readonly yes?: true;
    readonly upgradeDatabase?: true;
}

/** `testudo release`: new code for all web and app hosts, switched on all of them or on none. */
export function addRelease(program: Command): void {
    program
        .command("release")
        .description(
            "Puts a new version of a theme, a plugin, WordPress itself (core) or the whole site on all web and app hosts; tries it on each; shows it on all or none. `release list` says what is there.",
        )
        .addArgument(new Argument("<kind>", "what SOURCE is").choices([...kinds, "list"]))
        .argument("[source]", "a directory, a .tar.gz, .tar.zst or .zip, or git:PATH#REF")
        .option("--name <folder>", "folder of the theme or plugin, if not SOURCE's own")
        .option("--remove <folder>", "take a theme or plugin out, instead of SOURCE")
        .addOption(keepOption())
        .option("--upgrade-database", "let WordPress upgrade its tables, where the code wants that")
        .option("--dry-run", "check and build it, say what would happen, and take it away again")
        .option("--yes", "do not ask")
        .action(async (kind: Kind | "list", source: string | undefined, _, command: Command) => {
            const options = command.optsWithGlobals<Options>();
            const report = reportOf(command);
            if (kind === "list") await list(options, report);
            else await release(await changeOf(kind, source, options), options, report);
        });
}

export function keepOption(): Option {
    return new Option("--keep <n>", "releases that stay beside the current one")
        .default(5)
        .argParser((text) => {
            if (!/^([1-9]|[1-4]\d|50)$/.test(text))
                throw new InvalidArgumentError("needs a whole number from 1 to 50.");
            return Number(text);
        });
}

async function changeOf(kind: Kind, source: string | undefined, options: Options): Promise<Change> {
    const { remove } = options;
    if ((source === undefined) === (remove === undefined))
        throw new Refusal(`release ${kind}: needs either SOURCE or --remove FOLDER`);
    if (source !== undefined) {
        const part = partOf(kind, await readSource(source), options.name);
        return { order: part.order, part };
    }
    if (kind !== "theme" && kind !== "plugin")
        throw new Refusal(`release ${kind}: --remove is for themes and plugins`);
    return { order: `remove-${kind}`, name: remove ?? "" };
}

async function release(change: Change, options: Options, report: Report): Promise<void> {
    const stack = await openStack(options.stack);
    const store = await readStore(stack);
    const hosts = store.states.map(({ host }) => host);
    const token = tokenOf(userInfo().username, new Date());
    const run: Run = { stack, report, token, hosts, state: newRun() };
    const builder = builderOf(store);
    const [contents, facts] = await Promise.all([
        contentsOf(stack, builder, store.newest.current),
        factsOf(stack, appsOf(hosts)),
    ]);
    checkChange(change, contents, facts);
    checkRoom(change, store);
    for (const line of planLines(change, store, contents, stack.name, options.keep))
        report.say(line);
    if (options.dryRun === undefined) await confirm("Go on?", options.yes);
    await inTurn(run, async () => {
        const began = Date.now();
        const id = await build(run, builder, change, store.newest.current);
        try {
            goOn(run);
            const upgrades = await judgeDatabase(run, builder, id, facts, options);
            if (options.dryRun === true) {
                await takeBack(run, id);
                report.result(
                    { dryRun: true, id, label: labelOf(change), upgradesDatabase: upgrades },
                    `nothing has been changed: without --dry-run the hosts would get it, try it, and switch`,
                );
                return;
            }
            await spread(run, id, [builder.name]);
            report.say(`all hosts have it; trying it on each`);
            await tryOut(run, id);
            const { serial, away } = await switchAll(run, id, store);
            report.say(`switched on all hosts (${serial})`);
            if (upgrades) await upgradeOnce(run, builder, id, report);
            await tidy(run, async () => {
                await prune(run, options.keep);
                await refresh(run);
            });
            const seconds = Math.round((Date.now() - began) / 1000);
            report.result(
                {
                    id,
                    serial,
                    away: away.map(({ name }) => name),
                    upgradedDatabase: upgrades,
                    seconds,
                },
                `${labelOf(change)} is live as ${id} after ${seconds} s; back: testudo rollback`,
            );
        } catch (error) {
            await takeBack(run, id);
            throw error;
        }
    });
}

/** An app host that has the current release; it lends its PHP to checks. */
export function builderOf(store: Store): StackHost {
    const [builder] = appsOf(
        store.states
            .filter(({ releases }) => releases.some(({ id }) => id === store.newest.current))
            .map(({ host }) => host),
    );
    if (builder === undefined)
        throw new Refusal(
            `no app host that answers has the current release ${store.newest.current} yet; try again in a minute`,
        );
    return builder;
}

async function build(run: Run, builder: StackHost, change: Change, base: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), "testudo-release-"));
    try {
        const stamp = new Date()
            .toISOString()
            .replace(/[-:]|\..*/g, "")
            .replace("T", "-");
        const answer = await order(
            run.stack,
            builder,
            ["compose", stamp, base, change.order, nameOf(change), labelOf(change)],
            "part" in change ? { stdin: { file: await packPart(change.part, folder) } } : {},
        );
        const id = /^id (\S+)$/m.exec(answer.stdout)?.[1];
        if (answer.code !== 0 || id === undefined) {
            // Where the connection was lost the host may have made it all the same.
            await order(run.stack, builder, ["abandon", stamp], { timeoutSeconds: 150 });
            throw new Refusal(`${builder.name}: ${lastLine(answer)}; nothing has been changed`);
        }
        run.report.say(`made ${id} on ${builder.name}`);
        return id;
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** @returns whether the database is to be upgraded */
async function judgeDatabase(
    run: Run,
    builder: StackHost,
    id: string,
    facts: Facts,
    { upgradeDatabase, dryRun }: Options,
): Promise<boolean> {
    const { dbVersion } = await contentsOf(run.stack, builder, id);
    if (dbVersion < facts.dbVersion) {
        run.report.say(
            `the database is at version ${facts.dbVersion}, newer than this code (${dbVersion}): WordPress may not know all of it`,
        );
    }
    if (dbVersion <= facts.dbVersion) return false;
    const pending = await pendingOf(run.stack, builder, id);
    for (const line of upgradeLines(pending, facts)) run.report.say(line);
    if (dryRun === undefined) checkPace(pending, facts);
    if (upgradeDatabase === undefined && dryRun === undefined)
        throw new Refusal(
            "the database would be upgraded: say --upgrade-database to go on; nothing has been changed",
        );
    return true;
}

/** The code is there first, as with WordPress' own updates: new code knows old tables, until it has changed them. */
async function upgradeOnce(
    run: Run,
    builder: StackHost,
    id: string,
    report: Report,
): Promise<void> {
    try {
        await upgrade(run.stack, builder, id);
        report.say("the database is upgraded");
    } catch (error) {
        report.say(
            `the new code is live, but its database is not upgraded: ${error instanceof Error ? error.message : String(error)}\n  WordPress offers it to administrators in wp-admin, or go back: testudo rollback`,
        );
    }
}

async function list({ stack: name }: Options, report: Report): Promise<void> {
    const stack = await openStack(name);
    const store = await readStore(stack);
    const all = releasesOf(store);
    const lines = all.map(({ id, made, label, hosts }) => {
        const mark = id === store.newest.current ? "*" : " ";
        const where = hosts.length === store.states.length ? "" : `  (only on ${hosts.join(", ")})`;
        return `${mark} ${id.padEnd(44)} ${made.toISOString().slice(0, 16).replace("T", " ")}  ${label}${where}`;
    });
    report.result(
        {
            current: store.newest.current,
            serial: store.newest.serial,
            releases: all,
            away: store.away.map((host) => host.name),
        },
        lines.join("\n"),
    );
}
