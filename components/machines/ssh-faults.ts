import { contains, parseAddress, parseNetwork } from "../cluster/addresses";
import type { Plan } from "../cluster/plan";
import { quorumOf } from "../cluster/quorum";
import type { Fault, HostSpec } from "../cluster/types";
import type { Known } from "./ssh-preflight";
import { portsOf } from "./ssh-ports";
import { dataPlace } from "./ssh-request";
import type { Report } from "./ssh-report";

/**
 * What is wrong with one machine, whatever the others are.
 * @param stackIsNew None of the machines is the stack's yet.
 */
export function machineFaults(plan: Plan, { spec, report }: Known, stackIsNew = true): Fault[] {
    const other = report.owner !== undefined && report.owner.stack !== plan.stack;
    if (other) return [ownerFault(plan, spec, report)];
    const isNew = report.owner === undefined;
    return [
        ...systemFaults(spec, report),
        ...wayInFaults(plan, spec, report),
        ...accountFaults(spec, report),
        ...interfaceFaults(spec, report),
        ...sizeFaults(spec, report, isNew),
        ...(isNew ? dataFaults(plan, spec, report) : []),
        ...(isNew && !report.hasTraces ? freeFaults(spec, report) : []),
        ...(isNew && stackIsNew ? keptFaults(spec, report) : []),
        ...firewallFaults(spec, report),
        ...packageFaults(spec, report),
    ];
}

const keyOf = (spec: HostSpec, rest = "") => `testudo:ssh.hosts.${spec.name}${rest}`;

function ownerFault(plan: Plan, spec: HostSpec, { owner }: Report): Fault {
    return {
        key: keyOf(spec),
        rule: `needs a machine of no other stack (pulumi destroy of ${owner?.stack ?? ""} gives it back; where that stack is gone: rm /etc/testudo/machine-id on the machine)`,
        why: "two stacks would take each other's files",
        got: `a machine of the stack ${owner?.stack ?? ""}, not ${plan.stack}`,
    };
}

function systemFaults(spec: HostSpec, { os, osName, init }: Report): Fault[] {
    const faults: Fault[] = [];
    if (os !== "debian 13") {
        faults.push({
            key: keyOf(spec),
            rule: "needs Debian 13 (trixie)",
            why: "packages and settings are those of one release, and tried on no other",
            got: osName,
        });
    }
    if (init !== "systemd") {
        faults.push({
            key: keyOf(spec),
            rule: "needs systemd as its first process",
            why: "daemons, mounts and time limits are its units",
            got: init,
        });
    }
    return faults;
}

/** The firewall and sshd that come must leave the deployment its way in. */
function wayInFaults(plan: Plan, spec: HostSpec, { client, sshd }: Report): Fault[] {
    const faults: Fault[] = [];
    const address = parseAddress(client);
    const isOperator =
        address !== undefined &&
        plan.operators.some((text) => {
            const network = parseNetwork(text);
            return network !== undefined && contains(network, address);
        });
    if (!isOperator) {
        faults.push({
            key: "testudo:operators",
            rule: `needs to contain ${client || "this machine's address"}, as which ${spec.name} sees ${plan.config.ssh.jump !== undefined && spec.zone === "private" ? "testudo:ssh.jump" : "this machine"}`,
            why: "its firewall would shut the deployment out",
            got: plan.operators.join(", "),
        });
    }
    const refused: Readonly<Record<string, string>> = {
        "no-include": "/etc/ssh/sshd_config has no line `Include /etc/ssh/sshd_config.d/*.conf`",
        socket: "ssh.socket is active (systemctl disable --now ssh.socket; systemctl enable --now ssh.service)",
        allowusers: "AllowUsers leaves root out",
        denyusers: "DenyUsers names root",
        allowgroups: "AllowGroups leaves root out",
    };
    for (const what of sshd.filter((one) => one in refused)) {
        faults.push({
            key: keyOf(spec),
            rule: "needs an sshd that lets root in with a key, and reads settings beside its own",
            why: "everything after the first contact is root's work, by a key of the stack's own",
            got: refused[what] ?? what,
        });
    }
    return faults;
}

/** Whoever is a person of the stack is made an account, with sudo, which goes when they do. */
function accountFaults({ name }: HostSpec, { accounts }: Report): Fault[] {
    return accounts.map((person) => ({
        key: `testudo:people.${person}`,
        rule: `needs a name that is no account of ${name} (or leave them out: accounts of the machine's own keep their way in)`,
        why: "it would be removed together with the person, or when the machine is given back",
        got: person,
    }));
}

