import { incus } from "./lab";
import { must } from "./shell";

/** Seconds since the epoch, the clock of all attempts: containers share it. */
export function now(): number {
    return Date.now() / 1000;
}

/**
 * As if somebody had pulled the plug: first the link, since the kernel of a killed container would still
 * say goodbye to its peers, which no dead machine does. Returns the moment of the loss.
 */
export async function powerCut(host: string): Promise<number> {
    const link = await incus(["config", "get", host, "volatile.eth0.host_name"]);
    if (link === "") throw new Error(`${host} has no link to cut`);
    const moment = now();
    await must(["ip", "link", "set", "dev", link, "down"]);
    await incus(["stop", "--force", host]);
    return moment;
}

export async function powerOn(host: string): Promise<number> {
    const moment = now();
    await incus(["start", host]);
    return moment;
}

/** `shutdown` in the host. */
export async function stopCleanly(host: string): Promise<number> {
    const moment = now();
    await incus(["stop", host, "--timeout", "60"]);
    return moment;
}

/** Every process of the host stands still, its link stays: the loss that says nothing to anybody. */
export async function freeze(host: string): Promise<number> {
    const moment = now();
    await incus(["pause", host]);
    return moment;
}

export async function thaw(host: string): Promise<number> {
    const moment = now();
    await incus(["resume", host]);
    return moment;
}
