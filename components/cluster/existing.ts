import { contains, networkSize, parseAddress, parseNetwork } from "./addresses";
import { configKey, type Config } from "./config";
import type { Fault, HostSpec } from "./types";

/** Whether the machines were there before the stack, on networks that others use as well. */
export function isExisting(config: Pick<Config, "platform">): boolean {
    return config.platform === "ssh";
}

/** Where the stack file says a host's address. */
export function addressKey(config: Pick<Config, "platform">, host: string): string {
    return `${isExisting(config) ? "ssh." : ""}hosts.${host}.address`;
}

/** What the stack file says of a machine that exists already. */
export function existingSpec(
    config: Config,
    name: string,
): Pick<HostSpec, "sshPort" | "interface"> & { address?: string } {
    if (!isExisting(config)) return {};
    const { ssh } = config;
    const host = ssh.hosts[name];
    const port = host?.port ?? ssh.port;
    return {
        ...(host === undefined ? {} : { address: host.address }),
        ...(port === 22 ? {} : { sshPort: port }),
        interface: host?.interface ?? ssh.interface,
    };
}

/** Each of the topology's hosts is a machine that somebody names, and whoever deploys stays let in. */
export function existingFaults(
    config: Config,
    places: readonly string[],
    hosts: readonly HostSpec[],
): Fault[] {
    if (!isExisting(config)) return [];
    const named = Object.keys(config.ssh.hosts);
    return [
        ...hosts
            .filter(({ name }) => !named.includes(name))
            .map(({ name }) => ({
                key: configKey(`ssh.hosts.${name}`),
                rule: "needs the machine that is to be this host: address and hostKey",
                why: "this platform makes no machines, it takes those that are there",
                got: "nothing",
            })),
        ...named
            .filter((name) => !places.includes(name))
            .map((name) => ({
                key: configKey(`ssh.hosts.${name}`),
                rule: `needs to be one of ${places.join(", ")}`,
                why: "the preset names the hosts, and this machine would be left out silently",
                got: JSON.stringify(name),
            })),
        ...Object.entries(config.hosts)
            .filter(([, { address }]) => address !== undefined)
            .map(([name, { address }]) => ({
                key: configKey(`hosts.${name}.address`),
                rule: `belongs into testudo:ssh.hosts.${name}.address`,
                why: "a machine that exists has one place in the stack file",
                got: address ?? "",
            })),
        ...(config.operators === undefined
            ? [
                  {
                      key: configKey("operators"),
                      rule: "is required: the networks from which these machines are administered, this machine's own included (`ip route get ADDRESS` says it)",
                      why: "the hosts' firewalls close sshd to everybody else",
                      got: "nothing",
                  },
              ]
            : []),
        ...jumpFaults(config, hosts),
    ];
}

/** The way in must not depend on what is being changed. */
function jumpFaults({ ssh: { jump } }: Config, hosts: readonly HostSpec[]): Fault[] {
    const own = hosts.find(({ address }) => address === jump?.address);
    if (own === undefined) return [];
    return [
        {
            key: configKey("ssh.jump.address"),
            rule: "needs to be no host of the stack",
            why: `the firewall of ${own.name} will forward nothing`,
            got: own.address,
        },
    ];
}

/**
 * People's networks have any size and any router, and both zones may be one: then hosts' firewalls
 * alone are the border.
 */
export function existingNetworkFaults(config: Config, hosts: readonly HostSpec[]): Fault[] {
    const hasInner = hosts.some((host) => host.roles.includes("inner-load-balancer"));
    return [
        ...hosts.flatMap((host) =>
            config.ssh.hosts[host.name] === undefined
                ? []
                : insideFaults(config, `ssh.hosts.${host.name}.address`, host.zone, host.address),
        ),
        ...insideFaults(config, "network.vip", "public", config.network.vip),
        ...(hasInner
            ? insideFaults(config, "network.innerVip", "private", config.network.innerVip)
            : []),
    ];
}

function insideFaults(
    config: Config,
    key: string,
    zone: "public" | "private",
    address: string,
): Fault[] {
    const network = parseNetwork(config.network[zone]);
    const value = parseAddress(address);
    if (network === undefined || value === undefined) return [];
    const last = network.base + networkSize(network) - 1;
    if (contains(network, value) && value > network.base && value < last) return [];
    return [
        {
            key: configKey(key),
            rule: `needs a host address inside testudo:network.${zone} (${config.network[zone]})`,
            why:
                zone === "public"
                    ? "balancers share a floating address, which has to be of their own network"
                    : "daemons' accounts and firewalls know hosts by their network",
            got: address,
        },
    ];
}
