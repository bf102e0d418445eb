import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { FloatingAddresses } from "./cluster/floating";

const left = z.object({
    outputs: z
        .object({ authorities: z.array(z.string()), vip: z.string(), innerVip: z.string() })
        .partial()
        .optional(),
});

/** What hosts have from the stack's last complete `up`. */
export interface LastUp {
    /** Names of the authorities that every host knows; none for a new stack. */
    readonly authorities: readonly string[];
    readonly vips: FloatingAddresses;
}

/** Of a run that failed or was cut off nothing is here: it has left the outputs of the one before. */
export async function lastUp(stack: string): Promise<LastUp> {
    const name = `${pulumi.getOrganization()}/${pulumi.getProject()}/${stack}`;
    const answer: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name });
    const { authorities = [], vip, innerVip } = left.safeParse(answer).data?.outputs ?? {};
    return {
        authorities,
        vips: {
            ...(vip === undefined ? {} : { "load-balancer": vip }),
            ...(innerVip === undefined ? {} : { "inner-load-balancer": innerVip }),
        },
    };
}
