import { configKey } from "./config";
import type { Plan } from "./plan";
import type { Fault, RoleName } from "./types";

const pairs = [
    ["network.vip", "load-balancer"],
    ["network.innerVip", "inner-load-balancer"],
] as const satisfies readonly (readonly [string, RoleName])[];

/** Floating addresses by the role whose pair announces them. */
export type FloatingAddresses = Partial<Readonly<Record<RoleName, string>>>;

/**
 * A living pair keeps its floating address: the balancer that is changed first would no longer understand the other
 * one's announcements, and clients would be led to both.
 * @param had What the last complete `up` left; nothing for a new stack.
 */
export function floatingFaults(had: FloatingAddresses, plan: Pick<Plan, "vips">): Fault[] {
    return pairs.flatMap(([key, role]) => {
        const [old, wanted] = [had[role], plan.vips[role]];
        if (old === undefined || wanted === undefined || old === wanted) return [];
        return [
            {
                key: configKey(key),
                rule: `needs to stay ${old}`,
                why: "two balancers that announce different addresses are no pair; a stack at other addresses is a new stack",
                got: wanted,
            },
        ];
    });
}
