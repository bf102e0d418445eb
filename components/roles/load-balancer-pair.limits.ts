import { configKey } from "../cluster/config";
import type { Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import type { View } from "./role";

/** Both are WordPress' doors for passwords; the second one also where it is closed: who asks it is guessing. */
const wordpressLogins = ["wp-login.php", "xmlrpc.php"];

type Settings = Plan["config"]["loadBalancer"];

/** An eighth of all: one address alone can never keep others out. */
export function connectionsPerAddress({ limits, maxConnections }: Settings): number {
    return limits.connectionsPerAddress ?? Math.floor(maxConnections / 8);
}

export function hstsSeconds({ config }: Pick<Plan, "config">): number {
    return config.site.hstsDays * 86_400;
}

/** What the edge lets one address do. Neither of its doors takes all connections, so that metrics are still read. */
export function limitsView({ config }: Pick<Plan, "config">): View {
    const { limits, maxConnections } = config.loadBalancer;
    return {
        maxConnections,
        siteConnections: maxConnections - Math.ceil(maxConnections / 8),
        redirectConnections: Math.ceil(maxConnections / 4),
        connectionsPerAddress: connectionsPerAddress(config.loadBalancer),
        limitsRequests: limits.requestsPerSecond > 0,
        requestsPerTenSeconds: 10 * limits.requestsPerSecond,
        loginPaths: [...wordpressLogins, ...limits.loginPaths].join(" "),
        loginsPerMinute: limits.loginsPerMinute,
        loginsPerMinuteBan: 2 * limits.loginsPerMinute,
        failedLogins: limits.failedLogins,
        banMinutes: limits.banMinutes,
        loginsKeptMinutes: limits.banMinutes + 2,
        banSeconds: 60 * limits.banMinutes,
        exempt: ["127.0.0.0/8", ...limits.exempt].join(" "),
    };
}

/** Limits that would limit nobody, or everybody. */
export function limitFaults(plan: Pick<Plan, "config">): Fault[] {
    const { loadBalancer } = plan.config;
    const { maxConnections, limits } = loadBalancer;
    const most = Math.floor(maxConnections / 2);
    const faults: Fault[] = [];
    if (connectionsPerAddress(loadBalancer) > most)
        faults.push({
            key: configKey("loadBalancer.limits.connectionsPerAddress"),
            rule: `needs to be at most half of testudo:loadBalancer.maxConnections (${most})`,
            why: "one address alone could keep everybody else out",
            got: String(limits.connectionsPerAddress),
        });
    return faults;
}
