import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault } from "../cluster/types";
import { instanceAcl, sentinelAcl } from "./redis-sentinel.accounts";
import { flows, listens } from "./redis-sentinel.network";
import {
    clusterView,
    gateStateView,
    gateView,
    instances,
    instanceView,
    ports,
    sentinelView,
    settings,
    settleView,
    tls,
    type Instance,
    type RedisFacts,
    type RedisPasswords,
} from "./redis-sentinel.views";
import { bundlePem, type FileSpec, type Role } from "./role";

export { ports, type RedisFacts, type RedisPasswords };

const library = "/usr/local/lib/testudo/cache";

/**
 * Scripts that the component runs: `form` once on the first member after all pushes, then `join` on each other one, in
 * turn; `retire` on each when nobody uses a password of before any more.
 */
export const scripts = {
    form: `${library}/form`,
    join: `${library}/join`,
    retire: `${library}/retire`,
} as const;

const applyRuntime = `run ${library}/apply-runtime` as const;
const unitOf = (instance: Instance) => `redis-server@${instance}.service`;

/** Two Redis instances with a Sentinel each host, and a gate that lets the right clients in to the master alone. */
export const redis: Role<RedisFacts> = {
    name: "cache",
    stem: "redis-sentinel",
    packages: ["curl", "haproxy", "openssl", "redis-sentinel", "redis-server", "socat"],
    users: [],
    units: [
        "cache-agent.service",
        "haproxy@redis.service",
        "redis-sentinel.service",
        ...instances.map(unitOf),
    ],
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
            owner: "root:redis",
            mode: "0640",
            onChange: applyRuntime,
            check: { none: "haproxy -c compares key and certificate" },
        },
        {
            path: `${tls}/both.pem`,
            content: (facts) => bundlePem(facts.credentials),
            mode: "0600",
            onChange: "reload haproxy@redis.service",
            check: { none: "haproxy -c reads it" },
        },
        {
            path: `${settings}/cluster.env`,
            view: clusterView,
            check: `bash -n ${settings}/cluster.env`,
        },
        ...(["gate", "operator"] as const).map(accountFile),
        ...instances.map((instance) => aclFile(instance, instanceAcl(instance))),
        aclFile("sentinel", sentinelAcl),
        ...instances.map((instance) => ({
            ...seedFile(instance, instanceView(instance)),
            template: "redis-sentinel/etc/testudo/cache/instance.conf.mustache",
        })),
        seedFile("sentinel", sentinelView),
        ...instances.map(instanceUnit),
        {
            path: "/etc/systemd/system/redis-sentinel.service.d/testudo.conf",
            onChange: "restart redis-sentinel.service",
            check: "systemd-analyze verify --man=no redis-sentinel.service",
        },
        {
            path: "/etc/systemd/system/cache-settle.service",
            check: "systemd-analyze verify --man=no cache-settle.service",
        },
        {
            path: "/etc/systemd/system/cache-agent.service",
            view: () => ({ agentPort: ports.agent }),
            onChange: "restart cache-agent.service",
            check: "systemd-analyze verify --man=no cache-agent.service",
        },
        ...["agent", "guard", "sentinel-prepare", "check", "form", "join", "adapt", "retire"].map(
            scriptFile,
        ),
        ...["may-start", "before-restart", "after-restart", "healthy", "apply-runtime"].map(
            scriptFile,
        ),
        ...["leave", "forget"].map(scriptFile),
        { ...scriptFile("settle"), view: settleView, onChange: `run ${library}/settle` },
        { path: `${library}/passwords.sh`, check: `bash -n ${library}/passwords.sh` },
        {
            path: `${library}/lib.sh`,
            view: () => ({ sentinelPort: ports.sentinel }),
            check: `bash -n ${library}/lib.sh`,
        },
        {
            path: `${settings}/gate.state`,
            view: gateStateView,
            check: { none: "haproxy -c does not read it; what it cannot read it ignores" },
        },
        {
            path: "/etc/systemd/system/haproxy@redis.service.d/testudo.conf",
            check: { none: "systemd-analyze verify wants every instance's user and path" },
        },
        {
            path: "/etc/haproxy/redis.lua",
            view: () => ({ instances: instances.map((instance) => ({ instance })) }),
            onChange: "reload haproxy@redis.service",
            check: "haproxy -c -q -f /etc/haproxy/redis.cfg",
        },
        {
            path: "/etc/haproxy/redis.cfg",
            view: gateView,
            mode: "0600",
            onChange: "reload haproxy@redis.service",
            check: "haproxy -c -q -f /etc/haproxy/redis.cfg",
        },
    ],
    listens,
    flows,
    logs: [
        "redis-sentinel.service",
        ...instances.map(unitOf),
        "cache-agent.service",
        "haproxy@redis.service",
    ],
    metrics: [],
    faults: sizeFaults,
};

