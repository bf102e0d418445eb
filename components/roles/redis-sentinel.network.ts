import { hostsOf, type Plan } from "../cluster/plan";
import type { Flow } from "../cluster/types";
import { ports } from "./redis-sentinel.views";
import type { Listener } from "./role";

export const listens: readonly Listener[] = [
    listener(ports.sessions, "sessions in TLS, for clients with a certificate of their role"),
    listener(ports.objects, "object cache in TLS, for the same clients"),
    listener(ports.health, "whether this host is master: /sessions, /objects, and /state"),
    listener(ports.sessionsReplication, "replicas and Sentinels of sessions"),
    listener(ports.objectsReplication, "replicas and Sentinels of the object cache"),
    listener(ports.sentinel, "Sentinel"),
    {
        protocol: "tcp",
        port: ports.agent,
        scope: "loopback",
        what: "agent behind the gate",
    },
];

export function flows(plan: Plan): Flow[] {
    return [...clientFlows(plan), ...memberFlows];
}

function listener(port: number, what: string) {
    return { protocol: "tcp", port, scope: "network", what } as const;
}

/** Inner balancers stand between where there are any. */
function clientFlows(plan: Plan): Flow[] {
    const from = hostsOf(plan, "inner-load-balancer").length > 0 ? "inner-load-balancer" : "app";
    const to = "cache" as const;
    return [
        { from, to, protocol: "tcp", port: ports.sessions, why: "PHP sessions" },
        { from, to, protocol: "tcp", port: ports.objects, why: "object cache" },
        { from, to, protocol: "tcp", port: ports.health, why: "which host is the Redis master" },
    ];
}

const memberFlows: readonly Flow[] = [
    [ports.sessionsReplication, "replication of sessions"] as const,
    [ports.objectsReplication, "replication of the object cache"] as const,
    [ports.sentinel, "Sentinels' votes, and gates that ask them"] as const,
    [ports.health, "who is up before anyone forms or restarts"] as const,
].map(([port, why]) => ({ from: "cache", to: "cache", protocol: "tcp", port, why }));
