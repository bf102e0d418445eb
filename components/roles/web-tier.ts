import { createHmac } from "node:crypto";
import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault, Flow } from "../cluster/types";
import {
    bundlePem,
    type Credentials,
    type FileSpec,
    type HostFacts,
    type Role,
    type View,
} from "./role";

export interface WebFacts extends HostFacts {
    /** Shown to the balancers, to the members' SQL doors and to the other web hosts. */
    readonly credentials: Credentials;
    /** Of the account `wordpress`. */
    readonly databasePassword: string;
    /** At least 64 random characters; WordPress' eight keys are derived from it. */
    readonly salts: string;
    /** For the mail relay, where it asks for one. */
    readonly mailPassword: string | null;
}

/** `sql` is PHP's way to the database, `check` the host's view of itself; both on loopback only. */
export const ports = {
    site: 8443,
    sqlPeers: 10000,
    sql: 3306,
    check: 8080,
    member: 3307,
    memberCheck: 9200,
} as const;

const tls = "/etc/testudo/tls/web";
const library = "/usr/local/lib/testudo/web";
/** The script that the component runs once, on the first host, after all pushes and the database. */
export const scripts = { install: `${library}/install` } as const;

/** Written by PHP, on the host's own disk. */
const stateFolder = "/srv/site/sessions";

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

function siteView({ plan, host }: WebFacts): View {
    return {
        self: host.name,
        siteName: plan.siteName,
        address: host.address,
        sitePort: ports.site,
        checkPort: ports.check,
        tls,
        balancers: hostsOf(plan, "load-balancer").map((balancer) => balancer.address),
        maxUploadMiB: plan.config.web.maxUploadMiB,
    };
}

function poolView({ plan }: WebFacts): View {
    const workers = plan.config.web.phpWorkers;
    const startWorkers = Math.max(1, Math.floor(workers / 4));
    return { workers, startWorkers, spareWorkers: Math.max(startWorkers, Math.ceil(workers / 2)) };
}

function settingsView({ plan }: WebFacts): View {
    const { phpMemoryMiB, maxUploadMiB } = plan.config.web;
    return {
        memoryMiB: phpMemoryMiB,
        maxUploadMiB,
        maxPostMiB: maxUploadMiB + 1,
        stateFolder,
        sendmail: plan.config.mail === undefined ? "/bin/false" : "/usr/sbin/sendmail -t -i",
    };
}

function sqlView({ plan, host }: WebFacts): View {
    return {
        self: host.name,
        address: host.address,
        tls,
        sqlPort: ports.sql,
        peersPort: ports.sqlPeers,
        // Every worker holds one connection, programs on the command line a few more.
        maxConnections: plan.config.web.phpWorkers * 2 + 50,
        peers: hostsOf(plan, "web").map((peer) => ({
            peerName: peer.name,
            // HAProxy's own place is its bind line.
            peerPlace:
                peer.name === host.name
                    ? ""
                    : ` ${peer.address}:${ports.sqlPeers} verifyhost ${peer.name}`,
        })),
        checkPort: ports.memberCheck,
        members: hostsOf(plan, "database").map((member, index) => ({
            memberName: member.name,
            memberAddress: member.address,
            memberPort: ports.member,
            memberId: index + 1,
        })),
    };
}

const keyNames = ["AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE"].flatMap((name) => [
    `${name}_KEY`,
    `${name}_SALT`,
]);

function wordpressView({ plan, databasePassword, salts }: WebFacts): View {
    const hosts = [...new Set([plan.siteName, plan.vip, "localhost", "127.0.0.1"])];
    return {
        databasePassword: phpString(databasePassword),
        keys: keyNames.map((keyName) => ({
            keyName,
            keyValue: createHmac("sha256", salts).update(keyName).digest("hex"),
        })),
        canonicalHost: phpString(plan.siteName),
        hostList: hosts.map(phpString).join(", "),
        memoryMiB: plan.config.web.phpMemoryMiB,
        mailFrom: plan.config.mail === undefined ? "null" : phpString(plan.config.mail.from),
    };
}

function relayView({ plan, mailPassword }: WebFacts): View | null {
    const { mail } = plan.config;
    if (mail === undefined) return null;
    const options = [
        `--port=${mail.port}`,
        ...(mail.tls === "starttls"
            ? ["--starttls", "--x509cafile=/etc/ssl/certs/ca-certificates.crt"]
            : []),
        ...(mail.user === undefined
            ? []
            : [`--user=${quoted(mail.user)}`, `--pass=${quoted(mailPassword ?? "")}`]),
    ];
    return { remote: [mail.relay, "smtp", ...options].join(" ") };
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

/** A PHP literal of the text. */
export function phpString(text: string): string {
    return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

/** One argument, as nullmailer (and a shell) takes lines apart. */
export function quoted(text: string): string {
    return `'${text.replaceAll("'", `'"'"'`)}'`;
}

function line(text: string | undefined): string | null {
    return text === undefined ? null : `${text}\n`;
}
