import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import { ports } from "../roles/load-balancer-pair";
import type { Trust } from "../trust";

/** Where the world finds a stack whose own addresses are its own alone. */
export interface PublicPlaces {
    /** Of the bastion. */
    readonly entrance: pulumi.Input<string>;
    /** Of this host, where it has one. */
    readonly host?: pulumi.Input<string>;
}

/**
 * How a host is reached: balancers directly, everybody else through the bastion at the floating
 * address. Host keys are pinned from the first connection on.
 */
export function connectionTo(
    spec: HostSpec,
    plan: Plan,
    trust: Trust,
    hostKey: { readonly publicKeyOpenssh: pulumi.Output<string> },
    user: string,
    places: PublicPlaces = { entrance: plan.vip },
): pulumi.Output<command.types.input.remote.ConnectionArgs> {
    const direct = {
        host: places.host ?? spec.address,
        port: spec.sshPort ?? 22,
        user,
        privateKey: trust.clientKey.privateKeyOpenssh,
        hostKey: hostKey.publicKeyOpenssh.apply((key) => key.trim()),
        perDialTimeout: 15,
    };
    if (spec.zone === "public") return pulumi.output(direct);
    const proxy = {
        host: places.entrance,
        port: ports.bastion,
        user: "jump",
        privateKey: trust.clientKey.privateKeyOpenssh,
        hostKey: trust.bastionKey.publicKeyOpenssh.apply((key) => key.trim()),
        dialErrorLimit: 20,
        perDialTimeout: 15,
    };
    return pulumi.output({ ...direct, proxy });
}
