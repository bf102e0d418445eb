import * as pulumi from "@pulumi/pulumi";
import { instanceTypeOf } from "../cluster/aws";
import { awsCost, costSentence } from "../cluster/cost";
import type { Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import {
    imageFaults,
    keyChangeFaults,
    keyFaults,
    missingTypes,
    missingZones,
    noImage,
    noRegion,
    notAllowed,
    quotaWarnings,
    ruleFaults,
    typeFaults,
    unreachable,
    vendorFaults,
} from "./aws-limits";
import {
    imageFor,
    machinesOf,
    membersOf,
    offeredIn,
    reach,
    volumesOf,
    zonesOf,
    type Image,
} from "./aws-query";
import { addressFaults, volumeFaults } from "./incus-limits";
import { isRemade, memberFaults } from "./incus-members";
import { newNonce } from "./incus-query";
import type { Preflight } from "./machines";

/** What EC2 says about the hosts of the plan. Identities are those of what is there, or new ones for what is to be made. */
export interface AwsFacts extends Preflight {
    readonly region: string;
    /** Of a machine; a living one that is to be made anew gets a new one as well. */
    machineId(host: string): string;
    /** Is there one, and shall it stay? */
    stays(host: string): boolean;
    /** The image that a living machine was made from, or the one for new machines. */
    imageOf(host: string): string;
}

/** Asks EC2, changes nothing. */
export async function awsPreflight(plan: Plan): Promise<AwsFacts> {
    const region = new pulumi.Config("aws").get("region");
    if (region === undefined) return nothing("", [noRegion(), ...keyFaults(plan)]);
    try {
        await reach();
    } catch (error) {
        return nothing(region, [unreachable(region, error), ...keyFaults(plan)]);
    }
    const types = plan.hosts.map((host) => instanceTypeOf(plan.config, host));
    const answers = await Promise.all([
        zonesOf(region),
        offeredIn(region, types),
        imageFor(plan).catch((error: unknown) => noImage(plan, region, error)),
        machinesOf(plan),
        membersOf(plan).then(async (members) => ({
            members,
            volumes: await volumesOf(plan, members),
        })),
    ]).catch((error: unknown) => notAllowed(region, error));
    if (!Array.isArray(answers)) return nothing(region, [answers, ...keyFaults(plan)]);
    const [zones, offered, image, machines, { members, volumes }] = answers;
    const living = new Map(machines.map((machine) => [machine.name, machine]));
    const staying = new Map(
        plan.hosts
            .filter((host) => living.has(host.name) && !isRemade(host, living))
            .map((host) => [host.name, living.get(host.name)]),
    );
    const nonces = new Map(
        plan.hosts.map(({ name }) => [
            name,
            staying.get(name)?.config["user.testudo.nonce"] ?? newNonce(),
        ]),
    );
    return {
        region,
        faults: [
            ...missingZones(plan, region, zones),
            ...missingTypes(plan, offered),
            ...(isImage(image) ? imageFaults(plan, image) : [image]),
            ...vendorFaults(plan),
            ...keyFaults(plan),
            ...typeFaults(plan, living),
            ...ruleFaults(plan),
            ...addressFaults(plan, living),
            ...volumeFaults(plan, volumes),
            ...keyChangeFaults(plan, volumes),
            ...memberFaults(plan, { living, volumes, members }),
        ],
        warnings: [
            ...quotaWarnings(plan, machines.length === 0),
            ...machines
                .filter(({ name, status }) => status !== "Running" && isWanted(plan, name))
                .map(
                    ({ name, status }) =>
                        `${name} is ${status}; start it in EC2, then run up again`,
                ),
        ],
        notes: [costSentence(awsCost(plan, region), region)],
        machineId: (host) => nonces.get(host) ?? "",
        stays: (host) => staying.has(host),
        imageOf: (host) => staying.get(host)?.image ?? (isImage(image) ? image.id : ""),
    };
}

function isImage(image: Image | Fault): image is Image {
    return "architecture" in image;
}

function isWanted(plan: Plan, name: string): boolean {
    return plan.hosts.some((host) => host.name === name && host.leaving !== true);
}

function nothing(region: string, faults: readonly Fault[]): AwsFacts {
    return {
        region,
        faults,
        warnings: [],
        machineId: () => "",
        stays: () => false,
        imageOf: () => "",
    };
}
