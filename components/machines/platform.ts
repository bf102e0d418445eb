import type { Plan } from "../cluster/plan";
import type { Trust } from "../trust";
import { IncusMachines } from "./incus";
import { incusPreflight, type IncusFacts } from "./incus-preflight";
import type { Machines } from "./machines";

/** What the plan's platform said. */
export type PlatformFacts = IncusFacts;

/** Asks the plan's platform what exists and what is free; changes nothing. */
export function preflight(plan: Plan): Promise<PlatformFacts> {
    return incusPreflight(plan);
}

/** The machine maker of the plan's platform. */
export function machinesFor(plan: Plan, trust: Trust, facts: PlatformFacts): Machines {
    return new IncusMachines("incus", plan, trust, facts);
}
