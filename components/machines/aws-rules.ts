import { isInside, isLinkLocal } from "../cluster/aws";
import { hostsOf, type Plan } from "../cluster/plan";
import { roleNames, type Flow, type Party, type RoleName } from "../cluster/types";
import { platformServices } from "../roles/base.cloud";

/** The group that every host is in beside those of its roles. */
export const everyHost = "host";
export type GroupName = RoleName | typeof everyHost;

/** One rule of a security group, before the groups exist. */
export interface GroupRule {
    /** Unique in the stack, and the same as long as the rule is. */
    readonly key: string;
    readonly direction: "ingress" | "egress";
    readonly group: GroupName;
    /** Who is at the other end: another group, or a network. */
    readonly peer: { readonly group: RoleName } | { readonly network: string };
    /** In EC2's words: a name, or a number of IP. */
    readonly protocol: string;
    readonly fromPort?: number;
    readonly toPort?: number;
    readonly description: string;
}

/** Roles that have a group: those that have a host. */
export function groupsOf(plan: Plan): RoleName[] {
    return roleNames.filter((role) => hostsOf(plan, role).length > 0);
}

/** Every declared flow as rules: one where it leaves, one where it arrives. What no rule allows is closed. */
export function groupRules(plan: Plan, flows: readonly Flow[]): GroupRule[] {
    const known = groupsOf(plan);
    const declared = flows
        .filter((flow) => flow.ofPlatform !== true)
        .flatMap((flow) => [...leaving(plan, known, flow), ...arriving(plan, known, flow)]);
    const ofPlatform = platformServices(plan).flatMap((flow) =>
        (flow.only ?? ["0.0.0.0/0"])
            // Link-local addresses are served by the hypervisor, past all groups.
            .filter((network) => !isLinkLocal(network))
            .map((network) => rule("egress", everyHost, { network }, flow)),
    );
    // Two phrases for one right are one rule: EC2 refuses the second.
    return [...new Map([...ofPlatform, ...declared].map((one) => [one.key, one])).values()];
}

function leaving(plan: Plan, known: readonly RoleName[], flow: Flow): GroupRule[] {
    const group = known.find((role) => role === flow.from);
    if (group === undefined) return [];
    return peers(plan, known, flow, flow.to, "egress").map((peer) =>
        rule("egress", group, peer, flow),
    );
}

function arriving(plan: Plan, known: readonly RoleName[], flow: Flow): GroupRule[] {
    const group = known.find((role) => role === flow.to);
    if (group === undefined) return [];
    return peers(plan, known, flow, flow.from, "ingress").map((peer) =>
        rule("ingress", group, peer, flow),
    );
}

function peers(
    plan: Plan,
    known: readonly RoleName[],
    flow: Flow,
    party: Party,
    direction: GroupRule["direction"],
): GroupRule["peer"][] {
    if (party === "outside") return (flow.only ?? ["0.0.0.0/0"]).map((network) => ({ network }));
    if (party === "operator") return (flow.only ?? plan.operators).map((network) => ({ network }));
    const group = known.find((role) => role === party);
    if (group === undefined) return [];
    // A reference means the addresses of interfaces; what only routes lead to is none.
    const floating = plan.vips[group];
    const isRouted = floating !== undefined && !isInside(plan.networks.supernet, floating);
    return [
        { group },
        ...(isRouted && direction === "egress" ? [{ network: `${floating}/32` }] : []),
    ];
}

function rule(
    direction: GroupRule["direction"],
    group: GroupName,
    peer: GroupRule["peer"],
    { protocol, port, why }: Pick<Flow, "protocol" | "port" | "why">,
): GroupRule {
    const other = "group" in peer ? peer.group : peer.network.replace(/[./]/g, "-");
    const service = port === undefined ? protocol : `${protocol}-${port}`;
    return {
        key: `${group}-${direction === "ingress" ? "from" : "to"}-${other}-${service}`,
        direction,
        group,
        peer,
        ...service4(protocol, port),
        // EC2 allows these characters, and 255 of them.
        description: why.replace(/[^\w .:/()#,@[\]+=&;{}!$*-]/g, " ").slice(0, 255),
    };
}

function service4(
    protocol: Flow["protocol"],
    port: number | undefined,
): Pick<GroupRule, "protocol" | "fromPort" | "toPort"> {
    switch (protocol) {
        case "vrrp":
            return { protocol: "112" };
        case "icmp":
            // Echo requests: type 8, any code.
            return { protocol: "icmp", fromPort: 8, toPort: -1 };
        default:
            return { protocol, fromPort: port ?? 0, toPort: port ?? 65535 };
    }
}

/** A group has room for 60 rules in each direction, unless the account was given more. */
export const rulesPerGroup = 60;
