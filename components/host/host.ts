import type * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { HostSpec } from "../cluster/types";
import type { AddressMover } from "../roles/address-mover";

/** All that a component knows of a machine, whatever platform made it. */
export interface Host {
    readonly spec: HostSpec;
    readonly name: string;
    /** Changes when the machine does, even if its address does not. */
    readonly machineId: pulumi.Input<string>;
    /** Was there before this run, and may be at work with what it was given then. */
    readonly isLiving: boolean;
    readonly privateAddress: string;
    /** Pinned host key; through the bastion for private hosts. */
    readonly connection: pulumi.Output<command.types.input.remote.ConnectionArgs>;
    /** What remote work waits for and dies with. */
    readonly machine: pulumi.Resource;
    /** How a balancer fetches its pair's floating address. @default VRRP alone moves it */
    readonly mover?: pulumi.Output<AddressMover>;
}
