import type { Said } from "./ssh-client";

/** A network address of a machine. */
export interface MachineAddress {
    readonly interface: string;
    readonly address: string;
    /** Leased by DHCP. */
    readonly isLeased: boolean;
}

/** Sizes in MiB. */
export interface Room {
    readonly size: number;
    readonly free: number;
}

/** What a machine said of itself. */
export interface Report {
    /** Whom it sees on the other end: this machine, or the jump host. */
    readonly client: string;
    /** How much its clock is ahead of this machine's: at least and at most, in seconds. */
    readonly ahead: readonly [number, number];
    /** `debian 13`, and as it calls itself. */
    readonly os: string;
    readonly osName: string;
    readonly init: string;
    readonly machine: string;
    readonly kernel: string;
    /** The stack that has it, and the identity that it was given. */
    readonly owner?: { readonly stack: string; readonly nonce: string };
    /** Something of ours is there, though no identity: taking it was cut off, or somebody has removed that. */
    readonly hasTraces: boolean;
    readonly hasLeft: boolean;
    /** Hosts of the stack as it was when something was pushed here last: address by name. */
    readonly knows: ReadonlyMap<string, string>;
    /** Hosts that have left (testudo leave). */
    readonly gone: readonly string[];
    readonly memoryMiB: number;
    readonly disk: Room;
    readonly addresses: readonly MachineAddress[];
    /** `tcp 0.0.0.0:80` */
    readonly listens: readonly string[];
    readonly firewalls: readonly string[];
    readonly sshd: readonly string[];
    /** People of the stack whose names are accounts there already. */
    readonly accounts: readonly string[];
    readonly device?: { readonly state: string; readonly sizeMiB: number };
    readonly data?: Room;
    /** Data that lie there already. */
    readonly kept: readonly string[];
    /** Addresses of others, and whether they answered. */
    readonly peers: ReadonlyMap<string, boolean>;
    /** Missing packages that cannot be had, and why. */
    readonly noPackages?: { readonly names: string; readonly reason: string };
}

/** Takes apart what the probe has printed; `undefined` where it did not come to its end. */
export function parseReport({ stdout, began, answered }: Said): Report | undefined {
    const lines = stdout.split("\n").map((line) => line.split("\t"));
    const all = (key: string) =>
        lines.filter(([word]) => word === key).map((line) => line.slice(1));
    const first = (key: string) => all(key)[0];
    if (first("end") === undefined) return undefined;
    const time = Number(first("time")?.[0] ?? 0);
    const [stack = "", nonce = ""] = first("ours") ?? [];
    const device = first("device");
    const data = first("data");
    const [verdict, names = "", reason = ""] = first("packages") ?? [];
    return {
        client: first("client")?.[0] ?? "",
        ahead: [time - answered / 1000, time - began / 1000],
        os: first("os")?.[0] ?? "",
        osName: first("os")?.[1] ?? "",
        init: first("init")?.[0] ?? "",
        machine: first("machine")?.[0] ?? "",
        kernel: first("kernel")?.[0] ?? "",
        ...(stack === "" ? {} : { owner: { stack, nonce } }),
        hasTraces: first("traces") !== undefined,
        hasLeft: first("left") !== undefined,
        knows: new Map(all("knows").map(([name = "", address = ""]) => [name, address])),
        gone: all("gone").map(([name = ""]) => name),
        memoryMiB: Number(first("memory")?.[0] ?? 0),
        disk: room(first("disk")?.slice(1)),
        addresses: all("address").map(([name = "", address = "", leased]) => ({
            interface: name.replace(/@.*/, ""),
            address: address.split("/")[0] ?? "",
            isLeased: leased === "leased",
        })),
        listens: all("listens").map((words) => words.join(" ")),
        firewalls: all("firewall").map(([what = ""]) => what),
        sshd: all("sshd").map(([what = ""]) => what),
        accounts: all("account").map(([name = ""]) => name),
        ...(device === undefined
            ? {}
            : { device: { state: device[0] ?? "", sizeMiB: Number(device[1] ?? 0) } }),
        ...(data === undefined ? {} : { data: room(data) }),
        kept: all("kept").map(([path = ""]) => path),
        peers: new Map(all("peer").map(([address = "", answer]) => [address, answer === "yes"])),
        ...(verdict === "no" ? { noPackages: { names, reason: reason.trim() } } : {}),
    };
}

function room(words: readonly string[] | undefined): Room {
    return { size: Number(words?.[0] ?? 0), free: Number(words?.[1] ?? 0) };
}
