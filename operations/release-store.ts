import { Refusal } from "./refusal";
import type { Answer, RunOptions, Stack, StackHost } from "./stack";

export interface ReleaseInfo {
    readonly id: string;
    readonly made: Date;
    /** Hash of its files; absent for a release of Debian's package. */
    readonly tree?: string;
    readonly label: string;
}

/** What one host says of its releases. */
export interface StoreState {
    readonly host: StackHost;
    /** Of the switch that brought the current release; 0 for the first one, -1 where there is none. */
    readonly serial: number;
    readonly current: string;
    readonly previous?: string;
    /** Why the host is out of service until it has the current release. */
    readonly behind?: string;
    readonly freeKiB: number;
    readonly releases: readonly ReleaseInfo[];
}

export interface Store {
    readonly states: readonly StoreState[];
    /** Do not answer: they get what they miss before they serve again. */
    readonly away: readonly StackHost[];
    /** The newest switch that a host knows of. */
    readonly newest: StoreState;
}

export const isWeb = (host: StackHost) => host.roles.includes("web");
export const isApp = (host: StackHost) => host.roles.includes("app");

/** Quoted for the host's shell. */
export function words(...texts: readonly string[]): string {
    return texts.map((text) => `'${text.replaceAll("'", `'\\''`)}'`).join(" ");
}

/** Where a host keeps the scripts of releases. */
export function libraryOf(host: StackHost): string {
    return `/usr/local/lib/testudo/${isApp(host) ? "app" : "web"}`;
}

export function siteHosts(stack: Stack): readonly StackHost[] {
    return stack.hosts.filter((host) => isWeb(host) || isApp(host));
}

/** One order to the release script of a host. */
export function order(
    stack: Stack,
    host: StackHost,
    texts: readonly string[],
    options?: RunOptions,
): Promise<Answer> {
    return stack.run(host.name, `${libraryOf(host)}/release ${words(...texts)}`, options);
}

/** ssh's own failure, or nothing within the time: the host does not answer. */
export function isAway({ code }: Pick<Answer, "code">): boolean {
    return code === 255 || code === 124;
}

export function lastLine({ stdout, stderr }: Answer): string {
    return (
        (stderr.trim() || stdout.trim())
            .split("\n")
            .filter((line) => !/^(Warning: Permanently|Connection to .* closed)/.test(line))
            .pop() ?? ""
    );
}

/** @throws Refusal where the site is no WordPress, or no web host and no app host answers. */
export async function readStore(stack: Stack): Promise<Store> {
    // Only WordPress has one.
    if (stack.outputs.adminUser === undefined)
        throw new Refusal(
            `stack ${stack.name}: its main site is no WordPress; its code comes from testudo:site.directory: change it there, then make up STACK=${stack.name}`,
        );
    const hosts = siteHosts(stack);
    const answers = await Promise.all(
        hosts.map(async (host) => ({
            host,
            answer: await order(stack, host, ["state"], { timeoutSeconds: 60 }),
        })),
    );
    const away = answers.filter(({ answer }) => isAway(answer)).map(({ host }) => host);
    const broken = answers.find(({ answer }) => !isAway(answer) && answer.code !== 0);
    if (broken !== undefined)
        throw new Refusal(
            `${broken.host.name}: cannot say which releases it has (${lastLine(broken.answer)}); bring the stack up to date first: make up STACK=${stack.name}`,
        );
    const states = answers
        .filter(({ answer }) => answer.code === 0)
        .map(({ host, answer }) => parseState(host, answer.stdout));
    for (const [what, is] of [
        ["web", isWeb],
        ["app", isApp],
    ] as const) {
        if (!states.some(({ host }) => is(host)))
            throw new Refusal(
                `stack ${stack.name}: no ${what} host answers (${hosts
                    .filter(is)
                    .map(({ name }) => name)
                    .join(", ")}); nothing has been changed`,
            );
    }
    const [newest] = [...states].sort((a, b) => b.serial - a.serial);
    if (newest === undefined || newest.serial < 0)
        throw new Refusal(
            `stack ${stack.name}: shows no release yet; bring it up first: make up STACK=${stack.name}`,
        );
    return { states, away, newest };
}

/** Lines of `release state`. Exported for tests. */
export function parseState(host: StackHost, text: string): StoreState {
    const lines = text.split("\n").map((line) => line.split(" "));
    const value = (key: string) =>
        lines
            .find(([first]) => first === key)
            ?.slice(1)
            .join(" ");
    const previous = value("previous");
    const behind = value("behind");
    return {
        host,
        serial: Number(value("serial") ?? "-1"),
        current: value("current") ?? "-",
        ...(previous === undefined ? {} : { previous }),
        ...(behind === undefined ? {} : { behind }),
        freeKiB: Number(value("free_kib") ?? "0"),
        releases: lines
            .filter(([first]) => first === "release")
            .map(([, id = "", made = "0", tree = "-", ...label]) => ({
                id,
                made: new Date(Number(made) * 1000),
                ...(tree === "-" ? {} : { tree }),
                label: label.join(" ").trim() || "Debian's package",
            })),
    };
}

/** The same order to several hosts at once; those that went away meanwhile are told apart. */
export async function toAll(
    stack: Stack,
    hosts: readonly StackHost[],
    texts: (host: StackHost) => readonly string[],
    options?: RunOptions,
): Promise<{ readonly failed: readonly Answer[]; readonly gone: readonly StackHost[] }> {
    const answers = await Promise.all(
        hosts.map(async (host) => ({
            host,
            // An order that has begun comes to its end, also where somebody interrupts.
            answer: await order(stack, host, texts(host), { detached: true, ...options }),
        })),
    );
    return {
        failed: answers
            .map(({ answer }) => answer)
            .filter((answer) => answer.code !== 0 && !isAway(answer)),
        gone: answers.filter(({ answer }) => isAway(answer)).map(({ host }) => host),
    };
}

/** Of all hosts, with those that have it; the newest first. */
export function releasesOf({
    states,
}: Pick<Store, "states">): (ReleaseInfo & { readonly hosts: readonly string[] })[] {
    const all = new Map<string, ReleaseInfo>();
    for (const { releases } of states) for (const one of releases) all.set(one.id, one);
    return [...all.values()]
        .map((one) => ({
            ...one,
            hosts: states
                .filter(({ releases }) => releases.some(({ id }) => id === one.id))
                .map(({ host }) => host.name),
        }))
        .sort((a, b) => b.made.getTime() - a.made.getTime());
}
