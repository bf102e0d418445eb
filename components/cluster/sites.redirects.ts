import { configKey } from "./config";
import type { Site } from "./sites";
import type { Fault } from "./types";

/** Follows each redirect as a browser would, through every site that is ours. */
export function redirectFaults(site: Site, sites: readonly Site[]): Fault[] {
    const faults: Fault[] = [];
    const seen = new Set<string>();
    const scheduled =
        site.code === "wordpress" ? ["/wp-cron.php"] : site.code.cron.map(({ path }) => path);
    site.redirects.forEach(({ from }, index) => {
        if (from === "/index.php" || scheduled.includes(from)) {
            faults.push({
                key: configKey(`${site.key}.redirects.${index}.from`),
                rule: "needs a path that is neither /index.php nor a scheduled one",
                why: "that makes the site's pages, or does its work",
                got: JSON.stringify(from),
            });
        }
        if (seen.has(from)) {
            faults.push({
                key: configKey(`${site.key}.redirects.${index}.from`),
                rule: "needs a path that no other redirect of the site has",
                why: "a visitor can be sent to one place only",
                got: JSON.stringify(from),
            });
        }
        seen.add(from);
        const way = [`https://${site.host}${from}`];
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

/** Where an address is sent on to, if it is; all that leads to the same page of ours is the same address. */
function target(sites: readonly Site[], from: string | undefined): string | undefined {
    for (const site of sites) {
        for (const redirect of site.redirects) {
            const asked = `https://${site.host}${redirect.from}`;
            if (from !== asked) continue;
            if (!URL.canParse(redirect.to, asked)) return undefined;
            // Plain HTTP is sent to HTTPS, an alias to the name, and a redirect does not look at the query.
            const { host, pathname } = new URL(redirect.to, asked);
            const owner = sites.find(({ aliases }) => aliases.includes(host));
            return `https://${owner?.host ?? host}${pathname}`;
        }
    }
    return undefined;
}