function interfaceFaults(spec: HostSpec, { addresses }: Report): Fault[] {
    const wanted = spec.interface ?? "eth0";
    const found = addresses.find(({ address }) => address === spec.address);
    if (found === undefined) {
        const others = addresses.filter((one) => one.interface !== "lo");
        return [
            {
                key: keyOf(spec, ".address"),
                rule: "needs an address that the machine itself has",
                why: "daemons listen on it, and the others know it by this one; behind a translated address they would not find it",
                got: `${spec.address}; ${spec.name} has ${others.map((one) => `${one.address} on ${one.interface}`).join(", ") || "none"}`,
            },
        ];
    }
    if (found.interface === wanted) return [];
    return [
        {
            key: keyOf(spec, ".interface"),
            rule: `needs to be ${found.interface} (or testudo:ssh.interface, for all machines)`,
            why: "a floating address goes to the interface that has the machine's own",
            got: wanted,
        },
    ];
}

/** A machine that calls itself a gigabyte's has a bit less. */
function sizeFaults(spec: HostSpec, { memoryMiB, disk }: Report, isNew: boolean): Fault[] {
    const faults: Fault[] = [];
    if (memoryMiB < spec.memoryMiB * 0.9) {
        faults.push({
            key: `testudo:hosts.${spec.name}.memoryMiB`,
            rule: `needs a machine with that much memory (${spec.memoryMiB} MiB)`,
            why: "the kernel would end daemons at random",
            got: `${memoryMiB} MiB`,
        });
    }
    const free = isNew ? 1536 : 256;
    if (disk.size < spec.diskGiB * 1024 * 0.9 || disk.free < free) {
        faults.push({
            key: keyOf(spec),
            rule: `needs a root file system of ${spec.diskGiB} GiB with ${free} MiB free`,
            why: "packages, logs and kept pages lie there",
            got: `${disk.size} MiB, ${disk.free} MiB free`,
        });
    }
    return faults;
}

/** Only of a machine that is new here; whatever lies in the place of data is somebody's. */
function dataFaults(plan: Plan, spec: HostSpec, { device, data }: Report): Fault[] {
    const place = dataPlace(plan, spec);
    if (place === undefined || spec.data === undefined) return [];
    const wanted = spec.data.sizeGiB * 1024;
    const role = quorumOf(spec) ?? "database";
    const faults: Fault[] = [];
    if (device !== undefined && !["empty", "ours"].includes(device.state)) {
        faults.push({
            key: keyOf(spec, ".data.device"),
            rule: "needs a disk that is there and empty (wipefs --all DISK empties one, for good)",
            why: "a file system is made on it only where nothing is lost",
            got: `${place.device ?? ""}: ${device.state}`,
        });
    } else if ((device?.sizeMiB ?? data?.free ?? 0) < wanted * 0.9) {
        faults.push({
            key: keyOf(spec, ".data"),
            rule: `needs ${spec.data.sizeGiB} GiB (testudo:${role}.dataGiB)`,
            why: "a full disk stops every member that writes",
            got: `${device?.sizeMiB ?? data?.free ?? 0} MiB ${device === undefined ? `free at ${place.directory}` : `in ${place.device ?? ""}`}`,
        });
    }
    return faults;
}

/** A machine that comes back to its stack may bring what it had. */
function keptFaults(spec: HostSpec, { kept }: Report): Fault[] {
    if (kept.length === 0) return [];
    return [
        {
            key: keyOf(spec),
            rule: "needs empty places for data and sites (move what is there away)",
            why: "the stack is new, and would take somebody else's data for its own",
            got: `${kept.join(", ")}, not empty`,
        },
    ];
}

/** Somebody else's daemon would keep ours from starting, hours later perhaps. */
function freeFaults(spec: HostSpec, { listens }: Report): Fault[] {
    const taken = portsOf(spec).filter((wanted) => {
        const [protocol = "", port = ""] = wanted.split(" ");
        return listens.some((one) => one.startsWith(`${protocol} `) && one.endsWith(`:${port}`));
    });
    if (taken.length === 0) return [];
    return [
        {
            key: keyOf(spec),
            rule: "needs the ports of its roles to be free (ss -lntup says who has them)",
            why: `as ${spec.roles.join(" and ")} it listens there itself`,
            got: `${[...new Set(taken)].join(", ")} in use`,
        },
    ];
}

function firewallFaults(spec: HostSpec, { firewalls }: Report): Fault[] {
    if (firewalls.length === 0) return [];
    return [
        {
            key: keyOf(spec),
            rule: "needs to have no firewall of its own (ufw disable; systemctl disable --now …; apt-get install --reinstall -o Dpkg::Options::=--force-confnew,confmiss nftables)",
            why: "all that is not declared is closed by one rule set, and two would undo each other",
            got: firewalls.join("; "),
        },
    ];
}

function packageFaults(spec: HostSpec, { noPackages }: Report): Fault[] {
    if (noPackages === undefined) return [];
    return [
        {
            key: keyOf(spec),
            rule: "needs a Debian mirror that it reaches, or the packages of its roles (apt-get install …)",
            why: `it has not ${noPackages.names}`,
            got: noPackages.reason || "apt does not find them",
        },
    ];
}
