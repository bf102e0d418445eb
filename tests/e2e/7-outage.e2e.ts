import { lost, type Attempt } from "./analysis";
import { visitors } from "./client";
import { whole } from "./cluster";
import { keep, rounds } from "./endured";
import { now, powerCut, powerOn } from "./faults";
import { figure } from "./figures";
import { hostsOf, needsUp, outputs } from "./lab";
import { closeLedger, openLedger, rows, writers } from "./ledger";
import { pause } from "./shell";

beforeAll(needsUp);

// From where the last test has left it; a fault in a cluster that is not whole proves nothing.
beforeEach(async () => {
    await whole(180);
});

/** Seconds from a moment to the end of the first success that began after it. */
function firstSuccess(attempts: readonly Attempt[], after: number): number {
    const ends = attempts.filter((one) => one.ok && one.end > after).map((one) => one.end);
    return Math.min(...ends) - after;
}

/** All at once, as when a fuse blows; returns when power is back everywhere. */
async function blackout(hosts: readonly string[]): Promise<number> {
    await Promise.all(hosts.map(powerCut));
    await pause(3000);
    const moment = now();
    await Promise.all(hosts.map(powerOn));
    return moment;
}

describe.each(rounds)("the loss of everything of a kind, round %i", (round) => {
    beforeAll(openLedger);
    afterAll(closeLedger);

    test("all databases lose power at once and are started: they take writes again without hands, and have every acknowledged one", async () => {
        const members = await hostsOf("database");
        const prefix = `fuse${round}`;
        const writing = await writers(prefix);
        let writes: Attempt[] = [];
        let back = 0;
        try {
            await pause(3000);
            back = await blackout(members);
            figure("all databases cut: full redundancy", await whole(240), "s");
        } finally {
            writes = await writing.stop();
        }
        keep("all databases cut writes", writes);
        figure("all databases cut: accepted writes again", firstSuccess(writes, back), "s", 45);
        const acknowledged = writes.filter((one) => one.ok);
        for (const member of members) {
            const gone = lost(writes, await rows(member, prefix));
            figure(
                `all databases cut: acknowledged writes lost, of ${acknowledged.length}`,
                gone.length,
                "",
                0,
            );
            expect([member, gone]).toEqual([member, []]);
        }
        expect(acknowledged.filter((one) => one.start < back).length).toBeGreaterThan(10);
        expect(acknowledged.filter((one) => one.start > back).length).toBeGreaterThan(0);
    }, 400_000);

    test("every host loses power at once and is started: the page is served again without hands", async () => {
        const hosts = Object.keys((await outputs()).hosts);
        const asking = await visitors();
        let attempts: Attempt[] = [];
        let back = 0;
        try {
            await pause(2000);
            back = await blackout(hosts);
            figure("every host cut: full redundancy", await whole(400), "s");
        } finally {
            attempts = await asking.stop();
        }
        keep("every host cut", attempts);
        for (const kind of ["static", "page"] as const) {
            const seconds = firstSuccess(
                attempts.filter((one) => one.kind === kind),
                back,
            );
            figure(`every host cut: ${kind} served again`, seconds, "s", 90);
            expect(seconds).toBeLessThan(400);
        }
    }, 600_000);
});
