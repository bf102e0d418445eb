import type { Dump } from "./import-dump";
import { Refusal } from "./refusal";

/** What the site is that visitors see now, as its host says. */
export interface SiteHere {
    readonly server: string;
    readonly collations: readonly string[];
    readonly url: string;
    readonly wordpress: string;
    readonly dbVersion: number;
    readonly plugins: readonly string[];
    readonly themes: readonly string[];
    readonly posts: number;
    readonly users: number;
    readonly comments: number;
}

export interface Wishes {
    readonly fromUrl: readonly string[];
    readonly overwrite: boolean;
    readonly deactivateMissing: boolean;
}

/** What an import would do. */
export interface Decision {
    readonly from: readonly string[];
    readonly missingPlugins: readonly string[];
    /** In place of one that is not here; `null` where it is. */
    readonly theme: string | null;
    readonly upgrade: boolean;
}

/** @throws Refusal with every reason, a line each */
export function decide(dump: Dump, here: SiteHere, wishes: Wishes): Decision {
    const faults = [...serverFaults(dump, here), ...siteFaults(here, wishes)];
    const version = Number(dump.options.get("db_version") ?? "0");
    if (version > here.dbVersion)
        faults.push(
            `the dump is of a newer WordPress (its tables are of version ${version}, those of ${here.wordpress} here ${here.dbVersion}); release that WordPress first: testudo release core SOURCE`,
        );
    const from = addresses(dump, wishes, faults);

    const missingPlugins = activePlugins(dump).filter((plugin) => !here.plugins.includes(plugin));
    const themes = [dump.options.get("template"), dump.options.get("stylesheet")].filter(
        (theme): theme is string => theme !== undefined && theme !== "",
    );
    const missingThemes = [...new Set(themes)].filter((theme) => !here.themes.includes(theme));
    const [fallback] = here.themes.filter((theme) => theme.startsWith("twenty")).reverse();
    const theme = missingThemes.length === 0 ? null : (fallback ?? here.themes[0] ?? null);
    if (!wishes.deactivateMissing) {
        const missing = [
            ...missingPlugins.map((plugin) => `plugin ${plugin}`),
            ...missingThemes.map((one) => `theme ${one}`),
        ];
        if (missing.length > 0)
            faults.push(
                `the old site uses what this one does not have: ${missing.join(", ")}; release it first (testudo release plugin|theme SOURCE), or import without it: --deactivate-missing`,
            );
    }
    if (faults.length > 0) throw new Refusal(`nothing was changed:\n${faults.join("\n")}`);
    return { from, missingPlugins, theme, upgrade: version < here.dbVersion };
}

/** The paths of its main files below the folder of plugins, out of what PHP has serialized. */
export function activePlugins(dump: Pick<Dump, "options">): string[] {
    const text = dump.options.get("active_plugins") ?? "";
    return [...text.matchAll(/s:\d+:"([^"]+\.php)";/g)].map((match) => match[1] ?? "");
}

function serverFaults({ server, collations }: Dump, here: SiteHere): string[] {
    const ours = /mariadb/i.test(here.server) ? "MariaDB" : "MySQL";
    const faults: string[] = [];
    const unknown = collations.filter((one) => !here.collations.includes(one.toLowerCase()));
    if (unknown.length > 0)
        faults.push(
            `the dump sorts by ${unknown.join(", ")}, which ${ours} ${here.server} does not know; put utf8mb4_unicode_520_ci in its place: sed -i 's/${unknown[0] ?? ""}/utf8mb4_unicode_520_ci/g' FILE`,
        );
    if (server.version === "") return faults;
    // Either reads the other's dumps of its own age; MySQL 9 and MariaDB 11 are as far as both have come.
    const most = server.product === ours ? numbers(here.server) : newestOfTheOther[server.product];
    if (compare(numbers(server.version), most) > 0)
        faults.push(
            `the dump is of ${server.product} ${server.version}, newer than what ${ours} ${here.server} is known to read (${server.product} ${most.join(".")}); load it into a server of that version and dump it from there`,
        );
    return faults;
}

/** Major and minor version. */
type Numbers = readonly [number, number];

const newestOfTheOther: Readonly<Record<"MariaDB" | "MySQL", Numbers>> = {
    MariaDB: [11, 8],
    MySQL: [8, 4],
};

function numbers(version: string): Numbers {
    const [major = 0, minor = 0] = version.split(/[.-]/).map(Number);
    return [major, minor];
}

function compare(one: Numbers, other: Numbers): number {
    return one[0] - other[0] || one[1] - other[1];
}

function siteFaults({ posts, users, comments, url }: SiteHere, { overwrite }: Wishes): string[] {
    if (overwrite || (posts === 0 && users <= 1 && comments === 0)) return [];
    return [
        `${url} has content of its own (${posts} posts and files, ${users} users, ${comments} comments): --overwrite puts it aside, and testudo import --undo brings it back`,
    ];
}

function addresses(dump: Dump, wishes: Wishes, faults: string[]): string[] {
    const given = wishes.fromUrl.length > 0;
    const found = [dump.options.get("home") ?? "", dump.options.get("siteurl") ?? ""];
    const from = [...new Set([...wishes.fromUrl, ...found])].filter((url) => url !== "");
    if (from.length === 0)
        faults.push(
            "the dump does not say where the site was; say it: --from-url https://old.example",
        );
    for (const url of from)
        if (!/^https?:\/\/[a-z0-9.-]+(?::\d+)?(?:\/[^\s?#]*)?$/i.test(url))
            faults.push(
                `${given && wishes.fromUrl.includes(url) ? "--from-url" : "the dump's own address"}: ${url} is no address of a site; it looks like https://old.example or https://old.example/blog`,
            );
    return from;
}
