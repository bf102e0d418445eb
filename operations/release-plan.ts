import { Refusal } from "./refusal";
import type { Contents, Facts } from "./release-database";
import { sizeText } from "./release-database";
import type { Part } from "./release-part";
import type { Store } from "./release-store";

/** What shall become of the current release. */
export type Change =
    | { readonly order: Part["order"]; readonly part: Part }
    | { readonly order: "remove-theme" | "remove-plugin"; readonly name: string };

export function nameOf(change: Change): string {
    return "part" in change ? change.part.name : change.name;
}

/** What stands beside the release in lists. */
export function labelOf(change: Change): string {
    if (!("part" in change)) return `without ${change.order.slice(7)} ${change.name}`;
    const { kind, name, version } = change.part;
    const what = kind === "core" ? "WordPress" : kind === "site" ? "site" : `${kind} ${name}`;
    return `${what}${version === "" ? "" : ` ${version}`}`;
}

/** @throws Refusal where the change would take away what the site works with. */
export function checkChange(change: Change, contents: Contents, facts: Facts): void {
    const active = facts.plugins.filter((file) => !file.startsWith("."));
    if (!("part" in change)) {
        const isTheme = change.order === "remove-theme";
        const there = Object.keys(isTheme ? contents.themes : contents.plugins);
        if (!there.includes(change.name))
            throw new Refusal(
                `--remove ${change.name}: the current release has no such ${isTheme ? "theme" : "plugin"}; it has ${there.join(", ") || "none"}`,
            );
        const use = isTheme
            ? [facts.stylesheet, facts.template].includes(change.name)
            : active.some((file) => file.split("/")[0] === change.name);
        if (use)
            throw new Refusal(
                `--remove ${change.name}: the site uses it; ${isTheme ? "activate another theme" : "deactivate it"} in wp-admin first`,
            );
        return;
    }
    const { part } = change;
    const own = new Set(part.entries.map(({ path }) => path));
    const lost: string[] = [];
    if (part.order === "plugin")
        lost.push(
            ...active.filter(
                (file) => file.split("/")[0] === part.name && !part.plugins.includes(file),
            ),
        );
    if (part.order === "content" || part.order === "tree") {
        const base = part.order === "content" ? "" : "wp-content/";
        lost.push(
            ...active.filter((file) => !own.has(`${base}plugins/${file}`)),
            ...[...new Set([facts.stylesheet, facts.template])].filter(
                (theme) => theme !== "" && !own.has(`${base}themes/${theme}/style.css`),
            ),
        );
    }
    if (lost.length > 0)
        throw new Refusal(
            `${labelOf(change)}: lacks what the site uses now: ${lost.join(", ")}; deactivate it in wp-admin first`,
        );
}

/** What is about to happen, a line each. */
export function planLines(
    change: Change,
    store: Store,
    contents: Contents,
    stack: string,
    keep: number,
): string[] {
    const row = (name: string, text: string) => `  ${name.padEnd(10)}${text}`;
    const away = store.away.map(({ name }) => name).join(", ");
    return [
        `release of ${labelOf(change)} to stack ${stack}${instead(change, contents)}`,
        row(
            "made from",
            `${store.newest.current} (switch ${store.newest.serial}), the current one`,
        ),
        ...("part" in change
            ? [row("brings", `${change.part.entries.length} files, ${sizeText(change.part.bytes)}`)]
            : []),
        row("hosts", store.states.map(({ host }) => host.name).join(", ")),
        ...(away === "" ? [] : [row("away", `${away}: they get it before they serve again`)]),
        row("keeps", `${keep} releases before it`),
    ];
}

function instead(change: Change, contents: Contents): string {
    if (!("part" in change)) return "";
    const { order, name } = change.part;
    if (order === "core") return `, instead of ${contents.version}`;
    if (order === "tree" || order === "content") return `, instead of all that is there`;
    const version = (order === "theme" ? contents.themes : contents.plugins)[name];
    return version === undefined ? ", a new one" : `, instead of ${version || "the one there"}`;
}

/** Room for the release twice: while it comes, and where it stays. */
export function checkRoom(change: Change, store: Store): void {
    const needed = 200 * 1024 + ("part" in change ? (2 * change.part.bytes) / 1024 : 0);
    const full = store.states.filter(({ freeKiB }) => freeKiB < needed);
    if (full.length > 0)
        throw new Refusal(
            `${full.map(({ host, freeKiB }) => `${host.name} has ${sizeText(freeKiB * 1024)} free`).join(", ")}; a release needs ${sizeText(needed * 1024)}. Keep fewer of them (--keep), or give the hosts larger disks (diskGiB)`,
        );
}
