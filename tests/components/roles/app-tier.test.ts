import { renderRole, type RenderedFile } from "../../../components/host/render";
import { app, type AppFacts } from "../../../components/roles/app-tier";
import { phpString, quoted } from "../../../components/roles/app-tier.views";
import { hostOf, planOf, roleFaults, type Values } from "../../helpers/plans";

const canaries = {
    key: "CANARY-KEY",
    password: "CANARY-pass",
    salts: "CANARY-salts".padEnd(64, "x"),
};
const mail = { relay: "192.0.2.25", user: "site", from: "site@example.org" };

function filesOf(values: Values = {}, name = "web1"): Map<string, RenderedFile> {
    const plan = planOf(values);
    const facts: AppFacts = {
        plan,
        host: hostOf(plan, name),
        credentials: { certificate: "certificate\n", key: `${canaries.key}\n`, ca: "ca\n" },
        databasePassword: canaries.password,
        salts: canaries.salts,
        mailPassword: plan.config.mailPassword ?? null,
        cachePasswords: null,
        monitorPassword: null,
    };
    return new Map(renderRole(app, facts).map((file) => [file.path, file]));
}

function text(files: Map<string, RenderedFile>, path: string): string {
    const file = files.get(path);
    if (file === undefined) throw new Error(`no ${path}`);
    return file.content;
}

const dataConfig = "/etc/haproxy/data.cfg";
const wordpressConfig = "/etc/testudo/wp-config.php";

test.each([
    ["plain", "'plain'"],
    ["it's", "'it\\'s'"],
    ["back\\slash", "'back\\\\slash'"],
    ['$dollar "quoted"', "'$dollar \"quoted\"'"],
])("%j is a PHP literal that means the same", (value, literal) => {
    expect(phpString(value)).toBe(literal);
});

test("an argument with quotes stays one argument", () => {
    expect(quoted("o'brien x")).toBe(`'o'"'"'brien x'`);
});

test("all proxies know the same members by the same ids in the same order", () => {
    const backend = (name: string) =>
        text(filesOf({}, name), dataConfig).split("\nbackend writer")[1];
    expect(backend("web1")).toBe(backend("web2"));
    expect(backend("web1")?.match(/server \S+ \S+ id \d+/g)).toEqual([
        "server db1 10.91.1.41:3307 id 1",
        "server db2 10.91.1.42:3307 id 2",
        "server db3 10.91.1.43:3307 id 3",
    ]);
});

test("the writer is kept in a table that can change and has no failback", () => {
    const config = text(filesOf(), dataConfig);
    expect(config).toContain("stick-table type integer size 1k nopurge peers choosers");
    expect(config).toContain("stick on int(1)");
});

