import { getAvailabilityZones } from "@pulumi/aws/getAvailabilityZones";
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity";
import { getEbsVolumes, getVolume } from "@pulumi/aws/ebs";
import { getAmi, getInstance, getInstances, getInstanceTypeOfferings } from "@pulumi/aws/ec2";
import { getParametersByPath } from "@pulumi/aws/ssm";
import type { Plan } from "../cluster/plan";
import type { Instance, Volume } from "./incus-limits";
import { leftMark, replaceMark } from "./incus-members";
import { membersPath, tagKeys } from "./aws-tags";

// Everything that is asked of EC2, by the provider, so with whatever account, region and endpoint `up` has. Changes nothing.

/** Debian's own account. */
const debian = "136693071363";

/** One of our machines, with what only EC2 knows of it. */
export interface Ec2Machine extends Instance {
    readonly instanceType: string;
    readonly image: string;
}

/** A data volume, with the key that its disk is encrypted by. */
export interface Ec2Volume extends Volume {
    readonly kmsKeyArn?: string;
}

export interface Image {
    readonly id: string;
    readonly architecture: string;
}

/** @throws what the provider says where there are no credentials, no such region or no way there */
export async function reach(): Promise<void> {
    await getCallerIdentity({});
}

/** Last letters of the region's zones that can be used. */
export async function zonesOf(region: string): Promise<string[]> {
    const { names } = await getAvailabilityZones({ state: "available" });
    return names.filter((name) => name.startsWith(region)).map((name) => name.slice(region.length));
}

/** `t4g.small` → the zones that have it, by the last letter. */
export async function offeredIn(
    region: string,
    types: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
    const { instanceTypes, locations } = await getInstanceTypeOfferings({
        locationType: "availability-zone",
        filters: [{ name: "instance-type", values: [...new Set(types)].sort() }],
    });
    return new Map(
        types.map((type) => [
            type,
            locations
                .filter((_, index) => instanceTypes[index] === type)
                .map((location) => location.slice(region.length)),
        ]),
    );
}

/** The image that the stack names, or Debian's newest. @throws where there is none */
export async function imageFor({ config }: Plan): Promise<Image> {
    const { ami, architecture } = config.aws;
    const found = await getAmi(
        ami === undefined
            ? {
                  owners: [debian],
                  mostRecent: true,
                  filters: [
                      { name: "name", values: [`debian-13-${architecture}-*`] },
                      { name: "state", values: ["available"] },
                  ],
              }
            : { filters: [{ name: "image-id", values: [ami] }] },
    );
    return { id: found.id, architecture: found.architecture };
}

/** The stack's instances by host, in the words in which members of a quorum are asked for. */
export async function machinesOf(plan: Plan): Promise<Ec2Machine[]> {
    const { ids } = await getInstances({
        filters: [{ name: `tag:${tagKeys.stack}`, values: [plan.stack] }],
        instanceStateNames: ["pending", "running", "stopping", "stopped"],
    });
    const found = await Promise.all(ids.map((instanceId) => getInstance({ instanceId })));
    return found.map(({ tags, instanceState, privateIp, instanceType, ami }) => ({
        name: tags[tagKeys.host] ?? "",
        status: instanceState === "running" ? "Running" : instanceState,
        instanceType,
        image: ami,
        config: {
            "user.testudo.nonce": tags[tagKeys.nonce],
            "user.testudo.quorum": tags[tagKeys.quorum] ?? "",
            "user.testudo.address": privateIp,
            [leftMark]: tags[tagKeys.left],
            [replaceMark]: tags[tagKeys.replace],
        },
    }));
}

/** The stack's data volumes; one has been used where its host is remembered as a member. */
export async function volumesOf(
    plan: Plan,
    members: ReadonlyMap<string, string>,
): Promise<Ec2Volume[]> {
    const { ids } = await getEbsVolumes({
        filters: [
            { name: `tag:${tagKeys.stack}`, values: [plan.stack] },
            { name: "tag:Name", values: [`testudo-${plan.stack}-*-data`] },
        ],
    });
    const found = await Promise.all(
        ids.map((id) => getVolume({ filters: [{ name: "volume-id", values: [id] }] })),
    );
    return found.map(({ tags, size, kmsKeyId }) => {
        const host = tags[tagKeys.host] ?? "";
        const key = kmsKeyId === "" ? {} : { kmsKeyArn: kmsKeyId };
        return { host, sizeGiB: size, used: members.has(host), ...key };
    });
}

/** Hosts that have been members of a quorum, by role. */
export async function membersOf({ stack }: Plan): Promise<ReadonlyMap<string, string>> {
    const { names, values } = await getParametersByPath({ path: membersPath(stack) });
    return new Map(names.map((name, index) => [name.split("/").at(-1) ?? "", values[index] ?? ""]));
}
