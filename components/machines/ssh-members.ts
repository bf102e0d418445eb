import { hostsOf, type Plan } from "../cluster/plan";
import type { quorumRoles } from "../cluster/quorum";
import type { Fault } from "../cluster/types";
import type { Known } from "./ssh-preflight";

/** One member of a quorum at a time: whoever is made anew copies from those that stay. */
export function memberFaults(
    role: (typeof quorumRoles)[number],
    plan: Plan,
    known: readonly Known[],
): Fault[] {
    const planned = hostsOf(plan, role).map(({ name }) => name);
    const members = known.filter(({ spec }) => planned.includes(spec.name));
    const isOld = ({ report }: Known) => report.owner?.stack === plan.stack;
    const old = members.filter(isOld);
    const givesUp = plan.config.acceptDataLossRisk !== undefined;
    if (old.length === 0 || givesUp) return [];
    const prefix = planned[0]?.replace(/\d+$/, "") ?? "";
    const before = new Set(
        old
            .flatMap(({ report }) => [...report.knows.keys()])
            .filter((name) => name.replace(/\d+$/, "") === prefix),
    );
    const isAnew = (one: Known) =>
        (!isOld(one) && before.has(one.spec.name)) ||
        (one.report.hasLeft && one.spec.leaving !== true);
    const changes = [
        ...members.filter(isAnew).map(({ spec }) => `${spec.name} is made anew`),
        ...[...before]
            .filter((name) => !planned.includes(name))
            .map((name) => `${name} is dropped`),
    ];
    const gone = new Set(old.flatMap(({ report }) => report.gone));
    const alive = [...before].filter((name) => !planned.includes(name) && !gone.has(name));
    return [
        ...alive.map((name) => ({
            key: `testudo:${role}.count`,
            rule: `needs to keep ${name} until it has left: testudo --stack ${plan.stack} leave ${name}`,
            why: "the others would wait for it, and count its vote as lost",
            got: `${name} is a member, and not in the plan`,
        })),
        ...togetherFault(role, changes),
    ];
}

function togetherFault(role: string, changes: readonly string[]): Fault[] {
    if (changes.length <= 1) return [];
    return [
        {
            key: `testudo:${role}`,
            rule: `may lose or change one ${role} member at a time`,
            why: "those that stay could be a minority, and have nobody to copy from; bring the others back first",
            got: changes.join(", "),
        },
    ];
}
