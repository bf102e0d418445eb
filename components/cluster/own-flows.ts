import { contains, networkSize, parseNetwork } from "./addresses";
import { configKey } from "./config";
import { insideNetworks } from "./egress";
import { hostsOf, type Plan } from "./plan";
import { roleNames, type Fault, type Flow, type Zone } from "./types";

/** One entry of `testudo:flows`, as typed. */
type Typed = Plan["config"]["flows"][number];

const protocols = ["tcp", "udp", "icmp"] as const;
/** It stands between quotes in a firewall rule. */
const phrase = /^[^"\\\n]{3,100}$/;

/** What the user declares beside the roles. */
export function ownFlows(plan: Plan): Flow[] {
    return plan.config.flows
        .filter((typed, index) => faultsIn(plan, typed, index).length === 0)
        .map(flowOf);
}

/** Whatever is wrong with any of them; `builtIn` are the roles' own. */
export function ownFlowFaults(plan: Plan, builtIn: readonly Flow[]): Fault[] {
    const known = [...builtIn];
    return plan.config.flows.flatMap((typed, index): Fault[] => {
        const faults = faultsIn(plan, typed, index);
        if (faults.length > 0) return faults;
        const flow = flowOf(typed);
        const same = known.find((one) => covers(one, flow));
        known.push(flow);
        if (same === undefined) return [];
        return [
            {
                key: configKey(`flows.${index}`),
                rule: "needs to open what is not open yet",
                why: `${same.from} may talk to ${same.to} there already (${same.why})`,
                got: shown(typed),
            },
        ];
    });
}

/** One in which nothing is wrong. */
function flowOf({ from, to, protocol, port, only, why }: Typed): Flow {
    return {
        from: from as Flow["from"],
        to: to as Flow["to"],
        protocol: protocol as Flow["protocol"],
        ...(port === undefined ? {} : { port: port as number }),
        ...(only === undefined ? {} : { only: only as string[] }),
        why: why as string,
    };
}

/** Whether it is wrong, where, what is needed, and why. */
type Rule = readonly [boolean, keyof Typed, string, string];

function faultsIn(plan: Plan, typed: Typed, index: number): Fault[] {
    const { from, to, protocol, port, why } = typed;
    const roles = roleNames.filter((role) => hostsOf(plan, role).length > 0);
    const inZone = (zone: Zone) =>
        roles.filter((role): boolean => hostsOf(plan, role)[0]?.zone === zone);
    const asks = [...roles, "outside", "operator"];
    const answers = [...roles, "outside"];
    const strange = from === "outside" || from === "operator";
    const where = `where testudo:flows.${index}.from is ${String(from)}`;
    const rules: Rule[] = [
        [!isOne(asks, from), "from", `needs one of ${asks.join(", ")}`, "nobody else asks"],
        [
            !isOne(answers, to),
            "to",
            `needs one of ${answers.join(", ")}`,
            "nobody else can be asked",
        ],
        [strange && to === "outside", "to", `needs a role ${where}`, "neither is ours"],
        [
            strange && isOne(inZone("private"), to),
            "to",
            `needs one of ${inZone("public").join(", ")} ${where}`,
            "hosts of the private zone are reached through the balancers only",
        ],
        [
            !isOne(protocols, protocol),
            "protocol",
            `needs one of ${protocols.join(", ")}`,
            "no rule is made of another",
        ],
        protocol === "icmp"
            ? [port !== undefined, "port", "is not to be there with icmp", "icmp has no ports"]
            : [
                  !isPort(port),
                  "port",
                  "needs a whole number from 1 to 65535",
                  "that is what ports are",
              ],
        ...onlyRules(plan, typed.only, strange || to === "outside"),
        [
            typeof why !== "string" || !phrase.test(why),
            "why",
            'needs a phrase of 3 to 100 letters without " and \\',
            "whoever finds the open port later wants to know",
        ],
    ];
    return rules
        .filter(([isWrong]) => isWrong)
        .map(([, key, rule, reason]) => ({
            key: configKey(`flows.${index}.${key}`),
            rule,
            why: reason,
            got: shown(typed[key]),
        }));
}

function onlyRules(plan: Plan, only: unknown, narrows: boolean): Rule[] {
    if (only === undefined) return [];
    const networks = (Array.isArray(only) ? (only as unknown[]) : []).map(String);
    const areNetworks =
        networks.length > 0 && networks.every((one) => parseNetwork(one) !== undefined);
    const [zone] = networks.flatMap((network) => insideNetworks(plan, network));
    return [
        [
            !narrows,
            "only",
            "is for outside and operator alone",
            "a role's addresses are those of its hosts",
        ],
        [
            narrows && !areNetworks,
            "only",
            "needs a list of IPv4 networks such as 192.0.2.0/24, host bits zero",
            "rules are made from them",
        ],
        ...(!narrows || zone === undefined
            ? []
            : [
                  [
                      true,
                      "only",
                      `must not be inside or around testudo:network.${zone} (${plan.networks[zone]})`,
                      "its hosts are named by their roles",
                  ] as const,
              ]),
    ];
}

/** Whether everything that `flow` would open is open by `known`. */
function covers(known: Flow, flow: Flow): boolean {
    const same = (["from", "to", "protocol", "port"] as const).every(
        (key) => known[key] === flow[key],
    );
    if (!same || known.only === undefined) return same;
    return flow.only?.every((network) => known.only?.some((all) => within(all, network))) ?? false;
}

function within(outer: string, inner: string): boolean {
    const [all, part] = [parseNetwork(outer), parseNetwork(inner)];
    return (
        all !== undefined &&
        part !== undefined &&
        contains(all, part.base) &&
        networkSize(part) <= networkSize(all)
    );
}

function isPort(port: unknown): port is number {
    return typeof port === "number" && Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function isOne(words: readonly string[], word: unknown): boolean {
    return words.some((one) => one === word);
}

function shown(value: unknown): string {
    return value === undefined ? "nothing" : JSON.stringify(value);
}
