import { errorsOf, loss, lost, type Attempt } from "./analysis";
import { visitors, type Measurement } from "./client";
import { keep, words } from "./endured";
import { figure } from "./figures";
import { hostsOf } from "./lab";
import { rows, writers } from "./ledger";
import { keys, keysGone } from "./sessions";

/** What was lost; nothing, where all is as it should be. */
export interface Missed {
    /** Requests of visitors. */
    readonly failed: number;
    /** Acknowledged SQL writes. */
    readonly lostRows: string[];
    /** Acknowledged keys in Redis. */
    readonly lostKeys: string[];
}

/**
 * Visitors, SQL writes and Redis writes while something is done; what they lost.
 * @param further More visitors, counted with the others.
 */
export async function meanwhile(
    what: string,
    prefix: string,
    act: () => Promise<void>,
    further: readonly (() => Promise<Measurement>)[] = [],
): Promise<Missed> {
    const running: Measurement[] = [];
    const beside: Measurement[] = [];
    let gets: Attempt[] = [];
    let writes: Attempt[] = [];
    let cached: Attempt[] = [];
    try {
        // An up that tells every host of four new ones takes both processors for minutes: twelve visits a second beside
        // it show what fails, sixty would only show that there are two processors.
        running.push(
            await visitors(100, 1000),
            await writers(prefix, 200),
            await keys(prefix, 200),
        );
        for (const one of further) beside.push(await one());
        await act();
    } finally {
        const more = await Promise.all(beside.map((one) => one.stop()));
        [gets = [], writes = [], cached = []] = await Promise.all(running.map((one) => one.stop()));
        gets.push(...more.flat());
    }
    keep(`${what} visitors`, gets);
    keep(`${what} writes`, writes);
    const seen = loss(gets);
    figure(`${what}: failed GETs of ${seen.attempts}`, seen.failed, "", 0, words(seen.errors));
    figure(`${what}: slowest page`, seen.slowest, "s");
    const [member = ""] = await hostsOf("database");
    const lostRows = lost(writes, await rows(member, prefix));
    const lostKeys = await keysGone(cached);
    figure(`${what}: SQL writes lost, of ${writes.length}`, lostRows.length, "", 0);
    figure(`${what}: SQL, longest time without a write`, loss(writes).silence, "s");
    figure(
        `${what}: SQL writes without an answer`,
        loss(writes).failed,
        "",
        undefined,
        words(errorsOf(loss(writes))),
    );
    figure(`${what}: Redis writes lost, of ${cached.length}`, lostKeys.length, "", 0);
    return { failed: seen.failed, lostRows, lostKeys };
}
