/** An IPv4 network in CIDR notation, taken apart. */
export interface Network {
    /** As a number of 32 bits, host bits cleared. */
    readonly base: number;
    readonly prefix: number;
}

const octet = /^(0|[1-9]\d{0,2})$/;

/** The address as a number of 32 bits, or undefined where the text is not an IPv4 address. */
export function parseAddress(text: string): number | undefined {
    const parts = text.split(".");
    if (parts.length !== 4) return undefined;
    let value = 0;
    for (const part of parts) {
        if (!octet.test(part) || Number(part) > 255) return undefined;
        value = value * 256 + Number(part);
    }
    return value;
}

export function formatAddress(value: number): string {
    return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");
}

/** The network, or undefined where the text is no CIDR or has host bits set (`10.0.0.1/24`). */
export function parseNetwork(text: string): Network | undefined {
    const [address = "", length = "", ...rest] = text.split("/");
    const value = parseAddress(address);
    if (value === undefined || rest.length > 0 || !/^\d{1,2}$/.test(length)) return undefined;
    const prefix = Number(length);
    if (prefix > 32 || value % 2 ** (32 - prefix) !== 0) return undefined;
    return { base: value, prefix };
}

export function networkSize(network: Network): number {
    return 2 ** (32 - network.prefix);
}

export function contains(network: Network, address: number): boolean {
    return address >= network.base && address < network.base + networkSize(network);
}

export function overlaps(a: Network, b: Network): boolean {
    return contains(a, b.base) || contains(b, a.base);
}

/** The n-th address of a network; 0 is the network's own. Throws a RangeError outside of it. */
export function nth(network: Network, index: number): string {
    if (index < 0 || index >= networkSize(network))
        throw new RangeError(`address ${index} is outside a /${network.prefix}`);
    return formatAddress(network.base + index);
}

/** `255.255.255.0` for a /24. */
export function netmask(network: Network): string {
    return formatAddress(2 ** 32 - networkSize(network));
}
