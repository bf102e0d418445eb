import { posix } from "node:path";
import { configKey, type Config } from "./config";
import type { Plan } from "./plan";
import { redirectFaults } from "./sites.redirects";
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

function codeFaults(site: PhpSite): Fault[] {
    const { key, code } = site;
    const outside = (path: string) => posix.isAbsolute(path) || /^\.\.(\/|$)/.test(inner(path));
    const faults: Fault[] = [];
    if (code.directory !== "" && (outside(code.directory) || inner(code.directory) === "")) {
        faults.push({
            key: configKey(`${key}.directory`),
            rule: "needs a directory inside the project, relative to it",
            why: "a stack is made of what is kept with it, and the project itself is no site",
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
    return [...faults, ...cronFaults(site)];
}

function cronFaults({ key, code }: PhpSite): Fault[] {
    return code.cron.flatMap(({ path }, index) =>
        /\/$|^\/index\.php(\/|$)|^\/-$/.test(path)
            ? [
                  {
                      key: configKey(`${key}.cron.${index}.path`),
                      rule: "needs the path of one page: not / nor /index.php, and no slash at its end",
                      why: "it is closed to visitors, who would lose the whole site or reach it without the slash",
                      got: JSON.stringify(path),
                  },
              ]
            : [],
    );
}
