import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loss } from "./analysis";
import { curl, visitors } from "./client";
import { whole } from "./cluster";
import { words } from "./endured";
import { powerOn, stopCleanly } from "./faults";
import { figure } from "./figures";
import { hostsOf, needsUp, outputs, project, sh, testudo } from "./lab";
import { must, until } from "./shell";
import { fromWeb } from "./site";

beforeAll(needsUp);

let folder = "";
beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "testudo-e2e-"));
    await whole(180);
});
afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
});

/** A plugin that shows its version in a file of its own. */
function plugin(version: string, code = ""): string {
    const place = join(folder, version, "tortoise");
    mkdirSync(place, { recursive: true });
    writeFileSync(
        join(place, "tortoise.php"),
        `<?php\n/*\n * Plugin Name: Tortoise\n * Version: ${version}\n */\n${code}`,
    );
    writeFileSync(join(place, "version.txt"), `tortoise ${version}\n`);
    return place;
}

/** What each web host shows of it. */
async function shown(): Promise<Record<string, string>> {
    const all: Record<string, string> = {};
    for (const web of await hostsOf("web")) {
        const answer = await fromWeb(web, "/wp-content/plugins/tortoise/version.txt");
        all[web] = /tortoise (\S+)/.exec(answer)?.[1] ?? answer.split("\r\n")[0] ?? "";
    }
    return all;
}

async function everywhere(version: string): Promise<Record<string, string>> {
    return Object.fromEntries((await hostsOf("web")).map((web) => [web, version]));
}

/** A setting of PHP beside those that the host has, or none. */
async function phpCache(host: string, setting: string): Promise<void> {
    const file = "/etc/php/8.4/fpm/conf.d/99-e2e.ini";
    await sh(host, setting === "" ? `rm -f ${file}` : `echo '${setting}' > ${file}`);
    await sh(
        host,
        "systemctl restart php8.4-fpm && /usr/local/lib/testudo/app/after-restart php8.4-fpm.service",
    );
}

/** Bytes that PHP's code cache has left, and that another release takes. */
async function phpRoom(host: string): Promise<string[]> {
    const text = await sh(
        host,
        "curl --silent --fail --unix-socket /run/haproxy-fpm/forget.sock http://localhost/",
    );
    return text.trim().split(" ");
}

async function current(): Promise<string[]> {
    const hosts = [...new Set([...(await hostsOf("web")), ...(await hostsOf("app"))])];
    return Promise.all(hosts.map((host) => sh(host, "readlink /srv/site/current")));
}