test("nothing that leaves connections hanging in HAProxy 3.0 is set", () => {
    const settings = text(filesOf(), dataConfig).replace(/^\s*#.*$/gm, "");
    expect(settings).not.toMatch(/on-error mark-down|shutdown-sessions/);
});

test("a proxy's own place among its peers is its bind line", () => {
    const config = text(filesOf({}, "web2"), dataConfig);
    expect(config).toMatch(/localpeer web2\n/);
    expect(config).toMatch(/ {4}server web2\n/);
    expect(config).toContain("    server web1 10.91.1.21:10000 verifyhost web1\n");
});

test("the site answers to its name, the floating address and a tunnel, its name first", () => {
    expect(text(filesOf({ site: { name: "www.example.org" } }), wordpressConfig)).toContain(
        "const TESTUDO_HOSTS = ['www.example.org', '10.91.0.10', 'localhost', '127.0.0.1'];",
    );
    expect(text(filesOf(), wordpressConfig)).toContain(
        "const TESTUDO_HOSTS = ['10.91.0.10', 'localhost', '127.0.0.1'];",
    );
});

test("WordPress gets eight different keys, the same on every host", () => {
    const keys = (name: string) =>
        [
            ...text(filesOf({}, name), wordpressConfig).matchAll(
                /_(?:KEY|SALT)', '([0-9a-f]{64})'/g,
            ),
        ].map((match) => match[1]);
    expect(new Set(keys("web1")).size).toBe(8);
    expect(keys("web2")).toEqual(keys("web1"));
});

test("secrets are only in files that not everybody reads", () => {
    const values = { mail, mailPassword: "CANARY-mail" };
    const open = [...filesOf(values).values()].filter((file) => /[4-7]$/.test(file.mode));
    for (const file of open) expect(`${file.path} ${file.content}`).not.toContain("CANARY");
    expect([...filesOf(values).values()].some((file) => file.content.includes("CANARY-mail"))).toBe(
        true,
    );
    expect(
        [...filesOf(values).values()].some((file) => file.content.includes(canaries.salts)),
    ).toBe(false);
});

test("without a relay there is no mail daemon, no way out and a refusal of each mail", () => {
    const files = filesOf();
    expect([...files.keys()].filter((path) => path.startsWith("/etc/nullmailer"))).toEqual([]);
    expect(text(files, "/usr/local/lib/testudo/app/may-start")).toContain("exit 1");
    expect(text(files, wordpressConfig)).toContain("TESTUDO_MAIL_FROM = null;");
    expect(app.flows(planOf()).filter((flow) => flow.to === "outside")).toEqual([]);
});

test("with a relay mail leaves to it alone, encrypted", () => {
    const values = { mail, mailPassword: "two 'words'" };
    expect(text(filesOf(values), "/etc/nullmailer/remotes")).toBe(
        `192.0.2.25 smtp --port=587 --starttls --x509cafile=/etc/ssl/certs/ca-certificates.crt --user='site' --pass='two '"'"'words'"'"''\n`,
    );
    expect(text(filesOf(values), "/usr/local/lib/testudo/app/may-start")).not.toContain("exit 1");
    expect(app.flows(planOf(values)).filter((flow) => flow.to === "outside")).toEqual([
        {
            from: "app",
            to: "outside",
            protocol: "tcp",
            port: 587,
            only: ["192.0.2.25/32"],
            why: "outgoing mail",
        },
    ]);
});

test.each([2, 3, 8, 500])("php-fpm accepts the pool of %d workers", (phpWorkers) => {
    const pool = text(filesOf({ app: { phpWorkers } }), "/etc/php/8.4/fpm/pool.d/www.conf");
    const value = (name: string) =>
        Number(new RegExp(`^pm\\.${name} = (\\d+)$`, "m").exec(pool)?.[1]);
    expect(value("max_children")).toBe(phpWorkers);
    expect(value("min_spare_servers")).toBeGreaterThan(0);
    expect(value("start_servers")).toBeGreaterThanOrEqual(value("min_spare_servers"));
    expect(value("start_servers")).toBeLessThanOrEqual(value("max_spare_servers"));
    expect(value("max_spare_servers")).toBeLessThanOrEqual(phpWorkers);
});

test.each<[string, Values, string]>([
    [
        "a password without a user",
        { mail: { ...mail, user: undefined }, mailPassword: "x" },
        "testudo:mail.user",
    ],
    ["a user without a password", { mail }, "testudo:mailPassword"],
    [
        "a password in clear text",
        { mail: { ...mail, tls: "none" }, mailPassword: "x" },
        "testudo:mail.tls",
    ],
])("%s is refused", (_, values, key) => {
    expect(roleFaults(app, values)).toEqual([expect.stringContaining(key)]);
});

test("PHP on hosts of its own needs a place for sessions that all of them reach", () => {
    expect(roleFaults(app, { app: { count: 2 } })).toEqual([
        expect.stringContaining("testudo:cache.count"),
    ]);
    expect(roleFaults(app, { app: { count: 2 }, cache: { count: 3 } })).toEqual([]);
    expect(roleFaults(app, {})).toEqual([]);
});

test("only web hosts come to PHP", () => {
    const gate = text(filesOf({}, "web1"), "/etc/haproxy/fpm.cfg");
    expect(gate).toContain("tcp-request session reject unless { ssl_c_s_dn(OU) -m str web }");
    const ports = (values: Values) =>
        app
            .flows(planOf(values))
            .filter(({ to }) => to === "app")
            .map(({ from, port }) => [from, port]);
    const pages = [
        ["web", 9443],
        ["web", 9444],
    ];
    const releases = [
        ["web", 9445],
        ["app", 9445],
    ];
    expect(ports({ preset: "full" })).toEqual([...pages, ...releases]);
    // Who chooses the writer tells the others: app hosts, where there are no inner balancers.
    expect(ports({ preset: "full", innerLoadBalancer: { count: 0 } })).toEqual([
        ...pages,
        ["app", 10000],
        ...releases,
    ]);
});
