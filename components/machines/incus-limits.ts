import { quorumOf, quorumRoles } from "../cluster/quorum";
import { overlaps, parseNetwork } from "../cluster/addresses";
import type { Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import { bridgeName } from "./incus-names";

/** One instance, as `incus list --format json` tells it. */
export interface Instance {
    readonly name: string;
    readonly status: string;
    readonly config: Readonly<Record<string, string | undefined>>;
}

/** One route, as `ip -json route` tells it. */
export interface Route {
    readonly dst: string;
    readonly dev?: string;
    readonly type?: string;
}

/** Bytes of a storage pool. */
export interface Space {
    readonly total: number;
    readonly used: number;
}

/** A network that the machine uses already would be torn between two interfaces. Our own bridges and the fence are no reason. */
export function routeFaults(plan: Plan, routes: readonly Route[]): Fault[] {
    const own = (["public", "private", "outside"] as const).map((zone) =>
        bridgeName(plan.stack, zone),
    );
    const supernet = parseNetwork(plan.networks.supernet);
    return routes
        .filter(
            (route) =>
                route.dst !== "default" &&
                route.type !== "unreachable" &&
                !own.includes(route.dev ?? ""),
        )
        .filter((route) => {
            const used = parseNetwork(route.dst.includes("/") ? route.dst : `${route.dst}/32`);
            return supernet !== undefined && used !== undefined && overlaps(supernet, used);
        })
        .map((route) => ({
            key: "testudo:network.supernet",
            rule: "needs a network that this machine does not use",
            why: `its route to ${route.dst} by ${route.dev ?? "?"} would be cut or would cut the lab`,
            got: plan.networks.supernet,
        }));
}

/** Containers use a fraction of their limits at rest: a third of the limits of all new hosts must be free. */
export function memoryFaults(
    plan: Plan,
    living: ReadonlyMap<string, Instance>,
    memory: Space,
): Fault[] {
    const wanted = plan.hosts
        .filter((host) => !living.has(host.name))
        .reduce((sum, host) => sum + host.memoryMiB, 0);
    const needed = Math.ceil(wanted / 3);
    const free = Math.floor((memory.total - memory.used) / 2 ** 20);
    const largest = plan.hosts.find((host) => host.memoryMiB * 2 ** 20 > memory.total);
    if (needed <= free && largest === undefined) return [];
    return [
        {
            key:
                largest === undefined
                    ? `testudo:preset`
                    : `testudo:hosts.${largest.name}.memoryMiB`,
            rule: `needs ${largest === undefined ? `${needed} MiB of free memory for ${plan.hosts.length} hosts` : "no more memory than the machine has"}`,
            why: "the kernel would end daemons at random",
            got: `${free} MiB free of ${Math.floor(memory.total / 2 ** 20)} MiB`,
        },
    ];
}

/** Hosts share the image's blocks; one that has run for a while has written about half a GiB, a database one more. */
export function diskFaults(
    plan: Plan,
    living: ReadonlyMap<string, Instance>,
    space: Space | undefined,
): Fault[] {
    const needed = plan.hosts
        .filter((host) => !living.has(host.name))
        .reduce((sum, host) => sum + 0.5 + (host.data === undefined ? 0 : 1), 0);
    if (space === undefined || needed * 2 ** 30 <= space.total - space.used) return [];
    return [
        {
            key: "testudo:incus.storagePool",
            rule: `needs ${needed} GiB free`,
            why: "a full pool stops every daemon that writes",
            got: `${((space.total - space.used) / 2 ** 30).toFixed(1)} GiB free in ${plan.config.incus.storagePool}`,
        },
    ];
}

export function noPool(pool: string, known: readonly string[]): Fault {
    return {
        key: "testudo:incus.storagePool",
        rule: `needs one of ${known.join(", ") || "(there is none; `make platform` makes one)"}`,
        why: "hosts lie in it",
        got: pool,
    };
}

export function noImage(image: string | undefined): Fault {
    return {
        key: "testudo:incus.image",
        rule: "needs the alias of an image on the server (`make image` builds one)",
        why: "hosts start from it",
        got: image ?? "no testudo/… image",
    };
}

/** A living host keeps the address that it was made with; a plan that says otherwise would cut it off. */
export function addressFaults(plan: Plan, living: ReadonlyMap<string, Instance>): Fault[] {
    return plan.hosts.flatMap((host) => {
        const address = living.get(host.name)?.config["user.testudo.address"];
        if (address === undefined || address === host.address) return [];
        return [
            {
                key: `testudo:hosts.${host.name}.address`,
                rule: `needs to stay ${address} (or the testudo:network it lies in)`,
                why: "a living host keeps its address; a stack at other addresses is a new stack",
                got: host.address,
            },
        ];
    });
}

/** A data volume that has been made, by the host it belongs to. */
export interface Volume {
    readonly host: string;
    readonly sizeGiB: number;
    /** Whether a finished machine has used it. */
    readonly used: boolean;
    /** Its identity; one that was made before there were any has none. */
    readonly nonce?: string;
}

/** A smaller limit than what is written already would stop every member at once. */
export function volumeFaults(plan: Plan, volumes: readonly Volume[]): Fault[] {
    return quorumRoles.flatMap((role) => {
        const smaller = volumes.filter(({ host, sizeGiB }) => {
            const owner = plan.hosts.find((one) => one.name === host);
            return (
                owner?.data !== undefined &&
                quorumOf(owner) === role &&
                owner.data.sizeGiB < sizeGiB
            );
        });
        const [first] = smaller;
        if (first === undefined) return [];
        return [
            {
                key: `testudo:${role}.dataGiB`,
                rule: `needs to be at least ${first.sizeGiB}`,
                why: `the volumes of ${smaller.map((one) => one.host).join(", ")} have that size, and may only grow`,
                got: String(plan.config[role].dataGiB),
            },
        ];
    });
}
