import * as pulumi from "@pulumi/pulumi";
import { crossings } from "./cluster/flows";
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
    /** One line a flow, for people: `web → database  tcp 3307  SQL`. */
    readonly matrix: string[];

    constructor(name: string, args: DmzFirewallArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:DmzFirewall", name, {}, opts);
        this.border = args.machines.border(`${name}-border`, crossings(args.plan, args.flows), {
            parent: this,
            flows: args.flows,
        });
        this.matrix = args.flows.map(flowLine);
        this.registerOutputs({});
    }
}

function flowLine(flow: Flow): string {
    return `${flow.from} → ${flow.to}  ${flow.protocol}${flow.port === undefined ? "" : ` ${flow.port}`}  ${flow.why}`;
}
