import { errorsOf, lost, loss, ofKind, writersAtOnce, type Attempt } from "./analysis";
import { visitors } from "./client";
import { holder, missing, whole } from "./cluster";
import { freeze, now, powerCut, powerOn, stopCleanly, thaw } from "./faults";
import { figure } from "./figures";
import { hostsOf, needsUp, sh } from "./lab";
import { closeLedger, openLedger, rows, writerNow, writers } from "./ledger";
import { pause, until } from "./shell";

/**
 * The limits asserted are those of a broken mechanism, so that a busy machine fails no build; the figure
 * stands in the table beside the design's limit. What must be zero is asserted as zero.
 */
const broken = { address: 3, write: 10 };

/** Seconds that visitors go on after a fault, before anything is mended. */
const observed = 6;

beforeAll(needsUp);

beforeEach(async () => {
    // From where the last test has left it; a fault in a cluster that is not whole proves nothing.
    await whole(180);
});

interface Seen {
    readonly attempts: Attempt[];
    readonly fault: number;
    readonly mended: number;
    readonly wholeAfter: number;
}

/** Visitors before, during and after: the loss, the return by `mend` and the time to full redundancy. */
async function endured(fault: () => Promise<number>, mend: () => Promise<number>): Promise<Seen> {
    const asking = await visitors();
    let seen: Omit<Seen, "attempts">;
    try {
        await pause(2000);
        const moment = await fault();
        await pause(observed * 1000);
        const mended = await mend();
        await whole(180);
        seen = { fault: moment, mended, wholeAfter: now() - mended };
        await pause(1500);
    } catch (error) {
        await asking.stop();
        throw error;
    }
    return { ...seen, attempts: await asking.stop() };
}

function gets(
    what: string,
    { attempts, fault, mended, wholeAfter }: Seen,
    targets: { gap?: number; failed?: number },
) {
    const during = loss(ofKind(attempts, "static"), fault - 1, mended);
    const pages = loss(ofKind(attempts, "page"), fault - 1, mended);
    const after = loss(attempts, mended);
    const failed = during.failed + pages.failed;
    if (targets.gap !== undefined) figure(`${what}: gap`, during.gap, "s", targets.gap);
    figure(
        `${what}: failed GETs of ${during.attempts + pages.attempts}`,
        failed,
        "",
        targets.failed,
        words(errorsOf(during, pages)),
    );
    figure(`${what}: slowest page`, pages.slowest, "s");
    figure(
        `${what}: return, failed GETs of ${after.attempts}`,
        after.failed,
        "",
        0,
        words(after.errors),
    );
    figure(`${what}: return, full redundancy`, wholeAfter, "s");
    return { during, pages, after, failed };
}

function words(errors: Readonly<Record<string, number>>): string {
    return Object.entries(errors)
        .map(([error, count]) => `${count}× ${error}`)
        .join("; ");
}

describe("the loss of a balancer", () => {
    test("the holder of the address loses power: the other one takes it, and keeps it when the first returns", async () => {
        const first = await holder();
        const seen = await endured(
            () => powerCut(first),
            () => powerOn(first),
        );
        const { during, after } = gets("balancer power cut", seen, { gap: 0.5 });
        expect(await holder()).not.toBe(first);
        expect(during.gap).toBeLessThan(broken.address);
        expect(after.failed).toBe(0);
    });

    test("the holder of the address is shut down: it hands over first", async () => {
        const first = await holder();
        const seen = await endured(
            () => stopCleanly(first),
            () => powerOn(first),
        );
        const { during, after } = gets("balancer shut down", seen, { gap: 0.2 });
        expect(await holder()).not.toBe(first);
        expect(during.gap).toBeLessThan(broken.address);
        expect(after.failed).toBe(0);
    });
});

describe("the loss of a web host", () => {
    test("it loses power: no visitor notices, nor when it returns", async () => {
        const [, second = ""] = await hostsOf("web");
        const seen = await endured(
            () => powerCut(second),
            () => powerOn(second),
        );
        const { failed, after } = gets("web host power cut", seen, { failed: 0 });
        expect(failed).toBe(0);
        expect(after.failed).toBe(0);
        const [back] = [
            ofKind(seen.attempts, "static").filter(
                (one) => one.servedBy === second && one.start > seen.mended,
            ),
        ];
        expect(back?.length).toBeGreaterThan(0);
    });
});

describe("the loss of the database's writer", () => {
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
        const { failed, after } = gets(what, seen, { failed: 0 });

        const hit = loss(writes, seen.fault - 1, seen.mended);
        const back = loss(writes, seen.mended);
        const acknowledged = writes.filter((one) => one.ok).length;
        figure(`${what}: write gap`, hit.gap, "s", 4);
        figure(`${what}: writes without an answer`, hit.failed, "", undefined, words(hit.errors));
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
        figure(
            `${what}: writers at once`,
            writersAtOnce(kept),
            "",
            1,
            [...new Set(kept.map((row) => row.member))].join(", "),
        );

        expect([...gone]).toEqual([]);
        expect(writersAtOnce(kept)).toBe(1);
        expect(kept.filter((row) => row.member === victim && row.started > seen.mended)).toEqual(
            [],
        );
        expect(await writerNow()).not.toContain(victim);
        expect(hit.gap).toBeLessThan(broken.write);
        expect(failed).toBe(0);
        expect(after.failed).toBe(0);
    }

    test("it loses power: another member takes the writes, all acknowledged ones are there, no page fails; it returns as a member, not as a second writer", async () => {
        await survived("writer power cut", "cut", powerCut, powerOn);
    });

    test("it stands still, its link up: the same, also when it wakes in the middle of its writes", async () => {
        await survived("writer frozen", "frozen", freeze, thaw);
    });
});

describe("the loss of one process", () => {
    test.each([
        ["load-balancer", "haproxy"],
        ["load-balancer", "keepalived"],
        ["web", "nginx"],
        ["web", "php8.4-fpm"],
        ["web", "haproxy@sql"],
        ["database", "mariadb"],
    ] as const)("%s: %s is killed and comes back by itself", async (role, unit) => {
        const [host = ""] = role === "load-balancer" ? [await holder()] : await hostsOf(role);
        const before = await sh(host, `systemctl show --property=MainPID --value ${unit}`);
        const moment = now();
        await sh(host, `kill -9 ${before}`);
        await until(`${unit} on ${host}`, 30, async () => {
            const pid = await sh(host, `systemctl show --property=MainPID --value ${unit}`);
            return pid !== before && pid !== "0" ? [] : [`main process ${pid}`];
        });
        await whole(120);
        figure(`${unit} killed: full redundancy`, now() - moment, "s");
    });

    test("all of it is over", async () => {
        expect(await missing()).toEqual([]);
    });
});
