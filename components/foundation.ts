import type * as pulumi from "@pulumi/pulumi";
import type { Plan } from "./cluster/plan";
import type { Flow } from "./cluster/types";
import type { Machines } from "./machines/machines";
import type { Trust } from "./trust";

/** What every tier stands on. */
export interface Foundation {
    readonly plan: Plan;
    /** All flows of all roles in the plan. */
    readonly flows: readonly Flow[];
    readonly machines: Machines;
    readonly trust: Trust;
    /** The borders are closed before the first host is configured. */
    readonly border: pulumi.Resource;
}
