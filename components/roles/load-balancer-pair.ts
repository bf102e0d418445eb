import { acmeFlows } from "../cluster/acme";
import { hostsOf } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import type { FloatingFacts } from "./address-mover";
import {
    floatingAddressFiles,
    floatingAddressParts,
    floatingAddressUnits,
    type FloatingAddress,
} from "./floating-address";
import { acmeFiles, acmeParts } from "./load-balancer-pair.acme";
import { limitFaults } from "./load-balancer-pair.limits";
import { bundlePem, type NamesInPlan, type Role } from "./role";
import {
    bastionView,
    cronView,
    haproxyView,
    ports,
    type LoadBalancerFacts,
} from "./load-balancer-pair.views";

export { ports, type LoadBalancerFacts };

const tls = "/etc/testudo/tls/load-balancer";
const library = "/usr/local/lib/testudo/load-balancer";

const pair: FloatingAddress = {
    role: "load-balancer",
    section: "loadBalancer",
    library,
    proxyUnit: "haproxy.service",
    checkSocket: "/run/haproxy/check.sock",
    peersPort: ports.peers,
};

/** HAProxy at the edge, keepalived for the floating address, the bastion, and the site's clock. */
export const loadBalancer: Role<LoadBalancerFacts, NamesInPlan> = {
    name: "load-balancer",
    stem: "load-balancer-pair",
    packages: (plan) => [...floatingAddressParts.packages, ...acmeParts.packages(plan)],
    users: [...floatingAddressParts.users, { name: "jump", home: "/nonexistent" }],
    units: (plan) => [
        ...floatingAddressUnits(pair, [
            "haproxy.service",
            "keepalived.service",
            "testudo-bastion.service",
            "testudo-cron.timer",
        ])(plan),
        ...acmeParts.units(plan),
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
            // For the site's clock, which visits the site as visitors do.
            path: `${tls}/edge-ca.pem`,
            content: (facts) => facts.edge.ca,
            check: `openssl x509 -noout -in ${tls}/edge-ca.pem`,
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
        ...floatingAddressFiles(pair),
        ...acmeFiles,
        {
            path: `${library}/healthy`,
            view: ({ plan, mover }) => ({
                vip: mover?.kind === "elastic" ? mover.publicAddress : plan.vip,
                asks: askFloating(plan.vip, mover),
            }),
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
        {
            path: `${library}/cron`,
            view: cronView,
            mode: "0755",
            check: `bash ${library}/cron check`,
        },
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
    flows: (plan) => [
        ...acmeFlows(plan),
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
            protocol: "tcp",
            port: ports.https,
            why: "does anybody answer at the floating address",
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
        "testudo-acme.service",
    ],
    metrics: [{ port: ports.metrics, path: "/metrics" }],
    faults: (plan): Fault[] => {
        const { vrrpAdvertSeconds } = plan.config.loadBalancer;
        const count = hostsOf(plan, "load-balancer").length;
        const faults = limitFaults(plan);
        if (count <= 2) return faults;
        return [
            ...faults,
            {
                key: "testudo:loadBalancer.count",
                rule: "needs to be 2 (or 1 with testudo:acceptDataLossRisk)",
                why: `one address has one holder and one successor; a third would only wait ${vrrpAdvertSeconds} s adverts for nothing`,
                got: String(count),
            },
        ];
    },
};

/**
 * Does somebody answer? Where the platform leads a public address to a host, the host itself asks the platform: out of
 * the network and back in to itself proves nothing; and the other one dials, the way that visitors come.
 */
function askFloating(vip: string, mover: FloatingFacts["mover"]): string {
    const dial = (address: string) =>
        `timeout 3 bash -c "exec 3<>/dev/tcp/${address}/${ports.https}" 2>/dev/null`;
    return mover?.kind === "elastic"
        ? `${library}/address mine 2>/dev/null || ${dial(mover.publicAddress)}`
        : dial(vip);
}
