import { createHash } from "node:crypto";
import { hostsOf, type Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import type { Credentials, HostFacts, View } from "./role";

/** Accounts, one a purpose; nobody has the right of another. Alphanumeric. */
export interface RedisPasswords {
    /** PHP's sessions. */
    readonly sessions: string;
    /** WordPress' object cache. */
    readonly objects: string;
    /** Replicas towards their master. */
    readonly replication: string;
    /** Sentinels, towards Redis and each other. */
    readonly sentinel: string;
    /** Who only asks: the gate, the agent, the guard. */
    readonly gate: string;
    /** Everything; for the scripts of pushes and for people on the host. */
    readonly operator: string;
}

export interface RedisFacts extends HostFacts {
    /** Common name = host, organizational unit = `cache`. */
    readonly credentials: Credentials;
    readonly passwords: RedisPasswords;
}

export const ports = {
    sessions: 6379,
    objects: 6380,
    health: 9379,
    sessionsReplication: 16379,
    objectsReplication: 16380,
    sentinel: 26379,
    agent: 9380,
} as const;

export const tls = "/etc/testudo/tls/cache";
export const settings = "/etc/testudo/cache";

/** The two Redis instances of each host; Sentinel knows their masters by the same names. */
export const instances = ["sessions", "objects"] as const;
export type Instance = (typeof instances)[number];

const replicationPort: Readonly<Record<Instance, number>> = {
    sessions: ports.sessionsReplication,
    objects: ports.objectsReplication,
};

/** Clients of one instance at once, replicas, Sentinels and scripts beside them. */
const clients = { gate: 2000, others: 64 };

/** Sentinels that make a decision. */
export function majority(plan: Plan): number {
    return Math.floor(hostsOf(plan, "cache").length / 2) + 1;
}

export function clusterView({ plan, host }: RedisFacts): View {
    const members = hostsOf(plan, "cache");
    return {
        name: host.name,
        address: host.address,
        members: members.map((member) => `${member.name}=${member.address}`).join(" "),
        majority: majority(plan),
    };
}

export function instanceView(instance: Instance): (facts: RedisFacts) => View {
    return ({ plan, host, passwords }) => {
        const { sessionsMiB, objectsMiB } = plan.config.cache;
        const keeps = instance === "sessions";
        return {
            instance,
            address: host.address,
            port: replicationPort[instance],
            tls,
            settings,
            replicationPassword: passwords.replication,
            maxMemoryMiB: keeps ? sessionsMiB : objectsMiB,
            eviction: keeps ? "noeviction" : "allkeys-lru",
            maxClients: clients.gate + clients.others,
            replicasToWrite: replicasToWrite(plan),
        };
    };
}

/** One replica has each write, except where the user has accepted that there is none. */
function replicasToWrite(plan: Plan): number {
    return Math.min(1, hostsOf(plan, "cache").length - 1);
}

export function sentinelView({ plan, host, passwords }: RedisFacts): View {
    const members = hostsOf(plan, "cache");
    const { downAfterSeconds } = plan.config.cache;
    return {
        address: host.address,
        sentinelPort: ports.sentinel,
        id: sentinelId(plan, host),
        tls,
        settings,
        sentinelPassword: passwords.sentinel,
        masters: instances.map((instance) => ({
            master: instance,
            firstAddress: members[0]?.address ?? host.address,
            masterPort: replicationPort[instance],
            quorum: majority(plan),
            downAfterMs: Math.round(downAfterSeconds * 1000),
            failoverMs: failoverMs(downAfterSeconds),
            parallel: Math.max(1, members.length - 1),
            authPassword: passwords.sentinel,
        })),
    };
}

/** The same for a host's name in each of its machines: Sentinels count whom they ever knew, also who will not return. */
export function sentinelId(plan: Plan, host: HostSpec): string {
    return createHash("sha1").update(`${plan.stack}/${host.name}`).digest("hex");
}

/**
 * When two Sentinels ask for the lead at once neither gets it, and the next try is two of these away.
 * Less than the time to notice a loss makes no sense: the new master may be the next one lost.
 */
export function failoverMs(downAfterSeconds: number): number {
    return Math.round(Math.max(1.5, 1.5 * downAfterSeconds) * 1000);
}

/**
 * How often a Sentinel asks for a sign of life: often enough that down-after is what decides. Not more often:
 * a replica that was silent for five of these is not elected.
 */
export function pingMs(downAfterSeconds: number): number {
    return Math.round(Math.min(1000, Math.max(200, (downAfterSeconds * 1000) / 3)));
}

export function settleView({ plan }: RedisFacts): View {
    const { downAfterSeconds } = plan.config.cache;
    return {
        downAfterMs: Math.round(downAfterSeconds * 1000),
        pingMs: pingMs(downAfterSeconds),
    };
}

export function gateView({ plan, host, passwords }: RedisFacts): View {
    const members = hostsOf(plan, "cache");
    return {
        address: host.address,
        tls,
        gatePassword: passwords.gate,
        gateConnections: instances.length * clients.gate + 200,
        memberConnections: clients.gate,
        healthPort: ports.health,
        agentPort: ports.agent,
        callers: "app inner-load-balancer cache",
        // Without a replica a write is refused: the client is better off waiting for the next master.
        writable: replicasToWrite(plan) > 0,
        instances: instances.map((instance) => ({
            instance,
            clientPort: ports[instance],
            majority: majority(plan),
            sentinels: members.map((member) => ({
                sentinelName: member.name,
                sentinelAddress: `${member.address}:${ports.sentinel}`,
            })),
        })),
    };
}

/** Everybody down, in the words of HAProxy's server state file. */
export function gateStateView({ plan }: RedisFacts): View {
    const members = hostsOf(plan, "cache");
    const servers = instances.flatMap((instance, place) => [
        ...members.map((member, index) => ({
            backend: `${instance}-named`,
            backendId: 2 * place + 2,
            server: member.name,
            serverId: index + 1,
            serverAddress: member.address,
            serverPort: ports.sentinel,
        })),
        {
            backend: instance,
            backendId: 2 * place + 1,
            server: "local",
            serverId: 1,
            serverAddress: "-",
            serverPort: 0,
        },
    ]);
    return { servers };
}
