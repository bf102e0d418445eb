import { createHmac } from "node:crypto";
import { hostsOf, type Plan } from "../cluster/plan";
import { phpSitesOf } from "../cluster/sites";
import { appProxyView, doors, purgePort } from "./data-proxy";
import { releaseDoor } from "./releases";
import type { ProxysqlFacts } from "./proxysql";
import type { Credentials, View } from "./role";
import { followDoor } from "./uploads";

export interface AppFacts extends ProxysqlFacts {
    /** Shown to the web hosts, and to SQL and Redis or the balancers before them. */
    readonly credentials: Credentials;
    /** At least 64 random characters; WordPress' eight keys are derived from it. */
    readonly salts: string;
    /** For the mail relay, where it asks for one. */
    readonly mailPassword: string | null;
    /** Of the Redis users of the same names; null where the plan has no cache hosts. */
    readonly cachePasswords: { readonly sessions: string; readonly objects: string } | null;
}

/** Open to web hosts, in mutual TLS. */
export const ports = { fastcgi: 9443, health: 9444 } as const;

export const tls = "/etc/testudo/tls/app";
/** Written by PHP, on the host's own disk. */
export const stateFolder = "/srv/site/sessions";

export function poolView({ plan }: AppFacts): View {
    const workers = plan.config.app.phpWorkers;
    const startWorkers = Math.max(1, Math.floor(workers / 4));
    return {
        workers,
        startWorkers,
        spareWorkers: Math.max(startWorkers, Math.ceil(workers / 2)),
        slowlogSeconds: Math.ceil(plan.config.app.slowSeconds),
    };
}

export function prependView({ plan, host, cachePasswords }: AppFacts): View {
    return {
        self: host.name,
        slowSeconds: plan.config.app.slowSeconds,
        hasSessions: cachePasswords !== null,
        hasEnvironment: phpSitesOf(plan.config).length > 0,
        sessionFolders:
            cachePasswords === null && furtherSites(plan).length > 0 ? stateFolder : null,
    };
}

export function foldersView({ plan }: AppFacts): View {
    return { stateFolder, sessionFolders: furtherSites(plan).map((id) => `${stateFolder}/${id}`) };
}

function furtherSites(plan: Plan): string[] {
    return Object.keys(plan.config.sites);
}

export function settingsView({ plan, cachePasswords }: AppFacts): View {
    const { maxUploadMiB } = plan.config.web;
    return {
        memoryMiB: plan.config.app.phpMemoryMiB,
        maxUploadMiB,
        maxPostMiB: maxUploadMiB + 1,
        stateFolder,
        redisSessions:
            cachePasswords === null ? null : sessionsPlace(plan, cachePasswords.sessions),
        sendmail: plan.config.mail === undefined ? "/bin/false" : "/usr/sbin/sendmail -t -i",
    };
}

/**
 * Where php-redis keeps sessions, in its own notation. A connection waits as long as an election may last; `replicas`
 * is for sessions.php: so many have each change before a visitor is told.
 */
function sessionsPlace(plan: Plan, password: string): string {
    const options = new URLSearchParams({
        "auth[user]": "sessions",
        "auth[pass]": password,
        prefix: "session:",
        timeout: "5",
        read_timeout: "5",
        replicas: String(Math.min(1, hostsOf(plan, "cache").length - 1)),
    });
    return `tcp://127.0.0.1:${doors.sessions}?${options.toString()}`;
}

export const sockets = { php: "/run/php/php8.4-fpm.sock", checks: "/run/php/checks.sock" } as const;

/** PHP's own front: who may come in. */
export function gateView({ plan, host }: AppFacts): View {
    return {
        self: host.name,
        address: host.address,
        tls,
        fastcgiPort: ports.fastcgi,
        healthPort: ports.health,
        phpSocket: sockets.php,
        checkSocket: sockets.checks,
        workers: plan.config.app.phpWorkers,
        // What every web host may want at once: those that PHP works on, and those that wait here.
        maxConnections: 600 + plan.config.app.phpWorkers,
        door: releaseDoor({ plan, host }, "app"),
        uploadDoor: followDoor({ plan, host }, "app"),
    };
}

/** A host that is nginx' own PHP as well has what its nginx names. */
export function healthView({ plan, host }: AppFacts): View {
    const isApart = !host.roles.includes("web") && releaseDoor({ plan, host }, "app") !== null;
    return { stateFolder, heardSeconds: isApart ? 20 : null };
}

/** PHP's loopback proxy to its data and to the page caches. */
export function dataView({ plan, host }: AppFacts): View {
    return appProxyView({
        plan,
        host,
        instance: "data",
        role: "app",
        tls,
        // Every worker holds a connection to SQL and two to Redis, programs on the command line a few more.
        maxConnections: plan.config.app.phpWorkers * 6 + 100,
        clients: null,
    });
}

const keyNames = ["AUTH", "SECURE_AUTH", "LOGGED_IN", "NONCE"].flatMap((name) => [
    `${name}_KEY`,
    `${name}_SALT`,
]);

export function wordpressView(facts: AppFacts): View {
    const { plan, databasePassword, salts } = facts;
    const hosts = [...new Set([plan.siteName, plan.vip, "localhost", "127.0.0.1"])];
    return {
        databasePassword: phpString(databasePassword),
        keys: keyNames.map((keyName) => ({
            keyName,
            keyValue: createHmac("sha256", salts).update(keyName).digest("hex"),
        })),
        canonicalHost: phpString(plan.siteName),
        hostList: hosts.map(phpString).join(", "),
        memoryMiB: plan.config.app.phpMemoryMiB,
        objectCache: objectCache(facts),
        webHostList: hostsOf(plan, "web")
            .map((host) => phpString(host.name))
            .join(", "),
        purgePort,
        mailFrom: plan.config.mail === undefined ? "null" : phpString(plan.config.mail.from),
    };
}

/** A PHP literal: what object-cache.php needs to know. */
function objectCache({ cachePasswords }: AppFacts): string {
    if (cachePasswords === null) return "null";
    const place = {
        host: "127.0.0.1",
        user: "objects",
        password: cachePasswords.objects,
        prefix: "wp:main:",
        mark: `${stateFolder}/object-cache.unflushed`,
    };
    const texts = Object.entries(place).map(([key, text]) => `'${key}' => ${phpString(text)}`);
    return `[${[...texts, `'port' => ${doors.objects}`].join(", ")}]`;
}

export function relayView({ plan, mailPassword }: AppFacts): View | null {
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

/** A PHP literal of the text. */
export function phpString(text: string): string {
    return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

/** One argument, as nullmailer (and a shell) takes lines apart. */
export function quoted(text: string): string {
    return `'${text.replaceAll("'", `'"'"'`)}'`;
}
