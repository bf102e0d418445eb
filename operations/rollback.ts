import { userInfo } from "node:os";
import type { Command } from "commander";
import { confirm } from "./confirm";
import { Refusal } from "./refusal";
import { builderOf } from "./release";
import { appsOf, contentsOf, factsOf } from "./release-database";
import { tokenOf } from "./release-part";
import {
    inTurn,
    newRun,
    refresh,
    spread,
    switchAll,
    takeBack,
    tidy,
    tryOut,
    type Run,
} from "./release-steps";
import { readStore, releasesOf, type ReleaseInfo, type Store } from "./release-store";
import { reportOf, type GlobalOptions, type Report } from "./report";
import { openStack } from "./stack";

interface Options extends GlobalOptions {
    readonly yes?: true;
}

/** `testudo rollback`: a release that is on the hosts already, to visitors again. */
export function addRollback(program: Command): void {
    program
        .command("rollback")
        .description(
            "Shows visitors the release before the current one again, or the one that is named; tried on every host first. `release list` says what is there.",
        )
        .argument("[id]", "which release; default: the one before the current one")
        .option("--yes", "do not ask")
        .action(async (id: string | undefined, _, command: Command) => {
            await rollback(id, command.optsWithGlobals<Options>(), reportOf(command));
        });
}

async function rollback(
    given: string | undefined,
    options: Options,
    report: Report,
): Promise<void> {
    const stack = await openStack(options.stack);
    const store = await readStore(stack);
    const { id, label, from } = targetOf(store, given);
    const hosts = store.states.map(({ host }) => host);
    const token = tokenOf(userInfo().username, new Date());
    const run: Run = { stack, report, token, hosts, state: newRun() };
    report.say(`rollback of stack ${stack.name} from ${store.newest.current} to ${id} (${label})`);
    if (store.away.length > 0)
        report.say(
            `  away      ${store.away.map(({ name }) => name).join(", ")}: they get it before they serve again`,
        );
    const builder = builderOf(store);
    const facts = await factsOf(stack, appsOf(hosts));
    const { dbVersion } = await contentsOf(stack, hostWith(store, id), id);
    if (dbVersion < facts.dbVersion)
        report.say(
            `  database  is at version ${facts.dbVersion}, which this code (${dbVersion}) does not know. Tables are not taken back: WordPress as a rule works with newer ones, plugins may not`,
        );
    await confirm("Go on?", options.yes);
    await inTurn(run, async () => {
        const began = Date.now();
        try {
            await spread(run, id, [builder.name, ...from]);
            await tryOut(run, id);
            const { serial, away } = await switchAll(run, id, store);
            await tidy(run, async () => {
                await takeBack(run, undefined);
                await refresh(run);
            });
            const seconds = Math.round((Date.now() - began) / 1000);
            report.result(
                { id, serial, away: away.map(({ name }) => name), seconds },
                `${id} (${label}) is live again after ${seconds} s`,
            );
        } catch (error) {
            await takeBack(run, undefined);
            throw error;
        }
    });
}

/** @throws Refusal with the releases that there are. Exported for tests. */
export function targetOf(
    store: Pick<Store, "states" | "newest">,
    given: string | undefined,
): ReleaseInfo & { readonly from: readonly string[] } {
    const all = releasesOf(store);
    const there = `; there are\n${all.map(({ id, label }) => `  ${id}  ${label}${id === store.newest.current ? " (current)" : ""}`).join("\n")}`;
    const wanted = given ?? store.newest.previous;
    if (wanted === undefined)
        throw new Refusal(`no release was shown before ${store.newest.current}; name one${there}`);
    const found = all.find(({ id }) => id === wanted);
    if (found === undefined) throw new Refusal(`release ${wanted} is on no host${there}`);
    if (wanted === store.newest.current)
        throw new Refusal(`release ${wanted} is the current one already${there}`);
    return { ...found, from: found.hosts };
}

function hostWith({ states }: Store, id: string): Store["states"][number]["host"] {
    const found = states.find(({ releases }) => releases.some((one) => one.id === id));
    if (found === undefined) throw new Refusal(`release ${id} is on no host`);
    return found.host;
}
