import { hostsOf, type Plan } from "../cluster/plan";
import { quorumRoles } from "../cluster/quorum";
import { roleNames, type Fault, type HostSpec, type RoleName } from "../cluster/types";
import type { Instance, Volume } from "./incus-limits";
import { membersPath } from "./aws-tags";
import { projectName } from "./incus-names";

/** Set on an instance by `testudo leave`: its peers have forgotten it. */
export const leftMark = "user.testudo.left";
/** Set on an instance by `testudo replace`: the next `up` makes it anew. */
export const replaceMark = "user.testudo.replace";

/** What the platform knows of the stack's machines. */
export interface Population {
    /** Finished instances by name. */
    readonly living: ReadonlyMap<string, Instance>;
    readonly volumes: readonly Volume[];
    /** Hosts that have been members of a quorum, by role; the project remembers them. */
    readonly members: ReadonlyMap<string, string>;
}

/** A living machine that shall be made anew all the same: asked for, or it has left and its host is wanted. */
export function isRemade(spec: HostSpec, living: Population["living"]): boolean {
    return isMarked(spec, living, replaceMark) || isReturning(spec, living);
}

function isReturning(spec: HostSpec, living: Population["living"]): boolean {
    return spec.leaving !== true && isMarked(spec, living, leftMark);
}

function isMarked({ name }: { readonly name: string }, living: Population["living"], key: string) {
    return living.get(name)?.config[key] === "true";
}

/** What an `up` would do to members of a quorum, or to the last host of a tier, that the rest could not bear. */
export function memberFaults(plan: Plan, population: Population): Fault[] {
    return [
        ...quorumRoles.flatMap((role) => quorumFaults(role, plan, population)),
        ...roleNames.flatMap((role) => replaceFaults(role, plan, population)),
    ];
}

/**
 * One member of a quorum at a time: with two the rest would be a minority. A cluster that does not exist yet has
 * nothing to lose, and a member that was never finished is not one that vanished.
 */
function quorumFaults(
    role: (typeof quorumRoles)[number],
    plan: Plan,
    { living, volumes, members }: Population,
): Fault[] {
    const planned = hostsOf(plan, role);
    const isPlanned = (name: string) => planned.some((host) => host.name === name);
    const alive = [...living.values()].filter(
        (instance) => instance.config["user.testudo.quorum"] === role,
    );
    if (alive.length === 0) return lostFaults(role, plan, planned, { volumes, members });
    const givesUp = planned.length === 0 && plan.config.acceptDataLossRisk !== undefined;
    if (givesUp) return [];

    const dropped = alive.filter(({ name }) => !isPlanned(name));
    const hasBeen = (name: string) =>
        members.has(name) || volumes.some((volume) => volume.host === name && volume.used);
    const vanished = planned.filter(({ name }) => hasBeen(name) && !living.has(name));
    const remade = planned.filter((host) => isRemade(host, living));
    const lost = [...members]
        .filter(([name, of]) => of === role && !isPlanned(name) && !living.has(name))
        .map(([name]) => name);
    const changes = [
        ...dropped.map(({ name }) => `${name} is dropped`),
        ...vanished.map(({ name }) => `${name} is gone`),
        ...remade.map(({ name }) => `${name} is made anew`),
    ];
    return [
        ...copyFaults(role, planned, alive),
        ...dropped
            .filter((host) => !isMarked(host, living, leftMark))
            .map(({ name }) => ({
                key: `testudo:${role}.count`,
                rule: `needs to keep ${name} until it has left: testudo --stack ${plan.stack} leave ${name}`,
                why: "the others would wait for it, and count its vote as lost",
                got: `${name} is alive, a member, and not in the plan`,
            })),
        ...lost.map((name) => ({
            key: `testudo:${role}.count`,
            rule: `needs to keep ${name} until it has left: testudo --stack ${plan.stack} leave ${name}`,
            why: `the others would wait for it, and count its vote as lost (if they have forgotten it: ${forgetCommand(plan, name)})`,
            got: `${name} was a member, its machine is gone, and it is not in the plan`,
        })),
        ...(changes.length > 1
            ? [
                  {
                      key: `testudo:${role}`,
                      rule: `may lose or change one ${role} member at a time`,
                      why: "those that stay could be a minority, and have nobody to copy from; start or restore the others first",
                      got: changes.join(", "),
                  },
              ]
            : []),
    ];
}

/** All members and all their data are gone, and something here remembers them: coming up would be an empty site. */
function lostFaults(
    role: (typeof quorumRoles)[number],
    plan: Plan,
    planned: readonly HostSpec[],
    { volumes, members }: Pick<Population, "volumes" | "members">,
): Fault[] {
    const lost = planned.filter(({ name }) => members.get(name) === role);
    const some = planned.some(({ name }) =>
        volumes.some(({ host, used }) => host === name && used),
    );
    if (lost.length === 0 || some || plan.config.acceptDataLossRisk !== undefined) return [];
    return [
        {
            key: `testudo:${role}`,
            rule: "needs one of its machines or data volumes to be there (or testudo:acceptDataLossRisk)",
            why: "it would come up empty, as if there had never been any data; restore a volume first",
            got: `the machines and volumes of ${lost.map((host) => host.name).join(", ")} are gone`,
        },
    ];
}

/** Every storage host has a copy of every file: fewer than the volume was made with is another volume. */
function copyFaults(
    role: (typeof quorumRoles)[number],
    planned: readonly HostSpec[],
    alive: readonly Instance[],
): Fault[] {
    if (role !== "storage" || planned.length >= Math.min(3, alive.length)) return [];
    return [
        {
            key: "testudo:storage.count",
            rule: "needs to stay at least 3",
            why: "its volume keeps 3 copies of every file, and with fewer of them a lost host would stop all writes",
            got: `${planned.length} for ${alive.length} living ones`,
        },
    ];
}

/** A machine that is made anew is away for a while: the others of its role serve meanwhile. */
function replaceFaults(role: RoleName, plan: Plan, { living }: Population): Fault[] {
    const hosts = hostsOf(plan, role);
    const remade = hosts.filter((host) => isRemade(host, living));
    if (remade.length === 0) return [];
    const isQuorum = (quorumRoles as readonly string[]).includes(role);
    const away = hosts.filter(({ name }) => living.get(name)?.status !== "Running");
    const others = hosts.filter((host) => !remade.includes(host) && !away.includes(host));
    const isAlone = hosts.length === 1;
    const bears = isQuorum ? away.every((host) => remade.includes(host)) : others.length > 0;
    if (isAlone || (bears && remade.length === 1)) return [];
    const names = (some: readonly HostSpec[]) => some.map((host) => host.name).join(", ");
    return [
        {
            key: `testudo:hosts.${remade[0]?.name ?? ""}`,
            rule: `may be made anew one ${role} host at a time, while the others run`,
            why: "the others serve meanwhile",
            got: `${names(remade)} to be made anew, ${names(away) || "none"} not running`,
        },
    ];
}

/** What makes the platform forget that a host has been a member. */
function forgetCommand({ stack, config }: Plan, name: string): string {
    return config.platform === "aws"
        ? `aws ssm delete-parameter --name ${membersPath(stack)}/${name}`
        : `incus project unset ${projectName(stack)} user.testudo.member.${name}`;
}