/** The AUTH line as redis-cli takes it on standard input: nothing secret in arguments or environment. */
function accountFile(name: "gate" | "operator"): FileSpec<RedisFacts> {
    return {
        path: `${settings}/${name}.auth`,
        content: ({ passwords }) => `AUTH ${name} ${passwords[name]}\n`,
        owner: "root:redis",
        mode: name === "operator" ? "0600" : "0640",
        check: { none: "`check` logs in with it" },
    };
}

function aclFile(name: string, content: (facts: RedisFacts) => string): FileSpec<RedisFacts> {
    return {
        path: `${settings}/${name}.acl`,
        content,
        owner: "root:redis",
        mode: "0640",
        onChange: applyRuntime,
        check: `${library}/check ${name}`,
    };
}

function seedFile(name: string, view: FileSpec<RedisFacts>["view"]): FileSpec<RedisFacts> {
    return {
        path: `${settings}/${name}.conf`,
        ...(view === undefined ? {} : { view }),
        owner: "root:redis",
        mode: "0640",
        onChange: applyRuntime,
        check: `${library}/check ${name}`,
    };
}

function instanceUnit(instance: Instance): FileSpec<RedisFacts> {
    return {
        path: `/etc/systemd/system/${unitOf(instance)}.d/testudo.conf`,
        template: "redis-sentinel/etc/systemd/system/instance.conf.mustache",
        onChange: `restart ${unitOf(instance)}`,
        check: `systemd-analyze verify --man=no ${unitOf(instance)}`,
    };
}

function scriptFile(name: string): FileSpec<RedisFacts> {
    return { path: `${library}/${name}`, mode: "0755", check: `bash -n ${library}/${name}` };
}

function sizeFaults(plan: Plan): Fault[] {
    const { sessionsMiB, objectsMiB, dataGiB } = plan.config.cache;
    const both = sessionsMiB + objectsMiB;
    const got = `${sessionsMiB} + ${objectsMiB}`;
    const key = `${configKey("cache.sessionsMiB")}, ${configKey("cache.objectsMiB")}`;
    const faults: Fault[] = [];
    const [smallest] = [...hostsOf(plan, "cache")].sort((a, b) => a.memoryMiB - b.memoryMiB);
    if (smallest !== undefined && both > smallest.memoryMiB / 2) {
        faults.push({
            key,
            rule: `need to be together at most half of the memory of ${smallest.name} (${smallest.memoryMiB} MiB)`,
            why: "a server that copies itself for a replica or rewrites its file may need as much again, and one that is out of memory is killed",
            got,
        });
    }
    if (both > (dataGiB * 1024) / 4) {
        faults.push({
            key,
            rule: `need to be together at most a quarter of testudo:cache.dataGiB (${dataGiB * 256} MiB)`,
            why: "the append-only files grow to twice the data before they are rewritten, beside the old ones",
            got,
        });
    }
    return faults;
}
