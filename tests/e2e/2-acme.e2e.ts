import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loss } from "./analysis";
import { client, curl, measure, place, type Measurement } from "./client";
import { holder, whole } from "./cluster";
import { words } from "./endured";
import { figure } from "./figures";
import { Forge } from "./forge";
import {
    addressOf,
    changed,
    changedStackFile,
    hostsOf,
    needsUp,
    outputs,
    sh,
    testudo,
    up,
} from "./lab";
import { makePebble, type Pebble } from "./pebble";
import { until } from "./shell";

beforeAll(needsUp);

const name = "www.turtles.org";
const names = [name, "turtles.org"];
const renew = "/usr/local/lib/testudo/load-balancer/acme renew";

/** Issuer and serial of what a balancer shows a visitor of the name. */
async function shown(host: string): Promise<{ issuer: string; serial: string }> {
    const text = await sh(
        client,
        `openssl s_client -connect ${await addressOf(host)}:443 -servername ${name} </dev/null 2>/dev/null | openssl x509 -noout -issuer -serial`,
    );
    return {
        issuer: /^issuer=(.*)$/m.exec(text)?.[1] ?? "",
        serial: /^serial=(.*)$/m.exec(text)?.[1] ?? "",
    };
}

describe("the site's certificate by ACME", () => {
    let forge: Forge;
    let pebble: Pebble;
    let folder = "";
    let balancers: string[] = [];
    let visits: Measurement | undefined;
    const site = { name, aliases: names.slice(1) };

    beforeAll(async () => {
        forge = await Forge.open();
        const { vip } = await outputs();
        pebble = await makePebble(forge, names, vip);
        await pebble.start();
        balancers = await hostsOf("load-balancer");
        folder = mkdtempSync(join(tmpdir(), "testudo-e2e-"));
        writeFileSync(join(folder, "ca.pem"), pebble.ca);
    }, 120_000);
    afterAll(async () => {
        await visits?.stop();
        await pebble.remove();
        forge.close();
        rmSync(folder, { recursive: true, force: true });
    });

    function withAcme(): string {
        const acme = { directory: pebble.directory, ca: join(folder, "ca.pem") };
        return changedStackFile("acme", { site: { ...site, acme } });
    }

    /** Visitors of the name, who believe the stack's authority and the other one. */
    async function visiting(): Promise<Measurement> {
        const both = `${place}/both.pem`;
        await sh(client, `cat ${place}/ca.pem ${pebble.root} >${both}`);
        return measure(client, [
            `${place}/prober.py`,
            name,
            both,
            "static=/wp-includes/images/blank.gif,50",
        ]);
    }

    test("a name that no public authority signs for is refused before anything changes", async () => {
        const file = changedStackFile("acme-private", {
            site: { name: "www.example.org", acme: {} },
        });
        const finished = await up([], { file });
        expect(finished.code).not.toBe(0);
        for (const key of ["site.name: needs a public name", "egress.dns: is required with"])
            expect(finished.text).toContain(`testudo:${key}`);
        expect(changed(finished)).toEqual([]);
    });

    test("both balancers fetch one each, and go over to it without a failed request", async () => {
        // Visitors of the name come first: the stack's own certificate has it then.
        const named = await up([], { file: changedStackFile("named", { site }) });
        expect([named.code, named.text.slice(-2000)]).toEqual([0, expect.anything()]);
        // A balancer goes over to new settings a moment after its reload has returned.
        await until("the stack's certificate has the name", 10, async () => {
            await curl(["--output", "/dev/null", `https://${name}/`]);
            return [];
        });
        visits = await visiting();
        const there = await up([], { file: withAcme() });
        expect([there.code, there.text.slice(-2000)]).toEqual([0, expect.anything()]);
        figure("ACME: up", there.seconds, "s");
        const seconds = await until("both balancers show what Pebble has signed", 120, async () => {
            const all = await Promise.all(balancers.map(shown));
            return all.flatMap(({ issuer }, index) =>
                issuer.includes("Pebble") ? [] : [`${balancers[index] ?? ""} shows ${issuer}`],
            );
        });
        figure("ACME: both balancers show their certificates, after up", seconds, "s");
        const serials = await Promise.all(
            balancers.map(async (host) => (await shown(host)).serial),
        );
        expect(new Set(serials).size).toBe(balancers.length);
        expect(
            await curl([
                ...["--cacert", pebble.root, "--output", "/dev/null"],
                ...["--write-out", "%{http_code}", `https://${name}/`],
            ]),
        ).toBe("200");
    }, 300_000);

    test("the stack's tool says so, and an up has nothing to change", async () => {
        const told = await testudo(["certificates"]);
        expect([told.code, told.text]).toEqual([0, expect.anything()]);
        for (const host of balancers)
            expect(told.text).toMatch(
                new RegExp(`^${host} shows a certificate by CN=Pebble.* until \\d{4}-`, "m"),
            );
        const again = await up([], { file: withAcme() });
        expect([again.code, changed(again)]).toEqual([0, []]);
    }, 120_000);

    test("a renewal changes one balancer's, and fails no request", async () => {
        const host = await holder();
        const before = await Promise.all(balancers.map(shown));
        await sh(host, renew);
        const after = await Promise.all(balancers.map(shown));
        expect(balancers.filter((_, n) => before[n]?.serial !== after[n]?.serial)).toEqual([host]);
        expect(after.every(({ issuer }) => issuer.includes("Pebble"))).toBe(true);
    });

    test("an authority that does not answer is told, and the certificate stays", async () => {
        const host = await holder();
        const before = await shown(host);
        await pebble.stop();
        // At the minute of its timer the unit would be at work again; the next `up` removes both.
        await sh(host, "systemctl stop testudo-acme.timer");
        await expect(sh(host, renew)).rejects.toThrow(/has not signed: .*connecting/);
        expect(await sh(host, "systemctl is-failed testudo-acme.service")).toBe("failed");
        const told = await testudo(["certificates"]);
        expect(told.code).toBe(1);
        expect(told.text).toMatch(new RegExp(`^${host} shows .*Pebble.*ACME has failed: `, "m"));
        expect((await testudo(["status"])).text).toContain("ACME has failed: ");
        expect(await shown(host)).toEqual(before);
        const seen = loss((await visits?.stop()) ?? []);
        visits = undefined;
        figure(
            `ACME: failed GETs of ${seen.attempts}, until both have one and while it is renewed`,
            seen.failed,
            "",
            0,
            words(seen.errors),
        );
        expect(seen.attempts).toBeGreaterThan(100);
        expect(seen.errors).toEqual({});
    }, 120_000);

    test("without the key the stack's own certificate is back, and nothing of ACME is left", async () => {
        const back = await up();
        expect([back.code, back.text.slice(-2000)]).toEqual([0, expect.anything()]);
        const { vip } = await outputs();
        expect(await curl(["--output", "/dev/null", `https://${vip}/`])).toBe("");
        for (const host of balancers) {
            expect((await shown(host)).issuer).toMatch(/O ?= ?Testudo/);
            expect(
                await sh(
                    host,
                    `systemctl list-unit-files --no-legend 'testudo-acme*'; ls -d /etc/testudo/acme/* /run/testudo-acme* /usr/local/lib/testudo/load-balancer/{acme,adapt}* 2>/dev/null; grep -l ACME /etc/testudo/tls/load-balancer/* || true`,
                ),
            ).toBe("");
        }
        await whole(60);
    }, 300_000);
});
