import type { Plan } from "../../../components/cluster/plan";
import type { RenderedFile } from "../../../components/host/render";
import { engineOf } from "../../../components/roles/database-engines";
import { galera } from "../../../components/roles/galera-cluster";
import { namesIn } from "../../../components/roles/role";
import { filesOf as filesOfHost } from "../../helpers/facts";
import { hostOf, planFaults, planOf } from "../../helpers/plans";

const mariadb = planOf();
const percona = planOf({ database: { engine: "percona-xtradb" } });

function filesOf(plan: Plan, name = "db1"): Map<string, RenderedFile> {
    const files = filesOfHost(plan, hostOf(plan, name)).get("database") ?? [];
    return new Map(files.map((file) => [file.path, file]));
}

const text = (plan: Plan, path: string, name = "db1") => filesOf(plan, name).get(path)?.content;
const server = "/etc/mysql/mysql.conf.d/mysqld.cnf";
const runtime = "/etc/mysql/mysql.conf.d/testudo-runtime.cnf";
const environment = "/etc/testudo/database/cluster.env";
const library = "/usr/local/lib/testudo/database";

test.each([
    [mariadb, "mariadb.service", ["mariadb-server", "mariadb-backup", "galera-4"]],
    [percona, "mysql.service", ["percona-xtradb-cluster-server", "percona-xtrabackup-84"]],
])("one engine's packages and unit, and none of the other's (%#)", (plan, unit, packages) => {
    expect(namesIn(plan, galera.packages)).toEqual(expect.arrayContaining(packages));
    expect(namesIn(plan, galera.units)).toContain(unit);
    const other = plan === mariadb ? percona : mariadb;
    const foreign = [...engineOf(other).packages, engineOf(other).unit];
    const all = [...namesIn(plan, galera.packages), ...namesIn(plan, galera.units)];
    expect(all.filter((name) => foreign.includes(name))).toEqual([]);
    const actions = [...filesOf(plan).values()].map((file) => file.onChange);
    expect(actions).not.toContain(`restart ${engineOf(other).unit}`);
});

test("both engines have the same scripts, which are told by one file what differs", () => {
    const [one, two] = [filesOf(mariadb), filesOf(percona)];
    const shared = [...one.keys()].filter((path) => two.has(path));
    const different = shared.filter((path) => one.get(path)?.content !== two.get(path)?.content);
    expect(different).toEqual([environment, "/etc/haproxy/galera.cfg"]);
    for (const name of ["agent", "form", "join", "lib.sh", "before-restart", "healthy"])
        expect(shared).toContain(`${library}/${name}`);
    expect(text(percona, environment)).toMatch(
        /^engine=percona-xtradb\nunit=mysql\.service\nclient=mysql\n/m,
    );
});

test("each engine's part defines what the scripts call", () => {
    const parts = [mariadb, percona].map(
        (plan) => text(plan, `${library}/${engineOf(plan).name}.sh`) ?? "",
    );
    for (const part of parts) {
        for (const name of ["section", "new_cluster", "recovery", "reload_certificates"])
            expect(part).toMatch(new RegExp(`^${name}=`, "m"));
        for (const name of ["make_tables", "keep_user"])
            expect(part).toMatch(new RegExp(`^${name}\\(\\) \\{`, "m"));
    }
});

test("no other script knows an engine by name", () => {
    const knowing = [...filesOf(percona).values()]
        .filter(({ path }) => path.startsWith(library) && !path.endsWith("/percona-xtradb.sh"))
        .flatMap(({ content }) => content.split("\n"))
        .filter((line) => /mariadb|mysqld|mysql\.service/.test(line))
        .filter((line) => !line.includes("/run/mysqld"));
    expect(knowing).toEqual([]);
});

test("Percona's server takes the place of its package's file, whose address list would form a cluster", () => {
    expect([...filesOf(percona).keys()].filter((path) => path.startsWith("/etc/mysql/"))).toEqual([
        server,
        runtime,
    ]);
    expect(text(percona, runtime)).toContain(
        "wsrep_cluster_address = gcomm://10.91.1.41,10.91.1.42,10.91.1.43\n",
    );
});

test("Percona's server is where the gate looks for it, and believes the gate about addresses", () => {
    const config = text(percona, server) ?? "";
    for (const line of [
        "bind_address = 127.0.0.1",
        "port = 3306",
        "proxy_protocol_networks = 127.0.0.1",
        "mysqlx = OFF",
        "socket = /run/mysqld/mysqld.sock",
    ])
        expect(config).toContain(`${line}\n`);
    expect(text(percona, "/etc/haproxy/galera.cfg")?.match(/ send-proxy(?:-v2)? /g)).toEqual([
        " send-proxy ",
        " send-proxy ",
    ]);
});

test("group, transfers and clients of Percona's server have our certificates", () => {
    const config = text(percona, server) ?? "";
    expect(config).toContain("pxc_encrypt_cluster_traffic = ON\n");
    for (const name of ["ca", "cert", "key"]) {
        const path = `/etc/testudo/tls/database/${name}.pem`;
        expect(config).toContain(`ssl_${name} = ${path}\n`);
        expect([...filesOf(percona).keys()]).toContain(path);
    }
});

test("both engines promise the same of an acknowledged commit and of a vanished member", () => {
    const configs = [
        text(mariadb, "/etc/mysql/mariadb.conf.d/90-testudo.cnf"),
        text(percona, server),
    ];
    for (const config of configs) {
        expect(config).toContain("innodb_flush_log_at_trx_commit = 1\nsync_binlog = 1\n");
        expect(config?.match(/^wsrep_provider_options = .*$/gm)).toHaveLength(1);
        expect(config).toMatch(/evs\.suspect_timeout=PT2S.*"$/m);
    }
});

test("a change that restarts a member is not made by sizes, nor by another member", () => {
    const larger = planOf({
        database: { engine: "percona-xtradb", count: 5, bufferPoolMiB: 256, maxConnections: 300 },
    });
    expect(text(larger, server)).toBe(text(percona, server));
    expect(text(larger, runtime)).not.toBe(text(percona, runtime));
    const restarting = [...filesOf(larger).values()]
        .filter((file) => file.onChange === "restart mysql.service")
        .map((file) => file.path);
    expect(restarting).toEqual([server]);
});

test("each file of an engine goes through that engine's own checker", () => {
    expect(filesOf(percona).get(server)?.check).toBe(
        "runuser -u mysql -- mysqld --validate-config",
    );
    expect(filesOf(mariadb).get("/etc/mysql/mariadb.conf.d/90-testudo.cnf")?.check).toBe(
        "runuser -u mysql -- mariadbd --help --verbose",
    );
});

test("no password is an argument of a program: scripts hand SQL over on standard input", () => {
    for (const plan of [mariadb, percona]) {
        const part = text(plan, `${library}/${engineOf(plan).name}.sh`) ?? "";
        const lines = part.split("\n").filter((line) => /\$password|\$3/.test(line));
        expect(
            lines.filter((line) => !/sql <<<|^ALTER USER|local |digest_of "\$3"/.test(line)),
        ).toEqual([]);
    }
});

test("an engine that nobody knows is refused by its key", () => {
    expect(planFaults({ database: { engine: "postgres" } })).toEqual([
        expect.stringMatching(
            /^testudo:database\.engine: .*mariadb.*percona-xtradb.*; got "postgres"$/,
        ),
    ]);
});
