import { mailFaults, mailFiles } from "./app-tier.mail";
import { flows, listens, sessionFaults } from "./app-tier.network";
import {
    dataView,
    foldersView,
    gateView,
    healthView,
    poolView,
    prependView,
    ports,
    settingsView,
    stateFolder,
    tls,
    wordpressView,
    type AppFacts,
} from "./app-tier.views";
import { proxyPrograms } from "./data-proxy";
import { importFiles } from "./import";
import { proxysql } from "./proxysql";
import { releaseFiles, releaseUnits } from "./releases";
import { bundlePem, type FileSpec, type NamesInPlan, type Role, type View } from "./role";
import { environmentView, mainSiteView, trialPort } from "./sites.views";
import { uploadFiles, uploadLogs, uploadPackages, uploadPlace, uploadUnits } from "./uploads";

export { ports, type AppFacts };

const library = "/usr/local/lib/testudo/app";
/** The script that the component runs once, on the first host, after all pushes and the database. */
export const scripts = { install: `${library}/install` } as const;

const phpRestart = { onChange: "restart php8.4-fpm.service", check: "php-fpm8.4 -t" } as const;
const prepareRelease = `run ${library}/prepare-release` as const;

function shellScript(name: string, rest: Partial<FileSpec<AppFacts>> = {}): FileSpec<AppFacts> {
    return {
        path: `${library}/${name}`,
        mode: "0755",
        check: `bash -n ${library}/${name}`,
        ...rest,
    };
}

/** PHP's cache does not look at files again, so a changed one restarts PHP. */
function phpFile(path: string, rest: Partial<FileSpec<AppFacts>> = {}): FileSpec<AppFacts> {
    return { path, onChange: "restart php8.4-fpm.service", check: `php -l ${path}`, ...rest };
}

function whereCached({ cachePasswords }: AppFacts): View | null {
    return cachePasswords === null ? null : {};
}

/** php-fpm and the site's releases, behind a gate for web hosts, with a HAProxy on loopback that leads to its data. */
export const app: Role<AppFacts, NamesInPlan> = {
    name: "app",
    stem: "app-tier",
    packages: (plan) => [
        ...proxysql.packages(plan),
        ...uploadPackages(plan, "app"),
        ...[
            "php8.4-fpm",
            "php-redis",
            "haproxy",
            "curl",
            "nullmailer",
            "wordpress",
            "wordpress-theme-twentytwentyfive",
            "zstd",
        ],
        ..."mysql xml mbstring gd curl zip intl opcache bcmath apcu"
            .split(" ")
            .map((name) => `php8.4-${name}`),
    ],
    users: [],
    units: (plan) => [
        ...releaseUnits(plan, "app"),
        "haproxy@fpm.service",
        "haproxy@data.service",
        ...uploadUnits(plan, "app"),
        "php8.4-fpm.service",
        ...proxysql.units(plan),
        "nullmailer.service",
    ],
    files: [
        {
            path: `${tls}/host.pem`,
            content: (facts) => bundlePem(facts.credentials),
            mode: "0600",
            onChange: `run ${library}/reload-tls`,
            check: { none: "haproxy reads it in its own checks" },
        },
        {
            path: `${tls}/ca.pem`,
            content: (facts) => facts.credentials.ca,
            onChange: `run ${library}/reload-tls`,
            check: `openssl verify -CAfile ${tls}/ca.pem ${tls}/host.pem`,
        },
        shellScript("reload-tls"),

        {
            path: "/etc/tmpfiles.d/testudo-app.conf",
            view: foldersView,
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
        ...releaseFiles<AppFacts>("app"),
        shellScript("prepare-release", {
            view: (facts) => ({
                ...mainSiteView(facts),
                hasWeb: facts.host.roles.includes("web"),
            }),
            onChange: prepareRelease,
        }),
        shellScript("release-site", {
            template: "_shared/site/release-site.mustache",
            view: () => ({ trialPort }),
        }),
        phpFile("/etc/testudo/sites.php", {
            view: environmentView,
            owner: "root:www-data",
            mode: "0640",
        }),
        phpFile("/etc/testudo/wp-config.php", {
            view: wordpressView,
            owner: "root:www-data",
            mode: "0640",
        }),
        phpFile(`${library}/wordpress.php`),
        phpFile(`${library}/uploads.php`, {
            view: (facts) => ({ ...uploadPlace(facts), stateFolder }),
        }),
        phpFile(`${library}/prepend.php`, { view: prependView }),
        phpFile(`${library}/sessions.php`, { view: whereCached }),
        phpFile(`${library}/object-cache.php`, { view: whereCached }),
        phpFile(`${library}/db.php`),
        phpFile("/srv/site/checks/health.php", { view: healthView }),
        phpFile("/srv/site/checks/forget.php"),
        phpFile("/srv/site/checks/session.php", { view: ({ host }) => ({ self: host.name }) }),

        { path: "/etc/php/8.4/fpm/php-fpm.conf", ...phpRestart },
        { path: "/etc/php/8.4/fpm/pool.d/www.conf", view: poolView, ...phpRestart },
        { path: "/etc/php/8.4/fpm/pool.d/checks.conf", ...phpRestart },
        {
            path: "/etc/php/8.4/fpm/conf.d/90-testudo.ini",
            view: settingsView,
            // php-fpm reads it as root; the sessions' password is in it.
            mode: "0640",
            ...phpRestart,
        },
        {
            path: "/etc/systemd/system/php8.4-fpm.service.d/testudo.conf",
            onChange: phpRestart.onChange,
            check: { none: "a drop-in has no checker of its own" },
        },
        {
            path: "/etc/logrotate.d/testudo-app",
            check: "logrotate --debug /etc/logrotate.d/testudo-app",
        },

        {
            path: "/etc/haproxy/fpm.cfg",
            view: gateView,
            onChange: "reload haproxy@fpm.service",
            check: "haproxy -c -f /etc/haproxy/fpm.cfg",
        },
        ...proxyPrograms("haproxy@data.service"),
        {
            path: "/etc/haproxy/data.cfg",
            view: dataView,
            onChange: "reload haproxy@data.service",
            check: "haproxy -c -f /etc/haproxy/data.cfg",
        },
        ...proxysql.files,

        ...mailFiles,
        ...uploadFiles<AppFacts>("app"),

        shellScript("may-start", {
            view: ({ plan }) => ({ hasMail: plan.config.mail !== undefined }),
        }),
        ...["drain", "before-restart", "after-restart", "leave"].map((name) => shellScript(name)),
        shellScript("healthy", { view: gateView }),
        shellScript("install"),
        { path: `${library}/install.php`, check: `php -l ${library}/install.php` },
        ...importFiles<AppFacts>(library),
    ],
    listens,
    flows,
    logs: [
        "php8.4-fpm.service",
        "haproxy@fpm.service",
        "haproxy@data.service",
        "proxysql.service",
        "nullmailer.service",
        "testudo-release-sync.service",
        ...uploadLogs.app,
    ],
    metrics: [],
    faults: (plan) => [...mailFaults(plan), ...sessionFaults(plan), ...proxysql.faults(plan)],
};
