import { configKey } from "../cluster/config";
import type { Plan } from "../cluster/plan";
import type { Fault, Flow } from "../cluster/types";
import { bundlePem, type FileSpec, type Role } from "./role";
import {
    poolView,
    ports,
    relayView,
    settingsView,
    siteView,
    sqlView,
    stateFolder,
    tls,
    wordpressView,
    type WebFacts,
} from "./web-tier.views";

export { ports, type WebFacts };

const library = "/usr/local/lib/testudo/web";
/** The script that the component runs once, on the first host, after all pushes and the database. */
export const scripts = { install: `${library}/install` } as const;

const nginxReload = { onChange: "reload nginx.service", check: "nginx -t -q" } as const;
const phpRestart = { onChange: "restart php8.4-fpm.service", check: "php-fpm8.4 -t" } as const;
const noDropInCheck = { none: "a drop-in has no checker of its own" } as const;

function shellScript(name: string, rest: Partial<FileSpec<WebFacts>> = {}): FileSpec<WebFacts> {
    return {
        path: `${library}/${name}`,
        mode: "0755",
        check: `bash -n ${library}/${name}`,
        ...rest,
    };
}

/** PHP's cache does not look at files again, so a changed one restarts PHP. */
function phpFile(path: string, rest: Partial<FileSpec<WebFacts>> = {}): FileSpec<WebFacts> {
    return { path, onChange: "restart php8.4-fpm.service", check: `php -l ${path}`, ...rest };
}

/** nginx, php-fpm and WordPress' releases, with a HAProxy on loopback that knows which database member is the writer. */
export const web: Role<WebFacts> = {
    name: "web",
    stem: "web-tier",
    packages: [
        ...[
            "nginx",
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
    units: ["php8.4-fpm.service", "haproxy@sql.service", "nginx.service", "nullmailer.service"],
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
            view: () => ({ stateFolder }),
            onChange: `run ${library}/release-package`,
            check: { none: "systemd-tmpfiles can only check by doing" },
        },
        shellScript("release-package", { onChange: `run ${library}/release-package` }),
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
            check: noDropInCheck,
        },
        {
            path: "/etc/logrotate.d/testudo-web",
            check: "logrotate --debug /etc/logrotate.d/testudo-web",
        },

        {
            path: "/etc/haproxy/sql.lua",
            onChange: "reload haproxy@sql.service",
            check: { none: "haproxy loads it in its own check" },
        },
        {
            path: "/etc/haproxy/sql.cfg",
            view: sqlView,
            onChange: "reload haproxy@sql.service",
            check: "haproxy -c -f /etc/haproxy/sql.cfg",
        },

        { path: "/etc/nginx/nginx.conf", ...nginxReload },
        { path: "/etc/nginx/conf.d/site.conf", view: siteView, ...nginxReload },
        { path: "/etc/nginx/snippets/testudo-fastcgi.conf", ...nginxReload },
        { path: "/etc/nginx/snippets/testudo-health.conf", ...nginxReload },
        { path: "/etc/systemd/system/nginx.service.d/testudo.conf", check: noDropInCheck },

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
        shellScript("healthy", { view: siteView }),
        shellScript("install"),
        { path: `${library}/install.php`, check: `php -l ${library}/install.php` },
    ],
    listens: [
        { protocol: "tcp", port: ports.site, scope: "network", what: "the site, for balancers" },
        {
            protocol: "tcp",
            port: ports.sqlPeers,
            scope: "network",
            what: "which member is the writer, shared by the web hosts",
        },
        { protocol: "tcp", port: ports.sql, scope: "loopback", what: "SQL for PHP" },
        {
            protocol: "tcp",
            port: ports.check,
            scope: "loopback",
            what: "health and status of nginx and php-fpm",
        },
    ],
    flows,
    logs: ["nginx.service", "php8.4-fpm.service", "haproxy@sql.service", "nullmailer.service"],
    metrics: [],
    faults: mailFaults,
};

function flows({ config }: Plan): Flow[] {
    const { mail } = config;
    return [
        { from: "load-balancer", to: "web", protocol: "tcp", port: ports.site, why: "the site" },
        {
            from: "web",
            to: "web",
            protocol: "tcp",
            port: ports.sqlPeers,
            why: "all web hosts write to the same member",
        },
        ...(mail === undefined
            ? []
            : [
                  {
                      from: "web",
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
