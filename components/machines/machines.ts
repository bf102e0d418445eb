import type * as pulumi from "@pulumi/pulumi";
import type { BorderRule } from "../cluster/flows";
import type { Fault, HostSpec } from "../cluster/types";
import type { Host } from "../host/host";

/** Who makes machines. Networks, images and keys are the maker's own business. */
export interface Machines {
    /** Makes one machine under the component that asked for it, with its data volume where it has one. */
    host(spec: HostSpec, options: { readonly parent: pulumi.Resource }): Host;
    /** Closes the borders between zones to all but these rules; everything after it depends on the result. */
    border(
        name: string,
        rules: readonly BorderRule[],
        options: { readonly parent: pulumi.Resource },
    ): pulumi.Resource;
}

/** What the platform says before anything changes. */
export interface Preflight {
    readonly faults: readonly Fault[];
    /** Worth saying, but no reason to refuse. */
    readonly warnings: readonly string[];
}
