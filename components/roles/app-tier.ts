import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault, Flow } from "../cluster/types";
import {
    dataView,
    poolView,
    ports,
    relayView,
    settingsView,
    stateFolder,
    tls,
    wordpressView,
    type AppFacts,
} from "./app-tier.views";
import { awaitServer, doors, electionSeconds, lostSessions, peersPort } from "./data-proxy";
import { bundlePem, type FileSpec, type Role } from "./role";

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

/** php-fpm and the site's releases, with a HAProxy on loopback that leads to the site's data. */
export const app: Role<AppFacts> = {
    name: "app",
    stem: "app-tier",
    packages: [
        ...[
            "php8.4-fpm",
            "haproxy",
            "curl",
            "nullmailer",
            "wordpress",
            "wordpress-theme-twentytwentyfive",
        ],
        ...["mysql", "xml", "mbstring", "gd", "curl", "zip", "intl", "opcache", "bcmath"].map(
            (name) => `php8.4-${name}`,
        ),
    ],
    users: [],
    units: ["php8.4-fpm.service", "haproxy@data.service", "nullmailer.service"],
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
            view: () => ({ stateFolder }),
            onChange: prepareRelease,
            check: { none: "systemd-tmpfiles can only check by doing" },
        },
        shellScript("release-package", {
            template: "_shared/site/release-package.mustache",
            onChange: prepareRelease,
        }),
        shellScript("prepare-release", {
            view: ({ host }) => ({ hasWeb: host.roles.includes("web") }),
            onChange: prepareRelease,
        }),
        phpFile("/etc/testudo/wp-config.php", {
            view: wordpressView,
            owner: "root:www-data",
            mode: "0640",
        }),
        phpFile(`${library}/wordpress.php`),
        phpFile("/srv/site/checks/health.php", { view: () => ({ stateFolder }) }),
        phpFile("/srv/site/checks/session.php", { view: ({ host }) => ({ self: host.name }) }),

        { path: "/etc/php/8.4/fpm/php-fpm.conf", ...phpRestart },
        { path: "/etc/php/8.4/fpm/pool.d/www.conf", view: poolView, ...phpRestart },
        { path: "/etc/php/8.4/fpm/pool.d/checks.conf", ...phpRestart },
        { path: "/etc/php/8.4/fpm/conf.d/90-testudo.ini", view: settingsView, ...phpRestart },
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
            path: lostSessions,
            template: "_shared/haproxy/lost-sessions.lua.mustache",
            onChange: "reload haproxy@data.service",
            check: { none: "haproxy loads it in its own check" },
        },
        {
            path: awaitServer,
            template: "_shared/haproxy/await-server.lua.mustache",
            view: ({ plan }) =>
                hostsOf(plan, "cache").length > 0 ? { awaitSeconds: electionSeconds } : null,
            onChange: "reload haproxy@data.service",
            check: { none: "haproxy loads it in its own check" },
        },
        {
            path: "/etc/haproxy/data.cfg",
            view: dataView,
            onChange: "reload haproxy@data.service",
            check: "haproxy -c -f /etc/haproxy/data.cfg",
        },

        {
            path: "/etc/nullmailer/remotes",
            view: relayView,
            owner: "root:mail",
            mode: "0640",
            onChange: "restart nullmailer.service",
            check: { none: "nullmailer checks nothing before it sends" },
        },
        {
            path: "/etc/nullmailer/allmailfrom",
            content: ({ plan }) => line(plan.config.mail?.from),
            check: { none: "an address that the configuration has checked" },
        },
        {
            path: "/etc/nullmailer/helohost",
            content: ({ plan }) => line(plan.config.mail?.from.split("@")[1]),
            check: { none: "a domain that the configuration has checked" },
        },

        shellScript("may-start", {
            view: ({ plan }) => ({ hasMail: plan.config.mail !== undefined }),
        }),
        shellScript("before-restart"),
        shellScript("after-restart"),
        shellScript("healthy"),
        shellScript("install"),
        { path: `${library}/install.php`, check: `php -l ${library}/install.php` },
    ],
    listens: [
        {
            protocol: "tcp",
            port: peersPort,
            scope: "network",
            what: "which member is the writer, shared by the app hosts",
        },
        { protocol: "tcp", port: doors.sql, scope: "loopback", what: "SQL for PHP" },
        { protocol: "tcp", port: doors.reads, scope: "loopback", what: "SQL reads for PHP" },
        { protocol: "tcp", port: doors.sessions, scope: "loopback", what: "Redis for sessions" },
        { protocol: "tcp", port: doors.objects, scope: "loopback", what: "Redis for objects" },
    ],
    flows,
    logs: ["php8.4-fpm.service", "haproxy@data.service", "nullmailer.service"],
    metrics: [],
    faults: mailFaults,
};

function flows({ config }: Plan): Flow[] {
    const { mail } = config;
    return [
        {
            from: "app",
            to: "app",
            protocol: "tcp",
            port: peersPort,
            why: "all app hosts write to the same member",
        },
        ...(mail === undefined
            ? []
            : [
                  {
                      from: "app",
                      to: "outside",
                      protocol: "tcp",
                      port: mail.port,
                      only: [`${mail.relay}/32`],
                      why: "outgoing mail",
                  } satisfies Flow,
              ]),
    ];
}

function mailFaults({ config }: Plan): Fault[] {
    const { mail, mailPassword } = config;
    const faults: Fault[] = [];
    if (mailPassword !== undefined && mail?.user === undefined) {
        faults.push({
            key: configKey("mail.user"),
            rule: "is required with testudo:mailPassword",
            why: "a relay wants both or neither",
            got: "nothing",
        });
    }
    if (mail?.user !== undefined && mailPassword === undefined) {
        faults.push({
            key: configKey("mailPassword"),
            rule: "is required with testudo:mail.user",
            why: "a relay wants both or neither",
            got: "nothing",
        });
    }
    if (mail?.user !== undefined && mail.tls === "none") {
        faults.push({
            key: configKey("mail.tls"),
            rule: "needs to be starttls with testudo:mail.user",
            why: "the password would cross the network in clear text",
            got: '"none"',
        });
    }
    return faults;
}

function line(text: string | undefined): string | null {
    return text === undefined ? null : `${text}\n`;
}
