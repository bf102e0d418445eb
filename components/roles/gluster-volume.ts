import { configKey } from "../cluster/config";
import { hostsOf, type Plan } from "../cluster/plan";
import type { Fault, Flow } from "../cluster/types";
import {
    allowedNames,
    brickPorts,
    clusterView,
    daemonView,
    management,
    optionsView,
    settings,
    type GlusterFacts,
} from "./gluster-volume.views";
import type { FileSpec, Listener, Role } from "./role";

export { allowedNames, type GlusterFacts };

const library = "/usr/local/lib/testudo/storage";
const tls = "/etc/ssl/glusterfs";
const daemon = "glusterd.service";
const watch = "storage-watch.service";

/** Scripts that the component runs: `form` on the first member after all pushes, then `join` on each other one, in turn. */
export const scripts = { form: `${library}/form`, join: `${library}/join` } as const;
/** Who the members are. */
export const clusterFile = `${settings}/cluster.env`;

/** GlusterFS: a brick of the one volume on each host, all the same, healed from each other. */
export const gluster: Role<GlusterFacts> = {
    name: "storage",
    stem: "gluster-volume",
    packages: ["glusterfs-server", "jq"],
    users: [],
    units: [daemon, watch],
    files: [
        // Gluster knows these three by their names only.
        {
            path: `${tls}.ca`,
            content: (facts) => facts.credentials.ca,
            onChange: `run ${library}/renew`,
            check: `openssl x509 -noout -in ${tls}.ca`,
        },
        {
            path: `${tls}.pem`,
            content: (facts) => facts.credentials.certificate,
            onChange: `run ${library}/renew`,
            check: `openssl verify -CAfile ${tls}.ca ${tls}.pem`,
        },
        {
            path: `${tls}.key`,
            content: (facts) => facts.credentials.key,
            mode: "0600",
            onChange: `run ${library}/renew`,
            check: `cmp <(openssl x509 -noout -pubkey -in ${tls}.pem) <(openssl pkey -pubout -in ${tls}.key)`,
        },
        {
            path: "/etc/glusterfs/glusterd.vol",
            view: daemonView,
            onChange: `restart ${daemon}`,
            check: { none: "glusterd has no checker; with a fault in it, it does not start" },
        },
        {
            path: "/etc/sysctl.d/61-testudo-storage.conf",
            view: daemonView,
            onChange: "restart systemd-sysctl.service",
            check: { none: "keys differ between kernels; unknown ones are skipped" },
        },
        {
            path: `/etc/systemd/system/${daemon}.d/testudo.conf`,
            onChange: `restart ${daemon}`,
            check: `systemd-analyze verify --man=no ${daemon}`,
        },
        {
            path: `/etc/systemd/system/${watch}`,
            onChange: `restart ${watch}`,
            check: `systemd-analyze verify --man=no ${watch}`,
        },
        { path: clusterFile, view: clusterView, check: `bash -n ${clusterFile}` },
        {
            path: `${settings}/volume.options`,
            view: optionsView,
            onChange: `run ${library}/apply-runtime`,
            check: { none: "glusterd refuses a wrong one as a whole, and keeps what was set" },
        },
        { path: `${library}/lib.sh`, check: `bash -n ${library}/lib.sh` },
        ...["guard", "form", "join", "leave", "forget", "status"].map(scriptFile),
        ...["before-restart", "after-restart", "healthy", "apply-runtime", "renew"].map(scriptFile),
        { ...scriptFile("watch"), onChange: `restart ${watch}` },
        scriptFile("stop-brick"),
    ],
    listens: [
        listener(management, "glusterd: where the bricks are, members among themselves"),
        ...brickPorts.map((port) => ({
            ...listener(port, "brick, on one of these ports"),
            presence: () => "sometimes" as const,
        })),
    ],
    flows: (plan) => flowsOf(plan),
    logs: [daemon, watch],
    metrics: [],
    faults: arbiterFaults,
};

function scriptFile(name: string): FileSpec<GlusterFacts> {
    return { path: `${library}/${name}`, mode: "0755", check: `bash -n ${library}/${name}` };
}

function listener(port: number, what: string): Listener {
    return { protocol: "tcp", port, scope: "network", what };
}

function flowsOf(plan: Plan): Flow[] {
    if (hostsOf(plan, "storage").length === 0) return [];
    const ports = [
        [management, "where the volume's bricks are"] as const,
        ...brickPorts.map((port) => [port, "files of the volume"] as const),
    ];
    return (["storage", "web", "app"] as const).flatMap((from) =>
        ports.map(([port, why]): Flow => ({ from, to: "storage", protocol: "tcp", port, why })),
    );
}

function arbiterFaults(plan: Plan): Fault[] {
    const count = hostsOf(plan, "storage").filter((host) => host.leaving !== true).length;
    if (!plan.config.storage.arbiter || count === 3) return [];
    return [
        {
            key: configKey("storage.arbiter"),
            rule: "needs exactly 3 storage hosts that stay",
            why: "an arbiter is the third vote of two copies, and of other numbers Gluster makes none",
            got: `${count} hosts`,
        },
    ];
}
