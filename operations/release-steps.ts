import { Refusal } from "./refusal";
import type { Report } from "./report";
import {
    isApp,
    isAway,
    isWeb,
    lastLine,
    order,
    readStore,
    toAll,
    words,
    type Store,
} from "./release-store";
import type { Stack, StackHost } from "./stack";

/** A release or a rollback under way. */
export interface Run {
    readonly stack: Stack;
    readonly report: Report;
    /** Names whoever has the turn. */
    readonly token: string;
    readonly hosts: readonly StackHost[];
    readonly state: RunState;
}

export interface RunState {
    /** Somebody has interrupted it. */
    stopped: boolean;
    /** Orders to switch are on their way, or were: some host may show the release. */
    switching: boolean;
}

export const newRun = (): RunState => ({ stopped: false, switching: false });

/** A host's scripts wait for one another up to 120 s. */
const short = { timeoutSeconds: 150 } as const;

/** @throws Refusal where somebody has interrupted: nobody has seen the release yet */
export function goOn({ state }: Pick<Run, "state">): void {
    if (state.stopped) throw new Refusal("stopped; switched nowhere: visitors have what they had");
}

/** Takes the turn on every host that answers, and gives it back whatever happens. */
export async function inTurn<T>(run: Run, work: () => Promise<T>): Promise<T> {
    const end = () => toAll(run.stack, run.hosts, () => ["end", run.token], short);
    const stop = () => {
        run.state.stopped = true;
        run.report.say(
            run.state.switching
                ? "the hosts are switching: it goes on to its end; back: testudo rollback"
                : "stopping: what has been done is taken back first",
        );
    };
    process.on("SIGINT", stop);
    try {
        const { failed } = await toAll(run.stack, run.hosts, () => ["begin", run.token], short);
        const [first] = failed;
        if (first !== undefined) throw new Refusal(`${first.host}: ${lastLine(first)}`);
        goOn(run);
        return await work();
    } finally {
        process.off("SIGINT", stop);
        await end();
    }
}

/** Every host gets the release, from those that have it. */
export async function spread(run: Run, id: string, from: readonly string[]): Promise<void> {
    goOn(run);
    const { failed, gone } = await toAll(run.stack, run.hosts, () => ["fetch", id, ...from]);
    const [first] = failed;
    if (first !== undefined) throw new Refusal(`${first.host}: ${lastLine(first)}`);
    // Gone while it fetched: the switch asks again.
    for (const host of gone) run.report.say(`${host.name} went away`);
    goOn(run);
}

/**
 * Asks for pages of the release on every web host, with PHP of each app host in turn.
 * @throws Refusal naming host, page, status and PHP's own words.
 */
export async function tryOut(run: Run, id: string): Promise<void> {
    const webs = run.hosts.filter(isWeb);
    const apps = run.hosts.filter(isApp);
    const { failed, gone } = await toAll(run.stack, webs, () => ["candidate", id], short);
    goOn(run);
    const silent = [...gone];
    const [refused] = failed;
    if (refused !== undefined) throw new Refusal(`${refused.host}: ${lastLine(refused)}`);
    const results = await Promise.all(
        webs.map(async (web) => {
            for (const app of apps) {
                const answer = await run.stack.run(
                    web.name,
                    `/usr/local/lib/testudo/web/release-trial ${words(app.name)}`,
                    { timeoutSeconds: 300 },
                );
                if (isAway(answer)) {
                    silent.push(web);
                    return undefined;
                }
                if (answer.code !== 0) return { web, app, answer };
            }
            return undefined;
        }),
    );
    goOn(run);
    const failure = results.find((result) => result !== undefined);
    if (failure === undefined) {
        await areAway(run, silent);
        return;
    }
    const { web, app, answer } = failure;
    const said = await errorOf(run.stack, app, id);
    throw new Refusal(
        `${web.name}: release ${id} does not work: ${lastLine(answer)}${said === "" ? "" : `\n  PHP on ${app.name}: ${said}`}\n  switched nowhere: visitors have what they had`,
    );
}

/** A host that is away is none to switch either; one whose answer was lost has not been tried. */
async function areAway(run: Run, silent: readonly StackHost[]): Promise<void> {
    if (silent.length === 0) return;
    const { away } = await readStore(run.stack);
    goOn(run);
    const here = silent.filter(({ name }) => !away.some((host) => host.name === name));
    if (here.length > 0)
        throw new Refusal(
            `${[...new Set(here.map(({ name }) => name))].join(", ")}: the connection was lost while the release was tried; switched nowhere: visitors have what they had. Try again`,
        );
}

/** PHP's last error that names the release. */
async function errorOf(stack: Stack, app: StackHost, id: string): Promise<string> {
    const log = `journalctl --quiet -t php -t php-fpm --since=-3min --no-pager --output=cat | grep -F ${words(`/releases/${id}/`)} | grep -E 'Fatal|Parse|Uncaught|Error' | tail -n 1 | cut -c1-400`;
    const { stdout } = await stack.run(app.name, log, { timeoutSeconds: 30 });
    return stdout.trim();
}

