import { Volume } from "@pulumi/aws/ebs";
import { Instance, NetworkInterface, VolumeAttachment } from "@pulumi/aws/ec2";
import { Parameter } from "@pulumi/aws/ssm";
import * as pulumi from "@pulumi/pulumi";
import { doorOf, instanceTypeOf } from "../cluster/aws";
import { leastRootGiB } from "../cluster/cost";
import type { Plan } from "../cluster/plan";
import { quorumOf } from "../cluster/quorum";
import type { HostSpec } from "../cluster/types";
import { membersPath, tagsOf } from "./aws-tags";

export interface OwnArgs {
    readonly name: string;
    readonly plan: Plan;
    readonly spec: HostSpec;
    readonly parent: pulumi.Resource;
}

/** The host's address outlives its machine. */
export function makeInterface(
    { name, plan, spec, parent }: OwnArgs,
    subnetId: pulumi.Input<string>,
    securityGroups: pulumi.Input<string>[],
    dependsOn: readonly pulumi.Resource[],
): NetworkInterface {
    const door = spec.zone === "public" ? doorOf(plan.config, spec) : undefined;
    const isInner = spec.roles.includes("inner-load-balancer");
    const { innerAddress } = plan.config.aws;
    return new NetworkInterface(
        `${name}-interface`,
        {
            subnetId,
            description: `Testudo ${plan.stack}: ${spec.name}`,
            ...(door === undefined
                ? { privateIps: [spec.address] }
                : { privateIpListEnabled: true, privateIpLists: [spec.address, door] }),
            securityGroups,
            // An address outside of the network is nobody's: with the check its packets would be dropped.
            sourceDestCheck: !(isInner && innerAddress === "route"),
            tags: tagsOf(plan, spec.name, { host: spec.name }),
        },
        {
            parent,
            dependsOn: [...dependsOn],
            // The address that VRRP moves comes and goes.
            ignoreChanges: isInner && innerAddress === "secondary" ? ["privateIps"] : [],
        },
    );
}

/** The data outlive the machine, and the stack, unless it is ephemeral. */
export function makeVolume(
    { name, plan, spec, parent }: OwnArgs,
    availabilityZone: string,
): Volume | undefined {
    if (spec.data === undefined) return undefined;
    const { ephemeral, kmsKeyArn } = plan.config.aws;
    return new Volume(
        `${name}-data`,
        {
            availabilityZone,
            size: spec.data.sizeGiB,
            type: "gp3",
            encrypted: true,
            ...(kmsKeyArn === undefined ? {} : { kmsKeyId: kmsKeyArn }),
            tags: tagsOf(plan, `${spec.name}-data`, { host: spec.name }),
        },
        // Whoever has left has copied its data to the others; the `up` after that takes its volume.
        { parent, protect: !ephemeral && spec.leaving !== true },
    );
}

export interface InstanceArgs extends OwnArgs {
    readonly nonce: string;
    readonly ami: string;
    /** There is one, and nobody has asked for another. */
    readonly stays: boolean;
    readonly userData: pulumi.Input<string>;
    readonly keyName: pulumi.Input<string>;
    readonly interfaceId: pulumi.Input<string>;
    readonly profile?: pulumi.Input<string>;
    readonly dependsOn: readonly pulumi.Resource[];
}

/** The machine itself: everything that shall last lies beside it. */
export function makeInstance(args: InstanceArgs): Instance {
    const { name, plan, spec, parent } = args;
    const { kmsKeyArn, terminationProtection, ephemeral } = plan.config.aws;
    const quorum = quorumOf(spec);
    const tags = tagsOf(plan, spec.name, {
        host: spec.name,
        nonce: args.nonce,
        ...(quorum === null ? {} : { quorum }),
    });
    return new Instance(
        name,
        {
            ami: args.ami,
            instanceType: instanceTypeOf(plan.config, spec),
            primaryNetworkInterface: { networkInterfaceId: args.interfaceId },
            keyName: args.keyName,
            userData: args.userData,
            // The nonce is in it.
            userDataReplaceOnChange: true,
            ...(args.profile === undefined ? {} : { iamInstanceProfile: args.profile }),
            metadataOptions: {
                httpEndpoint: "enabled",
                httpTokens: "required",
                httpPutResponseHopLimit: 1,
                instanceMetadataTags: "disabled",
            },
            rootBlockDevice: {
                volumeType: "gp3",
                volumeSize: Math.max(leastRootGiB, spec.diskGiB),
                encrypted: true,
                ...(kmsKeyArn === undefined ? {} : { kmsKeyId: kmsKeyArn }),
                deleteOnTermination: true,
                tags: tagsOf(plan, `${spec.name}-root`, { host: spec.name }),
            },
            disableApiTermination: terminationProtection ?? !ephemeral,
            // This program may: it has asked for a machine that it makes anew.
            forceDestroy: true,
            tags,
        },
        {
            parent,
            dependsOn: [...args.dependsOn],
            deleteBeforeReplace: true,
            // Nothing of this replaces a living host by itself; one that is made anew gets the new ones. The check of
            // sources is the interface's: the provider would switch it on again by way of the instance.
            ignoreChanges: [
                "sourceDestCheck",
                ...(args.stays ? ["ami", "userData", "keyName"] : []),
            ],
        },
    );
}

/**
 * Hangs the volume on the machine. It is never taken off a running one: a machine that ends shuts down, and lets go of it; so
 * one that has vanished is no obstacle either.
 */
export function attach(
    { name, parent }: OwnArgs,
    instance: Instance,
    volume: Volume,
): VolumeAttachment {
    return new VolumeAttachment(
        `${name}-data-attachment`,
        {
            deviceName: "/dev/sdf",
            instanceId: instance.id,
            volumeId: volume.id,
            skipDestroy: true,
        },
        { parent, deleteBeforeReplace: true },
    );
}

/** Remembered beside machine and volume: a member whose machine and data are gone is told from one that never was. */
export function remember(
    { name, plan, spec, parent }: OwnArgs,
    after: readonly pulumi.Resource[],
): void {
    const quorum = quorumOf(spec);
    if (quorum === null) return;
    new Parameter(
        `${name}-member`,
        {
            name: `${membersPath(plan.stack)}/${spec.name}`,
            type: "String",
            value: quorum,
            description: `Testudo ${plan.stack}: has been a member`,
            tags: tagsOf(plan, `${spec.name}-member`, { host: spec.name }),
        },
        { parent, dependsOn: [...after] },
    );
}
