import type { RoleName } from "../../components/cluster/types";

/** A way from one role to another that carries data. */
export interface Hop {
    readonly from: RoleName;
    readonly to: RoleName;
    readonly port: number;
    readonly probe: "http" | "fcgi" | "mysql" | "redis" | "galera" | "peers" | "gluster";
    /** For http: what is asked for, and which answers mean that the caller was let in. */
    readonly path?: string;
    readonly open?: readonly number[];
    /** The far side answers under this name; otherwise each host under its own. */
    readonly at?: "inner address";
    /** Only the host that is master lets anybody in. */
    readonly master?: "sessions" | "objects";
    /** Why a certificate of another role gets through as far as the daemon; absent where it does not. */
    readonly anyRole?: string;
}

const peersOnly =
    "HAProxy has no rule for who a peer is; the firewall lets in the other hosts of the role alone, by name";
const redisOnly =
    "Redis knows no roles of certificates; the firewall lets in cache hosts alone, and each account has a password";
const galeraOnly = "Galera knows no roles of certificates; the firewall lets in members alone";
const glusterOnly =
    "Gluster compares names (auth.ssl-allow) when a volume is opened, after TLS, which a test of its own tries; the firewall lets in storage, web and app hosts alone";

/** Every hop in mutual TLS of the presets of the end-to-end run. `hop-table.test.ts` compares it with the flows. */
export const hops: readonly Hop[] = [
    http("load-balancer", "web", 8443, "/-/health", [200]),
    {
        from: "load-balancer",
        to: "load-balancer",
        port: 10000,
        probe: "peers",
        anyRole: peersOnly,
    },
    { from: "web", to: "app", port: 9443, probe: "fcgi" },
    http("web", "app", 9444, "/-/health", [200]),
    // A purge by GET: let in, and told so.
    http("app", "web", 8444, "/-/purge", [405]),
    ...(["web", "app"] as const).flatMap((from) =>
        (["web", "app"] as const).map((to) => http(from, to, 9445, "/current", [200, 404])),
    ),
    ...([3306, 3307] as const).map((port): Hop => ({
        from: "app",
        to: "inner-load-balancer",
        port,
        probe: "mysql",
        at: "inner address",
    })),
    ...([6379, 6380] as const).map((port): Hop => ({
        from: "app",
        to: "inner-load-balancer",
        port,
        probe: "redis",
        at: "inner address",
    })),
    ...(["inner-load-balancer", "app"] as const).map((role): Hop => ({
        from: role,
        to: role,
        port: 10000,
        probe: "peers",
        anyRole: peersOnly,
    })),
    ...(["inner-load-balancer", "app"] as const).flatMap((from): Hop[] => [
        { from, to: "database", port: 3307, probe: "mysql" },
        http(from, "database", 9200, "/writer", [200, 404]),
        { from, to: "cache", port: 6379, probe: "redis", master: "sessions" },
        { from, to: "cache", port: 6380, probe: "redis", master: "objects" },
        http(from, "cache", 9379, "/sessions", [200, 503]),
    ]),
    http("database", "database", 9200, "/state", [200]),
    { from: "database", to: "database", port: 4567, probe: "galera", anyRole: galeraOnly },
    http("cache", "cache", 9379, "/state", [200]),
    ...([16379, 16380, 26379] as const).map((port): Hop => ({
        from: "cache",
        to: "cache",
        port,
        probe: "redis",
        anyRole: redisOnly,
    })),
    ...(["storage", "web", "app"] as const).flatMap((from) =>
        ([24007, 49152] as const).map((port): Hop => ({
            from,
            to: "storage",
            port,
            probe: "gluster",
            anyRole: glusterOnly,
        })),
    ),
];

/** Flows that carry no data of the site, or that nobody listens for just now. */
export const otherFlows: Readonly<Record<string, string>> = {
    "22": "SSH, with pinned host keys",
    "4444": "a full copy, while a member joins: socat with the same certificates, both sides verified",
    "4568": "missed write sets, while a member joins: Galera with the same settings as its group",
    "443 load-balancer":
        "whether anybody answers at the floating address: a connection and no word",
    "3306 inner-load-balancer": "the same, inside",
    "8730": "uploads with lsyncd, an engine that the presets of the run do not have: HAProxy as in the others",
};

function http(
    from: RoleName,
    to: RoleName,
    port: number,
    path: string,
    open: readonly number[],
): Hop {
    return { from, to, port, probe: "http", path, open };
}
