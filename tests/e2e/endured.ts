import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorsOf, loss, ofKind, type Attempt, type Loss } from "./analysis";
import { visitors } from "./client";
import { whole } from "./cluster";
import { now } from "./faults";
import { figure } from "./figures";
import { reportFolder } from "./lab";
import { pause } from "./shell";

/**
 * Seconds that show a broken mechanism. They are what the tests assert, so that a busy machine fails no
 * build; the figure stands in the table beside the design's limit. What must be zero is asserted as zero.
 */
export const broken = { address: 3, write: 10 };

/** How often each drill is done: once, or as often as `make drill-all` says. */
export const rounds = Array.from(
    { length: Number(process.env.DRILL_ROUNDS ?? 1) },
    (_, index) => index + 1,
);

/** Seconds that visitors go on after a fault, before anything is mended, where a drill does not say otherwise. */
const observed = 6;

export interface Seen {
    readonly attempts: Attempt[];
    /** When the fault began, and when its mending did; seconds since the epoch. */
    readonly fault: number;
    readonly mended: number;
    /** From the mending to full redundancy, seconds. */
    readonly wholeAfter: number;
}

/** Visitors before, during and after a fault, until the cluster is whole again without hands. */
export async function endured(
    fault: () => Promise<number>,
    mend: () => Promise<number>,
    observedSeconds = observed,
): Promise<Seen> {
    const asking = await visitors();
    let seen: Omit<Seen, "attempts">;
    try {
        await pause(2000);
        const moment = await fault();
        await pause(observedSeconds * 1000);
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

export interface GetsLost {
    readonly static: Loss;
    /** Kept by nginx, and made by PHP. */
    readonly kept: Loss;
    readonly pages: Loss;
    /** All kinds, before the mending. */
    readonly failed: number;
    readonly afterMending: Loss;
}

/** What visitors lost, kept as figures beside the limits. */
export function gets(
    what: string,
    { attempts, fault, mended, wholeAfter }: Seen,
    limits: { gap?: number; failed?: number },
): GetsLost {
    keep(what, attempts);
    const files = loss(ofKind(attempts, "static"), fault - 1, mended);
    const kept = loss(ofKind(attempts, "kept"), fault - 1, mended);
    const pages = loss(ofKind(attempts, "page"), fault - 1, mended);
    const afterMending = loss(attempts, mended);
    const failed = files.failed + kept.failed + pages.failed;
    if (limits.gap !== undefined) {
        figure(`${what}: gap`, files.gap, "s", limits.gap);
        figure(`${what}: longest time without an answer`, files.silence, "s", limits.gap);
    }
    figure(
        `${what}: failed GETs of ${files.attempts + kept.attempts + pages.attempts}`,
        failed,
        "",
        limits.failed,
        words(errorsOf(files, kept, pages)),
    );
    figure(`${what}: slowest page, kept`, kept.slowest, "s");
    figure(`${what}: slowest page, made`, pages.slowest, "s");
    figure(
        `${what}: return, failed GETs of ${afterMending.attempts}`,
        afterMending.failed,
        "",
        0,
        words(afterMending.errors),
    );
    figure(`${what}: return, full redundancy`, wholeAfter, "s");
    return { static: files, kept, pages, failed, afterMending };
}

export function words(errors: Readonly<Record<string, number>>): string {
    return Object.entries(errors)
        .map(([error, count]) => `${count}× ${error}`)
        .join("; ");
}

/** Every attempt, for whoever wants to look closer. */
export function keep(what: string, attempts: readonly Attempt[]): void {
    const file = join(reportFolder, `${what.replaceAll(/\W+/g, "-")}.jsonl`);
    writeFileSync(file, attempts.map((one) => `${JSON.stringify(one)}\n`).join(""));
}
