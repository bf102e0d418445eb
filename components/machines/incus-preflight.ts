import { needSentence } from "../cluster/cost";
import type { Plan } from "../cluster/plan";
import {
    addressFaults,
    diskFaults,
    memoryFaults,
    noImage,
    noPool,
    routeFaults,
    type Instance,
    type Space,
    volumeFaults,
} from "./incus-limits";
import { isRemade, memberFaults } from "./incus-members";
import { projectName } from "./incus-names";
import { packageFaults, type Image } from "./incus-packages";
import {
    bridgesNonce,
    dataVolumes,
    imageOfCheckout,
    incus,
    loadedBorder,
    machineRoutes,
    newNonce,
    poolSpace,
    projectOf,
    reach,
    type Thing,
} from "./incus-query";
import type { Preflight } from "./machines";

/** What Incus says about the hosts of the plan. Identities are those of what is there, or new ones for what is to be made. */
export interface IncusFacts extends Preflight {
    /** Of a machine; a living one that is to be made anew gets a new one as well. */
    machineId(host: string): string;
    /** Whether the machine is there, and stays. */
    isLiving(host: string): boolean;
    /** The image that a living machine was made from, or the one for new machines. */
    imageOf(host: string): string;
    /** Of a host's data volume. */
    volumeId(host: string): string;
    readonly projectId: string;
    /** Of the three bridges together. */
    readonly networkId: string;
    /** Of the border; a reboot takes it away. */
    readonly borderId: string;
}

/** Asks the Incus server, changes nothing. */
export async function incusPreflight(plan: Plan): Promise<IncusFacts> {
    const { remote, storagePool } = plan.config.incus;
    const unreachable = await reach(remote);
    if (unreachable !== undefined)
        return {
            faults: [unreachable],
            warnings: [],
            projectId: "",
            networkId: "",
            borderId: "",
            machineId: () => "",
            isLiving: () => false,
            volumeId: () => "",
            imageOf: () => "",
        };
    const [
        found,
        volumes,
        images,
        pools,
        routes,
        resources,
        space,
        bridges,
        border,
        checkoutImage,
    ] = await Promise.all([
        projectOf(plan),
        dataVolumes(plan),
        incus<Image[]>(["image", "list", `${remote}:`, "--format", "json"]),
        incus<Thing[]>(["storage", "list", `${remote}:`, "--format", "json"]),
        machineRoutes(),
        incus<{ memory: Space }>(["query", `${remote}:/1.0/resources`]),
        poolSpace(remote, storagePool),
        bridgesNonce(plan),
        loadedBorder(plan.stack),
        imageOfCheckout(),
    ]);
    const { project, instances } = found;
    const image = plan.config.incus.image ?? bestImage(images, checkoutImage);
    const living = new Map(instances.map((instance) => [instance.name, instance]));
    const staying = new Map(
        plan.hosts
            .filter((host) => living.has(host.name) && !isRemade(host, living))
            .map((host) => [host.name, living.get(host.name)?.config]),
    );
    const machineIds = identities(plan, (name) => staying.get(name)?.["user.testudo.nonce"]);
    const volumeIds = identities(
        plan,
        (name) => volumes.find((volume) => volume.host === name)?.nonce,
    );
    return {
        faults: [
            ...(pools.some((pool) => pool.name === storagePool)
                ? []
                : [
                      noPool(
                          storagePool,
                          pools.map((pool) => pool.name),
                      ),
                  ]),
            ...(image !== undefined &&
            images.some((one) => one.aliases.some((alias) => alias.name === image))
                ? []
                : [noImage(image)]),
            ...packageFaults(plan, living, images, image),
            ...routeFaults(plan, routes),
            ...memoryFaults(plan, living, resources.memory),
            ...diskFaults(plan, living, space),
            ...addressFaults(plan, living),
            ...volumeFaults(plan, volumes),
            ...memberFaults(plan, { living, volumes, members: formerMembers(project) }),
        ],
        warnings: stoppedWarnings(plan, instances),
        notes: [needSentence(plan)],
        projectId: project?.config?.["user.testudo.nonce"] ?? newNonce(),
        networkId: bridges ?? newNonce(),
        borderId: border ?? newNonce(),
        machineId: (host) => machineIds.get(host) ?? "",
        isLiving: (host) => staying.has(host),
        volumeId: (host) => volumeIds.get(host) ?? "",
        imageOf: (host) => staying.get(host)?.["user.testudo.image"] ?? image ?? "",
    };
}

/** One a host: what is known, or a new one. */
function identities(
    plan: Plan,
    known: (host: string) => string | undefined,
): ReadonlyMap<string, string> {
    return new Map(plan.hosts.map(({ name }) => [name, known(name) ?? newNonce()]));
}

/** `user.testudo.member.db1: database`, kept on the project: machines and volumes can be lost together. */
function formerMembers(project: Thing | undefined): ReadonlyMap<string, string> {
    const prefix = "user.testudo.member.";
    return new Map(
        Object.entries(project?.config ?? {})
            .filter(([key]) => key.startsWith(prefix))
            .map(([key, role]) => [key.slice(prefix.length), role ?? ""]),
    );
}

/** Whoever has left stands still on purpose. */
function stoppedWarnings(plan: Plan, instances: readonly Instance[]): string[] {
    return instances
        .filter(({ name, status }) => status !== "Running" && isWanted(plan, name))
        .map(
            (instance) =>
                `${instance.name} is ${instance.status.toLowerCase()}; start it with: incus start --project ${projectName(plan.stack)} ${instance.name}`,
        );
}

function isWanted(plan: Plan, name: string): boolean {
    return plan.hosts.some((host) => host.name === name && host.leaving !== true);
}

/** The image built from this checkout's package list; else the newest of ours. */
function bestImage(
    images: readonly Image[],
    checkoutImage: string | undefined,
): string | undefined {
    const aliases = [...images]
        .sort((a, b) => b.uploaded_at.localeCompare(a.uploaded_at))
        .flatMap((image) => image.aliases.map((alias) => alias.name))
        .filter((alias) => alias.startsWith("testudo/"));
    return aliases.find((alias) => alias === checkoutImage) ?? aliases[0];
}
