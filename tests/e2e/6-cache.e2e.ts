import { loss, type Attempt } from "./analysis";
import { master, whole } from "./cluster";
import { broken, endured, gets, keep, rounds, words, type Seen } from "./endured";
import { freeze, powerCut, powerOn, thaw } from "./faults";
import { figure } from "./figures";
import { hostsOf, needsUp, sh } from "./lab";
import { closeLedger, openLedger, rows, writerNow, writers } from "./ledger";
import { closeSessions, keys, keysGone, openSessions, people } from "./sessions";
import { pause } from "./shell";

beforeAll(needsUp);

// From where the last test has left it; a fault in a cluster that is not whole proves nothing.
beforeEach(async () => {
    await whole(180);
});

beforeAll(async () => {
    if ((await hostsOf("cache")).length === 0)
        throw new Error("the stack has no cache hosts; these tests are for one with preset full");
    await openSessions();
});
afterAll(closeSessions);

/** Whatever is seen of a fault by people with sessions, by writes into Redis, and by visitors. */
async function watched(
    what: string,
    prefix: string,
    fault: () => Promise<number>,
    mend: () => Promise<number>,
    observedSeconds?: number,
) {
    const visiting = await people();
    const writing = await keys(prefix);
    let seen: Seen;
    let visits: Attempt[] = [];
    let writes: Attempt[] = [];
    try {
        seen = await endured(fault, mend, observedSeconds);
    } finally {
        visits = await visiting.stop();
        writes = await writing.stop();
    }
    keep(`${what} visits`, visits);
    keep(`${what} keys`, writes);
    const pages = gets(what, seen, { failed: 0 });
    // Ten ask the test page. If nobody reads what it counts, no session can be seen lost.
    const counted = visits.filter((one) => one.visits !== undefined);
    expect(new Set(counted.map((one) => one.id)).size).toBe(10);
    const failedVisits = visits.filter((one) => !one.ok);
    const lostSessions = visits.filter((one) => one.lost !== undefined);
    figure(
        `${what}: pages with a session failed, of ${visits.length}`,
        failedVisits.length,
        "",
        0,
        [...new Set(failedVisits.map((one) => one.error))].join("; "),
    );
    figure(
        `${what}: sessions lost`,
        new Set(lostSessions.map((one) => one.id)).size,
        "",
        0,
        [...new Set(lostSessions.map((one) => one.lost))].slice(0, 4).join("; "),
    );
    figure(
        `${what}: slowest page with a session`,
        Math.max(...visits.map((one) => one.end - one.start)),
        "s",
    );
    return { ...pages, seen, visits, writes, failedVisits, lostSessions };
}

describe.each(rounds)("the loss of the sessions' master, round %i", (round) => {
    test.each([
        ["power cut", powerCut, powerOn],
        ["frozen", freeze, thaw],
    ] as const)(
        "%s: another node takes the writes; none that was acknowledged is lost, no session, no page; it returns as a replica",
        async (how, fault, mend) => {
            const victim = await master("sessions");
            const what = `Redis master ${how}`;
            const all = await watched(
                what,
                `${how.replace(" ", "")}${round}`,
                () => fault(victim),
                () => mend(victim),
            );
            const hit = loss(all.writes, all.seen.fault - 1, all.seen.mended);
            const back = loss(all.writes, all.seen.mended);
            const gone = await keysGone(all.writes);
            figure(`${what}: write gap`, hit.gap, "s", 3.5);
            figure(`${what}: longest time without an acknowledged write`, hit.silence, "s", 3.5);
            figure(
                `${what}: writes without an answer`,
                hit.failed,
                "",
                undefined,
                words(hit.errors),
            );
            figure(`${what}: return, write gap`, back.gap, "s", 3.5);
            figure(
                `${what}: return, writes without an answer`,
                back.failed,
                "",
                undefined,
                words(back.errors),
            );
            figure(
                `${what}: acknowledged writes lost, of ${all.writes.filter((one) => one.ok).length}`,
                gone.length,
                "",
                0,
            );
            expect(await master("sessions")).not.toBe(victim);
            expect(gone).toEqual([]);
            expect(all.lostSessions).toEqual([]);
            expect(all.failedVisits).toEqual([]);
            expect(all.failed).toBe(0);
            expect(all.afterMending.failed).toBe(0);
            expect(hit.silence).toBeLessThan(broken.write);
        },
    );
});

