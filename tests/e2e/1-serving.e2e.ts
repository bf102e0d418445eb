import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { client, curl, makeClient } from "./client";
import { whole } from "./cluster";
import { figure } from "./figures";
import { hostsOf, outputs, ours, reportFolder, sh, tool } from "./lab";
import { until } from "./shell";
import { fromWeb, jar, logIn, rest } from "./site";

describe("a new cluster serves the site", () => {
    test("one command brings it up", async () => {
        if (ours) {
            const finished = await tool("up", []);
            expect(finished.text.slice(-4000)).toContain("site  ");
            expect(finished.code).toBe(0);
            figure(
                "up of a new stack",
                finished.seconds,
                "s",
                process.env.E2E_PRESET === "small" ? 75 : 90,
                "toolchain, image and platform there",
            );
            writeFileSync(join(reportFolder, "up"), "");
        }
        figure("full redundancy after up", await whole(), "s");
        await makeClient();
    }, 660_000);

    test("a visitor outside fetches the page at the floating address, over TLS that the stack's authority vouches for", async () => {
        const { siteUrl } = await outputs();
        const page = await curl([siteUrl]);
        expect(page).toContain("</html>");
        expect(page).toContain("wp-block-site-title");
    });

    test("the certificate is verified: without the stack's authority there is no page", async () => {
        const { siteUrl } = await outputs();
        await expect(
            curl(["--cacert", "/etc/ssl/certs/ca-certificates.crt", siteUrl]),
        ).rejects.toThrow(/certificate|CAfile/);
    });

    test("http leads to https", async () => {
        const { vip } = await outputs();
        const answer = await curl([
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code} %{redirect_url}",
            `http://${vip}/some/page?x=1`,
        ]);
        expect(answer).toBe(`301 https://${vip}/some/page?x=1`);
    });

    test.each(["-tls1", "-tls1_1"])("TLS older than 1.2 is refused (%s)", async (version) => {
        const { vip } = await outputs();
        // Without the lowered level it would be the client that refuses.
        const hello = (option: string) =>
            sh(
                client,
                `timeout 5 openssl s_client -connect ${vip}:443 ${option} -cipher ALL@SECLEVEL=0 </dev/null 2>&1 | grep -c '^New, TLSv1.*Cipher is [A-Z]' || true`,
            );
        expect(await hello(version)).toBe("0");
        expect(await hello("-tls1_2")).toBe("1");
    });

    test("both web hosts answer in turn", async () => {
        const { siteUrl } = await outputs();
        const urls = Array.from({ length: 8 }, (_, index) => `${siteUrl}?${index}`);
        const heads = await curl(["--head", ...urls]);
        const served = new Set(
            [...heads.matchAll(/^x-served-by: (\S+)/gim)].map((match) => match[1]),
        );
        expect([...served].sort()).toEqual(await hostsOf("web"));
    });

    test("the administrator logs in and publishes a post, which each web host shows", async () => {
        const nonce = await logIn();

        // Else there would be nothing to empty.
        for (const web of await hostsOf("web")) {
            await fromWeb(web, "/");
            expect(await fromWeb(web, "/")).toMatch(/^x-page-cache: HIT/im);
        }
        const { siteUrl } = await outputs();
        await until("the balancer answers with the page by itself", 20, async () =>
            /^x-page-cache: EDGE/im.test(await curl(["--include", siteUrl]))
                ? []
                : ["a web host does"],
        );
        const words = `Tortoise ${Date.now()}`;
        const body = JSON.stringify({
            title: words,
            content: `${words} carries its house.`,
            status: "publish",
        });
        const made = await rest<{ id: number; link: string }>(nonce, "posts", ["--json", body]);
        expect(made.id).toBeGreaterThan(0);
        // Whoever has been told so does not find the page of before.
        expect(await curl([siteUrl])).toContain(words);

        const published = Date.now() / 1000;

        const address = new URL(made.link);
        const times = await Promise.all(
            (await hostsOf("web")).map(async (web) => {
                await until(`the new post on ${web}`, 20, async () =>
                    (await fromWeb(web, "/")).includes(words) ? [] : ["the page of before"],
                );
                return Date.now() / 1000 - published;
            }),
        );
        figure("publish: seen by anonymous visitors on every web host", Math.max(...times), "s", 1);
        for (const web of await hostsOf("web"))
            expect(await fromWeb(web, `${address.pathname}${address.search}`)).toContain(
                `${words} carries its house.`,
            );
        expect(Math.max(...times)).toBeLessThan(5);
    });

    test("a page for an anonymous visitor is made once and kept; a visitor who has logged in gets one of his own", async () => {
        for (const web of await hostsOf("web")) {
            await fromWeb(web, "/");
            expect(await fromWeb(web, "/")).toMatch(/^x-page-cache: HIT/im);
            expect(await fromWeb(web, "/", ["--cookie", "wordpress_logged_in_x=1"])).toMatch(
                /^x-page-cache: BYPASS/im,
            );
        }
    });

    test("one id names a request at the edge, in nginx and in PHP, and is the visitor's to quote", async () => {
        const { siteUrl } = await outputs();
        const ids = [];
        for (let visit = 0; visit < 2; visit++) {
            const head = await curl(["--head", siteUrl]);
            ids.push(/^x-request-id: (\S+)/im.exec(head)?.[1] ?? "");
        }
        // Of this request, also where the page was kept from another one.
        expect(new Set(ids).size).toBe(2);
        const page = await curl(["--include", `${siteUrl}?visit=${Date.now()}`]);
        const id = /^x-request-id: (\S+)/im.exec(page)?.[1] ?? "none";
        expect(id).toMatch(/^[\w.-]{8,64}$/);
        const webs = await hostsOf("web");
        // A line comes to the journal after the answer came to the visitor.
        await until("one web host's journal has the request", 10, async () => {
            const logged = await Promise.all(
                webs.map((web) =>
                    sh(
                        web,
                        `journalctl --no-pager --output cat --since -1min | grep -c 'id=${id}' || true`,
                    ),
                ),
            );
            return logged.filter((count) => count !== "0").length === 1 ? [] : logged;
        });
    });

    test("a wrong password does not log in", async () => {
        const { siteUrl, adminUser } = await outputs();
        const answer = await curl([
            "--data",
            `log=${adminUser}&pwd=not-the-password&testcookie=1`,
            "--cookie",
            "wordpress_test_cookie=WP%20Cookie%20check",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code}",
            `${siteUrl}wp-login.php`,
        ]);
        expect(answer).toBe("200");
    });

    test("a PHP session stays with its visitor, whichever host answers", async () => {
        const { siteUrl } = await outputs();
        for (const visitor of ["a", "b", "c"]) {
            const cookies = `${jar}-${visitor}`;
            const answers: string[] = [];
            for (let visit = 0; visit < 4; visit++)
                answers.push(
                    await curl([
                        "--cookie",
                        cookies,
                        "--cookie-jar",
                        cookies,
                        `${siteUrl}-/session`,
                    ]),
                );
            expect(answers.map((answer) => answer.split(" ")[1])).toEqual(["1", "2", "3", "4"]);
        }
    });
});
