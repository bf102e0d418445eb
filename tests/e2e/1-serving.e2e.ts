import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RoleName } from "../../components/cluster/types";
import { client, clientAddress, curl, doors, makeClient } from "./client";
import { missing, whole } from "./cluster";
import { figure } from "./figures";
import { addressOf, hostsOf, outputs, ours, reportFolder, sh, tool } from "./lab";
import { until } from "./shell";

const jar = "/root/e2e/cookies";

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
                75,
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
        const { siteUrl, adminUser, adminPassword } = await outputs();
        const form = `log=${encodeURIComponent(adminUser)}&pwd=${encodeURIComponent(adminPassword)}&testcookie=1`;
        await sh(client, `rm -f ${jar}`);
        await curl(["--cookie-jar", jar, "--output", "/dev/null", `${siteUrl}wp-login.php`]);
        const login = await curl([
            "--cookie",
            jar,
            "--cookie-jar",
            jar,
            "--data",
            form,
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code} %{redirect_url}",
            `${siteUrl}wp-login.php`,
        ]);
        expect(login).toBe(`302 ${siteUrl}wp-admin/`);
        const nonce = await curl([
            "--cookie",
            jar,
            `${siteUrl}wp-admin/admin-ajax.php?action=rest-nonce`,
        ]);
        expect(nonce).toMatch(/^[0-9a-f]{10}$/);

        // Else there would be nothing to empty.
        for (const web of await hostsOf("web")) {
            await fromWeb(web, "/");
            expect(await fromWeb(web, "/")).toMatch(/^x-page-cache: HIT/im);
        }
        const words = `Tortoise ${Date.now()}`;
        const body = JSON.stringify({
            title: words,
            content: `${words} carries its house.`,
            status: "publish",
        });
        const made = JSON.parse(
            await curl([
                "--cookie",
                jar,
                "--header",
                `X-WP-Nonce: ${nonce}`,
                "--json",
                body,
                `${siteUrl}wp-json/wp/v2/posts`,
            ]),
        ) as { id: number; link: string };
        expect(made.id).toBeGreaterThan(0);

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
        const logged = await Promise.all(
            (await hostsOf("web")).map((web) =>
                sh(
                    web,
                    `journalctl --no-pager --output cat --since -1min | grep -c 'id=${id}' || true`,
                ),
            ),
        );
        expect(logged.filter((count) => count !== "0")).toHaveLength(1);
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

/** What one web host answers to a balancer, head and body. */
async function fromWeb(web: string, path: string, more: readonly string[] = []): Promise<string> {
    const [balancer = ""] = await hostsOf("load-balancer");
    const { siteUrl } = await outputs();
    const folder = "/etc/testudo/tls/load-balancer";
    const name = new URL(siteUrl).host;
    return sh(
        balancer,
        `curl --silent --show-error --include --max-time 15 --cert ${folder}/host.pem --cacert ${folder}/ca.pem --connect-to ::${await addressOf(web)}:8443 --header 'Host: ${name}' ${more.map((word) => `'${word}'`).join(" ")} 'https://${web}${path}'`,
    );
}

describe("what no flow declares is closed", () => {
    test("from outside only the site's doors are open, on every balancer", async () => {
        const { vip, hosts } = await outputs();
        const targets: string[] = [];
        for (const [name, host] of Object.entries(hosts))
            for (const port of doorsOf(host.roles))
                targets.push(`${await addressOf(name)}:${port}`);
        const open = await doors(client, [`${vip}:443`, `${vip}:80`]);
        expect(open.map((door) => door.answer)).toEqual(["open", "open"]);
        const closed = await doors(client, [...targets, `${vip}:22`, `${vip}:2222`, `${vip}:8405`]);
        expect(closed.filter((door) => door.answer === "open").map((door) => door.target)).toEqual(
            [],
        );
    });

    test("those doors are there: each is open to somebody", async () => {
        const [member = "", , ...rest] = await hostsOf("database");
        const [web = ""] = await hostsOf("web");
        const [balancer = ""] = await hostsOf("load-balancer");
        expect(rest).toHaveLength(1);
        const [chooser = (await hostsOf("app"))[0] ?? ""] = await hostsOf("inner-load-balancer");
        const fromChooser = await doors(chooser, [
            `${await addressOf(member)}:3307`,
            `${await addressOf(member)}:9200`,
        ]);
        const fromBalancer = await doors(balancer, [
            `${await addressOf(web)}:8443`,
            `${await addressOf(web)}:22`,
            `${await addressOf(member)}:22`,
        ]);
        expect([...fromChooser, ...fromBalancer].map((door) => door.answer)).toEqual([
            "open",
            "open",
            "open",
            "open",
            "open",
        ]);
    });

    test("inside, a host that is taken over opens nothing that its role does not need", async () => {
        const [member = "", other = ""] = await hostsOf("database");
        const [web = "", sister = ""] = await hostsOf("web");
        const [balancer = ""] = await hostsOf("load-balancer");
        const at = async (host: string, ...ports: number[]) => {
            const address = await addressOf(host);
            return ports.map((port) => `${address}:${port}`);
        };
        const tries: [string, string[]][] = [
            [
                member,
                [
                    ...(await at(web, 8443, 22, 10000)),
                    ...(await at(balancer, 22, 443)),
                    ...(await at(other, 3306, 22)),
                ],
            ],
            [
                web,
                [
                    ...(await at(sister, 8443, 22)),
                    ...(await at(member, 22, 3306, 4567)),
                    ...(await at(balancer, 22, 10000, 8405)),
                ],
            ],
            [balancer, await at(member, 3306, 3307, 9200, 4567)],
        ];
        const opened: string[] = [];
        for (const [from, targets] of tries) {
            for (const door of await doors(from, targets))
                if (door.answer === "open") opened.push(`${from} to ${door.target}`);
        }
        expect(opened).toEqual([]);
    });

    test("a host that asks for what is closed is told so at once", async () => {
        const outside = await clientAddress();
        for (const host of [...(await hostsOf("web")), ...(await hostsOf("database"))]) {
            const [door] = await doors(host, [`${outside}:443`]);
            expect(door).toMatchObject({ answer: "refused" });
            expect(door?.seconds).toBeLessThan(1);
        }
    });

    test("nothing of this has hurt the cluster", async () => {
        expect(await missing()).toEqual([]);
    });
});

/** Every port that something on the host listens on for others of the stack. */
function doorsOf(roles: readonly RoleName[]): number[] {
    const ports: Record<RoleName, number[]> = {
        "load-balancer": [2222, 8405, 10000],
        web: [8443, 8444, 8080],
        app: [9443, 9444, 3306, 3307, 6379, 6380, 10000],
        "inner-load-balancer": [3306, 3307, 6379, 6380, 10000],
        database: [3306, 3307, 4567, 4568, 4444, 9200, 9201],
        cache: [6379, 6380, 9379, 16379, 16380, 26379],
        storage: [24007, 24008, 49152],
        ops: [],
    };
    return [22, ...roles.flatMap((role) => ports[role])];
}
