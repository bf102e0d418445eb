import * as pulumi from "@pulumi/pulumi";
import { check } from "./components/checks";
import { DmzFirewall } from "./components/dmz-firewall";
import type { Foundation } from "./components/foundation";
import { GaleraCluster } from "./components/galera-cluster";
import { LoadBalancerPair } from "./components/load-balancer-pair";
import { machinesFor } from "./components/machines/platform";
import { outputs } from "./components/outputs";
import { flowsOf } from "./components/roles/all";
import { Trust } from "./components/trust";
import { WebTier } from "./components/web-tier";

/** Config → plan → preflight → tiers → outputs. Whatever is wrong is refused before the first resource. */
async function main(): Promise<Record<string, unknown>> {
    const { plan, platform } = await check(pulumi.getStack(), pulumi.runtime.allConfig());
    const flows = flowsOf(plan);
    const trust = new Trust("trust");
    const machines = machinesFor(plan, trust, platform);
    const { border, matrix } = new DmzFirewall("dmz", { plan, flows, machines });
    const foundation: Foundation = { plan, flows, machines, trust, border };

    const balancers = new LoadBalancerPair("lb", { foundation });
    const database = new GaleraCluster("db", { foundation, after: balancers.pushes });
    const web = new WebTier("web", { foundation, database, after: balancers.pushes });

    return outputs({ plan, trust, matrix, balancers, database, web });
}

export = main;
