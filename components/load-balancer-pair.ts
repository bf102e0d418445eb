import * as pulumi from "@pulumi/pulumi";
import { acmeOf } from "./cluster/acme";
import { hostsOf } from "./cluster/plan";
import { namesOf } from "./cluster/sites";
import type { HostSpec } from "./cluster/types";
import type { Foundation } from "./foundation";
import { areNew, bringUp, type BroughtUp } from "./host/bring-up";
import type { Host } from "./host/host";
import { renderRole, type RenderedFile } from "./host/render";
import type { SiteCertificate } from "./host/site-certificate";
import { push } from "./host/steps";
import { innerLoadBalancer } from "./roles/inner-load-balancer";
import { loadBalancer } from "./roles/load-balancer-pair";
import { thumbprintOf, type AcmeAccount } from "./roles/load-balancer-pair.acme";
import { namesIn, type Credentials } from "./roles/role";

export interface LoadBalancerPairArgs {
    readonly foundation: Foundation;
    /** The site for the world, or SQL and Redis for the hosts that run PHP. @default "load-balancer" */
    readonly role?: "load-balancer" | "inner-load-balancer";
    /** @default the plan's hosts of that role */
    readonly hosts?: readonly HostSpec[];
    /** What visitors are shown. @default a certificate of the stack's own authority */
    readonly certificate?: SiteCertificate | undefined;
    /** PEM by which the directory of `testudo:site.acme` is believed. @default what browsers know */
    readonly directoryCa?: string | undefined;
    /** What must be in place before the hosts can be reached: the bastion, for inner ones. @default nothing */
    readonly after?: readonly pulumi.Resource[];
}

/**
 * Two balancers with one floating address: HAProxy, and keepalived for the address; at the edge the bastion for
 * everything behind as well. Survives the loss of either; the other one has the address after about 3.6
 * VRRP adverts. Living ones are changed one after the other, HAProxy in place.
 */
export class LoadBalancerPair extends pulumi.ComponentResource {
    readonly hosts: BroughtUp[];
    /** After these steps the address answers: at the edge the bastion, inside the way to the data. */
    readonly pushes: pulumi.Resource[] = [];

    constructor(name: string, args: LoadBalancerPairArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:LoadBalancerPair", name, {}, opts);
        const { foundation, after = [] } = args;
        const { plan, trust } = foundation;
        const role = args.role === "inner-load-balancer" ? innerLoadBalancer : loadBalancer;
        const filesOf = role === innerLoadBalancer ? innerFiles : edgeFiles(args);
        const specs = args.hosts ?? hostsOf(plan, args.role ?? "load-balancer");
        this.hosts = specs.map((spec) =>
            bringUp(name, spec, foundation, { parent: this, dependsOn: [...after] }),
        );
        // All others wait for them.
        const isNew = areNew(this.hosts);
        for (const host of this.hosts) {
            const before = isNew ? [] : this.pushes.slice(-1);
            this.pushes.push(
                push(
                    `${name}-${host.name}-push`,
                    host,
                    {
                        role: role.name,
                        files: filesOf(host, foundation),
                        units: namesIn(plan, role.units),
                        stackKey: trust.stackKey,
                    },
                    { parent: this, dependsOn: [host.base, ...before] },
                ),
            );
        }
        this.registerOutputs({});
    }
}

type FilesOf = (host: Host, foundation: Foundation) => pulumi.Output<RenderedFile[]>;

/** Both balancers show visitors the same certificate. */
function edgeFiles({ foundation, certificate, directoryCa }: LoadBalancerPairArgs): FilesOf {
    const { plan, trust } = foundation;
    const acme = acmeAccount(foundation, directoryCa);
    const edge =
        certificate === undefined
            ? trust.credentials("edge", "edge", {
                  commonName: plan.siteName,
                  organizationalUnit: "edge",
                  dnsNames: [...namesOf(plan), "localhost"],
                  ipAddresses: [plan.vip, "127.0.0.1"],
              })
            : pulumi.secret(edgeOf(certificate));
    return ({ spec: host, mover }) =>
        pulumi
            .all([
                trust.hostCredentials(host, "load-balancer"),
                pulumi.output(mover),
                edge,
                trust.bastionKey.privateKeyOpenssh,
                trust.clientKey.publicKeyOpenssh,
                acme,
            ])
            .apply(([credentials, moves, edgeCredentials, bastionKey, operatorKey, account]) =>
                renderRole(loadBalancer, {
                    plan,
                    host,
                    mover: moves,
                    credentials,
                    edge: edgeCredentials,
                    acme: account,
                    bastionKey,
                    authorizedKeys: [operatorKey],
                }),
            );
}

/** One for both, so that either answers what the authority asks the other one's request for. */
function acmeAccount(
    { plan, trust }: Foundation,
    directoryCa: string | undefined,
): pulumi.Output<AcmeAccount | null> {
    if (acmeOf(plan.config) === undefined) return pulumi.output(null);
    const key = trust.acmeAccount();
    return pulumi.all([key.privateKeyPemPkcs8, key.publicKeyPem]).apply(([pem, publicKey]) => ({
        key: pem,
        thumbprint: thumbprintOf(publicKey),
        directoryCa: directoryCa ?? null,
    }));
}

/** Who trusts the certificates of the chain trusts the site, whoever has signed them. */
function edgeOf({ chain, key }: SiteCertificate): Credentials {
    return { certificate: chain, key, ca: chain };
}

function innerFiles(
    { spec: host, mover }: Host,
    { plan, trust }: Foundation,
): pulumi.Output<RenderedFile[]> {
    return pulumi
        .all([trust.hostCredentials(host, "inner-load-balancer"), pulumi.output(mover)])
        .apply(([credentials, moves]) =>
            renderRole(innerLoadBalancer, { plan, host, mover: moves, credentials }),
        );
}
