import type { Plan } from "../cluster/plan";
import type { Trust } from "../trust";
import { IncusMachines } from "./incus";
import { incusPreflight } from "./incus-preflight";
import type { Machines, Preflight } from "./machines";
import { SshMachines } from "./ssh";
import { sshPreflight } from "./ssh-preflight";

/** What the plan's platform said, and who makes machines there. */
export interface PlatformFacts extends Preflight {
    readonly machines: (trust: Trust) => Machines;
}

/** Asks the plan's platform what exists and what is free; changes nothing. */
export async function preflight(plan: Plan): Promise<PlatformFacts> {
    switch (plan.config.platform) {
        case "incus": {
            const facts = await incusPreflight(plan);
            return saying(facts, (trust) => new IncusMachines("incus", plan, trust, facts));
        }
        case "ssh": {
            const facts = await sshPreflight(plan);
            return saying(facts, (trust) => new SshMachines("ssh", plan, trust, facts));
        }
    }
}

/** The machine maker of the plan's platform. */
export function machinesFor(trust: Trust, facts: PlatformFacts): Machines {
    return facts.machines(trust);
}

function saying(
    { faults, warnings }: Preflight,
    machines: PlatformFacts["machines"],
): PlatformFacts {
    return { faults, warnings, machines };
}
