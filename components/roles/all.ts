import type { Plan } from "../cluster/plan";
import { egressFaults } from "../cluster/egress";
import { ownFlowFaults, ownFlows } from "../cluster/own-flows";
import type { Fault, Flow, HostSpec } from "../cluster/types";
import { app } from "./app-tier";
import { base } from "./base";
import { galera } from "./galera-cluster";
import { gluster } from "./gluster-volume";
import { innerLoadBalancer } from "./inner-load-balancer";
import { loadBalancer } from "./load-balancer-pair";
import { redis } from "./redis-sentinel";
import {
    namesIn,
    presenceOf,
    type HostFacts,
    type Listener,
    type NamesInPlan,
    type Role,
    type SystemUser,
} from "./role";
import { web } from "./web-tier";

/** What can be said of a role without the facts that its views need. */
export type RoleSummary = Omit<Role<HostFacts, NamesInPlan>, "files"> & {
    readonly files: Role<never>["files"];
};

/** Every role, in the order in which a request meets them; `base` is under all of them. */
export const roles: readonly RoleSummary[] = [
    base,
    loadBalancer,
    web,
    app,
    innerLoadBalancer,
    galera,
    redis,
    gluster,
];

/** The roles of one host, `base` included. */
export function rolesOf(host: HostSpec): RoleSummary[] {
    return roles.filter((role) => role.name === "base" || host.roles.includes(role.name));
}

/** Every declared right to talk in this plan: the roles' and the user's. */
export function flowsOf(plan: Plan): Flow[] {
    return [...builtIn(plan), ...ownFlows(plan)];
}

/** Where daemons of a host listen; `sometimes` for those that do so only while something is under way. */
export function listenersOf(
    plan: Plan,
    host: HostSpec,
): (Listener & { readonly sometimes: boolean })[] {
    return rolesOf(host)
        .flatMap((role) => role.listens)
        .map((listener) => ({ listener, presence: presenceOf(listener, { plan, host }) }))
        .filter(({ presence }) => presence !== "never")
        .map(({ listener, presence }) => ({ ...listener, sometimes: presence === "sometimes" }));
}

/** What the plan's roles find wrong with it. */
export function roleFaults(plan: Plan): Fault[] {
    return [
        ...rolesIn(plan).flatMap((role) => role.faults(plan)),
        ...egressFaults(plan),
        ...ownFlowFaults(plan, builtIn(plan)),
    ];
}

export function packagesOf(plan: Plan, host: HostSpec): string[] {
    return [...new Set(rolesOf(host).flatMap((role) => namesIn(plan, role.packages)))].sort();
}

export function usersOf(host: HostSpec): SystemUser[] {
    return rolesOf(host).flatMap((role) => role.users);
}

function builtIn(plan: Plan): Flow[] {
    return rolesIn(plan).flatMap((role) => role.flows(plan));
}

function rolesIn(plan: Plan): RoleSummary[] {
    return roles.filter(
        (role) =>
            role.name === "base" ||
            plan.hosts.some((host) => (host.roles as readonly string[]).includes(role.name)),
    );
}