describe.each(rounds)("all of Redis away, round %i", () => {
    test("no page fails, with a session or without; sessions are there again afterwards", async () => {
        const hosts = await hostsOf("cache");
        const together = async (action: (host: string) => Promise<number>) =>
            Math.min(...(await Promise.all(hosts.map(action))));
        const all = await watched(
            "all of Redis power cut",
            "away",
            () => together(powerCut),
            () => together(powerOn),
            12,
        );
        const away = all.visits.filter(
            (one) => one.start > all.seen.fault + 6 && one.end < all.seen.mended,
        );
        // Else it was not away, and nothing was proved.
        expect(away.length).toBeGreaterThan(0);
        expect(away.filter((one) => one.visits !== undefined)).toEqual([]);
        expect(all.lostSessions).toEqual([]);
        expect(all.failedVisits).toEqual([]);
        expect(all.failed).toBe(0);
        expect(all.afterMending.failed).toBe(0);
    });
});

describe.each(rounds)("balancers are reloaded, round %i", (round) => {
    beforeAll(openLedger);
    afterAll(closeLedger);

    test("while neither the writer nor the master is the first of its kind: no write goes elsewhere", async () => {
        const [firstMember = ""] = await hostsOf("database");
        const [firstNode = ""] = await hostsOf("cache");
        await notFirst(async () => (await writerNow())[0] ?? "", firstMember);
        await notFirst(() => master("sessions"), firstNode);
        const [writer = "", ...more] = await writerNow();
        expect(more).toEqual([]);
        expect(writer).not.toBe(firstMember);

        const prefix = `reload${round}`;
        const writing = await writers(prefix);
        const caching = await keys(prefix);
        await pause(1000);
        for (let time = 0; time < 2; time++) {
            for (const role of ["inner-load-balancer", "app", "load-balancer"] as const) {
                const unit = { "inner-load-balancer": "haproxy@inner", app: "haproxy@data" };
                for (const host of await hostsOf(role))
                    await sh(
                        host,
                        `systemctl reload ${role === "load-balancer" ? "haproxy" : unit[role]}`,
                    );
            }
            await pause(1500);
        }
        const writes = await writing.stop();
        const cached = await caching.stop();
        const kept = await rows(writer, prefix);
        const elsewhere = kept.filter((row) => row.member !== writer);
        const missed = cached.filter((one) => !one.ok);
        figure(
            `reload: SQL writes that went elsewhere, of ${kept.length}`,
            elsewhere.length,
            "",
            0,
        );
        figure(
            `reload: SQL writes without an answer`,
            writes.filter((one) => !one.ok).length,
            "",
            0,
        );
        figure(
            `reload: Redis writes refused or lost, of ${cached.length}`,
            missed.length,
            "",
            0,
            [...new Set(missed.map((one) => one.error))].join("; "),
        );
        expect(kept.length).toBeGreaterThan(100);
        expect(elsewhere).toEqual([]);
        expect(missed).toEqual([]);
    });

    /** Takes whoever is first out for a moment, so that another one leads. */
    async function notFirst(leader: () => Promise<string>, first: string): Promise<void> {
        if ((await leader()) !== first) return;
        await powerCut(first);
        await pause(6000);
        // A writer is chosen by those who write.
        await leader();
        await powerOn(first);
        await whole(180);
        expect(await leader()).not.toBe(first);
    }
});
