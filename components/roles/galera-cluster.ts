import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault, HostSpec } from "../cluster/types";
import { engineFiles, engineOf } from "./database-engines";
import { bundlePem, type FileSpec, type NamesInPlan, type Role } from "./role";
import {
    bufferPoolLimitMiB,
    callerOf,
    clusterView,
    gateView,
    ports,
    tls,
    type GaleraFacts,
} from "./galera-cluster.views";

export { ports, type GaleraFacts };

const library = "/usr/local/lib/testudo/database";

/**
 * Scripts that the component runs: `form` once on the first member after all pushes, then `join` on each other one, in
 * turn; `retire` on the first one when nobody uses a password of before any more.
 */
export const scripts = {
    form: `${library}/form`,
    join: `${library}/join`,
    retire: `${library}/retire`,
} as const;

const applyRuntime = `run ${library}/apply-runtime` as const;

/** A Galera member: the server on loopback, an agent that knows its state, and a gate that lets the right clients in. */
export const galera: Role<GaleraFacts, NamesInPlan> = {
    name: "database",
    stem: "galera-cluster",
    packages: (plan) => ["curl", "haproxy", "openssl", "socat", ...engineOf(plan).packages],
    users: [],
    units: (plan) => ["galera-agent.service", "haproxy@galera.service", engineOf(plan).unit],
    files: [
        {
            path: `${tls}/ca.pem`,
            content: (facts) => facts.credentials.ca,
            onChange: applyRuntime,
            check: `openssl x509 -noout -in ${tls}/ca.pem`,
        },
        {
            path: `${tls}/cert.pem`,
            content: (facts) => facts.credentials.certificate,
            onChange: applyRuntime,
            check: `openssl verify -CAfile ${tls}/ca.pem ${tls}/cert.pem`,
        },
        {
            path: `${tls}/key.pem`,
            content: (facts) => facts.credentials.key,
            owner: "root:mysql",
            mode: "0640",
            onChange: applyRuntime,
            check: { none: "haproxy -c compares key and certificate" },
        },
        {
            path: `${tls}/both.pem`,
            content: (facts) => bundlePem(facts.credentials),
            mode: "0600",
            onChange: "reload haproxy@galera.service",
            check: { none: "haproxy -c reads it" },
        },
        {
            path: "/etc/testudo/database/cluster.env",
            view: (facts) => {
                const { name, unit, client } = engineOf(facts.plan);
                return { ...clusterView(facts), engine: name, unit, client };
            },
            onChange: applyRuntime,
            check: "bash -n /etc/testudo/database/cluster.env",
        },
        ...engineFiles,
        ...[
            "agent",
            "form",
            "join",
            "retire",
            "leave",
            "forget",
            "votes",
            "may-start",
            "before-restart",
            "after-restart",
            "healthy",
            "apply-runtime",
            "import-rights",
        ].map(scriptFile),
        { path: `${library}/lib.sh`, check: `bash -n ${library}/lib.sh` },
        {
            path: "/etc/systemd/system/galera-agent.service",
            onChange: "restart galera-agent.service",
            check: "systemd-analyze verify --man=no galera-agent.service",
        },
        {
            path: "/etc/haproxy/galera.cfg",
            view: (facts) => ({ ...gateView(facts), sendProxy: engineOf(facts.plan).sendProxy }),
            onChange: "reload haproxy@galera.service",
            check: "haproxy -c -q -f /etc/haproxy/galera.cfg",
        },
    ],
    listens: [
        {
            protocol: "tcp",
            port: ports.sql,
            scope: "network",
            what: "SQL in TLS, for clients with a certificate of their role",
        },
        {
            protocol: "tcp",
            port: ports.health,
            scope: "network",
            what: "what this member is: /writer and /state",
        },
        { protocol: "tcp", port: ports.group, scope: "network", what: "Galera group" },
        {
            protocol: "tcp",
            port: ports.incremental,
            scope: "network",
            what: "missed write sets to a member that returns",
            presence: () => "sometimes",
        },
        {
            protocol: "tcp",
            port: ports.transfer,
            scope: "network",
            what: "full copy to a new member",
            presence: () => "sometimes",
        },
        { protocol: "tcp", port: ports.server, scope: "loopback", what: "the server" },
        { protocol: "tcp", port: ports.agent, scope: "loopback", what: "agent behind the gate" },
    ],
    flows: (plan) => [
        { from: callerOf(plan), to: "database", protocol: "tcp", port: ports.sql, why: "SQL" },
        {
            from: callerOf(plan),
            to: "database",
            protocol: "tcp",
            port: ports.health,
            why: "which member may be written to",
        },
        {
            from: "database",
            to: "database",
            protocol: "tcp",
            port: ports.group,
            why: "Galera group",
        },
        {
            from: "database",
            to: "database",
            protocol: "tcp",
            port: ports.incremental,
            why: "Galera incremental state transfer",
        },
        {
            from: "database",
            to: "database",
            protocol: "tcp",
            port: ports.transfer,
            why: "Galera full state transfer",
        },
        {
            from: "database",
            to: "database",
            protocol: "tcp",
            port: ports.health,
            why: "who is up before anyone forms or restarts",
        },
    ],
    logs: ["mariadb.service", "mysql.service", "galera-agent.service", "haproxy@galera.service"],
    metrics: [],
    faults: (plan) => [...stallFaults(plan), ...sizeFaults(plan)],
};

function scriptFile(name: string): FileSpec<GaleraFacts> {
    return { path: `${library}/${name}`, mode: "0755", check: `bash -n ${library}/${name}` };
}

function stallFaults(plan: Plan): Fault[] {
    const { suspectTimeoutSeconds } = plan.config.database;
    const limit = plan.config.loadBalancer.serverTimeoutSeconds - 3;
    if (suspectTimeoutSeconds <= limit) return [];
    return [
        {
            key: configKey("database.suspectTimeoutSeconds"),
            rule: `needs to be at most testudo:loadBalancer.serverTimeoutSeconds - 3 (${limit})`,
            why: "writes wait that long when a member vanishes, and a page that takes longer than the balancer waits is an error",
            got: String(suspectTimeoutSeconds),
        },
    ];
}

function sizeFaults(plan: Plan): Fault[] {
    const { bufferPoolMiB, dataGiB, gcacheMiB } = plan.config.database;
    const faults: Fault[] = [];
    const smallest = hostsOf(plan, "database").reduce<HostSpec | undefined>(
        (least, host) => (least === undefined || host.memoryMiB < least.memoryMiB ? host : least),
        undefined,
    );
    if (smallest !== undefined && bufferPoolMiB > bufferPoolLimitMiB(smallest)) {
        faults.push({
            key: configKey("database.bufferPoolMiB"),
            rule: `needs to be at most 70 % of the memory of ${smallest.name} (${bufferPoolLimitMiB(smallest)} of ${smallest.memoryMiB} MiB)`,
            why: "connections and state transfers need the rest, and a member that is out of memory is killed",
            got: String(bufferPoolMiB),
        });
    }
    if (gcacheMiB > (dataGiB * 1024) / 4) {
        faults.push({
            key: configKey("database.gcacheMiB"),
            rule: `needs to be at most a quarter of testudo:database.dataGiB (${(dataGiB * 1024) / 4} MiB)`,
            why: "it lies on the data volume, and so do a fifth for binary logs and the data",
            got: String(gcacheMiB),
        });
    }
    return faults;
}
