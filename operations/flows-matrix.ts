import { roleNames, type Flow, type Party, type RoleName } from "../components/cluster/types";
import type { Stack } from "./stack";

/** One right to talk as a person reads it: ports that serve the same purpose are one entry. */
export interface Entry {
    readonly from: Party;
    readonly to: Party;
    /** `tcp 3307`, `tcp 49152-49155`, `vrrp`. */
    readonly service: string;
    /** Networks that narrow `outside` or `operator`; empty: no limit. */
    readonly only: readonly string[];
    readonly why: string;
}

export interface RoleHosts {
    readonly role: RoleName;
    readonly zone: string;
    readonly hosts: readonly string[];
}

export interface Matrix {
    readonly stack: string;
    readonly roles: readonly RoleHosts[];
    readonly entries: readonly Entry[];
}

/** In this order people meet them: from the outside inwards. */
const order: readonly Party[] = ["outside", "operator", ...roleNames];

export function matrixIn(stack: Stack, flows: readonly Flow[]): Matrix {
    return {
        stack: stack.name,
        roles: roleNames
            .map((role) => ({ role, members: stack.hostsOf(role) }))
            .filter(({ members }) => members.length > 0)
            .map(({ role, members }) => ({
                role,
                zone: members[0]?.zone ?? "private",
                hosts: members.map((host) => host.name),
            })),
        entries: entriesOf(flows),
    };
}

/** Who appears at one end, from the outside inwards. */
export function parties({ entries }: Matrix, end: "from" | "to"): Party[] {
    return order.filter((party) => entries.some((entry) => entry[end] === party));
}

function entriesOf(flows: readonly Flow[]): Entry[] {
    const groups = new Map<string, Flow[]>();
    for (const flow of flows) {
        const { from, to, protocol, only, why } = flow;
        const key = JSON.stringify([from, to, protocol, only, why]);
        groups.set(key, [...(groups.get(key) ?? []), flow]);
    }
    return [...groups.values()]
        .flatMap((group) => group.slice(0, 1).map((flow) => entryOf(flow, group)))
        .sort(
            (a, b) =>
                order.indexOf(a.from) - order.indexOf(b.from) ||
                order.indexOf(a.to) - order.indexOf(b.to),
        );
}

function entryOf({ from, to, protocol, only, why }: Flow, group: readonly Flow[]): Entry {
    const ports = spans(group.flatMap(({ port }) => port ?? []));
    return { from, to, service: [protocol, ports].join(" ").trim(), only: only ?? [], why };
}

/** `80, 443, 49152-49155`. */
function spans(ports: readonly number[]): string {
    const found: [number, number][] = [];
    for (const port of [...new Set(ports)].sort((a, b) => a - b)) {
        const last = found.at(-1);
        if (last?.[1] === port - 1) last[1] = port;
        else found.push([port, port]);
    }
    return found
        .map(([first, last]) => (first === last ? String(first) : `${first}-${last}`))
        .join(", ");
}
