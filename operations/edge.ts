import { z } from "zod";

/** How it is with the site's certificate on one balancer (load-balancer/status), where an authority is asked for it. */
export interface Edge {
    /** Whether what visitors are shown there was brought from the authority. */
    readonly brought: boolean;
    /** Who has signed it. */
    readonly by: string;
    readonly ends: string;
    /** Why the last try to renew it failed. */
    readonly failed: string | null;
}

const shape = z.object({
    edge: z.object({
        brought: z.boolean(),
        by: z.string(),
        ends: z.string().datetime(),
        failed: z.string().nullable(),
    }),
});

/** What a balancer says; `undefined` where it says nothing of a certificate. */
export function edgeOf(says: string): Edge | undefined {
    try {
        return shape.parse(JSON.parse(says)).edge;
    } catch {
        return undefined;
    }
}

/** For a person, in one line. */
export function edgeText({ brought, by, ends, failed }: Edge): string {
    const shown = `shows a certificate by ${by} until ${ends.slice(0, 10)}`;
    if (failed !== null) return `${shown}; ACME has failed: ${failed}`;
    return brought ? shown : `${shown}, until ACME has brought one`;
}
