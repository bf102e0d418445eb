import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { client, clientAddress, curl, doors, makeClient } from "./client";
import { missing, whole } from "./cluster";
import { figure } from "./figures";
import { addressOf, hostsOf, outputs, ours, reportFolder, sh, tool } from "./lab";

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

        const seen = new Map<string, boolean>();
        const webs = await hostsOf("web");
        for (let round = 0; round < 12 && seen.size < webs.length; round++) {
            const page = await curl(["--include", made.link]);
            seen.set(
                /^x-served-by: (\S+)/im.exec(page)?.[1] ?? "?",
                page.includes(`${words} carries its house.`),
            );
        }
        expect(Object.fromEntries(seen)).toEqual(
            Object.fromEntries(webs.map((web) => [web, true])),
        );
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

    test("a PHP session stays on the host that began it", async () => {
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
            const host = answers[0]?.split(" ")[0] ?? "";
            expect(answers).toEqual([1, 2, 3, 4].map((visit) => `${host} ${visit}`));
        }
    });
});

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
        const fromWeb = await doors(web, [
            `${await addressOf(member)}:3307`,
            `${await addressOf(member)}:9200`,
        ]);
        const fromBalancer = await doors(balancer, [
            `${await addressOf(web)}:8443`,
            `${await addressOf(web)}:22`,
            `${await addressOf(member)}:22`,
        ]);
        expect([...fromWeb, ...fromBalancer].map((door) => door.answer)).toEqual([
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
function doorsOf(roles: readonly string[]): number[] {
    return [
        22,
        ...(roles.includes("load-balancer") ? [2222, 8405, 10000] : []),
        ...(roles.includes("web") ? [8443, 8080, 3306, 10000] : []),
        ...(roles.includes("database") ? [3306, 3307, 4567, 4568, 4444, 9200, 9201] : []),
    ];
}
