import { app } from "../../../components/roles/app-tier";
import { proxysql, proxysqlView, quoted } from "../../../components/roles/proxysql";
import { namesIn } from "../../../components/roles/role";
import { filesOf, fileOf } from "../../helpers/facts";
import { hostOf, planFaults, planOf, roleFaults } from "../../helpers/plans";

const chosen = planOf({ database: { proxy: "proxysql" } });
const configOf = (plan = chosen, host = "web1") =>
    fileOf(plan, hostOf(plan, host), "/etc/proxysql.cnf");
const dataOf = (plan = chosen, host = "web1") =>
    fileOf(plan, hostOf(plan, host), "/etc/haproxy/data.cfg");

test("without being asked for there is no trace of it", () => {
    const plan = planOf();
    const files = [...filesOf(plan, hostOf(plan, "web1")).values()].flat();
    expect(files.filter((file) => file.path.includes("proxysql"))).toEqual([]);
    expect([...namesIn(plan, app.packages), ...namesIn(plan, app.units)]).not.toEqual(
        expect.arrayContaining([expect.stringContaining("proxysql")]),
    );
});

test("where it is asked for, PHP's hosts have its package, its unit and a checker for its file", () => {
    expect(namesIn(chosen, app.packages)).toContain("proxysql");
    expect(namesIn(chosen, app.units)).toContain("proxysql.service");
    const file = [...filesOf(chosen, hostOf(chosen, "web1")).values()]
        .flat()
        .find(({ path }) => path === "/etc/proxysql.cnf");
    expect(file).toMatchObject({
        owner: "root:proxysql",
        mode: "0640",
        onChange: "restart php8.4-fpm.service",
        check: "/usr/local/lib/testudo/app/check-proxysql",
    });
});

test("every host has the same configuration: they are no cluster and must choose alike", () => {
    expect(configOf(chosen, "web2")).toBe(configOf(chosen, "web1"));
    expect(configOf()).not.toContain("proxysql_servers");
});

test("PHP's ports are its own, on loopback, and HAProxy's no more", () => {
    expect(configOf()).toContain('interfaces = "127.0.0.1:3306;127.0.0.1:3307"');
    expect(dataOf()).not.toMatch(/bind 127\.0\.0\.1:330[67]\b/);
    expect(dataOf(planOf())).toMatch(/bind 127\.0\.0\.1:3306\b[^]*bind 127\.0\.0\.1:3307\b/);
});

test("it reaches each member by a tunnel of its own, which ends where that member is not to be used", () => {
    const plan = planOf({ database: { proxy: "proxysql", count: 5 } });
    const tunnels = [...dataOf(plan).matchAll(/frontend to-(\w+)\n {4}bind 127\.0\.0\.1:(\d+)\n/g)];
    const servers = [
        ...configOf(plan).matchAll(
            /port = (\d+), hostgroup = (\d+), weight = (\d+),.*comment = "(\w+)"/g,
        ),
    ];
    expect(tunnels.map(([, name, port]) => [name, port])).toEqual(
        servers.map(([, port, , , name]) => [name, port]),
    );
    expect(tunnels).toHaveLength(5);
    for (const [, name = ""] of tunnels)
        expect(dataOf(plan)).toContain(`track writer/${name} verifyhost ${name} sni str(${name})`);
});

test("no two members are writers before the first check, and the heaviest is the same everywhere", () => {
    const servers = [...configOf().matchAll(/hostgroup = (\d+), weight = (\d+)/g)];
    expect(servers.map(([, group, weight]) => [group, weight])).toEqual([
        ["30", "1000"],
        ["30", "999"],
        ["30", "998"],
    ]);
});

test("no comma ends a list, which ProxySQL's parser would refuse", () => {
    expect(configOf()).not.toMatch(/,\s*\)/);
    expect(configOf(planOf({ database: { proxy: "proxysql", count: 9 } }))).not.toMatch(/,\s*\)/);
});

test("nothing of it listens on the network", () => {
    const addresses = [...configOf().matchAll(/(?:interfaces|_ifaces) = "([^"]*)"/g)]
        .flatMap(([, list = ""]) => list.split(";"))
        .filter((place) => !/^(127\.0\.0\.1:\d+|\/run\/proxysql\/[\w-]+\.sock)$/.test(place));
    expect(addresses).toEqual([]);
});

test("the admin's password is neither the monitor's nor the site's", () => {
    const [, admin = ""] = /admin_credentials = "admin:(\w+)"/.exec(configOf()) ?? [];
    expect(admin).toMatch(/^[0-9a-f]{64}$/);
    expect(configOf()).toContain('monitor_password = "SECRETpasswordOfMonitor"');
});

test("a plan with ProxySQL and no password for its monitor is a fault of the program", () => {
    const facts = { plan: chosen, host: hostOf(chosen, "web1"), databasePassword: "x" };
    expect(() => proxysqlView({ ...facts, monitorPassword: null })).toThrow("no password");
});

test.each([
    ["plain", "plain"],
    ['a"b', String.raw`a\"b`],
    [String.raw`a\b`, String.raw`a\\b`],
])("%s stands in its configuration as %s", (text, expected) => {
    expect(quoted(text)).toBe(expected);
});

test.each([
    [{ innerLoadBalancer: { count: 2 }, database: { proxy: "proxysql" } }, 1],
    [{ innerLoadBalancer: { count: 2 } }, 0],
    [{ database: { proxy: "proxysql" } }, 0],
])("%j: inner balancers and ProxySQL would both choose a writer", (values, count) => {
    const found = roleFaults(proxysql, values);
    expect(found).toHaveLength(count);
    for (const line of found)
        expect(line).toBe(
            'testudo:database.proxy: needs testudo:innerLoadBalancer.count to be 0 with proxysql, because the inner balancers choose the writer as well, and two that choose can choose two; got "proxysql" and 2 inner balancers',
        );
});

test("the full topology asks for it by taking the inner balancers out", () => {
    const full = { preset: "full", database: { proxy: "proxysql" } };
    expect(roleFaults(app, full)).toHaveLength(1);
    expect(roleFaults(app, { ...full, innerLoadBalancer: { count: 0 } })).toEqual([]);
});

test("a proxy that nobody knows is refused by its key", () => {
    expect(planFaults({ database: { proxy: "maxscale" } })).toEqual([
        expect.stringMatching(/^testudo:database\.proxy: .*haproxy.*proxysql.*; got "maxscale"$/),
    ]);
});
