import { phpSitesOf } from "../cluster/sites";
import {
    releaseFiles,
    releaseListener,
    releaseTrialPort,
    releaseUnits,
    storeRole,
} from "./releases";
import { bundlePem, onlyIf, type FileSpec, type NamesInPlan, type Role } from "./role";
import { diskFaults } from "./web-tier.caches";
import { mainSiteView, sitesView, trialPort } from "./sites.views";
import {
    followListener,
    uploadFaults,
    uploadFiles,
    uploadLogs,
    uploadPackages,
    uploadUnits,
} from "./uploads";
import { appView, ports, siteView, tls, trialView, type WebFacts } from "./web-tier.views";

export { ports, type WebFacts };

const library = "/usr/local/lib/testudo/web";

const nginxReload = { onChange: "reload nginx.service", check: "nginx -t -q" } as const;
const noDropInCheck = { none: "a drop-in has no checker of its own" } as const;
const prepareRelease = `run ${library}/prepare-release` as const;

function shellScript(name: string, rest: Partial<FileSpec<WebFacts>> = {}): FileSpec<WebFacts> {
    return {
        path: `${library}/${name}`,
        mode: "0755",
        check: `bash -n ${library}/${name}`,
        ...rest,
    };
}

/** nginx with the site's files and kept pages, in front of the hosts that run PHP. */
export const web: Role<WebFacts, NamesInPlan> = {
    name: "web",
    stem: "web-tier",
    packages: (plan) => [
        ...uploadPackages(plan, "web"),
        "nginx",
        "libnginx-mod-http-js",
        "haproxy",
        "curl",
        "wordpress",
        "wordpress-theme-twentytwentyfive",
        "zstd",
    ],
    users: [],
    units: (plan) => [
        ...releaseUnits(plan, "web"),
        "haproxy@app.service",
        ...uploadUnits(plan, "web"),
        "nginx.service",
    ],
    files: [
        {
            path: `${tls}/host.pem`,
            content: (facts) => bundlePem(facts.credentials),
            mode: "0600",
            onChange: `run ${library}/reload-tls`,
            check: { none: "nginx and haproxy read it in their own checks" },
        },
        {
            path: `${tls}/ca.pem`,
            content: (facts) => facts.credentials.ca,
            onChange: `run ${library}/reload-tls`,
            check: `openssl verify -CAfile ${tls}/ca.pem ${tls}/host.pem`,
        },
        shellScript("reload-tls"),

        {
            path: "/etc/tmpfiles.d/testudo-web.conf",
            onChange: prepareRelease,
            check: { none: "systemd-tmpfiles can only check by doing" },
        },
        shellScript("release-package", {
            template: "_shared/site/release-package.mustache",
            onChange: prepareRelease,
        }),
        shellScript("release-stubs", {
            template: "_shared/site/release-stubs.mustache",
            onChange: prepareRelease,
        }),
        shellScript("prepare-release", {
            view: (facts) => ({
                ...mainSiteView(facts),
                store: `/usr/local/lib/testudo/${storeRole(facts.host)}`,
            }),
            onChange: prepareRelease,
        }),
        ...releaseFiles<WebFacts>("web"),
        shellScript("release-trial", {
            template: "_shared/site/release-trial.mustache",
            view: ({ plan }) => ({ siteName: plan.siteName, releaseTrialPort }),
        }),
        shellScript("release-site", {
            template: "_shared/site/release-site.mustache",
            view: () => ({ trialPort }),
        }),

        {
            path: "/etc/haproxy/app.lua",
            template: "_shared/haproxy/lost-sessions.lua.mustache",
            onChange: "reload haproxy@app.service",
            check: { none: "haproxy loads it in its own check" },
        },
        {
            path: "/etc/haproxy/app.cfg",
            view: appView,
            onChange: "reload haproxy@app.service",
            check: "haproxy -c -f /etc/haproxy/app.cfg",
        },

        { path: "/etc/nginx/nginx.conf", ...nginxReload },
        { path: "/etc/nginx/conf.d/site.conf", view: siteView, ...nginxReload },
        {
            path: "/etc/nginx/conf.d/sites.conf",
            view: (facts) => sitesView(facts, { sitePort: ports.site, tls }),
            ...nginxReload,
        },
        { path: "/etc/nginx/conf.d/release-trial.conf", view: trialView, ...nginxReload },
        { path: "/etc/nginx/snippets/testudo-fastcgi.conf", ...nginxReload },
        { path: "/etc/nginx/testudo/pages.js", ...nginxReload },
        { path: "/etc/systemd/system/nginx.service.d/testudo.conf", check: noDropInCheck },

        ...uploadFiles<WebFacts>("web"),

        shellScript("healthy", { view: siteView }),
        shellScript("leave", { view: siteView }),
    ],
    listens: [
        { protocol: "tcp", port: ports.site, scope: "network", what: "the site, for balancers" },
        {
            protocol: "tcp",
            port: ports.purge,
            scope: "network",
            what: "end of all kept pages, for app hosts",
        },
        {
            protocol: "tcp",
            port: ports.check,
            scope: "loopback",
            what: "nginx' status, and its way to PHP",
        },
        {
            protocol: "tcp",
            port: trialPort,
            scope: "loopback",
            what: "new code of sites, before visitors see it",
            ...onlyIf(({ plan }) => phpSitesOf(plan.config).length > 0),
        },
        {
            protocol: "tcp",
            port: releaseTrialPort,
            scope: "loopback",
            what: "releases of WordPress, before visitors see them",
            ...onlyIf(({ plan }) => mainSiteView({ plan }).isWordpress === true),
        },
        releaseListener("web"),
        followListener("web"),
    ],
    flows: () => [
        { from: "load-balancer", to: "web", protocol: "tcp", port: ports.site, why: "the site" },
        {
            from: "app",
            to: "web",
            protocol: "tcp",
            port: ports.purge,
            why: "something was published",
        },
    ],
    logs: [
        "haproxy@app.service",
        "nginx.service",
        "testudo-release-sync.service",
        ...uploadLogs.web,
    ],
    metrics: [],
    faults: (plan) => [...diskFaults(plan, "pageCacheMiB"), ...uploadFaults(plan)],
};
