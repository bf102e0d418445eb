import type { Plan } from "../cluster/plan";
import { runtimeView, serverView, type GaleraFacts } from "./galera-cluster.views";
import type { FileSpec, View } from "./role";

/** With it in an image, Debian's mariadb-server is not. */
export const perconaServer = "percona-xtradb-cluster-server";
/** Brings a full copy of the data to a new member. */
export const perconaBackup = "percona-xtrabackup-84";

/** A server that speaks Galera: what the role and its scripts need to know of it. */
export interface Engine {
    readonly name: Plan["config"]["database"]["engine"];
    readonly packages: readonly string[];
    readonly unit: string;
    /** Command-line client; talks to the server as the system's user of the same name. */
    readonly client: string;
    /** How the gate tells it a client's address: Percona's documentation knows version 1 of PROXY. */
    readonly sendProxy: "send-proxy" | "send-proxy-v2";
}

const mariadb: Engine = {
    name: "mariadb",
    packages: ["galera-4", "mariadb-backup", "mariadb-client", "mariadb-server"],
    unit: "mariadb.service",
    client: "mariadb",
    sendProxy: "send-proxy-v2",
};

/** Percona XtraDB Cluster 8.4: MySQL with Galera. Its package is never beside MariaDB's. */
const percona: Engine = {
    name: "percona-xtradb",
    packages: [perconaBackup, perconaServer],
    unit: "mysql.service",
    client: "mysql",
    sendProxy: "send-proxy",
};

export function engineOf({ config }: Plan): Engine {
    return config.database.engine === "mariadb" ? mariadb : percona;
}

const library = "/usr/local/lib/testudo/database";
const applyRuntime = `run ${library}/apply-runtime` as const;

/** Configuration, unit and the part of the scripts that knows the engine; a host has those of one engine. */
export const engineFiles: readonly FileSpec<GaleraFacts>[] = [
    ...only(mariadb, [
        {
            path: "/etc/mysql/mariadb.conf.d/90-testudo.cnf",
            view: serverView,
            onChange: "restart mariadb.service",
            check: "runuser -u mysql -- mariadbd --help --verbose",
        },
        {
            path: "/etc/mysql/mariadb.conf.d/91-testudo-runtime.cnf",
            view: runtimeView,
            onChange: applyRuntime,
            check: "runuser -u mysql -- mariadbd --help --verbose",
        },
        {
            path: "/etc/systemd/system/mariadb.service.d/testudo.conf",
            check: "systemd-analyze verify --man=no mariadb.service",
        },
        { path: `${library}/mariadb.sh`, check: `bash -n ${library}/mariadb.sh` },
    ]),
    ...only(percona, [
        {
            // In the place of the package's own, whose empty wsrep_cluster_address forms a cluster at each start.
            path: "/etc/mysql/mysql.conf.d/mysqld.cnf",
            view: serverView,
            onChange: "restart mysql.service",
            check: "runuser -u mysql -- mysqld --validate-config",
        },
        {
            path: "/etc/mysql/mysql.conf.d/testudo-runtime.cnf",
            view: runtimeView,
            onChange: applyRuntime,
            check: "runuser -u mysql -- mysqld --validate-config",
        },
        {
            path: "/etc/systemd/system/mysql.service.d/testudo.conf",
            check: "systemd-analyze verify --man=no mysql.service",
        },
        { path: `${library}/percona-xtradb.sh`, check: `bash -n ${library}/percona-xtradb.sh` },
    ]),
];

function only(
    engine: Engine,
    files: readonly FileSpec<GaleraFacts>[],
): readonly FileSpec<GaleraFacts>[] {
    const none = (): View => ({});
    return files.map((file) => ({
        ...file,
        view: (facts) => (engineOf(facts.plan) === engine ? (file.view ?? none)(facts) : null),
    }));
}
