import type * as pulumi from "@pulumi/pulumi";
import type { BorderRule } from "../cluster/flows";
import type { Fault, Flow, HostSpec } from "../cluster/types";
import type { Host } from "../host/host";

/** Who makes machines. Networks, images and keys are the maker's own business. */
export interface Machines {
    /** Makes one machine under the component that asked for it, with its data volume where it has one. */
    host(spec: HostSpec, options: { readonly parent: pulumi.Resource }): Host;
    /**
     * Closes the borders between zones to all but these rules, or whatever the platform can close to all but these
     * flows; everything after it depends on the result.
     */
    border(
        name: string,
        rules: readonly BorderRule[],
        options: { readonly parent: pulumi.Resource; readonly flows: readonly Flow[] },
    ): pulumi.Resource;
    /** Where the world finds the stack. @default the plan's floating address */
    readonly entrance?: pulumi.Output<string>;
    /** Where the platform is, if it is in several places. @default it is in one */
    readonly region?: string;
}

/** What the platform says before anything changes. */
export interface Preflight {
    readonly faults: readonly Fault[];
    /** Worth saying, but no reason to refuse. */
    readonly warnings: readonly string[];
    /** What a preview says. @default nothing */
    readonly notes?: readonly string[];
}
