import { readFileSync } from "node:fs";
import { Eip, KeyPair, type NetworkInterface } from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import type { BorderRule } from "../cluster/flows";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Flow, HostSpec } from "../cluster/types";
import { connectionTo } from "../host/connection";
import type { Host } from "../host/host";
import { moverKind, type AddressMover } from "../roles/address-mover";
import type { Trust } from "../trust";
import { elasticAddress, moverOf, overlayRoutes, profileOf, type MovingParts } from "./aws-address";
import { apiEndpoint } from "./aws-endpoint";
import {
    attach,
    makeInstance,
    makeInterface,
    makeVolume,
    remember,
    type OwnArgs,
} from "./aws-instance";
import { makeNetwork, type AwsNetwork } from "./aws-network";
import type { AwsFacts } from "./aws-preflight";
import { AwsBorder, groupIds, makeGroups, type Groups } from "./aws-security-groups";
import { tagsOf } from "./aws-tags";
import { userData } from "./aws-user-data";
import type { Machines } from "./machines";

/**
 * Makes hosts on EC2: a VPC over the stack's availability zones with security groups from the declared flows, and for each
 * host an interface with its address, a volume where it has data, and an instance that may be lost. Survives
 * the loss of a zone as far as the plan does: its failure domains are the zones.
 */
export class AwsMachines extends pulumi.ComponentResource implements Machines {
    readonly entrance: pulumi.Output<string>;
    readonly region: string;
    private readonly network: AwsNetwork;
    private readonly groups: Groups;
    private readonly keyPair: KeyPair;
    private readonly moving: MovingParts;

    constructor(
        private readonly name: string,
        private readonly plan: Plan,
        private readonly trust: Trust,
        private readonly facts: AwsFacts,
        opts?: pulumi.ComponentResourceOptions,
    ) {
        super("testudo:index:AwsMachines", name, {}, opts);
        const { region } = facts;
        this.region = region;
        this.network = makeNetwork(name, plan, region, this);
        this.groups = makeGroups(name, plan, this.network.vpc.id, this);
        this.keyPair = new KeyPair(
            `${name}-key`,
            { publicKey: publicKeyOf(plan, trust), tags: tagsOf(plan, "key") },
            { parent: this },
        );
        const elastic = elasticAddress(name, plan, {
            parent: this,
            dependsOn: [...this.network.waysOut.public],
        });
        const tables = [...this.network.privateTables.values()];
        this.moving = { name, plan, region, elastic, tables };
        this.entrance = elastic.publicIp;
        apiEndpoint(name, plan, region, this.network, this.groups, this);
        this.registerOutputs({});
    }

    host(spec: HostSpec, { parent }: { readonly parent: pulumi.Resource }): Host {
        const own: OwnArgs = { name: `${this.name}-${spec.name}`, plan: this.plan, spec, parent };
        const kind = moverKindOf(this.plan, spec);
        const { elastic } = this.moving;
        const link = makeInterface(
            own,
            this.network.subnet(spec).id,
            groupIds(this.groups, spec),
            // The state does not know where the address was led: it is free once the interfaces are gone.
            kind === "elastic" && elastic !== undefined ? [elastic] : [],
        );
        const volume = makeVolume(own, `${this.facts.region}${spec.failureDomain}`);
        const hostKey = this.trust.hostKey(spec.name);
        const instance = makeInstance({
            ...own,
            nonce: this.facts.machineId(spec.name),
            ami: this.facts.imageOf(spec.name),
            stays: this.facts.stays(spec.name),
            userData: this.userDataOf(spec, volume?.id, hostKey),
            keyName: this.keyPair.keyName,
            interfaceId: link.id,
            ...(kind === undefined
                ? {}
                : { profile: profileOf(this.moving, kind, spec, link, parent).name }),
            dependsOn: this.network.waysOut[spec.zone],
        });
        const attached = volume === undefined ? [] : [attach(own, instance, volume)];
        remember(own, [instance, ...attached]);
        const address = spec.zone === "public" ? this.ownAddress(own, link) : undefined;
        if (kind === "route" && isFirst(this.plan, spec)) overlayRoutes(this.moving, link, parent);
        return {
            spec,
            name: spec.name,
            machineId: instance.id,
            isLiving: this.facts.stays(spec.name),
            privateAddress: spec.address,
            connection: connectionTo(spec, this.plan, this.trust, hostKey, "root", {
                entrance: this.entrance,
                ...(address === undefined ? {} : { host: address.publicIp }),
            }),
            machine: instance,
            ...(kind === undefined ? {} : { mover: moverOf(this.moving, kind, link) }),
        };
    }

    border(
        name: string,
        _rules: readonly BorderRule[],
        { parent, flows }: { readonly parent: pulumi.Resource; readonly flows: readonly Flow[] },
    ): pulumi.Resource {
        return new AwsBorder(name, { plan: this.plan, flows, groups: this.groups }, { parent });
    }

    private userDataOf(
        spec: HostSpec,
        volumeId: pulumi.Output<string> | undefined,
        hostKey: ReturnType<Trust["hostKey"]>,
    ): pulumi.Output<string> {
        return pulumi
            .all([
                hostKey.privateKeyOpenssh,
                hostKey.publicKeyOpenssh,
                this.trust.clientKey.publicKeyOpenssh,
                pulumi.output(volumeId),
            ])
            .apply(([key, publicKey, operator, id]) =>
                userData({
                    host: spec.name,
                    nonce: this.facts.machineId(spec.name),
                    hostKey: key,
                    hostPublicKey: publicKey,
                    authorizedKeys: [operator],
                    ...(spec.data === undefined || id === undefined
                        ? {}
                        : { data: { volumeId: id, path: spec.data.path } }),
                }),
            );
    }

    /** A balancer is reached, and reaches the API, whoever has the site's address; its interface has it before it boots. */
    private ownAddress({ name, plan, spec, parent }: OwnArgs, link: NetworkInterface): Eip {
        return new Eip(
            `${name}-address`,
            {
                domain: "vpc",
                networkInterface: link.id,
                associateWithPrivateIp: spec.address,
                tags: tagsOf(plan, spec.name, { host: spec.name }),
            },
            { parent, dependsOn: [...this.network.waysOut.public] },
        );
    }
}

/** A person's key, or the stack's own: for a machine that never got as far as its user-data. */
function publicKeyOf(plan: Plan, trust: Trust): pulumi.Input<string> {
    const { keyFile } = plan.config.aws;
    return keyFile === undefined
        ? trust.clientKey.publicKeyOpenssh.apply((key) => key.trim())
        : readFileSync(keyFile, "utf8").trim();
}

function moverKindOf(plan: Plan, spec: HostSpec): AddressMover["kind"] | undefined {
    const role = (["load-balancer", "inner-load-balancer"] as const).find((one) =>
        spec.roles.includes(one),
    );
    return role === undefined ? undefined : moverKind(plan, role);
}

function isFirst(plan: Plan, spec: HostSpec): boolean {
    return hostsOf(plan, "inner-load-balancer")[0]?.name === spec.name;
}
