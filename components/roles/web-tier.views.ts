import { hostsOf } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import { ports as appPorts, sockets } from "./app-tier.views";
import { purgePort } from "./data-proxy";
import { checkPort, releaseDoor, releaseTrialPort } from "./releases";
import type { Credentials, HostFacts, View } from "./role";
import { mainSiteView } from "./sites.views";
import { keptPagesView } from "./web-tier.caches";
import { engineOf, followDoor, masterOf, uploadsView } from "./uploads";

export interface WebFacts extends HostFacts {
    /** Shown to the balancers and to the app hosts. */
    readonly credentials: Credentials;
}

/** `purge` is for app hosts; `check` is the host's view of itself, on loopback only. */
export const ports = { site: 8443, purge: purgePort, check: checkPort } as const;

export const tls = "/etc/testudo/tls/web";

export function siteView({ plan, host }: WebFacts): View {
    return {
        ...mainSiteView({ plan }),
        ...keptPagesView(plan),
        self: host.name,
        siteName: plan.siteName,
        address: host.address,
        sitePort: ports.site,
        purgePort: ports.purge,
        checkPort: ports.check,
        tls,
        balancers: hostsOf(plan, "load-balancer").map((balancer) => balancer.address),
        maxUploadMiB: plan.config.web.maxUploadMiB,
        ...uploadsView(plan),
        closesXmlrpc: !plan.config.site.xmlrpc,
    };
}

/** nginx' way to PHP: this host's own first where there is one; all others first for a second attempt. */
export function appView({ plan, host }: WebFacts): View {
    const apps = hostsOf(plan, "app");
    const merged = host.roles.includes("app");
    const places = (isBackup: (app: HostSpec) => boolean): View[] =>
        apps.map((app) => ({
            appName: app.name,
            appPlace: placeOf(app, host) + (merged && isBackup(app) ? " backup" : ""),
        }));
    return {
        tls,
        healthPort: appPorts.health,
        maxConnections: 4000,
        first: places((app) => app.name !== host.name),
        second: places((app) => app.name === host.name),
        all: places(() => false),
        address: host.address,
        door: releaseDoor({ plan, host }, "web"),
        uploadDoor: followDoor({ plan, host }, "web"),
        masters: apps
            .filter((app) => engineOf(plan) === "follow" && app.name === masterOf(plan))
            .map((app) => ({ masterName: app.name, masterPlace: placeOf(app, host) })),
    };
}

/** Where a release of WordPress is tried; `null` where the main site is none. */
export function trialView({ plan }: WebFacts): View | null {
    return mainSiteView({ plan }).isWordpress === true
        ? { releaseTrialPort, apps: hostsOf(plan, "app").map(({ name }) => ({ appName: name })) }
        : null;
}

function placeOf(app: HostSpec, self: HostSpec): string {
    const place =
        app.name === self.name
            ? `unix@${sockets.php} no-ssl addr ${app.address}`
            : `${app.address}:${appPorts.fastcgi} sni str(${app.name})`;
    return `${place} verifyhost ${app.name}`;
}
