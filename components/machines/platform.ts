import type { Plan } from "../cluster/plan";
import type { Trust } from "../trust";
import type { Machines, Preflight } from "./machines";

/** What the plan's platform said, and who makes its machines. */
export interface PlatformFacts extends Preflight {
    readonly machines: (plan: Plan, trust: Trust) => Machines;
}

/**
 * Asks the plan's platform what exists and what is free; changes nothing. A maker is loaded only where it is wanted:
 * the SDK of a cloud takes longer to load than everything else together.
 */
export async function preflight(plan: Plan): Promise<PlatformFacts> {
    switch (plan.config.platform) {
        case "aws": {
            const [{ awsPreflight }, { AwsMachines }] = await Promise.all([
                import("./aws-preflight"),
                import("./aws"),
            ]);
            const facts = await awsPreflight(plan);
            return {
                ...facts,
                machines: (of, trust) => new AwsMachines("aws", of, trust, facts),
            };
        }
        case "incus": {
            const [{ incusPreflight }, { IncusMachines }] = await Promise.all([
                import("./incus-preflight"),
                import("./incus"),
            ]);
            const facts = await incusPreflight(plan);
            return {
                ...facts,
                machines: (of, trust) => new IncusMachines("incus", of, trust, facts),
            };
        }
        case "ssh": {
            const [{ sshPreflight }, { SshMachines }] = await Promise.all([
                import("./ssh-preflight"),
                import("./ssh"),
            ]);
            const facts = await sshPreflight(plan);
            return {
                ...facts,
                machines: (of, trust) => new SshMachines("ssh", of, trust, facts),
            };
        }
    }
}

/** The machine maker of the plan's platform. */
export function machinesFor(plan: Plan, trust: Trust, facts: PlatformFacts): Machines {
    return facts.machines(plan, trust);
}
