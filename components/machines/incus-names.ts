import { createHash } from "node:crypto";

/** Incus project of a stack. */
export function projectName(stack: string): string {
    return `testudo-${stack}`;
}

/**
 * Ethernet address of a host: the same for every machine that ever has its name. Neighbours keep an address for
 * up to a minute, and a machine made again must be reachable at once. The first three bytes are Incus' own.
 */
export function hardwareAddress(stack: string, host: string): string {
    const digest = createHash("sha256").update(`${stack}/${host}`).digest("hex");
    return ["10", "66", "6a", ...(digest.slice(0, 6).match(/../g) ?? [])].join(":");
}

/** Bridge of a zone; Linux allows an interface name 15 characters, which bounds the stack's name. */
export function bridgeName(stack: string, zone: "public" | "private" | "outside"): string {
    return `td${stack}-${{ public: "pub", private: "prv", outside: "out" }[zone]}`;
}
