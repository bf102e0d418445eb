import { hostsOf, type Plan } from "../cluster/plan";
import type { Flow } from "../cluster/types";
import {
    choiceView,
    doors,
    peersPort,
    processView,
    proxyPrograms,
    type ProxyFacts,
} from "./data-proxy";
import {
    floatingAddressFiles,
    floatingAddressParts,
    floatingAddressUnits,
    type FloatingAddress,
} from "./floating-address";
import type { FloatingFacts } from "./address-mover";
import {
    bundlePem,
    onlyIf,
    type Credentials,
    type HostFacts,
    type NamesInPlan,
    type Role,
} from "./role";

export interface InnerLoadBalancerFacts extends FloatingFacts {
    /** Towards PHP's hosts, database and cache, and the other inner balancer. */
    readonly credentials: Credentials;
}

const tls = "/etc/testudo/tls/inner-load-balancer";
const library = "/usr/local/lib/testudo/inner-load-balancer";
const unit = "haproxy@inner.service";
const reload = `reload ${unit}` as const;
const readByHaproxy = { none: "haproxy -c reads it" } as const;

const pair: FloatingAddress = {
    role: "inner-load-balancer",
    section: "innerLoadBalancer",
    library,
    proxyUnit: unit,
    checkSocket: "/run/haproxy-inner/check.sock",
    peersPort,
};

/** HAProxy between PHP and its data, with a floating address of its own: it knows the writer and the masters. */
export const innerLoadBalancer: Role<InnerLoadBalancerFacts, NamesInPlan> = {
    name: "inner-load-balancer",
    stem: "inner-load-balancer",
    packages: floatingAddressParts.packages,
    users: floatingAddressParts.users,
    units: floatingAddressUnits(pair, [unit, "keepalived.service"]),
    files: [
        {
            path: `${tls}/host.pem`,
            content: (facts) => bundlePem(facts.credentials),
            mode: "0600",
            onChange: reload,
            check: readByHaproxy,
        },
        {
            path: `${tls}/ca.pem`,
            content: (facts) => facts.credentials.ca,
            onChange: reload,
            check: readByHaproxy,
        },
        ...proxyPrograms(unit),
        {
            path: "/etc/haproxy/inner.cfg",
            view: (facts) => {
                const proxy = proxyFacts(facts);
                return { ...processView(proxy), ...choiceView(proxy) };
            },
            onChange: reload,
            check: "haproxy -c -f /etc/haproxy/inner.cfg",
        },
        ...floatingAddressFiles(pair),
        {
            path: `${library}/healthy`,
            view: ({ plan }) => ({
                vip: plan.vips["inner-load-balancer"] ?? null,
                sqlPort: doors.sql,
            }),
            mode: "0755",
            check: `bash -n ${library}/healthy`,
        },
    ],
    listens: [
        { protocol: "tcp", port: doors.sql, scope: "network", what: "SQL to the writer" },
        {
            protocol: "tcp",
            port: doors.reads,
            scope: "network",
            what: "SQL reads beside the writer",
        },
        {
            protocol: "tcp",
            port: doors.sessions,
            scope: "network",
            what: "Redis for sessions",
            ...onlyIf(({ plan }) => hostsOf(plan, "cache").length > 0),
        },
        {
            protocol: "tcp",
            port: doors.objects,
            scope: "network",
            what: "Redis for objects",
            ...onlyIf(({ plan }) => hostsOf(plan, "cache").length > 0),
        },
        {
            protocol: "tcp",
            port: peersPort,
            scope: "network",
            what: "which member is the writer, shared by the pair",
        },
    ],
    flows,
    logs: [unit, "keepalived.service"],
    metrics: [],
    // Two or none: the plan's own rule.
    faults: () => [],
};

function proxyFacts({ plan, host }: HostFacts): ProxyFacts {
    return {
        plan,
        host,
        instance: "inner",
        role: "inner-load-balancer",
        tls,
        maxConnections: plan.config.innerLoadBalancer.maxConnections,
        clients: "app",
    };
}

function flows(plan: Plan): Flow[] {
    const role = "inner-load-balancer";
    const way = (port: number, why: string): Flow => ({
        from: "app",
        to: role,
        protocol: "tcp",
        port,
        why,
    });
    return [
        way(doors.sql, "SQL"),
        way(doors.reads, "SQL reads"),
        ...(hostsOf(plan, "cache").length > 0
            ? [way(doors.sessions, "PHP sessions"), way(doors.objects, "object cache")]
            : []),
        {
            from: role,
            to: role,
            protocol: "tcp",
            port: doors.sql,
            why: "does anybody answer at the floating address",
        },
        { from: role, to: role, protocol: "vrrp", why: "who holds the inner floating address" },
        {
            from: role,
            to: role,
            protocol: "tcp",
            port: peersPort,
            why: "both choose the same writer",
        },
    ];
}
