import { phpSitesOf, sitesOf, type PhpSite, type Site } from "../cluster/sites";
import { hostsOf } from "../cluster/plan";
import { phpString } from "./app-tier.views";
import { doors } from "./data-proxy";
import type { HostFacts, View } from "./role";

/** On loopback of web hosts: a site's new code, before a visitor sees it. */
export const trialPort = 8081;

/** Where a site's releases lie, on web and app hosts. */
export function folderOf(id: string): string {
    return id === "main" ? "/srv/site" : `/srv/sites/${id}`;
}

/** What nginx needs to know of the main site beside its addresses. */
export function mainSiteView({ plan }: Pick<HostFacts, "plan">): View {
    const [main] = sitesOf(plan.config);
    const php = phpSitesOf(plan.config).find((site) => site.id === "main");
    return {
        isWordpress: php === undefined,
        ...(php === undefined ? wordpressLocations : locations(php)),
        redirects: main === undefined ? [] : redirects(main),
    };
}

const wordpressLocations: View = {
    siteId: "main",
    cronScripts: [],
    cronPages: [],
};

/** The values of `{{> nginx/php-site}}`. */
function locations(site: PhpSite): View {
    const paths = [...new Set(site.code.cron.map(({ path }) => path))];
    return {
        siteId: site.id,
        siteHost: site.host,
        siteFolder: folderOf(site.id),
        redirects: redirects(site),
        cronScripts: paths
            .filter((path) => path.endsWith(".php"))
            .map((path) => ({ cronScript: path })),
        cronPages: paths
            .filter((path) => !path.endsWith(".php"))
            .map((path) => ({ cronPage: path })),
    };
}

function redirects(site: Site): View[] {
    return site.redirects.map(({ from, to }) => ({ redirectFrom: from, redirectTo: to }));
}

/** `null` where the main site is all there is. */
export function sitesView(
    { plan, host }: HostFacts,
    front: { readonly sitePort: number; readonly tls: string },
): View | null {
    const php = phpSitesOf(plan.config);
    const aliases = sitesOf(plan.config).filter((site) => site.aliases.length > 0);
    if (php.length === 0 && aliases.length === 0) return null;
    return {
        ...front,
        self: host.name,
        address: host.address,
        trialPort,
        balancers: hostsOf(plan, "load-balancer").map((balancer) => balancer.address),
        maxUploadMiB: plan.config.web.maxUploadMiB,
        aliases: aliases.map((site) => ({
            aliasNames: site.aliases.join(" "),
            aliasHost: site.host,
        })),
        sites: php.filter((site) => site.id !== "main").map(locations),
        trials: php.map(locations),
    };
}

/** What each site's PHP finds in its environment, the main one its database as well; `null` without such sites. */
export function environmentView({
    plan,
    databasePassword,
}: HostFacts & { readonly databasePassword: string }): View | null {
    const sites = phpSitesOf(plan.config);
    if (sites.length === 0) return null;
    const database = {
        DATABASE_HOST: "127.0.0.1",
        DATABASE_PORT: String(doors.sql),
        DATABASE_NAME: "wordpress",
        DATABASE_USER: "wordpress",
        DATABASE_PASSWORD: databasePassword,
    };
    return {
        sites: sites.map((site) => ({
            siteId: site.id,
            variables: Object.entries({
                ...(site.id === "main" ? database : {}),
                ...site.code.environment,
            }).map(([variableName, text]) => ({ variableName, variableText: phpString(text) })),
        })),
    };
}
