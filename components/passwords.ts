import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

/**
 * A password of letters and digits. Each generation is a resource of its own, the first one without a number in its
 * name: what a host had before, only the host knows.
 */
export function generatedPassword(
    name: string,
    generation: number,
    length: number,
    parent: pulumi.Resource,
): pulumi.Output<string> {
    return new random.RandomPassword(
        generation === 1 ? name : `${name}-${generation}`,
        { length, special: false },
        { parent },
    ).result;
}
