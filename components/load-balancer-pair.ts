import * as pulumi from "@pulumi/pulumi";
import { hostsOf } from "./cluster/plan";
import type { HostSpec } from "./cluster/types";
import type { Foundation } from "./foundation";
import { bringUp, type BroughtUp } from "./host/bring-up";
import { renderRole } from "./host/render";
import { push } from "./host/steps";
import { loadBalancer, type LoadBalancerFacts } from "./roles/load-balancer-pair";

export interface LoadBalancerPairArgs {
    readonly foundation: Foundation;
    /** @default the plan's load-balancer hosts */
    readonly hosts?: readonly HostSpec[];
}

/**
 * Two balancers with one floating address: HAProxy at the edge, keepalived for the address, the
 * bastion for everything behind. Survives the loss of either; the other one has the address after
 * about 3.6 VRRP adverts. Changed one after the other, HAProxy in place.
 */
export class LoadBalancerPair extends pulumi.ComponentResource {
    readonly hosts: BroughtUp[];
    /** After these steps the bastion answers at the floating address. */
    readonly pushes: pulumi.Resource[] = [];

    constructor(name: string, args: LoadBalancerPairArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:LoadBalancerPair", name, {}, opts);
        const { foundation } = args;
        const { plan, trust } = foundation;
        const specs = args.hosts ?? hostsOf(plan, "load-balancer");
        const edge = trust.credentials("edge", {
            commonName: plan.siteName,
            organizationalUnit: "edge",
            dnsNames: [
                ...(plan.config.site.name === undefined ? [] : [plan.config.site.name]),
                "localhost",
            ],
            ipAddresses: [plan.vip, "127.0.0.1"],
        });
        this.hosts = specs.map((spec) => bringUp(name, spec, foundation, { parent: this }));
        for (const host of this.hosts) {
            const files = pulumi
                .all([
                    trust.hostCredentials(host.spec, "load-balancer"),
                    edge,
                    trust.bastionKey.privateKeyOpenssh,
                    trust.clientKey.publicKeyOpenssh,
                ])
                .apply(([credentials, edgeCredentials, bastionKey, operatorKey]) => {
                    const facts: LoadBalancerFacts = {
                        plan,
                        host: host.spec,
                        credentials,
                        edge: edgeCredentials,
                        bastionKey,
                        authorizedKeys: [operatorKey],
                    };
                    return renderRole(loadBalancer, facts);
                });
            this.pushes.push(
                push(
                    `${name}-${host.name}-push`,
                    host,
                    {
                        role: loadBalancer.name,
                        files,
                        units: loadBalancer.units,
                        stackKey: trust.stackKey,
                    },
                    { parent: this, dependsOn: [host.base, ...this.pushes.slice(-1)] },
                ),
            );
        }
        this.registerOutputs({});
    }
}
