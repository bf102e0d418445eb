import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { web } from "../../../components/roles/web-tier";
import { fileOf, filesOf } from "../../helpers/facts";
import { hostOf, lineOf, planOf, type Values } from "../../helpers/plans";
import { root } from "../../helpers/sources";

const siteConfig = "/etc/nginx/conf.d/site.conf";
const appConfig = "/etc/haproxy/app.cfg";
const full = { preset: "full" };

function text(path: string, values: Values = {}, name = "web1"): string {
    const plan = planOf(values);
    return fileOf(plan, hostOf(plan, name), path);
}

function pathsOf(values: Values, name: string): string[] {
    const plan = planOf(values);
    return [...filesOf(plan, hostOf(plan, name)).values()].flat().map((file) => file.path);
}

function serversOf(backend: string, values: Values, name = "web1"): string[] {
    const [, rest = ""] = text(appConfig, values, name).split(`\nbackend ${backend}\n`);
    return (rest.split("\nbackend ")[0] ?? "").match(/(?<= {4}server ).*/g) ?? [];
}

test("a visitor's address is believed only from the balancers", () => {
    expect(text(siteConfig).match(/set_real_ip_from \S+;/g)).toEqual([
        "set_real_ip_from 10.91.0.11;",
        "set_real_ip_from 10.91.0.12;",
    ]);
});

test("where PHP has hosts of its own, web hosts have nothing of PHP's, and those nothing of nginx", () => {
    expect(pathsOf(full, "web1").filter((path) => /php|wp-config|nullmailer/.test(path))).toEqual(
        [],
    );
    expect(pathsOf(full, "app1").filter((path) => /nginx|testudo\/web/.test(path))).toEqual([]);
});

test("a release has one name on every host: one script makes it", () => {
    const script = (role: string, name: string) =>
        text(`/usr/local/lib/testudo/${role}/release-package`, full, name);
    expect(script("web", "web1")).toBe(script("app", "app2"));
});

test("where PHP is on the same host, nginx points to a release only when all hosts have it", () => {
    const prepare = (values: Values, role: string, name: string) =>
        /exec .*release-(?:package"|sync") (\w+)/.exec(
            text(`/usr/local/lib/testudo/${role}/prepare-release`, values, name),
        )?.[1];
    expect([prepare({}, "app", "web1"), prepare({}, "web", "web1")]).toEqual(["once", "use"]);
    expect([prepare(full, "app", "app1"), prepare(full, "web", "web1")]).toEqual(["use", "use"]);
});

test("PHP on hosts of its own is asked over TLS, each by its name, all alike", () => {
    expect(serversOf("php", full)).toEqual([
        "app1 10.91.1.31:9443 sni str(app1) verifyhost app1 check-sni app1 tcp-ut 1500ms",
        "app2 10.91.1.32:9443 sni str(app2) verifyhost app2 check-sni app2 tcp-ut 1500ms",
    ]);
});

test("PHP on the same host comes first, and last where a page is asked for again", () => {
    const backups = (backend: string) =>
        serversOf(backend, {}, "web2").map((server) => [
            server.split(" ")[0],
            server.includes("unix@/run/php/php8.4-fpm.sock no-ssl"),
            server.includes(" backup"),
        ]);
    expect(backups("php")).toEqual([
        ["web1", false, true],
        ["web2", true, false],
    ]);
    expect(backups("again")).toEqual([
        ["web1", false, false],
        ["web2", true, true],
    ]);
    expect(backups("any").map(([, , backup]) => backup)).toEqual([false, false]);
});

