import * as pulumi from "@pulumi/pulumi";
import { acmeOf } from "./cluster/acme";
import type { Plan } from "./cluster/plan";
import { sitesOf } from "./cluster/sites";
import type { Flow } from "./cluster/types";
import type { BroughtUp } from "./host/bring-up";
import type { SiteCertificate } from "./host/site-certificate";
import { knownHosts, sshConfig, sshPlaces } from "./host/ssh-config";
import type { Machines } from "./machines/machines";
import type { Trust } from "./trust";
import type { WebTier } from "./web-tier";

export interface Built {
    readonly plan: Plan;
    readonly trust: Trust;
    readonly matrix: readonly Flow[];
    readonly web: WebTier;
    /** What visitors are shown. @default a certificate of the stack's own authority */
    readonly certificate?: SiteCertificate | undefined;
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
    certificate,
}: Built): Record<string, unknown> {
    const hosts = tiers.flatMap((tier) => tier?.hosts ?? []);
    const [main, ...further] = sitesOf(plan.config);
    const { entrance, region } = machines;
    const acme = acmeOf(plan.config);
    const innerVip = plan.vips["inner-load-balancer"];
    return {
        platform: plan.config.platform,
        ...(region === undefined ? {} : { region }),
        siteUrl: `https://${plan.siteName}/`,
        vip: plan.vip,
        // Where it is another: DNS names this one, and the floating address is known to the stack alone.
        ...(entrance === undefined ? {} : { publicAddress: entrance }),
        ...(innerVip === undefined ? {} : { innerVip }),
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
        /** The next `up` compares: what all hosts know once this one is complete. */
        authorities: trust.authorityNames,
        certificates: pulumi.output([
            ...trust.issued,
            ...(certificate === undefined
                ? []
                : [{ name: "edge (your own)", ends: certificate.ends.toISOString() }]),
        ]),
        ...(acme === undefined ? {} : { acme: acme.directory }),
        hosts: Object.fromEntries(
            hosts.map((host) => [
                host.name,
                { address: host.privateAddress, zone: host.spec.zone, roles: host.spec.roles },
            ]),
        ),
        flows: matrix,
        people: Object.keys(plan.config.people).sort(),
        sshConfig:
            entrance === undefined
                ? sshConfig(plan)
                : sshPlaces(hosts, entrance).apply((places) => sshConfig(plan, places)),
        sshKnownHosts: knownHosts(plan, trust, hosts, entrance),
        sshKey: pulumi.secret(trust.clientKey.privateKeyOpenssh),
    };
}
