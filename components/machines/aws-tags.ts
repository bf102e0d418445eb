import type { Plan } from "../cluster/plan";

/** Whose a thing is, for people and for preflight. Keys are also named in policies. */
export const tagKeys = {
    stack: "testudo:stack",
    host: "testudo:host",
    /** Identity of a machine; a new one makes it anew. */
    nonce: "testudo:nonce",
    quorum: "testudo:quorum",
    /** Set by `testudo leave` and `testudo replace`, never by the program. */
    left: "testudo:left",
    replace: "testudo:replace",
} as const;

export type Tags = Readonly<Record<string, string>>;

/** Tags of a thing that belongs to the stack, or to one of its hosts. */
export function tagsOf(
    { stack }: Pick<Plan, "stack">,
    name: string,
    more: Partial<Record<keyof typeof tagKeys, string>> = {},
): Tags {
    const own = Object.entries(more).map(([key, value]) => [
        tagKeys[key as keyof typeof tagKeys],
        value,
    ]);
    return {
        Name: `testudo-${stack}-${name}`,
        [tagKeys.stack]: stack,
        ...(Object.fromEntries(own) as Tags),
    };
}

/** Path of what remembers the members of quorums when machines and volumes are gone. */
export function membersPath(stack: string): string {
    return `/testudo/${stack}/members`;
}
