import { hostsOf, type Plan } from "../cluster/plan";
import { interfaceOf } from "../cluster/types";
import { notifyLines, moverFiles, moverUnits, type FloatingFacts } from "./address-mover";
import type { FileSpec, HostFacts, Names, View } from "./role";

/** A pair of HAProxies that share one address. */
export interface FloatingAddress {
    readonly role: "load-balancer" | "inner-load-balancer";
    /** Config section with `vrrpAdvertSeconds` and `vrrpRouterId`. */
    readonly section: "loadBalancer" | "innerLoadBalancer";
    readonly library: string;
    /** The address follows this unit's health. */
    readonly proxyUnit: string;
    /** keepalived asks here, as a user that may do nothing else. */
    readonly checkSocket: string;
    /** A peer that answers here may take over. */
    readonly peersPort: number;
}

/** What both pairs run beside HAProxy. */
export const floatingAddressParts = {
    packages: ["haproxy", "keepalived", "socat"],
    users: [{ name: "keepalived_script", home: "/nonexistent" }],
} as const;

/** keepalived with its question to HAProxy, and the guard that hands the address over before a restart. */
export function floatingAddressFiles(pair: FloatingAddress): FileSpec<FloatingFacts>[] {
    const shared = (name: string) => `_shared/floating-address/${name}.mustache`;
    const answers = `${pair.library}/haproxy-answers`;
    const before = `${pair.library}/before-restart`;
    const leave = `${pair.library}/leave`;
    return [
        {
            path: "/etc/keepalived/keepalived.conf",
            template: shared("keepalived.conf"),
            view: (facts) => keepalivedView(pair, facts),
            onChange: "restart keepalived.service",
            check: "keepalived --config-test --use-file /etc/keepalived/keepalived.conf",
        },
        {
            path: "/etc/systemd/system/keepalived.service.d/testudo.conf",
            template: shared("keepalived.service.conf"),
            view: () => ({ proxyUnit: pair.proxyUnit }),
            check: { none: "a drop-in has no checker of its own" },
        },
        {
            path: answers,
            template: shared("haproxy-answers"),
            view: () => ({ checkSocket: pair.checkSocket }),
            mode: "0755",
            check: `sh -n ${answers}`,
        },
        {
            path: before,
            template: shared("before-restart"),
            view: (facts) => peerView(pair, facts),
            mode: "0755",
            check: `bash -n ${before}`,
        },
        {
            path: leave,
            template: shared("leave"),
            view: (facts) => ({
                ...peerView(pair, facts),
                self: facts.host.name,
                role: pair.role,
                checkSocket: pair.checkSocket,
            }),
            mode: "0755",
            check: `bash -n ${leave}`,
        },
        ...moverFiles(pair),
    ];
}

/** Units of the pair: the platform's part in moving the address has some of its own. */
export function floatingAddressUnits(pair: FloatingAddress, own: Names): (plan: Plan) => Names {
    return (plan) => [...own, ...moverUnits(plan, pair.role)];
}

/**
 * VRRP priorities only decide the first start; afterwards nobody preempts. On AWS the address is a mark of the master alone
 * (/32: the zone's network is cut in parts, none of which it shall be a neighbour of).
 */
export function keepalivedView(pair: FloatingAddress, { plan, host }: HostFacts): View {
    const hosts = hostsOf(plan, pair.role);
    const settings = plan.config[pair.section];
    const peers = hosts.filter((peer) => peer.name !== host.name).map((peer) => peer.address);
    return {
        self: host.name,
        instance: pair.role,
        library: pair.library,
        address: host.address,
        // keepalived takes no empty list; one balancer alone asks nobody.
        hasPeers: peers.length > 0,
        peers,
        routerId: settings.vrrpRouterId,
        priority: 150 - 10 * hosts.findIndex((peer) => peer.name === host.name),
        advertSeconds: settings.vrrpAdvertSeconds,
        vip: plan.vips[pair.role] ?? null,
        vipPrefix:
            plan.config.platform === "aws"
                ? "32"
                : (plan.networks[host.zone].split("/")[1] ?? "24"),
        interface: interfaceOf(host),
        notify: notifyLines(pair, plan),
    };
}

function peerView(pair: FloatingAddress, { plan, host }: HostFacts): View {
    return {
        vip: plan.vips[pair.role] ?? null,
        interface: interfaceOf(host),
        peersPort: pair.peersPort,
        peers: hostsOf(plan, pair.role)
            .filter((peer) => peer.name !== host.name)
            .map((peer) => peer.address)
            .join(" "),
    };
}