/**
 * Shows the release to visitors on all web hosts at once, or on none.
 * @returns the serial of the switch, and the hosts that were away and get it when they are back
 */
export async function switchAll(
    run: Run,
    id: string,
    before: Store,
): Promise<{ readonly serial: number; readonly away: readonly StackHost[] }> {
    const store = await latecomers(run, id, before);
    goOn(run);
    const hosts = store.states.map(({ host }) => host);
    const serial = 1 + Math.max(...store.states.map((state) => state.serial));
    run.state.switching = true;
    const { failed, gone } = await toAll(
        run.stack,
        hosts,
        () => ["switch", String(serial), id],
        short,
    );
    const [first] = failed;
    if (first === undefined && gone.length === hosts.length)
        throw new Refusal(
            `no host has answered the order to switch to ${id}; what visitors see: testudo release list`,
        );
    if (first !== undefined) {
        // A higher number once more: a host that was away shall not take the failed switch for the newest.
        const back = await toAll(
            run.stack,
            hosts,
            () => ["switch", String(serial + 1), before.newest.current],
            short,
        );
        throw new Refusal(
            `${first.host}: cannot switch (${lastLine(first)}); all hosts show ${before.newest.current} again${back.failed.map((answer) => `, but ${answer.host}: ${lastLine(answer)}`).join("")}`,
        );
    }
    return { serial, away: [...store.away, ...gone] };
}

/**
 * A host that came back meanwhile has it before a web host names it to its PHP. One that works without answering
 * here would be named what it lacks.
 */
async function latecomers(run: Run, id: string, before: Store): Promise<Store> {
    const store = await readStore(run.stack);
    const lacking = store.states.filter(({ releases }) => !releases.some((one) => one.id === id));
    if (lacking.length > 0) {
        const have = store.states
            .filter((state) => !lacking.includes(state))
            .map(({ host }) => host.name);
        await spread({ ...run, hosts: lacking.map(({ host }) => host) }, id, have);
    }
    if (store.newest.serial !== before.newest.serial)
        throw new Refusal(
            `${store.newest.host.name}: shows ${store.newest.current} since a moment ago; somebody else has switched`,
        );
    const away = store.away.filter(isApp).map(({ name }) => name);
    const [asked] = store.states;
    if (away.length > 0 && asked !== undefined) {
        const { stdout } = await order(run.stack, asked.host, ["sees", ...away]);
        const seen = stdout.trim().split("\n").filter(Boolean);
        if (seen.length > 0)
            throw new Refusal(
                `${seen.join(", ")}: works, but does not answer ssh; it would be asked for pages of a release that it lacks. Repair or stop it first; switched nowhere`,
            );
    }
    return store;
}

/** Nothing of a release that nobody can have seen stays. */
export async function takeBack(run: Run, id: string | undefined): Promise<void> {
    await toAll(run.stack, run.hosts.filter(isWeb), () => ["no-candidate"]);
    if (id !== undefined && !run.state.switching)
        await toAll(run.stack, run.hosts, () => ["discard", id]);
}

/** After the switch: whatever fails, visitors have the release. */
export async function tidy(run: Run, work: () => Promise<void>): Promise<void> {
    try {
        await work();
    } catch (error) {
        run.report.say(
            `the release is live, but not all was tidied up: ${error instanceof Error ? error.message : String(error)}`,
        );
    }
}

/** Old releases go, but for the newest `keep` and all that any host names. */
export async function prune(run: Run, keep: number): Promise<void> {
    const { states } = await readStore(run.stack);
    const newest = new Map<string, number>();
    for (const { releases } of states)
        for (const { id, made } of releases) newest.set(id, made.getTime());
    const named = states.flatMap(({ current, previous }) => [current, previous ?? current]);
    const kept = [...newest]
        .sort(([, a], [, b]) => b - a)
        .map(([id]) => id)
        .filter((id) => !named.includes(id))
        .slice(0, Math.max(0, keep - 1));
    await toAll(run.stack, run.hosts.filter(isWeb), () => ["no-candidate"]);
    const { failed } = await toAll(run.stack, run.hosts, () => ["prune", ...named, ...kept]);
    for (const answer of failed)
        run.report.say(`${answer.host}: old releases stay (${lastLine(answer)})`);
}

/** PHP has room for the next release's code: one app host after the other, and only where another serves meanwhile. */
export async function refresh(run: Run): Promise<void> {
    const apps = run.hosts.filter(isApp);
    if (apps.length < 2) return;
    for (const host of apps) {
        const answer = await order(run.stack, host, ["refresh"], { ...short, detached: true });
        if (isAway(answer)) continue;
        const said = lastLine(answer);
        if (answer.code !== 0) throw new Error(`${host.name}: PHP was not started anew (${said})`);
        if (said !== "") run.report.say(`${host.name}: ${said}`);
    }
}
