import { overlaps, parseNetwork } from "./addresses";
import { doorOf, instanceTypeOf, isInside, isOverlay, subnetOf } from "./aws";
import { configKey, type Config } from "./config";
import { quorumRoles } from "./quorum";
import type { Fault, HostSpec } from "./types";

/** What EC2 would refuse, or could not keep up after the loss of a zone; on other platforms, what only EC2 has. */
export function awsFaults(config: Config, hosts: readonly HostSpec[]): Fault[] {
    if (config.platform !== "aws") return strangeFaults(config);
    return [
        ...requiredFaults(config),
        ...sizeFaults(config),
        ...zoneFaults(config, hosts),
        ...hosts.flatMap((host) => placeFaults(config, host)),
        ...innerFaults(config, hosts),
        ...hosts.flatMap((host) => architectureFaults(config, host)),
    ];
}

function strangeFaults({ platform, hosts }: Config): Fault[] {
    return Object.entries(hosts).flatMap(([name, host]) =>
        (["instanceType", "interface"] as const)
            .filter((key) => host[key] !== undefined)
            .map((key) => ({
                key: configKey(`hosts.${name}.${key}`),
                rule: `is no key of testudo:platform: ${platform}`,
                why:
                    key === "instanceType"
                        ? "it would silently do nothing; sizes are memoryMiB and diskGiB here"
                        : "it would silently do nothing",
                got: JSON.stringify(host[key]),
            })),
    );
}

function requiredFaults(config: Config): Fault[] {
    return [
        ...(config.operators === undefined
            ? [
                  {
                      key: configKey("operators"),
                      rule: "needs the networks from which you deploy, such as 203.0.113.7/32",
                      why: "sshd of the balancers and the bastion are open to nobody else",
                      got: "nothing",
                  },
              ]
            : []),
        ...(config.site.name === undefined
            ? [
                  {
                      key: configKey("site.name"),
                      rule: "needs the name that visitors type",
                      why: "the public address is known only after it was made, and certificates are made before",
                      got: "nothing",
                  },
              ]
            : []),
        ...(config.aws.nat === "none" && config.aws.ami === undefined
            ? [
                  {
                      key: configKey("aws.ami"),
                      rule: "needs the id of an image that has all packages (docs/aws.md), with testudo:aws.nat: none",
                      why: "private hosts would reach no mirror to install them from",
                      got: "nothing",
                  },
              ]
            : []),
    ];
}

function sizeFaults(config: Config): Fault[] {
    const faults: Fault[] = [];
    const { prefix = 0 } = parseNetwork(config.network.supernet) ?? {};
    if (prefix < 16 || prefix > 28)
        faults.push({
            key: configKey("network.supernet"),
            rule: "needs to be a /16 to /28",
            why: "a VPC takes no other size",
            got: config.network.supernet,
        });
    for (const zone of ["public", "private"] as const) {
        const least = 26 - Math.ceil(Math.log2(config.aws.zones.length));
        const { prefix: own = 0 } = parseNetwork(config.network[zone]) ?? {};
        if (own <= least) continue;
        faults.push({
            key: configKey(`network.${zone}`),
            rule: `needs to be at least a /${least} for ${config.aws.zones.length} zones`,
            why: "each zone has a part of it, and hosts have fixed places in the first 62 addresses of each",
            got: config.network[zone],
        });
    }
    return faults;
}

function zoneFaults(config: Config, hosts: readonly HostSpec[]): Fault[] {
    const voting = quorumRoles.filter((role) => hosts.some((host) => host.roles.includes(role)));
    if (config.aws.zones.length >= 3 || voting.length === 0) return [];
    if (config.acceptDataLossRisk !== undefined) return [];
    return [
        {
            key: configKey("aws.zones"),
            rule: "needs three zones (or testudo:acceptDataLossRisk)",
            why: `of ${voting.join(", ")} one zone would have the majority, and its loss would stop the site`,
            got: JSON.stringify(config.aws.zones),
        },
    ];
}

/** Only what the user has overridden can be wrong here. */
function placeFaults(config: Config, host: HostSpec): Fault[] {
    const subnet = subnetOf(config, host);
    if (subnet === undefined)
        return [
            {
                key: configKey(`hosts.${host.name}.failureDomain`),
                rule: `needs one of testudo:aws.zones (${config.aws.zones.join(", ")})`,
                why: "a zone is what fails together on EC2",
                got: JSON.stringify(host.failureDomain),
            },
        ];
    const isDoor = host.zone === "public" && host.address === doorOf(config, host);
    if (isInside(subnet.network, host.address) && !isDoor) return [];
    return [
        {
            key: configKey(`hosts.${host.name}.address`),
            rule: isDoor
                ? "needs another address"
                : `needs an address of zone ${host.failureDomain} (${subnet.network})`,
            why: isDoor
                ? "this one is where the public address is led to"
                : "an interface lies in the subnet of its zone",
            got: host.address,
        },
    ];
}

function innerFaults(config: Config, hosts: readonly HostSpec[]): Fault[] {
    const inner = hosts.filter((host) => host.roles.includes("inner-load-balancer"));
    const [first] = inner;
    if (first === undefined) return [];
    const { innerVip, supernet } = config.network;
    if (isOverlay(config)) {
        const vpc = parseNetwork(supernet);
        const own = parseNetwork(`${innerVip}/32`);
        if (vpc === undefined || own === undefined || !overlaps(vpc, own)) return [];
        return [
            {
                key: configKey("network.innerVip"),
                rule: `needs to lie outside of testudo:network.supernet (${supernet})`,
                why: "inside, the VPC knows one subnet for it, and no route to another zone can be set (or testudo:aws.innerAddress: secondary, in one zone)",
                got: innerVip,
            },
        ];
    }
    const subnet = subnetOf(config, first);
    const zones = new Set(inner.map((host) => host.failureDomain));
    if (zones.size === 1 && subnet !== undefined && isInside(subnet.network, innerVip)) return [];
    return [
        {
            key: configKey("aws.innerAddress"),
            rule: `needs all inner balancers in one zone, and testudo:network.innerVip in its subnet, for "secondary"`,
            why: "an address moves between interfaces of one subnet only; route leads to any zone",
            got: `${innerVip}, in ${[...zones].join(", ")}`,
        },
    ];
}

/** Graviton families have a `g` after the generation: t4g, m7gd, c8g. */
function architectureFaults(config: Config, host: HostSpec): Fault[] {
    const type = instanceTypeOf(config, host);
    const isArm = /^(a1|[a-z]+\d+g[a-z]*)\./.test(type);
    if (isArm === (config.aws.architecture === "arm64")) return [];
    return [
        {
            key: configKey("aws.architecture"),
            rule: `needs to be ${isArm ? "arm64" : "amd64"} for ${type} (${host.name})`,
            why: "the image would not boot on it",
            got: config.aws.architecture,
        },
    ];
}
