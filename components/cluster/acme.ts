import { contains, parseAddress, parseNetwork } from "./addresses";
import { configKey, type Config } from "./config";
import type { Plan } from "./plan";
import { sitesOf } from "./sites";
import type { Fault, Flow } from "./types";

/** What no public authority signs for: reserved names (RFC 2606, 6761, 6762, 7686, 8375, 9476), and those that are nobody's. */
const reserved =
    /(^|\.)(test|example(\.(com|net|org))?|invalid|localhost|local|internal|intranet|private|corp|home|lan|onion|alt|arpa)$/;
/** A certificate takes no more, at Let's Encrypt and elsewhere. */
const mostNames = 100;
const section = "site.acme";

/** The authority that signs the site's certificate, where one is asked for it. */
export interface Acme {
    /** Address of its directory. */
    readonly directory: string;
    readonly email: string | null;
    /** Whether the directory is believed by certificates that the operator gives. */
    readonly hasOwnAuthority: boolean;
    /** Behind the address of the directory. */
    readonly host: string;
    readonly port: number;
}

export function acmeOf({ site }: Pick<Config, "site">): Acme | undefined {
    if (site.acme === undefined) return undefined;
    const { directory, email, ca } = site.acme;
    const { hostname, port } = new URL(directory);
    return {
        directory,
        email: email ?? null,
        hasOwnAuthority: ca !== undefined,
        host: hostname,
        port: port === "" ? 443 : Number(port),
    };
}

/** The ways that a certificate takes: to the authority, and to whoever answers for the names. */
export function acmeFlows({ config }: Pick<Plan, "config">): Flow[] {
    const acme = acmeOf(config);
    if (acme === undefined) return [];
    return [
        {
            from: "load-balancer",
            to: "outside",
            protocol: "tcp",
            port: acme.port,
            // A public one moves among addresses.
            ...(parseAddress(acme.host) === undefined ? {} : { only: [`${acme.host}/32`] }),
            why: "the site's certificate (ACME)",
        },
        {
            from: "load-balancer",
            to: "load-balancer",
            protocol: "tcp",
            port: 80,
            why: "does the holder of the floating address answer ACME",
        },
    ];
}

/** What would keep the authority from signing, or somebody from asking it. */
export function acmeFaults(config: Config): Fault[] {
    const acme = acmeOf(config);
    if (acme === undefined) return [];
    return [
        ...nameFaults(config, acme),
        ...directoryFaults(config, acme),
        ...(config.site.certificate === undefined && config.siteKey === undefined
            ? []
            : [
                  {
                      key: configKey(section),
                      rule: "is not to be there with testudo:site.certificate and testudo:siteKey",
                      why: "visitors are shown one certificate: yours, or the one that is fetched",
                      got: "both",
                  },
              ]),
    ];
}

function nameFaults(config: Config, acme: Acme): Fault[] {
    const named = sitesOf(config).flatMap((site) => [
        ...(parseAddress(site.host) === undefined
            ? [{ name: site.host, key: `${site.key}.name` }]
            : []),
        ...site.aliases.map((name, index) => ({ name, key: `${site.key}.aliases.${index}` })),
    ]);
    const faults = named
        // An authority of one's own signs for whatever its owner says.
        .filter(({ name }) => !acme.hasOwnAuthority && reserved.test(name))
        .map(({ name, key }) => ({
            key: configKey(key),
            rule: "needs a public name with testudo:site.acme (or testudo:site.acme.ca, for an authority of your own)",
            why: "an authority asks for the name in the public DNS, and signs for no other",
            got: JSON.stringify(name),
        }));
    if (config.site.name === undefined)
        faults.push({
            key: configKey("site.name"),
            rule: "is required with testudo:site.acme",
            why: "an authority signs for a name, and visitors of the floating address would be turned back",
            got: "nothing",
        });
    if (named.length > mostNames)
        faults.push({
            key: configKey(section),
            rule: `needs at most ${mostNames} names, those of all sites and aliases together`,
            why: "they stand in one certificate, which takes no more",
            got: String(named.length),
        });
    return faults;
}

function directoryFaults({ egress, network }: Config, { host, directory }: Acme): Fault[] {
    const key = configKey(`${section}.directory`);
    const address = parseAddress(host);
    const faults: Fault[] = [];
    if (address === undefined && egress.dns.length === 0)
        faults.push({
            key: configKey("egress.dns"),
            rule: `is required with ${key}`,
            why: "the balancers have to find the authority by its name",
            got: "nothing",
        });
    for (const zone of ["public", "private"] as const) {
        const own = parseNetwork(network[zone]);
        if (address === undefined || own === undefined || !contains(own, address)) continue;
        faults.push({
            key,
            rule: `must not be inside testudo:network.${zone} (${network[zone]})`,
            why: "its hosts are what roles make of them, and no role is an authority",
            got: directory,
        });
    }
    return faults;
}
