import { quorumRoles } from "../components/cluster/quorum";
import type { RoleName } from "../components/cluster/types";
import { least, quorumMissing, staying } from "./redundancy";
import { Refusal } from "./refusal";
import { stateOf, type HostState } from "./survey";

/** What somebody wants of a host. */
export interface Wish {
    readonly name: string;
    /** It comes back, made anew, with its data volume. */
    readonly returns: boolean;
    /** A sentence naming the loss that too few hosts may cause. */
    readonly acceptRisk?: string;
}

/** A goodbye that the rest of the stack can bear. */
export interface Farewell {
    readonly host: HostState;
    /** Who stays, by role of the host. */
    readonly peers: ReadonlyMap<RoleName, readonly HostState[]>;
    /** What it will cost, a line each. */
    readonly costs: readonly string[];
}

const isQuorum = (role: RoleName) => (quorumRoles as readonly string[]).includes(role);

/** @throws Refusal where the rest could not bear it. */
export function farewellOf(hosts: readonly HostState[], wish: Wish): Farewell {
    const host = hosts.find((one) => one.name === wish.name);
    if (host === undefined) {
        const names = hosts.map((one) => one.name).join(", ");
        throw new Refusal(`HOST ${wish.name}: is no host of the stack; there are ${names}`);
    }
    for (const role of host.roles) bearable(role, host, hosts, wish);
    return {
        host,
        peers: new Map(host.roles.map((role) => [role, others(role, host, hosts)] as const)),
        costs: host.roles.flatMap((role) => costsOf(role, host, hosts, wish)),
    };
}

function others(role: RoleName, host: HostState, hosts: readonly HostState[]): HostState[] {
    return staying(role, hosts).filter((one) => one.name !== host.name);
}

function bearable(
    role: RoleName,
    host: HostState,
    hosts: readonly HostState[],
    { returns, acceptRisk }: Wish,
): void {
    const refuse = (what: string) => {
        throw new Refusal(`HOST ${host.name}: ${what}. Nothing was changed.`);
    };
    const stay = others(role, host, hosts);
    const rest = hosts.filter((one) => one !== host);
    const isWell = (one: HostState) => one.answers && stateOf(one, role)?.health === "well";
    const unwell = stay.filter((one) => !isWell(one));
    if (isQuorum(role)) {
        const left = hosts.filter((one) => one.roles.includes(role) && one.left && one !== host);
        if (left.length > 0)
            refuse(
                `${names(left)} of its ${role} quorum has left and is still in the stack; take it out, or bring it back, first: a quorum changes by one member at a time`,
            );
        const missing = [
            ...unwell.map((one) => describe(one, role)),
            ...(isWell(host)
                ? quorumMissing(role, hosts)
                : // Of a volume with a lost copy its own scripts know what can be spared.
                  role === "storage"
                  ? []
                  : quorumMissing(role, rest)),
        ];
        if (missing.length > 0)
            refuse(
                `the others of its ${role} quorum need to be whole first, because they have nobody to spare meanwhile: ${missing.join("; ")}`,
            );
    }
    if (role === "ops") return;
    if (stay.length === unwell.length)
        refuse(`it is the last ${role} host that works; ${names(unwell) || "nobody"} could go on`);
    const isTooFew = stay.length < least[role];
    if (isQuorum(role) && returns && 2 * stay.length <= stay.length + 1)
        refuse(`${stay.length} of ${stay.length + 1} ${role} members are no majority`);
    if (isTooFew && !returns && acceptRisk === undefined)
        refuse(
            `${stay.length} ${role} host${stay.length === 1 ? "" : "s"} would stay and ${least[role]} are needed to bear the loss of another; add one first, or say in words what may be lost: --accept-risk "…"`,
        );
}

function costsOf(
    role: RoleName,
    host: HostState,
    hosts: readonly HostState[],
    { returns }: Wish,
): string[] {
    const stay = others(role, host, hosts);
    const until = returns ? ", until it is back" : "";
    const count = `${role}: ${stay.length + 1} -> ${stay.length} hosts (${names(stay) || "none"})${until}`;
    const margin = isQuorum(role)
        ? [`${role}: ${marginOf(stay.length)} of them may be lost at once${until}`]
        : [];
    return [count, ...margin, ...(host.answers ? [farewells[role]] : [])].filter(
        (line) => line !== "",
    );
}

/** Members that may be lost at once. */
function marginOf(members: number): number {
    return Math.max(0, Math.floor((members - 1) / 2));
}

const farewells: Readonly<Record<RoleName, string>> = {
    "load-balancer":
        "load-balancer: the floating address moves if it is here; connections get 30 s to end",
    web: "web: visitors are sent elsewhere, what is under way gets 60 s to end",
    app: "app: requests are sent elsewhere, what is under way gets 70 s to end",
    "inner-load-balancer":
        "inner-load-balancer: the inner address moves if it is here, PHP's connections are made again",
    database: "database: another one becomes the writer if it is one; its sessions get 30 s to end",
    cache: "cache: where it is master it hands over first; writes wait for a second or two",
    storage: "storage: one copy of every file less",
    ops: "ops: nobody takes over",
};

function describe(host: HostState, role: RoleName): string {
    if (!host.answers) return `${host.name} does not answer`;
    const state = stateOf(host, role);
    return `${host.name} is ${state?.health ?? "unknown"}${state?.reason ? ` (${state.reason})` : ""}`;
}

function names(hosts: readonly HostState[]): string {
    return hosts.map((host) => host.name).join(", ");
}
