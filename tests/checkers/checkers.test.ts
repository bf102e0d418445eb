import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "../../components/cluster/plan";
import type { HostSpec } from "../../components/cluster/types";
import { pushBundle } from "../../components/host/bundle";
import type { RenderedFile } from "../../components/host/render";
import { roles, usersOf } from "../../components/roles/all";
import { namesIn } from "../../components/roles/role";
import { bundleTar } from "../helpers/bundles";
import { filesOf, type Secrets } from "../helpers/facts";
import { existing, hostOf, largest, onAws, planOf, withAcme } from "../helpers/plans";
import { inImage, rootfs, workFolder, type Ran } from "./image";

// Every rendered file through the daemon's own checker, as the engine runs it, in the root file
// system that hosts start from. `make checkers` builds and unpacks it.

const has = (path: string) => existsSync(join(rootfs, path));
/** Packages of their vendors, which this image has or has not; Percona's is there in the place of MariaDB's. */
const hasProxysql = has("usr/bin/proxysql");
const hasPercona = has("usr/bin/mysql-systemd");
const topologies: Record<string, Plan> = {
    smallest: planOf(),
    largest: planOf(largest),
    full: planOf({ preset: "full" }),
    lsyncd: planOf({ preset: "full", storage: { engine: "lsyncd", count: 0 } }),
    proxysql: planOf({ database: { proxy: "proxysql" } }),
    existing: planOf({ ...existing, ssh: { ...(existing.ssh as object), interface: "eth0" } }),
    aws: planOf(onAws),
    acme: planOf(withAcme),
    percona: planOf({ database: { engine: "percona-xtradb" } }),
};
const isHere = (host: string) => !hasPercona || !host.startsWith("db");
const hosts: [string, string][] = [
    ...["lb1", "db1", "web1"].filter(isHere).map((host): [string, string] => ["smallest", host]),
    ...["lb2", "db9", "cache9", "web9"]
        .filter(isHere)
        .map((host): [string, string] => ["largest", host]),
    ["acme", "lb1"],
    ["full", "web1"],
    ["full", "app1"],
    ["full", "storage1"],
    ["existing", "lb1"],
    ["existing", "web1"],
    ["aws", "lb1"],
    ["aws", "inner1"],
    ["lsyncd", "web1"],
    ["lsyncd", "app1"],
    ...(hasProxysql ? [["proxysql", "web1"] satisfies [string, string]] : []),
    ...(hasPercona ? [["percona", "db1"] satisfies [string, string]] : []),
];
let work = "";

const read = (name: string) => readFileSync(join(work, "keys", name), "utf8");
const pairOf = (name: string) => ({
    certificate: read(`${name}.pem`),
    key: read(`${name}.key`),
    ca: read("ca.pem"),
});

function secrets(): Secrets {
    return {
        credentials: (host, role) => pairOf(`${host}-${role}`),
        edge: pairOf("edge-edge"),
        acme: { key: read("edge-edge.key"), thumbprint: "x", directoryCa: read("ca.pem") },
        ca: read("ca.pem"),
        bastionKey: read("bastion"),
        operatorKey: read("operator.pub"),
    };
}

beforeAll(() => {
    work = workFolder();
    mkdirSync(join(work, "keys"));
    for (const tool of ["check-bundles", "make-keys"])
        cpSync(join(__dirname, tool), join(work, tool));
    const subjects = hosts.flatMap(([topology, host]) => {
        const { roles: own, address } = hostOf(topologies[topology] ?? planOf(), host);
        return own.map((role) => `${host}:${role}:DNS=${host},IP=${address}`);
    });
    const made = inImage(
        work,
        `/run/work/make-keys /run/work/keys ${[...new Set(subjects)].join(" ")} edge:edge:DNS=localhost`,
    );
    if (made.status !== 0) throw new Error(made.said);
});

afterAll(() => {
    if (work !== "") rmSync(work, { recursive: true });
});

/** Runs the checkers of one host, `change` applied to its files. */
async function check(
    plan: Plan,
    host: HostSpec,
    change: (file: RenderedFile) => RenderedFile = (file) => file,
): Promise<Ran> {
    const names: string[] = [];
    for (const [role, files] of filesOf(plan, host, secrets())) {
        const users = role === "base" ? usersOf(host) : [];
        const units = namesIn(plan, roles.find((one) => one.name === role)?.units ?? []);
        const bundle = await pushBundle({ role, files: files.map(change), units, users });
        names.push(`/run/work/${role}`);
        rmSync(join(work, role), { recursive: true, force: true });
        mkdirSync(join(work, role));
        spawnSync("tar", ["-x", "-C", join(work, role)], { input: bundleTar(bundle) });
    }
    return inImage(work, `/run/work/check-bundles ${host.address} ${names.join(" ")}`);
}

test.each(hosts)(
    "in the %s topology every file of %s passes its daemon's checker",
    async (topology, name) => {
        const plan = topologies[topology] ?? planOf();
        expect(await check(plan, hostOf(plan, name))).toMatchObject({ status: 0, said: "" });
    },
);

type Broken = [string, string, string, string];
const proxysqlConfig = "/etc/proxysql.cnf";
const accountKey = "/etc/testudo/acme/account.key";
const uploadsConfig = "/etc/nginx/uploads.conf";

