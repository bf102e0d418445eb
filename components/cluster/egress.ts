import { formatAddress, overlaps, parseNetwork } from "./addresses";
import { configKey } from "./config";
import { isExisting } from "./existing";
import { hostsOf, type Plan } from "./plan";
import { roleNames, type Fault, type Flow } from "./types";

/** The ways out that every host has: none but those of `testudo:egress`. A role's own ways (mail) are its own. */
export function egressFlows(plan: Plan): Flow[] {
    const { time, dns, mirrors } = plan.config.egress;
    const ways: (Pick<Flow, "protocol" | "port" | "why"> & { readonly only: readonly string[] })[] =
        [
            { protocol: "udp", port: 123, only: time.map(alone), why: "time" },
            { protocol: "udp", port: 53, only: dns.map(alone), why: "names" },
            { protocol: "tcp", port: 53, only: dns.map(alone), why: "names, long answers" },
            { protocol: "tcp", port: 80, only: mirrors, why: "packages" },
            { protocol: "tcp", port: 443, only: mirrors, why: "packages" },
        ];
    return roleNames
        .filter((from) => hostsOf(plan, from).length > 0)
        .flatMap((from) =>
            ways
                .filter(({ only }) => only.length > 0)
                .map((way): Flow => ({ from, to: "outside", ...way })),
        );
}

export function egressFaults(plan: Plan): Fault[] {
    const { time, dns, mirrors } = plan.config.egress;
    return Object.entries({ time: time.map(alone), dns: dns.map(alone), mirrors }).flatMap(
        ([key, networks]) =>
            networks.flatMap((network, index) =>
                insideNetworks(plan, network).map((zone) => ({
                    key: configKey(`egress.${key}.${index}`),
                    rule: `must not be inside or around testudo:network.${zone} (${plan.networks[zone]})`,
                    why: "it would open every host of that network to all others; flows between hosts are declared by their roles",
                    got: network,
                })),
            ),
    );
}

/** The zones of our own hosts that a network touches. The platform's router is none of them. */
export function insideNetworks(plan: Plan, network: string): ("public" | "private")[] {
    const parsed = parseNetwork(network);
    if (parsed === undefined) return [];
    // Others live in these networks as well, name servers perhaps; only our own hosts are not to be named.
    if (isExisting(plan.config))
        return plan.hosts
            .filter(({ address }) => network === alone(address))
            .map(({ zone }) => zone);
    return (["public", "private"] as const).filter((zone) => {
        const own = parseNetwork(plan.networks[zone]);
        const isRouter = parsed.prefix === 32 && formatAddress(parsed.base) === plan.gateways[zone];
        return own !== undefined && overlaps(own, parsed) && !isRouter;
    });
}

function alone(address: string): string {
    return `${address}/32`;
}
