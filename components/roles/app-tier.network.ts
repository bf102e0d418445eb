import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault, Flow } from "../cluster/types";
import { mailFlows } from "./app-tier.mail";
import { ports } from "./app-tier.views";
import { doors, peersPort } from "./data-proxy";
import { releaseFlows, releaseListener } from "./releases";
import type { Listener } from "./role";
import { followFlows, followListener } from "./uploads";

export const listens: readonly Listener[] = [
    { protocol: "tcp", port: ports.fastcgi, scope: "network", what: "PHP, for web hosts" },
    { protocol: "tcp", port: ports.health, scope: "network", what: "health of PHP" },
    releaseListener("app"),
    followListener("app"),
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
];

export function flows(plan: Plan): Flow[] {
    return [
        { from: "web", to: "app", protocol: "tcp", port: ports.fastcgi, why: "pages" },
        {
            from: "web",
            to: "app",
            protocol: "tcp",
            port: ports.health,
            why: "which host can work",
        },
        // With inner balancers these choose, and app hosts have nothing to tell each other.
        ...(hostsOf(plan, "inner-load-balancer").length > 0
            ? []
            : [
                  {
                      from: "app",
                      to: "app",
                      protocol: "tcp",
                      port: peersPort,
                      why: "all app hosts write to the same member",
                  } as const,
              ]),
        ...releaseFlows(plan),
        ...followFlows(plan),
        ...mailFlows(plan),
    ];
}

/** PHP on hosts of its own has no other place for sessions that every host can reach. */
export function sessionFaults(plan: Plan): Fault[] {
    const apart = hostsOf(plan, "app").filter((host) => !host.roles.includes("web"));
    if (apart.length === 0 || hostsOf(plan, "cache").length > 0) return [];
    return [
        {
            key: configKey("cache.count"),
            rule: "needs hosts where testudo:app.count has some",
            why: "web hosts spread a visitor's requests over the app hosts, and a session that lies on one of them would be lost at the next request",
            got: "0",
        },
    ];
}
