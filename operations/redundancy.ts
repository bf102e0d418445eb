import { roleNames, type RoleName } from "../components/cluster/types";
import { stateOf, wordOf, type HostState } from "./survey";

/** What is missing until every loss of one host could be borne again; empty when nothing is. */
export function missingIn(
    hosts: readonly HostState[],
    vips: Readonly<Partial<Record<RoleName, string>>>,
): string[] {
    return [
        ...hosts.flatMap(hostMissing),
        ...Object.entries(vips).flatMap(([role, vip]) =>
            holderMissing(hosts, role as RoleName, vip),
        ),
        ...databaseMissing(hosts),
        ...cacheMissing(hosts),
        ...storageMissing(hosts),
        ...proxyMissing(hosts),
        ...roleNames.flatMap((role) => tooFew(role, hosts)),
    ];
}

/** What is missing of a quorum, as its members among these hosts say. */
export function quorumMissing(role: RoleName, hosts: readonly HostState[]): string[] {
    if (role === "database") return databaseMissing(hosts);
    if (role === "cache") return cacheMissing(hosts);
    return role === "storage" ? storageMissing(hosts) : [];
}

/** Hosts of a role on which the cluster still counts. */
export function staying(role: RoleName, hosts: readonly HostState[]): HostState[] {
    return hosts.filter((host) => host.roles.includes(role) && !host.left);
}

/** What a tier needs so that it survives the loss of one of its hosts. */
export const least: Readonly<Record<RoleName, number>> = {
    "load-balancer": 2,
    web: 2,
    app: 2,
    "inner-load-balancer": 2,
    database: 3,
    cache: 3,
    storage: 3,
    ops: 1,
};

function tooFew(role: RoleName, hosts: readonly HostState[]): string[] {
    const all = hosts.filter((host) => host.roles.includes(role));
    const stay = staying(role, hosts);
    const gone = all.filter((host) => host.left).map((host) => host.name);
    if (all.length === 0 || stay.length >= least[role]) return [];
    const why = gone.length === 0 ? "" : `, since ${gone.join(", ")} has left`;
    return [`${role}: ${stay.length} of at least ${least[role]} hosts${why}`];
}

function hostMissing(host: HostState): string[] {
    if (!host.answers) return [`${host.name} does not answer`];
    if (host.left) return [];
    const roles = host.states
        .filter(({ health }) => health === "ill" || health === "busy")
        .map(({ role, health, reason }) => `${host.name}: ${role} is ${health}: ${reason}`);
    return [...roles, ...uploadsMissing(host)];
}

function uploadsMissing(host: HostState): string[] {
    const found = parsed(host.uploads);
    if (found?.engine !== "gluster") return [];
    return found.mounted === true && found.answers === true
        ? []
        : [`${host.name} does not reach the uploads`];
}

function holderMissing(hosts: readonly HostState[], role: RoleName, vip: string): string[] {
    const balancers = hosts.filter((host) => host.roles.includes(role));
    if (balancers.length === 0) return [];
    const holders = balancers.filter((host) => host.addresses.includes(vip));
    if (holders.length === 1) return [];
    const names = holders.map((host) => host.name).join(", ") || "nobody";
    return [`${role}: the floating address ${vip} is held by ${names}`];
}

function databaseMissing(hosts: readonly HostState[]): string[] {
    const members = staying("database", hosts).filter((host) => host.answers);
    const size = String(staying("database", hosts).length);
    const states = members.map((host) => stateOf(host, "database")?.says ?? "");
    const wrong = members.filter((_, index) => {
        const line = states[index] ?? "";
        return line.startsWith("running ") && wordOf("size", line) !== size;
    });
    const clusters = new Set(states.map((line) => wordOf("uuid", line)).filter((id) => id !== ""));
    return [
        ...(clusters.size > 1 ? ["database: the members are in different clusters"] : []),
        ...wrong.map(
            (host) =>
                `${host.name} sees ${wordOf("size", stateOf(host, "database")?.says ?? "")} of ${size} Galera members`,
        ),
    ];
}

function cacheMissing(hosts: readonly HostState[]): string[] {
    const members = staying("cache", hosts);
    if (members.length === 0) return [];
    return ["sessions", "objects"].flatMap((instance) => {
        const masters = members.filter((host) =>
            wordOf(instance, stateOf(host, "cache")?.says ?? "").startsWith("master/"),
        );
        const [master] = masters;
        if (master === undefined || masters.length > 1) {
            const names = masters.map((host) => host.name).join(", ") || "nobody";
            return [`cache: ${names} is master of ${instance}`];
        }
        const replicas = wordOf(instance, stateOf(master, "cache")?.says ?? "").split("/")[1];
        const wanted = String(members.length - 1);
        return replicas === wanted
            ? []
            : [`${master.name} has ${replicas ?? "?"} of ${wanted} replicas of ${instance}`];
    });
}

/** What `storage/status` prints; null where nobody could say. */
interface StorageStatus {
    readonly bricks?: readonly { readonly host: string; readonly online: boolean | null }[];
    readonly healPending?: number | null;
    readonly splitBrain?: number | null;
}

function storageMissing(hosts: readonly HostState[]): string[] {
    return staying("storage", hosts)
        .filter((host) => host.answers)
        .flatMap((host) => {
            const found = parsed(stateOf(host, "storage")?.says ?? "");
            if (found === undefined) return [`${host.name}: storage says nothing of its volume`];
            const { healPending, splitBrain, bricks } = found as unknown as StorageStatus;
            const offline = (bricks ?? []).filter(({ online }) => online === false);
            return [
                ...offline.map((brick) => `${host.name}: the copy of ${brick.host} is down`),
                ...((splitBrain ?? 0) === 0
                    ? []
                    : [`${host.name}: ${splitBrain ?? 0} files whose copies contradict`]),
                ...((healPending ?? 0) === 0
                    ? []
                    : [`${host.name}: ${healPending ?? 0} files wait to be healed`]),
            ];
        });
}

/** Whom a proxy does not send anybody to. Those that have left are not expected. */
function proxyMissing(hosts: readonly HostState[]): string[] {
    const expected = new Set(hosts.filter((host) => !host.left).map((host) => host.name));
    return hosts
        .filter((host) => host.answers && !host.left)
        .flatMap((host) =>
            host.servers
                .filter(({ name, status }) => expected.has(name) && !/^(UP|no check)$/.test(status))
                .map(
                    ({ backend, name, status }) =>
                        `${host.name} does not send ${backend} to ${name} (${status})`,
                ),
        );
}

function parsed(text: string): Record<string, unknown> | undefined {
    try {
        const value: unknown = JSON.parse(text);
        return typeof value === "object" && value !== null
            ? (value as Record<string, unknown>)
            : undefined;
    } catch {
        return undefined;
    }
}
