import { nth, parseNetwork } from "../cluster/addresses";
import { hasApiEndpoint, servicePlace, subnetsOf } from "../cluster/aws";
import { hostsOf, type Plan } from "../cluster/plan";
import { interfaceOf, roleNames, type Flow } from "../cluster/types";
import type { FileSpec, HostFacts } from "./role";

/** The addresses at which EC2 serves its instances, the same in every VPC. */
const metadata = "169.254.169.254";
export const timeServer = "169.254.169.123";

/** What an image calls its interface is its kernel's and its machine's business, and nobody can ask before it runs. */
export const cloudFiles: readonly FileSpec<HostFacts>[] = [
    {
        path: "/usr/local/lib/testudo/base/adapt",
        view: ({ plan, host }) =>
            plan.config.platform === "aws"
                ? { host: host.name, interface: interfaceOf(host), address: host.address }
                : null,
        mode: "0755",
        check: "bash -n /usr/local/lib/testudo/base/adapt",
    },
];

/** What every host of a cloud needs from the cloud itself; nothing on platforms that serve nothing. */
export function cloudFlows(plan: Plan): Flow[] {
    if (plan.config.platform !== "aws") return [];
    return [
        ...roleNames
            .filter((role) => hostsOf(plan, role).length > 0)
            .flatMap((from) => platformServices(plan).map((flow) => ({ from, ...flow }))),
        // Also where packages come from few networks: the standby asks there, the way that visitors come.
        {
            from: "load-balancer",
            to: "outside",
            protocol: "tcp",
            port: 443,
            why: "does anybody answer at the public address, and the platform's API",
        },
        ...endpointFlows(plan),
    ];
}

/** Without gateways the platform's API is at addresses inside of the network, also for those who have a way out. */
function endpointFlows(plan: Plan): Flow[] {
    const asks = ["load-balancer", "inner-load-balancer"] as const;
    if (!hasApiEndpoint(plan)) return [];
    return asks.map((from) => ({
        from,
        to: "outside",
        protocol: "tcp",
        port: 443,
        only: subnetsOf(plan.config)
            .filter(({ zone }) => zone === "private")
            .map(({ network }) => `${servicePlace(network)}/32`),
        why: "the platform's API, at its endpoint in the network",
        ofPlatform: true,
    }));
}

/** Without who asks. */
export function platformServices(plan: Plan): Omit<Flow, "from">[] {
    const service = (
        protocol: "tcp" | "udp",
        port: number,
        only: readonly string[] | undefined,
        why: string,
    ) => ({
        to: "outside" as const,
        protocol,
        port,
        ...(only === undefined ? {} : { only }),
        why,
        ofPlatform: true,
    });
    const { egress: networks } = plan.config.aws;
    // The whole world is not the stack's own networks, nor what EC2 serves at link-local addresses.
    const egress = networks.some((network) => network.endsWith("/0")) ? undefined : networks;
    const resolver = [addressIn(plan.networks.supernet, 2)];
    // The router of each subnet answers renewals of the address; without them a host loses it after an hour.
    const routers = subnetsOf(plan.config).map(({ network }) => addressIn(network, 1));
    return [
        service("tcp", 80, egress, "packages"),
        service("tcp", 443, egress, "packages, and the platform's API"),
        service("udp", 53, resolver, "names"),
        service("tcp", 53, resolver, "names"),
        service("udp", 67, routers, "the host's own address"),
        service("udp", 123, [`${timeServer}/32`], "the time"),
        // User-data and credentials of the instance are nothing for what runs PHP.
        { ...service("tcp", 80, [`${metadata}/32`], "what this machine is"), user: "root" },
    ];
}

function addressIn(network: string, index: number): string {
    const parsed = parseNetwork(network);
    return parsed === undefined ? network : `${nth(parsed, index)}/32`;
}
