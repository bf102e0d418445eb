import { lost, loss, writersAtOnce, type Attempt } from "./analysis";
import { whole } from "./cluster";
import { broken, endured, gets, keep, rounds, words, type Seen } from "./endured";
import { freeze, powerCut, powerOn, thaw } from "./faults";
import { figure } from "./figures";
import { hostsOf, needsUp } from "./lab";
import { closeLedger, openLedger, rows, writerNow, writers } from "./ledger";

beforeAll(needsUp);

// From where the last test has left it; a fault in a cluster that is not whole proves nothing.
beforeEach(async () => {
    await whole(180);
});

describe.each(rounds)("the loss of the database's writer, round %i", (round) => {
    beforeAll(openLedger);
    afterAll(closeLedger);

    /** The members that took writes, the writes lost and the gap, of one fault with return. */
    async function survived(
        what: string,
        prefix: string,
        fault: (host: string) => Promise<number>,
        mend: (host: string) => Promise<number>,
    ) {
        const [victim = "", ...more] = await writerNow();
        expect(more).toEqual([]);
        const writing = await writers(prefix);
        let seen: Seen;
        let writes: Attempt[];
        try {
            seen = await endured(
                () => fault(victim),
                () => mend(victim),
            );
        } finally {
            writes = await writing.stop();
        }
        const { failed, afterMending } = gets(what, seen, { failed: 0 });

        const hit = loss(writes, seen.fault - 1, seen.mended);
        const back = loss(writes, seen.mended);
        keep(`${what} writes`, writes);
        const acknowledged = writes.filter((one) => one.ok).length;
        figure(`${what}: write gap`, hit.gap, "s", 4);
        figure(`${what}: writes without an answer`, hit.failed, "", undefined, words(hit.errors));
        figure(`${what}: longest time without an acknowledged write`, hit.silence, "s", 4);
        figure(`${what}: slowest write`, hit.slowest, "s");
        figure(`${what}: return, write gap`, back.gap, "s");
        figure(
            `${what}: return, writes without an answer`,
            back.failed,
            "",
            undefined,
            words(back.errors),
        );

        const members = await hostsOf("database");
        const gone = new Set<string>();
        let kept: Awaited<ReturnType<typeof rows>> = [];
        for (const member of members) {
            kept = await rows(member, prefix);
            for (const id of lost(writes, kept)) gone.add(id);
        }
        figure(
            `${what}: acknowledged writes lost, of ${acknowledged}`,
            gone.size,
            "",
            0,
            `looked for on ${members.length} members`,
        );
        const order = [...kept].sort((a, b) => a.taken - b.taken).map((row) => row.member);
        const turns = order.filter((member, index) => member !== order[index - 1]);
        figure(
            `${what}: writers at once`,
            writersAtOnce(kept),
            "",
            1,
            turns.slice(0, 12).join(" → "),
        );

        expect([...gone]).toEqual([]);
        expect(writersAtOnce(kept)).toBe(1);
        expect(kept.filter((row) => row.member === victim && row.taken > seen.mended)).toEqual([]);
        expect(await writerNow()).not.toContain(victim);
        expect(hit.silence).toBeLessThan(broken.write);
        expect(failed).toBe(0);
        expect(afterMending.failed).toBe(0);
    }

    test("it loses power: another member takes the writes, all acknowledged ones are there, no page fails; it returns as a member, not as a second writer", async () => {
        await survived("writer power cut", `cut${round}`, powerCut, powerOn);
    });

    test("it stands still, its link up: the same, also when it wakes in the middle of its writes", async () => {
        await survived("writer frozen", `frozen${round}`, freeze, thaw);
    });
});
