import * as pulumi from "@pulumi/pulumi";
import { crossings, matrixOf } from "./cluster/flows";
import type { Plan } from "./cluster/plan";
import type { Flow } from "./cluster/types";
import type { Machines } from "./machines/machines";

export interface DmzFirewallArgs {
    readonly plan: Plan;
    readonly flows: readonly Flow[];
    readonly machines: Machines;
}

/**
 * The borders between `outside`, the DMZ and the private zone, closed to all but declared flows. Built
 * before any host; each host's own firewall is made from the same flows by its `base`.
 */
export class DmzFirewall extends pulumi.ComponentResource {
    readonly border: pulumi.Resource;
    /** Who may talk to whom, and why: what `testudo flows` prints. */
    readonly matrix: readonly Flow[];

    constructor(name: string, args: DmzFirewallArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:DmzFirewall", name, {}, opts);
        this.border = args.machines.border(`${name}-border`, crossings(args.plan, args.flows), {
            parent: this,
            flows: args.flows,
        });
        this.matrix = matrixOf(args.plan, args.flows);
        this.registerOutputs({});
    }
}
