import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { client, measure } from "./client";
import { whole } from "./cluster";
import { figure } from "./figures";
import { doorsOfStack, titleOf, tryDoors } from "./hops";
import {
    askAgain,
    changed,
    changedStackFile,
    hostsOf,
    needsUp,
    outputs,
    sh,
    stackFile,
    stateDigest,
    testudo,
    tool,
    up,
} from "./lab";
import { put } from "./put";
import { closeLedger, openLedger } from "./ledger";
import { meanwhile } from "./meanwhile";
import { closeSessions, openSessions } from "./sessions";

beforeAll(needsUp);

interface Trust {
    readonly authorities?: readonly string[];
    readonly certificateDays?: number;
}

/** In the stack file, or by default. */
const own: Required<Trust> = {
    authorities: ["first"],
    certificateDays: 730,
    ...(parse(readFileSync(stackFile, "utf8")) as { config: Record<string, Trust | undefined> })
        .config["testudo:trust"],
};
const [first = ""] = own.authorities;

/**
 * What is changed, one `up` each; the last one is the stack file as it is. Every one touches every host, and
 * begins Gluster anew on one storage host after the other. So the short run has two: one brings a new authority, which
 * makes every certificate anew, and one takes it back. `make drill-all` renews alone as well, and goes all the way to the
 * new authority and back.
 */
const steps: readonly (readonly [what: string, trust: Trust])[] =
    process.env.DRILL_ROUNDS === undefined
        ? [
              ["a new authority signs", { authorities: ["next", first], certificateDays: 729 }],
              ["the new authority is taken back", own],
          ]
        : [
              ["every certificate is renewed", { certificateDays: 729 }],
              ["a new authority signs", { authorities: ["next", first] }],
              ["the old authority goes", { authorities: ["next"] }],
              ["the old name signs again", { authorities: [first, "next"] }],
              ["the new authority goes", own],
          ];

/** Served by a web host from the storage hosts at each visit: nginx keeps no archives. */
const upload = "e2e-trust.zip";

describe("certificates and authorities change under load", () => {
    beforeAll(async () => {
        await whole(180);
        await openLedger();
        await openSessions();
        const [app = ""] = await hostsOf("app");
        await sh(
            app,
            `head -c 20000 /dev/urandom >/srv/site/uploads/${upload} && chown www-data:www-data /srv/site/uploads/${upload} && chmod 0640 /srv/site/uploads/${upload}`,
        );
    });
    afterAll(async () => {
        await closeLedger();
        await closeSessions();
        const [app = ""] = await hostsOf("app");
        await sh(app, `rm -f /srv/site/uploads/${upload}`);
        askAgain();
        await tellClient();
    });

    test.each(steps)(
        "%s: by one up, on every host, and nobody notices",
        async (what, trust) => {
            // Visitors who know the authority of before stay visitors.
            const { vip } = await outputs();
            const seen = await meanwhile(
                what,
                `trust${steps.findIndex(([name]) => name === what)}`,
                async () => {
                    const finished = await tool("up", [], {
                        file: changedStackFile("trust", { trust }),
                        timeoutSeconds: 500,
                    });
                    expect(finished.text.slice(-3000)).not.toContain("error:");
                    expect(finished.code).toBe(0);
                    figure(`${what}: up`, finished.seconds, "s");
                    figure(`${what}: full redundancy`, await whole(180), "s");
                },
                [
                    () =>
                        Promise.resolve(
                            measure(client, [
                                "/root/e2e/prober.py",
                                vip,
                                "/root/e2e/ca.pem",
                                `upload=/wp-content/uploads/${upload},250`,
                            ]),
                        ),
                ],
            );
            askAgain();
            expect((await outputs()).authorities).toEqual(trust.authorities ?? own.authorities);
            await tellClient();
            expect(seen).toEqual({ failed: 0, lostRows: [], lostKeys: [] });
        },
        600_000,
    );

    // Asked of the daemons: a file that lies on a host proves nothing of who has read it.
    test("every daemon shows the certificate of the last up, and takes those of the others", async () => {
        const doors = await doorsOfStack();
        const answers = await tryDoors(doors.map((door) => ({ door, show: "own" as const })));
        const day = 86_400_000;
        const wrong = answers.filter(
            ({ answer, ends }) =>
                answer !== "open" ||
                ends === null ||
                Math.abs(ends - Date.now() - own.certificateDays * day) > day / 2,
        );
        figure("certificates: doors that show an old one", wrong.length, "", 0);
        expect(
            wrong.map(({ door, answer, detail, ends }) => [
                titleOf(door),
                answer,
                detail,
                ends === null ? "" : new Date(ends).toISOString(),
            ]),
        ).toEqual([]);
        const told = await testudo(["certificates", "--json"]);
        expect(told.code).toBe(0);
        const { certificates, servedUntil } = JSON.parse(told.stdout) as {
            certificates: { name: string; daysLeft: number }[];
            servedUntil: string;
        };
        expect(certificates.map(({ name }) => name)).toEqual(
            expect.arrayContaining([`authority ${first}`, "edge", "db1 database"]),
        );
        expect(
            Math.abs(Date.parse(servedUntil) - Date.now() - own.certificateDays * day),
        ).toBeLessThan(day / 2);
    }, 180_000);

    test("an authority that nobody knows yet cannot take over at once: refused before anything changes", async () => {
        const before = await stateDigest();
        const finished = await up([], {
            file: changedStackFile("trust", { trust: { authorities: ["strange"] } }),
        });
        expect(finished.code).not.toBe(0);
        expect(finished.text).toContain("testudo:trust.authorities");
        expect(finished.text).toContain(`[strange, ${first}]`);
        expect(changed(finished)).toEqual([]);
        expect(await stateDigest()).toBe(before);
    }, 120_000);

    test("after that there is nothing to change, and nothing is missing", async () => {
        expect((await up(["--expect-no-changes"])).code).toBe(0);
        await whole(60);
    }, 300_000);
});

/** What the visitor trusts from now on. */
async function tellClient(): Promise<void> {
    const { caCertificate } = await outputs();
    await put(client, "/root/e2e/ca.pem", caCertificate);
}
