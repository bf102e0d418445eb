import { hostsOf, type Plan } from "./plan";
import { roleNames, type Flow, type HostSpec, type Party, type RoleName } from "./types";

/** A flow seen from one host: who is at the other end, as nftables writes it. */
export interface HostRule {
    /** `10.91.1.21` or a CIDR; empty where `except` speaks. */
    readonly peers: readonly string[];
    /** The rest of the world: everybody but these networks. */
    readonly except: readonly string[];
    readonly protocol: Flow["protocol"];
    readonly port: number | null;
    /** Whose processes may; towards others only. @default anybody's */
    readonly user?: string;
    readonly why: string;
}

/** A flow between two zones, for the border. */
export interface BorderRule {
    readonly from: BorderSide;
    readonly to: BorderSide;
    readonly protocol: Flow["protocol"];
    readonly port: number | null;
    readonly why: string;
}

/** Where packets of one zone come from or go to. */
export interface BorderSide {
    readonly zone: "public" | "private" | "outside";
    /** Empty: any address of the zone. */
    readonly addresses: readonly string[];
}

/** What others may open towards this host. */
export function inbound(plan: Plan, flows: readonly Flow[], host: HostSpec): HostRule[] {
    return rules(plan, flows, host, "to", "from");
}

/** What this host may open towards others. */
export function outbound(plan: Plan, flows: readonly Flow[], host: HostSpec): HostRule[] {
    return rules(plan, flows, host, "from", "to");
}

/** The flows that cross from one zone into another, addresses included. Flows inside a zone are the hosts' own business. */
export function crossings(plan: Plan, flows: readonly Flow[]): BorderRule[] {
    const all = flows.flatMap((flow) =>
        sides(plan, flow, flow.from).flatMap((from) =>
            sides(plan, flow, flow.to)
                .filter((to) => to.zone !== from.zone)
                .map((to) => ({
                    from,
                    to,
                    protocol: flow.protocol,
                    port: flow.port ?? null,
                    why: flow.why,
                })),
        ),
    );
    return distinct(all);
}

/** All flows as people and programs read them: an operator is named by its networks. */
export function matrixOf(plan: Plan, flows: readonly Flow[]): Flow[] {
    return flows.map((flow) =>
        flow.from === "operator" ? { ...flow, only: flow.only ?? plan.operators } : flow,
    );
}

function rules(
    plan: Plan,
    flows: readonly Flow[],
    host: HostSpec,
    own: "from" | "to",
    other: "from" | "to",
): HostRule[] {
    return distinct(
        flows
            .filter((flow) => isRole(flow[own]) && host.roles.includes(flow[own]))
            .map((flow) => ({
                ...peersOf(plan, flow, flow[other], host),
                protocol: flow.protocol,
                port: flow.port ?? null,
                ...(flow.user === undefined || own === "to" ? {} : { user: flow.user }),
                why: flow.why,
            }))
            .filter((rule) => rule.peers.length > 0 || rule.except.length > 0),
    );
}

/** Two roles of one host ask for the same. */
function distinct<T>(rules: readonly T[]): T[] {
    return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

function peersOf(
    plan: Plan,
    flow: Flow,
    party: Party,
    host: HostSpec,
): Pick<HostRule, "peers" | "except"> {
    if (party === "outside") {
        return flow.only === undefined
            ? { peers: [], except: plan.inside }
            : { peers: flow.only, except: [] };
    }
    if (party === "operator") return { peers: flow.only ?? plan.operators, except: [] };
    return {
        peers: addressesOf(plan, party).filter((address) => address !== host.address),
        except: [],
    };
}

function sides(plan: Plan, flow: Flow, party: Party): BorderSide[] {
    if (party === "outside") return [{ zone: "outside", addresses: flow.only ?? [] }];
    if (party === "operator") return [{ zone: "outside", addresses: flow.only ?? plan.operators }];
    const zone = hostsOf(plan, party)[0]?.zone;
    return zone === undefined ? [] : [{ zone, addresses: addressesOf(plan, party) }];
}

/** Balancers answer at their floating address as well. */
function addressesOf(plan: Plan, role: RoleName): string[] {
    const own = hostsOf(plan, role).map((host) => host.address);
    const floating = plan.vips[role];
    return floating === undefined || own.length === 0 ? own : [...own, floating];
}

function isRole(party: Party): party is RoleName {
    return (roleNames as readonly string[]).includes(party);
}
