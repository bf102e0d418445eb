import { createHmac } from "node:crypto";
import { hostsOf } from "../cluster/plan";
import type { Credentials, HostFacts, View } from "./role";

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

export const tls = "/etc/testudo/tls/web";
/** Written by PHP, on the host's own disk. */
export const stateFolder = "/srv/site/sessions";

export function siteView({ plan, host }: WebFacts): View {
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

export function poolView({ plan }: WebFacts): View {
    const workers = plan.config.web.phpWorkers;
    const startWorkers = Math.max(1, Math.floor(workers / 4));
    return { workers, startWorkers, spareWorkers: Math.max(startWorkers, Math.ceil(workers / 2)) };
}

export function settingsView({ plan }: WebFacts): View {
    const { phpMemoryMiB, maxUploadMiB } = plan.config.web;
    return {
        memoryMiB: phpMemoryMiB,
        maxUploadMiB,
        maxPostMiB: maxUploadMiB + 1,
        stateFolder,
        sendmail: plan.config.mail === undefined ? "/bin/false" : "/usr/sbin/sendmail -t -i",
    };
}

export function sqlView({ plan, host }: WebFacts): View {
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

export function wordpressView({ plan, databasePassword, salts }: WebFacts): View {
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

export function relayView({ plan, mailPassword }: WebFacts): View | null {
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
