import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loss } from "./analysis";
import { client, curl, makeClient, measure } from "./client";
import { whole } from "./cluster";
import { words } from "./endured";
import { figure } from "./figures";
import { Forge } from "./forge";
import {
    changed,
    changedStackFile,
    hostsOf,
    instances,
    needsUp,
    outputs,
    stateDigest,
    testudo,
    up,
} from "./lab";
import { put } from "./put";
import { until } from "./shell";

beforeAll(needsUp);

const place = "/root/e2e";

describe("a certificate of the operator's own at the edge", () => {
    let forge: Forge;
    let folder = "";
    /** In the visitor: its authority, and both. */
    const theirs = `${place}/theirs.pem`;
    const both = `${place}/both.pem`;

    beforeAll(async () => {
        if (!(await instances()).some((one) => one.name === client)) await makeClient();
        forge = await Forge.open();
        folder = mkdtempSync(join(tmpdir(), "testudo-e2e-"));
        const { vip, siteUrl, caCertificate } = await outputs();
        const name = new URL(siteUrl).hostname;
        const names = name === vip ? `IP:${vip}` : `DNS:${name}`;
        const shown = await forge.certificate("stranger", "www", "edge", "present", names);
        write("site.pem", shown.certificate + forge.stranger);
        write("site.key", shown.key);
        const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
        write("other.key", String(privateKey.export({ type: "pkcs8", format: "pem" })));
        for (const [path, input] of [
            [theirs, forge.stranger],
            [both, forge.stranger + caCertificate],
        ])
            await put(client, path ?? "", input ?? "");
    });
    afterAll(() => {
        forge.close();
        rmSync(folder, { recursive: true, force: true });
    });

    function write(name: string, content: string): void {
        writeFileSync(join(folder, name), content, { mode: 0o600 });
    }

    function withKey(name: string): string {
        return changedStackFile("certificate", {
            site: { certificate: join(folder, "site.pem") },
            siteKey: join(folder, name),
        });
    }

    async function believed(authority: string): Promise<boolean> {
        const { siteUrl } = await outputs();
        return curl(["--cacert", authority, "--output", "/dev/null", siteUrl]).then(
            () => true,
            () => false,
        );
    }

    test("another certificate's key is refused before anything changes", async () => {
        const before = await stateDigest();
        const finished = await up([], { file: withKey("other.key") });
        expect(finished.code).not.toBe(0);
        expect(finished.text).toContain(
            "testudo:siteKey: needs to be the key of testudo:site.certificate",
        );
        expect(changed(finished)).toEqual([]);
        expect(await stateDigest()).toBe(before);
    });

    test("it takes the place of ours and goes again: balancers alone are changed, and no request fails", async () => {
        const { vip } = await outputs();
        const asking = measure(client, [
            `${place}/prober.py`,
            vip,
            both,
            "static=/wp-includes/images/blank.gif,50",
        ]);
        let seen: ReturnType<typeof loss>;
        try {
            expect([await believed(theirs), await believed(`${place}/ca.pem`)]).toEqual([
                false,
                true,
            ]);
            const there = await up([], { file: withKey("site.key") });
            expect([there.code, there.text.slice(-2000)]).toEqual([0, expect.anything()]);
            figure("a certificate of one's own: up", there.seconds, "s");
            const pushes = (await hostsOf("load-balancer")).map((host) => `lb-${host}-push`);
            expect(changed(there).filter((name) => !name.startsWith("trust-edge"))).toEqual(pushes);
            // A balancer goes over to new settings a moment after its reload has returned.
            await until("the new certificate is shown", 10, async () =>
                (await believed(theirs)) ? [] : ["the old one is"],
            );
            expect(await believed(`${place}/ca.pem`)).toBe(false);
            const told = await testudo(["certificates"]);
            expect(told.text).toContain("edge (your own)");
            const back = await up();
            expect([back.code, back.text.slice(-2000)]).toEqual([0, expect.anything()]);
            await until("the stack's certificate is shown again", 10, async () =>
                (await believed(`${place}/ca.pem`)) ? [] : ["the other one is"],
            );
        } finally {
            seen = loss(await asking.stop());
        }
        figure(
            `a certificate of one's own and back: failed GETs of ${seen.attempts}`,
            seen.failed,
            "",
            0,
            words(seen.errors),
        );
        expect(seen.errors).toEqual({});
        await whole(60);
    }, 300_000);
});
