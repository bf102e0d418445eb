import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../../components/cluster/plan";
import type { HostSpec } from "../../components/cluster/types";
import type { Foundation } from "../../components/foundation";
import { connectionTo } from "../../components/host/connection";
import type { Host } from "../../components/host/host";
import type { Machines } from "../../components/machines/machines";
import { flowsOf } from "../../components/roles/all";
import { Trust } from "../../components/trust";

class Thing extends pulumi.CustomResource {
    constructor(name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
        super("test:index:Thing", name, inputs, opts);
    }
}

/**
 * A machine maker that makes nothing: one resource a machine, `maker-<host>`.
 * @param living Which machines were there before. @default none
 */
export function fakeMachines(
    plan: Plan,
    trust: Trust,
    living: (host: string) => boolean = () => false,
): Machines {
    return {
        host(spec: HostSpec, { parent }): Host {
            const machine = new Thing(`maker-${spec.name}`, {}, { parent });
            return {
                spec,
                name: spec.name,
                machineId: `id-${spec.name}`,
                isLiving: living(spec.name),
                privateAddress: spec.address,
                connection: connectionTo(spec, plan, trust, trust.hostKey(spec.name), "root"),
                machine,
            };
        },
        border: (name, rules, { parent }) => new Thing(name, { rules }, { parent }),
    };
}

/** What every tier stands on, on a platform that makes nothing. */
export function foundationOf(plan: Plan, living?: (host: string) => boolean): Foundation {
    const trust = new Trust("trust");
    const machines = fakeMachines(plan, trust, living);
    const border = new Thing("border", {}, {});
    return { plan, flows: flowsOf(plan), machines, trust, border };
}
