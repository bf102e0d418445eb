import { posix } from "node:path";
import { configKey, type Config } from "./config";
import type { Plan } from "./plan";
import type { Fault } from "./types";

/** One site of the cluster: what visitors call it, and what it is made of. */
export interface Site {
    /** `main`, or its key below `testudo:sites`. */
    readonly id: string;
    /** Its section of the configuration, for example `sites.shop`. */
    readonly key: string;
    /** Host name, or the floating address where the main site has none. */
    readonly host: string;
    /** Further names: their visitors are sent to `host`. */
    readonly aliases: readonly string[];
    readonly redirects: readonly { readonly from: string; readonly to: string }[];
    /** What runs: Debian's WordPress, or a directory of the operator. */
    readonly code: "wordpress" | SiteCode;
}

/** A PHP site that comes as a directory. */
export interface SiteCode {
    /** On the operator's machine, relative to the project. */
    readonly directory: string;
    /** Inside it; empty is the directory itself. */
    readonly documentRoot: string;
    readonly healthPath: string;
    /** May hold secrets. */
    readonly environment: Readonly<Record<string, string>>;
    readonly cron: readonly { readonly schedule: string; readonly path: string }[];
}

export interface PhpSite extends Site {
    readonly code: SiteCode;
}

/** The main site first. */
export function sitesOf(config: Config): Site[] {
    const { site } = config;
    const main: Site = {
        id: "main",
        key: "site",
        host: site.name ?? config.network.vip,
        aliases: site.aliases,
        redirects: site.redirects,
        code: site.application === "wordpress" ? "wordpress" : codeOf(site),
    };
    const others = Object.entries(config.sites).map(([id, other]): Site => ({
        id,
        key: `sites.${id}`,
        host: other.name,
        aliases: other.aliases,
        redirects: other.redirects,
        code: codeOf(other),
    }));
    return [main, ...others];
}

/** The sites that come as directories. */
export function phpSitesOf(config: Config): PhpSite[] {
    return sitesOf(config).filter(isPhp);
}

/** Every DNS name under which visitors come, for the edge certificate. */
export function namesOf(plan: Pick<Plan, "config" | "vip">): string[] {
    const names = sitesOf(plan.config).flatMap((site) => [site.host, ...site.aliases]);
    return [...new Set(names)].filter((name) => name !== plan.vip);
}

/** What is wrong with the sites, as far as the configuration alone can say. */
export function siteFaults(config: Config): Fault[] {
    const sites = sitesOf(config);
    return [
        ...nameFaults(sites),
        ...sites.flatMap((site) => redirectFaults(site, sites)),
        ...(config.site.aliases.length > 0 && config.site.name === undefined
            ? [
                  {
                      key: configKey("site.name"),
                      rule: "is required with testudo:site.aliases",
                      why: "visitors of an alias are sent to it",
                      got: "nothing",
                  },
              ]
            : []),
        ...applicationFaults(config),
        ...sites.filter(isPhp).flatMap(codeFaults),
    ];
}

function isPhp(site: Site): site is PhpSite {
    return site.code !== "wordpress";
}

function codeOf(
    section: Pick<
        Config["site"],
        "directory" | "documentRoot" | "healthPath" | "environment" | "cron"
    >,
): SiteCode {
    return {
        directory: section.directory ?? "",
        documentRoot: inner(section.documentRoot ?? "."),
        healthPath: section.healthPath ?? "/",
        environment: section.environment ?? {},
        cron: section.cron ?? [],
    };
}

/** Without `.` and slashes at its ends. */
function inner(path: string): string {
    const normal = posix.normalize(path).replace(/\/+$/, "");
    return normal === "." ? "" : normal;
}

function nameFaults(sites: readonly Site[]): Fault[] {
    const owners = new Map<string, string>();
    return sites
        .flatMap((site) => [
            { name: site.host, key: `${site.key}.name` },
            ...site.aliases.map((name, index) => ({ name, key: `${site.key}.aliases.${index}` })),
        ])
        .flatMap(({ name, key }) => {
            const owner = owners.get(name);
            owners.set(name, owner ?? key);
            return owner === undefined
                ? []
                : [
                      {
                          key: configKey(key),
                          rule: "needs a name that nothing else has",
                          why: `${configKey(owner)} has it already, and a request must lead to one place`,
                          got: JSON.stringify(name),
                      },
                  ];
        });
}

/** Follows each redirect as a browser would, through every site that is ours. */
function redirectFaults(site: Site, sites: readonly Site[]): Fault[] {
    const faults: Fault[] = [];
    const seen = new Set<string>();
    site.redirects.forEach(({ from }, index) => {
        if (seen.has(from)) {
            faults.push({
                key: configKey(`${site.key}.redirects.${index}.from`),
                rule: "needs a path that no other redirect of the site has",
                why: "a visitor can be sent to one place only",
                got: JSON.stringify(from),
            });
        }
        seen.add(from);
        const way = [address(site, from)];
        for (let next = target(sites, way[0]); next !== undefined; next = target(sites, next)) {
            const known = way.includes(next);
            way.push(next);
            if (!known) continue;
            // Whoever only leads into a loop is no part of it.
            if (next === way[0]) faults.push(loopFault(site, index, way));
            break;
        }
    });
    return faults;
}

function loopFault(site: Site, index: number, way: readonly string[]): Fault {
    return {
        key: configKey(`${site.key}.redirects.${index}`),
        rule: "must not lead back to itself",
        why: "a browser gives up after some rounds",
        got: way.join(" → "),
    };
}

function address(site: Site, path: string): string {
    return `https://${site.host}${path}`;
}

/** Where an address is sent on to, if it is. */
function target(sites: readonly Site[], from: string | undefined): string | undefined {
    for (const site of sites) {
        for (const host of [site.host, ...site.aliases]) {
            for (const redirect of site.redirects) {
                if (from?.replace(/[?#].*$/, "") !== `https://${host}${redirect.from}`) continue;
                return redirect.to.startsWith("/") ? address(site, redirect.to) : redirect.to;
            }
        }
    }
    return undefined;
}

function applicationFaults({ site }: Config): Fault[] {
    const own = ["directory", "documentRoot", "healthPath", "environment", "cron"] as const;
    if (site.application === "php") {
        if (site.directory !== undefined) return [];
        return [
            {
                key: configKey("site.directory"),
                rule: "is required with testudo:site.application php",
                why: "the site is made of it",
                got: "nothing",
            },
        ];
    }
    return own
        .filter((key) => site[key] !== undefined)
        .map((key) => ({
            key: configKey(`site.${key}`),
            rule: "is only for testudo:site.application php",
            why: "WordPress brings its own",
            got: key === "environment" ? "(not shown)" : JSON.stringify(site[key]),
        }));
}

function codeFaults({ key, code }: PhpSite): Fault[] {
    const outside = (path: string) => posix.isAbsolute(path) || /^\.\.(\/|$)/.test(inner(path));
    const faults: Fault[] = [];
    if (outside(code.directory)) {
        faults.push({
            key: configKey(`${key}.directory`),
            rule: "needs a directory inside the project, relative to it",
            why: "a stack is made of what is kept with it",
            got: JSON.stringify(code.directory),
        });
    }
    if (outside(code.documentRoot)) {
        faults.push({
            key: configKey(`${key}.documentRoot`),
            rule: `needs a directory inside ${configKey(`${key}.directory`)}, relative to it`,
            why: "nothing else of the site is on the hosts",
            got: JSON.stringify(code.documentRoot),
        });
    }
    return faults;
}
