import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "./cluster/plan";
import type { GaleraCluster } from "./galera-cluster";
import { knownHosts, sshConfig } from "./host/ssh-config";
import type { LoadBalancerPair } from "./load-balancer-pair";
import type { Trust } from "./trust";
import type { WebTier } from "./web-tier";

export interface Built {
    readonly plan: Plan;
    readonly trust: Trust;
    readonly matrix: readonly string[];
    readonly balancers: LoadBalancerPair;
    readonly database: GaleraCluster;
    readonly web: WebTier;
}

/** What a person needs to use the cluster. Secrets are shown by `pulumi stack output --show-secrets`. */
export function outputs({
    plan,
    trust,
    matrix,
    balancers,
    database,
    web,
}: Built): Record<string, unknown> {
    const hosts = [...balancers.hosts, ...database.hosts, ...web.hosts];
    return {
        siteUrl: `https://${plan.siteName}/`,
        vip: plan.vip,
        adminUser: plan.config.site.adminUser,
        adminPassword: pulumi.secret(web.adminPassword),
        caCertificate: trust.ca,
        hosts: Object.fromEntries(
            hosts.map((host) => [
                host.name,
                { address: host.privateAddress, zone: host.spec.zone, roles: host.spec.roles },
            ]),
        ),
        flows: matrix,
        sshConfig: sshConfig(plan),
        sshKnownHosts: knownHosts(plan, trust, hosts),
        sshKey: pulumi.secret(trust.clientKey.privateKeyOpenssh),
    };
}
