import fc from "fast-check";
import {
    contains,
    formatAddress,
    netmask,
    networkSize,
    nth,
    overlaps,
    parseAddress,
    parseNetwork,
    type Network,
} from "../../../components/cluster/addresses";

const anyAddress = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const anyNetwork = fc
    .tuple(anyAddress, fc.integer({ min: 0, max: 32 }))
    .map(([address, prefix]): Network => {
        const size = 2 ** (32 - prefix);
        return { base: Math.floor(address / size) * size, prefix };
    });
const written = (network: Network) => `${formatAddress(network.base)}/${network.prefix}`;

test("an address that is written is read as the same number", () => {
    fc.assert(fc.property(anyAddress, (value) => parseAddress(formatAddress(value)) === value));
});

test("a network that is written is read as the same network", () => {
    fc.assert(
        fc.property(anyNetwork, (network) => {
            expect(parseNetwork(written(network))).toEqual(network);
        }),
    );
});

test.each([
    "",
    "10.0.0",
    "10.0.0.0.1",
    "10.0.0.256",
    "10.0.0.-1",
    "010.0.0.1",
    "10.0.0.1 ",
    "a.b.c.d",
    "1e1.0.0.0",
])("%j is no address", (text) => {
    expect(parseAddress(text)).toBeUndefined();
});

test.each([
    "10.0.0.0",
    "10.0.0.1/24",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/-1",
    "10.0.0.0/24/24",
    "/24",
    "10.0.0/24",
])("%j is no network", (text) => {
    expect(parseNetwork(text)).toBeUndefined();
});

test("a network contains its own addresses, the first to the last, and no other", () => {
    fc.assert(
        fc.property(anyNetwork, anyAddress, (network, address) => {
            const last = network.base + networkSize(network) - 1;
            expect(contains(network, network.base)).toBe(true);
            expect(contains(network, last)).toBe(true);
            expect(contains(network, address)).toBe(address >= network.base && address <= last);
        }),
    );
});

test("two networks overlap, in either order, exactly if they share an address", () => {
    fc.assert(
        fc.property(anyNetwork, anyNetwork, (a, b) => {
            const first = Math.max(a.base, b.base);
            const shared = contains(a, first) && contains(b, first);
            expect([overlaps(a, b), overlaps(b, a)]).toEqual([shared, shared]);
        }),
    );
});

test("the n-th address lies in its network, and no other n has one", () => {
    fc.assert(
        fc.property(anyNetwork, fc.nat(), (network, seed) => {
            const index = seed % networkSize(network);
            expect(contains(network, parseAddress(nth(network, index)) ?? -1)).toBe(true);
            expect(() => nth(network, networkSize(network))).toThrow(RangeError);
            expect(() => nth(network, -1)).toThrow(RangeError);
        }),
    );
});

test.each([
    ["10.0.0.0/24", "255.255.255.0"],
    ["10.0.0.0/26", "255.255.255.192"],
    ["0.0.0.0/0", "0.0.0.0"],
    ["10.0.0.1/32", "255.255.255.255"],
])("the mask of %s is %s", (network, mask) => {
    expect(netmask(parseNetwork(network) ?? { base: 0, prefix: 32 })).toBe(mask);
});