describe("releases", () => {
    test("a release, the next one and the way back: every web host shows each at once, and no request fails", async () => {
        const asking = await visitors();
        let seen: ReturnType<typeof loss>;
        try {
            for (const version of ["1.0", "2.0"]) {
                const finished = await testudo(["release", "plugin", plugin(version), "--yes"]);
                expect(finished.text.slice(-3000)).toContain("is live");
                expect(await shown()).toEqual(await everywhere(version));
                figure("release of a plugin", finished.seconds, "s");
            }
            const finished = await testudo(["rollback", "--yes"]);
            expect([finished.code, finished.text.slice(-2000)]).toEqual([0, expect.anything()]);
            expect(await shown()).toEqual(await everywhere("1.0"));
            figure("rollback", finished.seconds, "s");
        } finally {
            seen = loss(await asking.stop());
        }
        figure(
            `releases and rollback: failed GETs of ${seen.attempts}`,
            seen.failed,
            "",
            0,
            words(seen.errors),
        );
        figure("releases and rollback: slowest page", seen.slowest, "s");
        expect(seen.errors).toEqual({});
    }, 400_000);

    test("however many there have been, PHP's cache has room for the next one's code, and no request fails", async () => {
        const asking = await visitors();
        let seen: ReturnType<typeof loss>;
        let anew = 0;
        // As it comes after a dozen: room for two releases, and not for three.
        for (const host of await hostsOf("app"))
            await phpCache(host, "opcache.memory_consumption = 64");
        try {
            for (const order of [["release", "plugin", plugin("1.1")], ["rollback"]]) {
                const { code, text } = await testudo([...order, "--yes"]);
                expect([code, text]).toEqual([0, expect.stringContaining("is live")]);
                anew += text.split("was started anew").length - 1;
                for (const host of await hostsOf("app")) {
                    let [free, needed] = [0, 0];
                    // Begun anew it holds nothing until somebody asks it for a page.
                    await until(`${host} runs the release's code`, 30, async () => {
                        [free = 0, needed = 0] = (await phpRoom(host)).map(Number);
                        return needed > 1e6 ? [] : [`${needed} bytes of it are there`];
                    });
                    expect([host, free > needed]).toEqual([host, true]);
                }
            }
        } finally {
            seen = loss(await asking.stop());
            for (const host of await hostsOf("app")) await phpCache(host, "");
        }
        figure("PHP's code cache full: PHP started anew", anew, "");
        figure(
            `PHP's code cache full: failed GETs of ${seen.attempts}`,
            seen.failed,
            "",
            0,
            words(seen.errors),
        );
        expect(anew).toBeGreaterThan(0);
        expect(seen.errors).toEqual({});
    }, 400_000);

    test("code that fails on one host only is shown by none, and the message names the host", async () => {
        const victim = (await hostsOf("app")).at(-1) ?? "";
        const theme = join(folder, "twentytwentyfive");
        const path = "/srv/site/current/wp-content/themes";
        const archive = await must(
            [
                ...["incus", "exec", victim, "--project"],
                ...[project, "--"],
                ...["bash", "-c", `tar -C ${path} -c twentytwentyfive | base64 -w0`],
            ],
            {},
        );
        await must(["bash", "-c", `base64 -d | tar -x -C '${folder}'`], { input: archive });
        const own = `<?php if (gethostname() === '${victim}') { http_response_code(500); exit; } ?>`;
        await must(
            [
                "bash",
                "-c",
                `printf '%s' "$1" | cat - functions.php >new && mv new functions.php`,
                "bash",
                own,
            ],
            {
                cwd: theme,
            },
        );
        const before = await current();
        const finished = await testudo(["release", "theme", theme, "--yes"]);
        expect(finished.code).toBe(1);
        expect(finished.text).toContain(victim);
        expect(finished.text).toMatch(/500/);
        expect(await current()).toEqual(before);
        expect(await shown()).toEqual(await everywhere("1.0"));
    }, 300_000);

    test("a tarball that leads out of the release, and a release that nobody has, are refused", async () => {
        const archive = join(folder, "out.tar.gz");
        await must(["tar", "-czPf", archive, "--transform", "s,^,../,", "version.txt"], {
            cwd: plugin("9.0"),
        });
        const before = await current();
        const out = await testudo(["release", "plugin", archive, "--yes"]);
        expect([out.code, out.text]).toEqual([1, expect.stringContaining("../")]);
        const unknown = await testudo(["rollback", "never-was", "--yes"]);
        expect([unknown.code, unknown.text]).toEqual([1, expect.stringContaining("never-was")]);
        expect(await current()).toEqual(before);
    }, 120_000);

    test("a host that was away gets the release before it serves", async () => {
        const [web = ""] = await hostsOf("web");
        const app = (await hostsOf("app")).at(-1) ?? "";
        await stopCleanly(web);
        if (app !== web) await stopCleanly(app);
        const finished = await testudo(["release", "plugin", plugin("3.0"), "--yes"]);
        expect(finished.text).toContain(web);
        expect(finished.code).toBe(0);

        const asking = await visitors();
        let seen: ReturnType<typeof loss>;
        const answers = new Set<string>();
        try {
            await powerOn(web);
            if (app !== web) await powerOn(app);
            const { siteUrl } = await outputs();
            await until(`${web} serves visitors`, 90, async () => {
                const answer = await curl([
                    "--include",
                    `${siteUrl}wp-content/plugins/tortoise/version.txt`,
                ]);
                answers.add(/tortoise (\S+)/.exec(answer)?.[1] ?? answer.slice(0, 100));
                const by = /^x-served-by: (\S+)/im.exec(answer)?.[1];
                return by === web ? [] : [`${by ?? "nobody"} does`];
            });
            await whole(180);
        } finally {
            seen = loss(await asking.stop());
        }
        figure(
            `host back after a release: failed GETs of ${seen.attempts}`,
            seen.failed,
            "",
            0,
            words(seen.errors),
        );
        expect([...answers]).toEqual(["3.0"]);
        expect(await shown()).toEqual(await everywhere("3.0"));
        expect(seen.errors).toEqual({});
        expect(new Set(await current()).size).toBe(1);
        await whole(60);
    }, 400_000);
});