/** Host, path, the program that refuses, and what is added to the file; where nothing is, another text takes its place. */
const broken: Broken[] = [
    ["lb1", "/etc/ssh/sshd_config.d/50-testudo.conf", "sshd -t", "PermitRootLogin perhaps"],
    ["lb1", "/root/.ssh/authorized_keys", "ssh-keygen -l", ""],
    ["lb1", "/etc/sudoers.d/testudo", "visudo", "%x nonsense"],
    ["lb1", "/etc/testudo/people", "people check", "ada ssh-ed25519 nonsense"],
    ["lb1", "/etc/testudo/firewall.nft", "nft --check", "table inet broken {"],
    ["lb1", "/etc/testudo/ca.pem", "openssl x509", ""],
    ["lb1", "/etc/haproxy/haproxy.cfg", "haproxy -c", "    nonsense here"],
    ["lb1", "/etc/testudo/tls/load-balancer/edge.pem", "haproxy -c", ""],
    ["lb1", "/etc/testudo/tls/load-balancer/ca.pem", "haproxy -c", ""],
    ["lb1", "/etc/keepalived/keepalived.conf", "keepalived", "vrrp_instance x {\n nonsense"],
    ["lb1", "/etc/testudo/bastion/sshd_config", "sshd -t -f", "Nonsense yes"],
    ["lb1", "/etc/testudo/bastion/host-key", "sshd -t -f", ""],
    [
        "lb1",
        "/etc/systemd/system/testudo-bastion.service",
        "systemd-analyze verify",
        "[Service]\nExecStart=no",
    ],
    ["lb1", "/usr/local/lib/testudo/load-balancer/healthy", "bash -n", "if"],
    ["lb1", accountKey, "openssl pkey", ""],
    ["db1", "/etc/mysql/mariadb.conf.d/90-testudo.cnf", "mariadbd", "[mariadbd]\nnonsense=1"],
    [
        "db1",
        "/etc/mysql/mariadb.conf.d/91-testudo-runtime.cnf",
        "mariadbd",
        "[mariadbd]\nmax_connectoins=1",
    ],
    ["db1", "/etc/haproxy/galera.cfg", "haproxy -c", "    nonsense here"],
    ["db1", "/etc/testudo/tls/database/cert.pem", "openssl verify", ""],
    ["db1", "/etc/testudo/tls/database/both.pem", "haproxy -c", ""],
    ["cache9", "/etc/haproxy/redis.cfg", "haproxy -c", "    nonsense here"],
    ["cache9", "/etc/haproxy/redis.lua", "haproxy -c", "nonsense here"],
    [
        "cache9",
        "/etc/testudo/cache/sessions.conf",
        "/usr/local/lib/testudo/cache/check",
        "nonsense 1",
    ],
    [
        "cache9",
        "/etc/testudo/cache/objects.acl",
        "/usr/local/lib/testudo/cache/check",
        "user x +no",
    ],
    [
        "cache9",
        "/etc/testudo/cache/sentinel.conf",
        "/usr/local/lib/testudo/cache/check",
        "sentinel no 1",
    ],
    ["cache9", "/etc/testudo/cache/operator.auth", "/usr/local/lib/testudo/cache/check", ""],
    ["web1", "/etc/nginx/conf.d/site.conf", "nginx -t", "nonsense here;"],
    ["web1", uploadsConfig, "nginx -t", "nonsense here;"],
    ["web1", "/etc/testudo/tls/web/host.pem", "haproxy -c", ""],
    ["web1", "/etc/php/8.4/fpm/pool.d/www.conf", "php-fpm8.4", "pm.nonsense = 1"],
    ["web1", "/etc/testudo/wp-config.php", "php -l", "if ("],
    ["web1", "/srv/site/checks/session.php", "php -l", "if ("],
    ["web1", "/etc/haproxy/data.cfg", "haproxy -c", "    nonsense here"],
    ["web1", "/etc/haproxy/fpm.cfg", "haproxy -c", "    nonsense here"],
    ["web1", "/etc/haproxy/app.cfg", "haproxy -c", "    nonsense here"],
    ["web1", "/etc/haproxy/app.lua", "haproxy -c", "nonsense here"],
    ["web1", "/etc/nginx/testudo/pages.js", "nginx -t", "nonsense here"],
    ["web1", "/etc/testudo/tls/app/host.pem", "haproxy -c", ""],
    ["web1", "/etc/logrotate.d/testudo-app", "logrotate", "/x {\n nonsense"],
    ...(hasProxysql
        ? [["web1", proxysqlConfig, "check-proxysql", "mysql_users = ("] satisfies Broken]
        : []),
];

const here = broken.filter(([host]) => isHere(host));

test.each(here)("on %s a broken %s is refused by %s", async (name, path, program, addition) => {
    const others = {
        [proxysqlConfig]: topologies.proxysql,
        [uploadsConfig]: topologies.full,
        [accountKey]: topologies.acme,
    }[path];
    const plan = others ?? (name === "cache9" ? planOf(largest) : planOf());
    const done = await check(plan, hostOf(plan, name), (file) => {
        if (file.path !== path) return file;
        return {
            ...file,
            content: addition === "" ? "nothing of the kind\n" : `${file.content}\n${addition}\n`,
        };
    });
    expect(done.status).not.toBe(0);
    expect(done.said).toMatch(new RegExp(`^checker: .*${program.replace(/\./g, "\\.")}`, "m"));
});
