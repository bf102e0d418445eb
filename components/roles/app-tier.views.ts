import { createHmac } from "node:crypto";
import { appProxyView } from "./data-proxy";
import type { Credentials, HostFacts, View } from "./role";

export interface AppFacts extends HostFacts {
    /** Shown to the web hosts, and to SQL and Redis or the balancers before them. */
    readonly credentials: Credentials;
    /** Of the account `wordpress`. */
    readonly databasePassword: string;
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
    return { workers, startWorkers, spareWorkers: Math.max(startWorkers, Math.ceil(workers / 2)) };
}

export function settingsView({ plan }: AppFacts): View {
    const { maxUploadMiB } = plan.config.web;
    return {
        memoryMiB: plan.config.app.phpMemoryMiB,
        maxUploadMiB,
        maxPostMiB: maxUploadMiB + 1,
        stateFolder,
        sendmail: plan.config.mail === undefined ? "/bin/false" : "/usr/sbin/sendmail -t -i",
    };
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

export function wordpressView({ plan, databasePassword, salts }: AppFacts): View {
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
        mailFrom: plan.config.mail === undefined ? "null" : phpString(plan.config.mail.from),
    };
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
