import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "./cluster/plan";
import { sitesOf } from "./cluster/sites";
import type { BroughtUp } from "./host/bring-up";
import { knownHosts, sshConfig, sshPlaces } from "./host/ssh-config";
import type { Machines } from "./machines/machines";
import type { Trust } from "./trust";
import type { WebTier } from "./web-tier";

export interface Built {
    readonly plan: Plan;
    readonly trust: Trust;
    readonly matrix: readonly string[];
    readonly web: WebTier;
    /** Where machines are, and where the world finds them. @default where the plan says */
    readonly machines?: Pick<Machines, "entrance" | "region">;
    /** Everything that has hosts; `undefined` for a tier that the plan has none for. */
    readonly tiers: readonly ({ readonly hosts: readonly BroughtUp[] } | undefined)[];
}

/** What a person needs to use the cluster. Secrets are shown by `pulumi stack output --show-secrets`. */
export function outputs({
    plan,
    trust,
    matrix,
    web,
    machines = {},
    tiers,
}: Built): Record<string, unknown> {
    const hosts = tiers.flatMap((tier) => tier?.hosts ?? []);
    const [main, ...further] = sitesOf(plan.config);
    const { entrance, region } = machines;
    return {
        platform: plan.config.platform,
        ...(region === undefined ? {} : { region }),
        siteUrl: `https://${plan.siteName}/`,
        vip: plan.vip,
        // Where it is another: DNS names this one, and the floating address is known to the stack alone.
        ...(entrance === undefined ? {} : { publicAddress: entrance }),
        innerVip: plan.vips["inner-load-balancer"],
        ...(further.length > 0
            ? { sites: Object.fromEntries(further.map(({ id, host }) => [id, `https://${host}/`])) }
            : {}),
        ...(main?.code === "wordpress"
            ? {
                  adminUser: plan.config.site.adminUser,
                  adminPassword: pulumi.secret(web.adminPassword),
              }
            : {}),
        caCertificate: trust.ca,
        hosts: Object.fromEntries(
            hosts.map((host) => [
                host.name,
                { address: host.privateAddress, zone: host.spec.zone, roles: host.spec.roles },
            ]),
        ),
        flows: matrix,
        sshConfig:
            entrance === undefined
                ? sshConfig(plan)
                : sshPlaces(hosts, entrance).apply((places) => sshConfig(plan, places)),
        sshKnownHosts: knownHosts(plan, trust, hosts, entrance),
        sshKey: pulumi.secret(trust.clientKey.privateKeyOpenssh),
    };
}
