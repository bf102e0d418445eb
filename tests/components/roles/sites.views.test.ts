import { hostsOf } from "../../../components/cluster/plan";
import { fileOf, filesOf } from "../../helpers/facts";
import { planOf, type Values } from "../../helpers/plans";

const site = {
    name: "www.example.org",
    aliases: ["example.org"],
    application: "php",
    directory: "sites/main",
    documentRoot: "public",
    environment: { GREETING: "it's \\ $5" },
    cron: [
        { schedule: "hourly", path: "/cron.php" },
        { schedule: "daily", path: "/tasks/run" },
    ],
    redirects: [{ from: "/old", to: "/new" }],
};
const sites = { shop: { name: "shop.example.org", directory: "sites/shop" } };

function read(values: Values, role: "web" | "app" | "load-balancer", path: string): string {
    const plan = planOf(values);
    const [host] = hostsOf(plan, role);
    if (host === undefined) throw new Error(`no ${role}`);
    return fileOf(plan, host, path);
}

const library = "/usr/local/lib/testudo";
const mainConf = "/etc/nginx/conf.d/site.conf";
const sitesConf = "/etc/nginx/conf.d/sites.conf";

test("one WordPress without further names needs none of it", () => {
    const plan = planOf({});
    const paths = plan.hosts.flatMap((host) =>
        [...filesOf(plan, host).values()].flat().map((file) => file.path),
    );
    expect(paths).not.toContain(sitesConf);
    expect(paths).not.toContain("/etc/testudo/sites.php");
});

test("a PHP site's release is what visitors reach, and its pages are not kept", () => {
    const text = read({ site, sites }, "web", mainConf);
    expect(text).toContain("root /srv/site/current;");
    expect(text).not.toContain("wp-");
    expect(text).not.toContain("fastcgi_cache ");
    expect(read({}, "web", mainConf)).toContain("fastcgi_cache ");
});

test("further names are sent to the site's name, path and query kept", () => {
    const text = read({ site, sites }, "web", sitesConf);
    expect(text).toContain("server_name example.org;");
    expect(text).toContain("return 301 https://www.example.org$testudo_port$request_uri;");
    expect(
        read({ site: { name: "www.example.org", aliases: ["example.org"] } }, "web", sitesConf),
    ).toContain("server_name example.org;");
});

test.each(["wordpress", "php"])("a %s site sends visitors on from where something was", (kind) => {
    const values = kind === "php" ? { site } : { site: { redirects: site.redirects } };
    expect(read(values, "web", mainConf)).toMatch(/location = \/old \{\s+return 301 "\/new";/);
});

test("every server that the network reaches asks for a balancer's certificate", () => {
    const text = read({ site, sites }, "web", sitesConf);
    const servers = text.split(/^server \{$/m).slice(1);
    expect(servers).toHaveLength(4);
    for (const server of servers) {
        if (server.includes("listen 127.0.0.1:8081;")) continue;
        expect(server).toMatch(/ssl_verify_client on;\s+if \(\$testudo_role != load-balancer\)/);
    }
});

test("scheduled pages are closed to all but the balancers' clock, also as frameworks spell them", () => {
    const text = read({ site, sites }, "web", mainConf);
    expect(text).toMatch(/location = \/cron\.php \{\s+allow 127\.0\.0\.1;\s+deny all;/);
    expect(text).toMatch(/location = \/tasks\/run \{\s+allow 127\.0\.0\.1;\s+deny all;/);
    expect(text).toMatch(/location \^~ \/index\.php\/tasks\/run \{\s+return 404;/);
});

test("the balancers' clock has the work of every site", () => {
    const cron = (values: Values) => read(values, "load-balancer", `${library}/load-balancer/cron`);
    const work = (values: Values) =>
        cron(values)
            .split("\n")
            .filter((line) => /^[^|"]+\|[^| ]+\|\/[^| ]+$/.test(line));
    expect(work({})).toEqual(["minutely|10.91.0.10|/wp-cron.php?doing_wp_cron"]);
    expect(work({ site, sites })).toEqual([
        "hourly|www.example.org|/cron.php",
        "daily|www.example.org|/tasks/run",
    ]);
});

test("the environment is PHP text that only PHP and root may read; only the main site has a database", () => {
    const plan = planOf({ site, sites });
    const [host] = hostsOf(plan, "app");
    if (host === undefined) throw new Error("no app host");
    const file = [...filesOf(plan, host).values()]
        .flat()
        .find(({ path }) => path === "/etc/testudo/sites.php");
    expect(file).toMatchObject({ owner: "root:www-data", mode: "0640" });
    expect(file?.content).toContain(`'GREETING' => 'it\\'s \\\\ $5',`);
    const [, shop] = file?.content.split("'shop' =>") ?? [];
    expect(file?.content).toContain("'DATABASE_PASSWORD'");
    expect(shop).not.toContain("DATABASE");
});

test("what PHP knows of a request is not taken from the environment", () => {
    expect(read({ site }, "app", `${library}/app/prepend.php`)).toContain(
        "$_SERVER[$name] ??= $text;",
    );
});

test("each further site has session files of its own where there is no Redis", () => {
    const prepend = (values: Values) => read(values, "app", `${library}/app/prepend.php`);
    const folder = "/srv/site/sessions/";
    expect(prepend({ site, sites })).toContain(
        `ini_set('session.save_path', '${folder}' . $_SERVER['TESTUDO_SITE']);`,
    );
    expect(read({ site, sites }, "app", "/etc/tmpfiles.d/testudo-app.conf")).toContain(
        `d ${folder}shop 0700 www-data www-data -`,
    );
    expect(prepend({ site })).not.toContain("session.save_path");
    expect(prepend({ site, sites, cache: { count: 3 } })).not.toContain("session.save_path");
});
