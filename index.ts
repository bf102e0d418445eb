import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "./components/cluster/config";
import { makePlan } from "./components/cluster/plan";
import { refuse } from "./components/cluster/types";
import { DmzFirewall } from "./components/dmz-firewall";
import type { Foundation } from "./components/foundation";
import { LoadBalancerPair } from "./components/load-balancer-pair";
import { preflight, machinesFor } from "./components/machines/platform";
import { flowsOf, roleFaults } from "./components/roles/all";
import { Trust } from "./components/trust";

async function main(): Promise<Record<string, unknown>> {
    const config = parseConfig(pulumi.getStack(), pulumi.runtime.allConfig());
    const plan = makePlan(config);
    const platform = await preflight(plan);
    refuse([...roleFaults(plan), ...platform.faults]);
    for (const warning of platform.warnings) await pulumi.log.warn(warning);

    const flows = flowsOf(plan);
    const trust = new Trust("trust");
    const machines = machinesFor(plan, trust, platform);
    const firewall = new DmzFirewall("dmz", { plan, flows, machines });
    const foundation: Foundation = { plan, flows, machines, trust, border: firewall.border };

    const balancers = new LoadBalancerPair("lb", { foundation });
    return { vip: plan.vip, flows: firewall.matrix, x: balancers.urn };
}

export = main;
