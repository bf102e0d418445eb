import { parseAddress } from "../cluster/addresses";
import { hostsOf, type Plan } from "../cluster/plan";
import { galeraWeight } from "../cluster/quorum";
import type { HostSpec, RoleName } from "../cluster/types";
import type { Credentials, HostFacts, View } from "./role";

export interface GaleraFacts extends HostFacts {
    /** Common name = host, organizational unit = `database`; for Galera, the gate and its callers alike. */
    readonly credentials: Credentials;
}

export const ports = {
    sql: 3307,
    health: 9200,
    group: 4567,
    incremental: 4568,
    transfer: 4444,
    server: 3306,
    agent: 9201,
} as const;

export const tls = "/etc/testudo/tls/database";

/** Connections of the server that clients cannot take: agent, exporter, backup, an operator. */
const reservedConnections = 8;

export function clusterView({ plan, host }: GaleraFacts): View {
    const members = hostsOf(plan, "database");
    return {
        name: host.name,
        address: host.address,
        members: members.map((member) => `${member.name}=${member.address}`).join(" "),
        votes: galeraWeight(host, members),
    };
}

export function serverView({ plan, host }: GaleraFacts): View {
    const { dataGiB, gcacheMiB, suspectTimeoutSeconds } = plan.config.database;
    return {
        name: host.name,
        address: host.address,
        clusterName: `testudo-${plan.stack}`,
        bufferPoolMaxMiB: bufferPoolLimitMiB(host),
        binlogTotalMiB: Math.floor((dataGiB * 1024) / 5),
        gtidDomain: parseAddress(host.address) ?? 0,
        providerOptions: providerOptions(host.address, gcacheMiB, suspectTimeoutSeconds),
        tlsDir: tls,
    };
}

export function runtimeView({ plan, host }: GaleraFacts): View {
    const members = hostsOf(plan, "database");
    const donors = members.filter((member) => member.name !== host.name).reverse();
    return {
        bufferPoolMiB: plan.config.database.bufferPoolMiB,
        maxConnections: plan.config.database.maxConnections + reservedConnections,
        clusterAddress: members.map((member) => member.address).join(","),
        donors: donors.map((member) => `${member.name},`).join(""),
    };
}

export function gateView({ plan, host }: GaleraFacts): View {
    const { maxConnections } = plan.config.database;
    return {
        address: host.address,
        tlsDir: tls,
        // SQL sessions and those that queue for one, and health checks beside them.
        gateConnections: 2 * maxConnections + 200,
        memberConnections: maxConnections,
        sqlUnits: `${callerOf(plan)} database`,
        healthUnits: `${callerOf(plan)} database`,
    };
}

/** Whoever chooses the writer: the inner balancers, or without them each host that runs PHP. */
export function callerOf(plan: Plan): RoleName {
    return hostsOf(plan, "inner-load-balancer").length > 0 ? "inner-load-balancer" : "app";
}

/** The one `wsrep_provider_options` string of a member. */
export function providerOptions(
    address: string,
    gcacheMiB: number,
    suspectSeconds: number,
): string {
    return [
        `gmcast.listen_addr=ssl://${address}:${ports.group}`,
        "socket.ssl=yes",
        `socket.ssl_cert=${tls}/cert.pem`,
        `socket.ssl_key=${tls}/key.pem`,
        `socket.ssl_ca=${tls}/ca.pem`,
        `gcache.size=${gcacheMiB}M`,
        "gcs.fc_limit=256",
        "gcs.fc_single_primary=yes",
        ...Object.entries(voteTimers(suspectSeconds)).map(
            ([name, seconds]) => `evs.${name}=PT${seconds}S`,
        ),
    ].join(";");
}

/**
 * Timers of Galera's vote, in seconds. Commits stall for suspect_timeout plus 0.45 s when a member vanishes,
 * measured with all periods at 0.3 s and a suspect_timeout of 1 s and of 2 s; with defaults it is plus 1.15 s.
 * Galera refuses to start with keepalive > suspect/3, inactive_check > suspect/2 or install > inactive.
 */
export function voteTimers(suspectSeconds: number): Record<string, number> {
    const period = Math.min(1, Math.max(0.3, Math.floor(suspectSeconds * 15) / 100));
    return {
        keepalive_period: period,
        inactive_check_period: period,
        join_retrans_period: period,
        suspect_timeout: hundredths(suspectSeconds),
        inactive_timeout: hundredths(3 * suspectSeconds),
        install_timeout: hundredths(1.5 * suspectSeconds),
    };
}

function hundredths(seconds: number): number {
    return Math.round(seconds * 100) / 100;
}

/** What the buffer pool may take of a host: the rest is for connections, Galera's queues and a state transfer. */
export function bufferPoolLimitMiB(host: HostSpec): number {
    return Math.floor((host.memoryMiB * 0.7) / 8) * 8;
}
