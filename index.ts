import * as pulumi from "@pulumi/pulumi";
import { check } from "./components/checks";
import { hostsOf } from "./components/cluster/plan";
import { DmzFirewall } from "./components/dmz-firewall";
import type { Foundation } from "./components/foundation";
import { GaleraCluster } from "./components/galera-cluster";
import { GlusterVolume } from "./components/gluster-volume";
import { LogBackupHost } from "./components/log-backup-host";
import { LoadBalancerPair } from "./components/load-balancer-pair";
import { machinesFor } from "./components/machines/platform";
import { outputs } from "./components/outputs";
import { RedisSentinel } from "./components/redis-sentinel";
import { flowsOf } from "./components/roles/all";
import { Trust } from "./components/trust";
import { WebTier } from "./components/web-tier";

/** Config → plan → preflight → tiers → outputs. Whatever is wrong is refused before the first resource. */
async function main(): Promise<Record<string, unknown>> {
    const { plan, platform, archives, certificate, directoryCa } = await check(
        pulumi.getStack(),
        pulumi.runtime.allConfig(),
    );
    const flows = flowsOf(plan);
    const trust = new Trust("trust", plan.config.trust);
    const machines = machinesFor(plan, trust, platform);
    const { border, matrix } = new DmzFirewall("dmz", { plan, flows, machines });
    const foundation: Foundation = { plan, flows, machines, trust, border };

    const balancers = new LoadBalancerPair("lb", { foundation, certificate, directoryCa });
    const after = balancers.pushes;
    const database = new GaleraCluster("db", { foundation, after });
    const inner = hostsOf(plan, "inner-load-balancer").length
        ? new LoadBalancerPair("inner", { foundation, role: "inner-load-balancer", after })
        : undefined;
    const cache = hostsOf(plan, "cache").length
        ? new RedisSentinel("cache", { foundation, after })
        : undefined;
    const storage = hostsOf(plan, "storage").length
        ? new GlusterVolume("storage", { foundation, after })
        : undefined;
    const web = new WebTier("web", {
        foundation,
        database,
        cache,
        inner,
        storage,
        archives,
        after,
    });
    database.retirePasswords(web.pushes);
    cache?.retirePasswords(web.pushes);
    const ops = hostsOf(plan, "ops").length
        ? new LogBackupHost("ops", { foundation, after })
        : undefined;

    const tiers = [balancers, inner, database, cache, storage, web, ops];
    return outputs({ plan, trust, matrix, web, machines, tiers, certificate });
}

export = main;
