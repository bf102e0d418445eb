import { hostsOf } from "../cluster/plan";
import { leastRsaBits } from "../cluster/public-key";
import { answerView, type AcmeAccount } from "./load-balancer-pair.acme";
import { hstsSeconds, limitsView } from "./load-balancer-pair.limits";
import { sitesOf } from "../cluster/sites";
import { interfaceOf } from "../cluster/types";
import type { FloatingFacts } from "./address-mover";
import type { Credentials, View } from "./role";
import { keptPagesView } from "./web-tier.caches";

export interface LoadBalancerFacts extends FloatingFacts {
    /** Towards web hosts and the other balancer. */
    readonly credentials: Credentials;
    /** What visitors see; the same on both balancers. */
    readonly edge: Credentials;
    /** Where an authority is asked for what visitors see; `edge` is shown until it has signed. */
    readonly acme: AcmeAccount | null;
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

export function haproxyView({ plan, host, acme }: LoadBalancerFacts): View {
    const settings = plan.config.loadBalancer;
    return {
        self: host.name,
        ...limitsView(plan),
        ...answerView({ acme }),
        ...keptPagesView(plan),
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
        hstsSeconds: hstsSeconds(plan),
        // With Redis every host has every session.
        sticky: hostsOf(plan, "cache").length === 0,
        servers: hostsOf(plan, "web").map((web, index) => ({
            serverName: web.name,
            serverId: index + 1,
            serverAddress: web.address,
            serverPort: ports.web,
        })),
    };
}

export function bastionView({ plan }: LoadBalancerFacts): View {
    return {
        port: ports.bastion,
        // The bastion is, whosever the machine.
        isOurs: true,
        leastRsaBits,
        targets: plan.hosts
            .filter((host) => host.zone === "private")
            .map((host) => `${host.address}:${host.sshPort ?? 22}`)
            .join(" "),
    };
}

const wordpressCron = { schedule: "minutely", path: "/wp-cron.php?doing_wp_cron" };

export function cronView({ plan, host }: LoadBalancerFacts): View {
    return {
        interface: interfaceOf(host),
        vip: plan.vip,
        jobs: sitesOf(plan.config).flatMap(({ host, code }) =>
            (code === "wordpress" ? [wordpressCron] : code.cron).map(({ schedule, path }) => ({
                jobSchedule: schedule,
                jobHost: host,
                jobPath: path,
            })),
        ),
    };
}
