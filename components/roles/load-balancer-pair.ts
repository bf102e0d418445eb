import { hostsOf } from "../cluster/plan";
import type { Fault, HostSpec } from "../cluster/types";
import { bundlePem, type Credentials, type HostFacts, type Role, type View } from "./role";

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

const tls = "/etc/testudo/tls/load-balancer";
const library = "/usr/local/lib/testudo/load-balancer";

/** HAProxy at the edge, keepalived for the floating address, the bastion, and the site's clock. */
export const loadBalancer: Role<LoadBalancerFacts> = {
    name: "load-balancer",
    stem: "load-balancer-pair",
    packages: ["haproxy", "keepalived", "socat"],
    users: [
        { name: "keepalived_script", home: "/nonexistent" },
        { name: "jump", home: "/nonexistent" },
    ],
    units: [
        "haproxy.service",
        "keepalived.service",
        "testudo-bastion.service",
        "testudo-cron.timer",
    ],
    files: [
        {
            path: `${tls}/edge.pem`,
            content: (facts) => bundlePem(facts.edge),
            mode: "0600",
            onChange: "reload haproxy.service",
            check: { none: "haproxy -c reads it" },
        },
        {
            path: `${tls}/host.pem`,
            content: (facts) => bundlePem(facts.credentials),
            mode: "0600",
            onChange: "reload haproxy.service",
            check: { none: "haproxy -c reads it" },
        },
        {
            path: `${tls}/ca.pem`,
            content: (facts) => facts.credentials.ca,
            onChange: "reload haproxy.service",
            check: { none: "haproxy -c reads it" },
        },
        {
            path: "/etc/haproxy/haproxy.cfg",
            view: haproxyView,
            onChange: "reload haproxy.service",
            check: "haproxy -c -f /etc/haproxy/haproxy.cfg",
        },
        {
            path: "/etc/systemd/system/haproxy.service.d/testudo.conf",
            check: { none: "a drop-in has no checker of its own" },
        },
        {
            path: "/etc/keepalived/keepalived.conf",
            view: keepalivedView,
            onChange: "restart keepalived.service",
            check: "keepalived --config-test --use-file /etc/keepalived/keepalived.conf",
        },
        {
            path: "/etc/systemd/system/keepalived.service.d/testudo.conf",
            check: { none: "a drop-in has no checker of its own" },
        },
        {
            path: `${library}/haproxy-answers`,
            mode: "0755",
            check: `sh -n ${library}/haproxy-answers`,
        },
        {
            path: `${library}/before-restart`,
            view: peerView,
            mode: "0755",
            check: `bash -n ${library}/before-restart`,
        },
        {
            path: `${library}/healthy`,
            view: peerView,
            mode: "0755",
            check: `bash -n ${library}/healthy`,
        },
        {
            path: "/etc/testudo/bastion/host-key",
            content: (facts) => facts.bastionKey,
            mode: "0600",
            onChange: "restart testudo-bastion.service",
            check: { none: "sshd -t reads it" },
        },
        {
            path: "/etc/testudo/bastion/authorized_keys",
            content: (facts) =>
                facts.authorizedKeys
                    .map((key) => `restrict,port-forwarding ${key.trim()}\n`)
                    .join(""),
            check: "ssh-keygen -l -f /etc/testudo/bastion/authorized_keys",
        },
        {
            path: "/etc/testudo/bastion/sshd_config",
            view: bastionView,
            onChange: "restart testudo-bastion.service",
            check: "mkdir -p /run/sshd && sshd -t -f /etc/testudo/bastion/sshd_config",
        },
        {
            path: "/etc/systemd/system/testudo-bastion.service",
            onChange: "restart testudo-bastion.service",
            check: "systemd-analyze verify --man=no /etc/systemd/system/testudo-bastion.service",
        },
        { path: `${library}/cron`, view: cronView, mode: "0755", check: `sh -n ${library}/cron` },
        {
            path: "/etc/systemd/system/testudo-cron.service",
            check: { none: "a oneshot without a setting that could be wrong" },
        },
        {
            path: "/etc/systemd/system/testudo-cron.timer",
            onChange: "restart testudo-cron.timer",
            check: "systemd-analyze calendar minutely",
        },
    ],
    listens: [
        { protocol: "tcp", port: ports.http, scope: "network", what: "redirect to https" },
        { protocol: "tcp", port: ports.https, scope: "network", what: "the site" },
        {
            protocol: "tcp",
            port: ports.bastion,
            scope: "network",
            what: "bastion: forwards SSH, runs nothing",
        },
        {
            protocol: "tcp",
            port: ports.peers,
            scope: "network",
            what: "stick tables shared by the balancers",
        },
        { protocol: "tcp", port: ports.metrics, scope: "loopback", what: "HAProxy metrics" },
    ],
    flows: () => [
        {
            from: "outside",
            to: "load-balancer",
            protocol: "tcp",
            port: ports.http,
            why: "redirect to https",
        },
        {
            from: "outside",
            to: "load-balancer",
            protocol: "tcp",
            port: ports.https,
            why: "the site",
        },
        {
            from: "operator",
            to: "load-balancer",
            protocol: "tcp",
            port: ports.https,
            why: "the site",
        },
        {
            from: "operator",
            to: "load-balancer",
            protocol: "tcp",
            port: ports.bastion,
            why: "bastion",
        },
        {
            from: "load-balancer",
            to: "load-balancer",
            protocol: "vrrp",
            why: "who holds the floating address",
        },
        {
            from: "load-balancer",
            to: "load-balancer",
            protocol: "tcp",
            port: ports.peers,
            why: "shared stick tables",
        },
    ],
    logs: [
        "haproxy.service",
        "keepalived.service",
        "testudo-bastion.service",
        "testudo-cron.service",
    ],
    metrics: [{ port: ports.metrics, path: "/metrics" }],
    faults: (plan): Fault[] => {
        const { vrrpAdvertSeconds } = plan.config.loadBalancer;
        const count = hostsOf(plan, "load-balancer").length;
        if (count <= 2) return [];
        return [
            {
                key: "testudo:loadBalancer.count",
                rule: "needs to be 2 (or 1 with testudo:acceptDataLossRisk)",
                why: `one address has one holder and one successor; a third would only wait ${vrrpAdvertSeconds} s adverts for nothing`,
                got: String(count),
            },
        ];
    },
};

function haproxyView({ plan, host }: LoadBalancerFacts): View {
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
            peerPlace: peer.name === host.name ? "" : ` ${peer.address}:${ports.peers}`,
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
function keepalivedView({ plan, host }: LoadBalancerFacts): View {
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

function peerView({ plan, host }: LoadBalancerFacts): View {
    return {
        vip: plan.vip,
        siteName: plan.siteName,
        peers: others(hostsOf(plan, "load-balancer"), host)
            .map((peer) => peer.address)
            .join(" "),
    };
}

function bastionView({ plan }: LoadBalancerFacts): View {
    return {
        port: ports.bastion,
        targets: plan.hosts
            .filter((host) => host.zone === "private")
            .map((host) => `${host.address}:22`)
            .join(" "),
    };
}

function cronView({ plan }: LoadBalancerFacts): View {
    return { vip: plan.vip, siteName: plan.siteName };
}

function others(pair: readonly HostSpec[], self: HostSpec): HostSpec[] {
    return pair.filter((host) => host.name !== self.name);
}
