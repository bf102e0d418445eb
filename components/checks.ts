import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "./cluster/config";
import { makePlan, type Plan } from "./cluster/plan";
import { faultsMessage } from "./cluster/types";
import { preflight, type PlatformFacts } from "./machines/platform";
import { roleFaults } from "./roles/all";

/** What may be built, and what the platform said of it. */
export interface Checked {
    readonly plan: Plan;
    readonly platform: PlatformFacts;
}

/**
 * Configuration, plan, roles and platform, each asked for its faults as far as the one before allows.
 * @throws RunError with all faults in one message, before the first resource.
 */
export async function check(
    stack: string,
    raw: Readonly<Record<string, string>>,
): Promise<Checked> {
    const config = parseConfig(stack, raw);
    const plan = config.value === undefined ? undefined : makePlan(config.value);
    const platform = plan?.value === undefined ? undefined : await preflight(plan.value);
    const faults = [
        ...config.faults,
        ...(plan?.faults ?? []),
        ...(plan?.value === undefined ? [] : roleFaults(plan.value)),
        ...(platform?.faults ?? []),
    ];
    if (faults.length > 0 || plan?.value === undefined || platform === undefined) {
        throw forPeople(faultsMessage(faults));
    }
    for (const warning of platform.warnings) await pulumi.log.warn(warning);
    return { plan: plan.value, platform };
}

/** An error of which Pulumi shows the message alone. Without a stack, since colouring one takes Node 20 ten seconds. */
function forPeople(message: string): Error {
    const error = new pulumi.RunError(message);
    error.stack = message;
    return error;
}
