import { hostsOf } from "../cluster/plan";
import type { RoleName } from "../cluster/types";
import type { FileSpec, HostFacts, View } from "./role";

/** What PHP finds on its own host, and the inner balancers offer to PHP's hosts: the same numbers. */
export const doors = { sql: 3306, reads: 3307, sessions: 6379, objects: 6380 } as const;

/** On the hosts behind: where SQL and Redis are let in, and where they say what they are. */
export const behind = { sql: 3307, sqlHealth: 9200, redisHealth: 9379 } as const;

/** On loopback of PHP's hosts, a port for each member: the way of a ProxySQL that chooses by itself. */
export function tunnelPort(index: number): number {
    return 13306 + index;
}

export const peersPort = 10000;
/** On loopback of PHP's hosts, and of the web hosts for them. */
export const purgePort = 8444;
/** Longest wait in seconds for a new master of the sessions: an election takes about 3. */
const electionSeconds = 4;
const programs = {
    lostSessions: "/etc/haproxy/lost-sessions.lua",
    awaitChoice: "/etc/haproxy/await-choice.lua",
    awaitServer: "/etc/haproxy/await-server.lua",
} as const;

/** What HAProxy cannot say in its own words, for the instance that `unit` runs. */
export function proxyPrograms(unit: string): FileSpec<HostFacts>[] {
    const program = (path: string, rest: Partial<FileSpec<HostFacts>>): FileSpec<HostFacts> => ({
        path,
        template: `_shared/haproxy/${path.split("/").pop() ?? ""}.mustache`,
        onChange: `reload ${unit}`,
        check: { none: "haproxy loads it in its own check" },
        ...rest,
    });
    return [
        program(programs.lostSessions, {}),
        program(programs.awaitChoice, {}),
        program(programs.awaitServer, { view: () => ({ awaitSeconds: electionSeconds }) }),
    ];
}

/** Whether hosts of this role decide by themselves who the writer is. */
function chooses({ plan, role }: Pick<ProxyFacts, "plan" | "role">): boolean {
    return role === "inner-load-balancer" || plan.vips["inner-load-balancer"] === undefined;
}

/** A HAProxy that brings SQL and Redis to their clients. */
export interface ProxyFacts extends HostFacts {
    /** `haproxy@<instance>`. */
    readonly instance: string;
    /** Hosts of this role run it, and share what it has chosen. */
    readonly role: RoleName;
    /** Folder of its certificate. */
    readonly tls: string;
    readonly maxConnections: number;
    /** Role of those who may come, over mutual TLS; `null` is loopback only. */
    readonly clients: RoleName | null;
}

/** The process itself: `{{> haproxy/process}}`. */
export function processView({ plan, host, instance, role, tls, maxConnections }: ProxyFacts): View {
    return {
        self: host.name,
        instance,
        tls,
        maxConnections,
        hasKeepalived: role === "inner-load-balancer",
        lua: chooses({ plan, role }) ? [programs.awaitChoice, programs.awaitServer] : [],
    };
}

/** Who is the writer, who is the master: `{{> haproxy/choice}}` and `{{> haproxy/doors}}`. */
export function choiceView(facts: ProxyFacts): View {
    const { plan, host, role } = facts;
    const sqlHere = plan.config.database.proxy === "haproxy";
    const members = hostsOf(plan, "database").map((member, index) => ({
        memberName: member.name,
        memberPlace: `${member.address}:${behind.sql}`,
        memberId: index + 1,
    }));
    return {
        address: host.address,
        peersPort,
        peers: hostsOf(plan, role).map((peer) => ({
            peerName: peer.name,
            // HAProxy's own place is its bind line.
            peerPlace:
                peer.name === host.name
                    ? ""
                    : ` ${peer.address}:${peersPort} verifyhost ${peer.name}`,
        })),
        callers: facts.clients,
        memberCheckPort: behind.sqlHealth,
        members,
        sqlHere,
        sqlBind: place(facts, doors.sql),
        readsBind: place(facts, doors.reads),
        tunnels: (sqlHere ? [] : members).map(({ memberName, memberPlace }, index) => ({
            tunnelName: memberName,
            tunnelBind: place(facts, tunnelPort(index)),
            tunnelPlace: memberPlace,
        })),
        readers: (sqlHere ? members : []).map((writer) => ({
            writerName: writer.memberName,
            writerId: writer.memberId,
            readersName: readersOf(writer.memberName),
            readMembers: members.map((member) => ({
                readName: member.memberName,
                readPlace: member.memberPlace,
                readRank: member === writer ? " backup" : "",
            })),
        })),
        anyReaders: readersOf(members[0]?.memberName ?? ""),
        cacheCheckPort: behind.redisHealth,
        redis: redisNames(facts).map((redisName) => ({
            redisName,
            redisBind: place(facts, doors[redisName]),
            redisWait: redisName === "sessions",
            nodes: hostsOf(plan, "cache").map((node) => ({
                nodeName: node.name,
                nodePlace: `${node.address}:${doors[redisName]}`,
            })),
        })),
    };
}

/** PHP's own proxy: chooses by itself, or leaves it to inner balancers where there are any. */
export function appProxyView(facts: ProxyFacts): View {
    const { plan } = facts;
    const floating = plan.vips["inner-load-balancer"];
    return {
        ...processView(facts),
        choice: floating === undefined ? choiceView(facts) : null,
        direct: floating === undefined ? [] : directDoors(facts, floating),
        purgePort,
        webs: hostsOf(plan, "web").map((web) => ({
            webName: web.name,
            webPlace: `${web.address}:${purgePort}`,
        })),
    };
}

function directDoors(facts: ProxyFacts, floating: string): View[] {
    const names = ["sql", "reads", ...redisNames(facts)] as const;
    return names.map((doorName) => ({
        doorName,
        doorBind: place(facts, doors[doorName]),
        doorPlace: `${floating}:${doors[doorName]}`,
    }));
}

/** `sessions` first: what must not be lost. */
function redisNames({ plan }: ProxyFacts): ("sessions" | "objects")[] {
    return hostsOf(plan, "cache").length > 0 ? ["sessions", "objects"] : [];
}

function readersOf(writer: string): string {
    return `reads-beside-${writer}`;
}

function place({ clients, tls }: ProxyFacts, port: number): string {
    return clients === null
        ? `127.0.0.1:${port}`
        : `:${port} ssl crt ${tls}/host.pem ca-file ${tls}/ca.pem verify required tcp-ut 30s`;
}