test("nothing that leaves connections hanging in HAProxy 3.0 is set", () => {
    const settings = text(appConfig, full).replace(/^\s*#.*$/gm, "");
    expect(settings).not.toMatch(/on-error mark-down|shutdown-sessions/);
});

describe("kept pages", () => {
    test("no page is kept longer than configured, and none at all with 0", () => {
        expect(text(siteConfig, { web: { pageCacheSeconds: 7 } })).toContain(
            "fastcgi_cache_valid 200 301 7s;",
        );
        const none = text(siteConfig, { web: { pageCacheSeconds: 0 } });
        expect(none).not.toMatch(/fastcgi_cache|add_header X-Page-Cache/);
        expect(none).toContain("js_content pages.purge;");
    });

    const patternsOf = (variable: string): RegExp[] => {
        const [, block = ""] = text(siteConfig).split(`map ${variable} `);
        return [...(block.split("}")[0] ?? "").matchAll(/"~\*(.*)" 1;/g)].map(
            ([, pattern = ""]) => new RegExp(pattern, "i"),
        );
    };
    const isMatched = (variable: string, value: string) =>
        patternsOf(variable).some((pattern) => pattern.test(value));

    test.each([
        ["wordpress_logged_in_abc=1", true],
        ["a=b; wordpress_sec_abc=1", true],
        ["comment_author_abc=me", true],
        ["wp-postpass_abc=x", true],
        ["x=1; PHPSESSID=abc", true],
        ["woocommerce_items_in_cart=1", true],
        ["wp_woocommerce_session_abc=1", true],
        ["", false],
        ["_ga=GA1.2.3; theme=dark", false],
        ["my_PHPSESSID=x", false],
        ["wordpress_test_cookie=WP%20Cookie%20check", false],
    ])("a visitor with the cookie %j is known: %j", (cookie, known) => {
        expect(isMatched("$http_cookie", cookie)).toBe(known);
    });

    test.each([
        ["/wp-admin/", true],
        ["//wp-admin?x", true],
        ["/blog/wp-admin/edit.php", true],
        ["/wp-json/wp/v2/posts", true],
        ["/index.php?rest_route=/wp/v2/posts", true],
        ["/?p=1&preview=true", true],
        ["/wp-login.php", true],
        ["/xmlrpc.php", true],
        ["/wp-cron.php?doing_wp_cron", true],
        ["/", false],
        ["/2026/11/about-wp-admin/", false],
        ["/?s=/wp-admin/", false],
    ])("%s is never kept: %j", (uri, never) => {
        expect(isMatched("$request_uri", uri)).toBe(never);
    });

    test("the key has the generation, the host as visitors wrote it, the method and the whole question", () => {
        expect(text(siteConfig)).toContain(
            "fastcgi_cache_key $testudo_generation|$request_method|$host$testudo_port|$request_uri;",
        );
    });
});

describe("the generation of kept pages", () => {
    interface Pages {
        generation(): string;
        health(request: unknown): void;
        purge(request: unknown): void;
    }

    /** nginx' module with a clock that the test moves. */
    function pages(): { module: Pages; wait: (ms: number) => void; request: unknown } {
        const values = new Map<string, number>();
        let now = 1_000_000;
        const page_cache = {
            get: (key: string) => values.get(key),
            set: (key: string, value: number) => values.set(key, value),
            incr: (key: string, delta: number, initial: number) => {
                values.set(key, (values.get(key) ?? initial) + delta);
                return values.get(key);
            },
        };
        const source = readFileSync(
            join(root, "config-templates/web-tier/etc/nginx/testudo/pages.js.mustache"),
            "utf8",
        ).replace("export default", "result =");
        const context = {
            ngx: { shared: { page_cache } },
            Date: { now: () => now },
            result: undefined as unknown,
        };
        runInNewContext(source, context);
        return {
            module: context.result as Pages,
            wait: (ms) => {
                now += ms;
            },
            request: { return: () => undefined },
        };
    }

    test("stays while the balancers ask, and is another one after each purge", () => {
        const { module, wait, request } = pages();
        const first = module.generation();
        for (let second = 0; second < 5; second++) {
            module.health(request);
            wait(1000);
            expect(module.generation()).toBe(first);
        }
        module.purge(request);
        expect(module.generation()).not.toBe(first);
    });

    test("is another one for the first visitor after the balancers were silent: a purge may have been missed", () => {
        const { module, wait, request } = pages();
        module.health(request);
        const first = module.generation();
        wait(2600);
        expect(module.generation()).not.toBe(first);
    });

    test("of a later nginx is none that an earlier one has had", () => {
        const [earlier, later] = [pages(), pages()];
        for (let purges = 0; purges < 50; purges++) earlier.module.purge(earlier.request);
        later.wait(1000);
        expect(Number(later.module.generation())).toBeGreaterThan(
            Number(earlier.module.generation()),
        );
    });
});

test("only balancers come for pages, and only app hosts to purge them", () => {
    const flows = web.flows(planOf(full)).map(({ from, port }) => [from, port]);
    expect(flows).toEqual([
        ["load-balancer", 8443],
        ["app", 8444],
    ]);
});

test("kept pages that would fill the disk are refused", () => {
    const faults = (pageCacheMiB: number) =>
        web.faults(planOf({ web: { pageCacheMiB } })).map(lineOf);
    expect(faults(1024)).toEqual([]);
    expect(faults(1025)).toEqual([
        expect.stringMatching(
            /^testudo:web\.pageCacheMiB: needs to be at most .*1024 MiB.*got 1025$/,
        ),
    ]);
});
