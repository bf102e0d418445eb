import type { Plan } from "../cluster/plan";
import { quorumRoles } from "../cluster/quorum";
import type { Fault } from "../cluster/types";
import { memberFaults } from "./ssh-members";
import type { Known } from "./ssh-preflight";

/** Seconds that two clocks may be apart: certificates, votes and logs are compared by time. */
const furthest = 2;

/** What is wrong between machines. */
export function togetherFaults(plan: Plan, known: readonly Known[]): Fault[] {
    return [
        ...sameMachineFaults(known),
        ...clockFaults(known),
        ...peerFaults(known),
        ...quorumRoles.flatMap((role) => memberFaults(role, plan, known)),
    ];
}

/** Worth saying, but no reason to refuse. */
export function togetherWarnings(plan: Plan, known: readonly Known[]): string[] {
    const { networks } = plan;
    const isFlat = networks.public === networks.private;
    const leased = known.filter(({ spec, report }) =>
        report.addresses.some(({ address, isLeased }) => isLeased && address === spec.address),
    );
    const together = [...groups(known, ({ report }) => report.kernel).values()].filter(
        (group) =>
            group.length > 1 && new Set(group.map(({ spec }) => spec.failureDomain)).size > 1,
    );
    return [
        ...(isFlat
            ? [
                  `testudo:network: balancers and all other hosts are in one network (${networks.public}): the border of the DMZ is the hosts' own firewalls and nothing else`,
              ]
            : []),
        ...(leased.length === 0
            ? []
            : [
                  `${names(leased)} got the address by DHCP: reserve it, a host at another address is lost to the others`,
              ]),
        ...together.map(
            (group) =>
                `${names(group)} run on one kernel (containers of one machine): they fail together, whatever testudo:hosts.….failureDomain says`,
        ),
    ];
}

function sameMachineFaults(known: readonly Known[]): Fault[] {
    const same = [...groups(known, ({ report }) => report.machine)].filter(
        ([id, group]) => id !== "" && group.length > 1,
    );
    return same.map(([id, group]) => ({
        key: group.map(({ spec }) => `testudo:ssh.hosts.${spec.name}`).join(", "),
        rule: "need a machine each",
        why: "two hosts on one machine would write over each other; clones of one disk need new identities (rm /etc/machine-id; systemd-machine-id-setup)",
        got: `the same /etc/machine-id ${id}`,
    }));
}

/** Told by what is certain of each clock: a slow line makes that less, and never a fault. */
function clockFaults(known: readonly Known[]): Fault[] {
    const middle = (one: Known) => (one.report.ahead[0] + one.report.ahead[1]) / 2;
    const sorted = [...known].sort((a, b) => middle(a) - middle(b));
    // Most machines are right: the one in the middle is believed.
    const right = sorted[Math.floor(sorted.length / 2)];
    if (right === undefined) return [];
    return known.flatMap((one) => {
        const ahead = one.report.ahead[0] - right.report.ahead[1];
        const behind = right.report.ahead[0] - one.report.ahead[1];
        const apart = Math.max(ahead, behind);
        if (apart <= furthest) return [];
        return [
            {
                key: `testudo:ssh.hosts.${one.spec.name}`,
                rule: `needs a clock within ${furthest} s of the others' (timedatectl set-ntp true, or chrony)`,
                why: "certificates are not valid yet, or not any more, and logs lie",
                got: `at least ${apart.toFixed(1)} s ${ahead > behind ? "ahead of" : "behind"} ${right.spec.name}`,
            },
        ];
    });
}

/** Between machines that are both still open: afterwards a host's firewall answers its own flows only. */
function peerFaults(known: readonly Known[]): Fault[] {
    const open = known.filter(({ report }) => report.owner === undefined);
    return open.flatMap(({ spec, report }) => {
        const cut = open.filter((other) => report.peers.get(other.spec.address) === false);
        if (cut.length === 0) return [];
        return [
            {
                key: `testudo:ssh.hosts.${spec.name}.address`,
                rule: `needs to reach ${names(cut)}`,
                why: "hosts talk to each other by these addresses (a switch, a router or a firewall of somebody else is in between)",
                got: cut.map((other) => `no answer from ${other.spec.address}`).join(", "),
            },
        ];
    });
}

function groups(known: readonly Known[], keyOf: (one: Known) => string): Map<string, Known[]> {
    const all = new Map<string, Known[]>();
    for (const one of known) all.set(keyOf(one), [...(all.get(keyOf(one)) ?? []), one]);
    return all;
}

function names(some: readonly Known[]): string {
    return some.map(({ spec }) => spec.name).join(", ");
}
