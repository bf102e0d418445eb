import { hostsOf } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import type { Credentials, HostFacts, View } from "./role";

export interface LoadBalancerFacts extends HostFacts {
    /** Towards web hosts and the other balancer. */
    readonly credentials: Credentials;
    /** What visitors see; the same on both balancers. */
    readonly edge: Credentials;
    /** Host key of the bastion, the same on both, since it answers at the floating address. */
    readonly bastionKey: string;
    /** Public keys that may pass the bastion, authorized_keys lines. */
    readonly authorizedKeys: readonly string[];
}

export const ports = {
    http: 80,
    https: 443,
    bastion: 2222,
    peers: 10000,
    metrics: 8405,
    web: 8443,
} as const;

export function haproxyView({ plan, host }: LoadBalancerFacts): View {
    const settings = plan.config.loadBalancer;
    return {
        self: host.name,
        maxConnections: settings.maxConnections,
        clientTimeout: `${settings.clientTimeoutSeconds * 1000}ms`,
        serverTimeout: `${settings.serverTimeoutSeconds * 1000}ms`,
        readTimeout: `${Math.min(settings.serverTimeoutSeconds, 10) * 1000}ms`,
        maxBodyBytes: plan.config.web.maxUploadMiB * 1024 * 1024 + 65536,
        peersPort: ports.peers,
        address: host.address,
        peers: hostsOf(plan, "load-balancer").map((peer) => ({
            peerName: peer.name,
            peerPlace:
                peer.name === host.name
                    ? ""
                    : ` ${peer.address}:${ports.peers} verifyhost ${peer.name}`,
        })),
        siteName: plan.siteName,
        servers: hostsOf(plan, "web").map((web, index) => ({
            serverName: web.name,
            serverId: index + 1,
            serverAddress: web.address,
            serverPort: ports.web,
        })),
    };
}

/** VRRP priorities only decide the first start; afterwards nobody preempts. */
export function keepalivedView({ plan, host }: LoadBalancerFacts): View {
    const pair = hostsOf(plan, "load-balancer");
    return {
        self: host.name,
        address: host.address,
        peers: others(pair, host).map((peer) => peer.address),
        routerId: plan.config.loadBalancer.vrrpRouterId,
        priority: 150 - 10 * pair.findIndex((peer) => peer.name === host.name),
        advertSeconds: plan.config.loadBalancer.vrrpAdvertSeconds,
        vip: plan.vip,
        vipPrefix: plan.networks.public.split("/")[1] ?? "24",
    };
}

export function peerView({ plan, host }: LoadBalancerFacts): View {
    return {
        vip: plan.vip,
        peers: others(hostsOf(plan, "load-balancer"), host)
            .map((peer) => peer.address)
            .join(" "),
    };
}

export function bastionView({ plan }: LoadBalancerFacts): View {
    return {
        port: ports.bastion,
        targets: plan.hosts
            .filter((host) => host.zone === "private")
            .map((host) => `${host.address}:22`)
            .join(" "),
    };
}

export function cronView({ plan }: LoadBalancerFacts): View {
    return { vip: plan.vip, siteName: plan.siteName };
}

function others(pair: readonly HostSpec[], self: HostSpec): HostSpec[] {
    return pair.filter((host) => host.name !== self.name);
}
