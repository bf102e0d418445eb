import { errorsOf, loss, lost, type Attempt } from "./analysis";
import { visitors, type Measurement } from "./client";
import { missing, whole } from "./cluster";
import { keep, words } from "./endured";
import { figure } from "./figures";
import {
    askAgain,
    changedStackFile,
    hostsOf,
    needsUp,
    outputs,
    stack,
    testudo,
    tool,
    up,
} from "./lab";
import { closeLedger, openLedger, rows, writers } from "./ledger";
import { keys, keysGone, openSessions, closeSessions } from "./sessions";

beforeAll(needsUp);

const more = {
    web: { count: 3 },
    database: { count: 4 },
    cache: { count: 4 },
    storage: { count: 4 },
};
const newcomers = ["cache4", "db4", "storage4", "web3"];

/** Visitors, SQL writes and Redis writes while something is done; what they lost. */
async function meanwhile(
    what: string,
    prefix: string,
    act: () => Promise<void>,
): Promise<{ failed: number; lostRows: string[]; lostKeys: string[] }> {
    const running: Measurement[] = [];
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
        await act();
    } finally {
        [gets = [], writes = [], cached = []] = await Promise.all(running.map((one) => one.stop()));
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

describe("hosts are added and taken out under load", () => {
    beforeAll(async () => {
        await whole(180);
        await openLedger();
        await openSessions();
    });
    afterAll(async () => {
        await closeLedger();
        await closeSessions();
    });

    test("one of each kind is added by one up: it joins, and no visitor notices", async () => {
        const file = changedStackFile("more", more);
        const seen = await meanwhile("hosts added", "more", async () => {
            const finished = await tool("up", [], { file });
            expect(finished.text.slice(-3000)).not.toContain("error:");
            expect(finished.code).toBe(0);
            figure("four hosts added: up", finished.seconds, "s");
            askAgain();
            figure("four hosts added: full redundancy", await whole(180), "s");
        });
        expect(Object.keys((await outputs()).hosts)).toEqual(expect.arrayContaining(newcomers));
        expect(seen).toEqual({ failed: 0, lostRows: [], lostKeys: [] });
    }, 600_000);

    test("members that have not left are not dropped", async () => {
        const finished = await up([]);
        expect(finished.code).not.toBe(0);
        for (const host of newcomers.filter((name) => !name.startsWith("web")))
            expect(finished.text).toMatch(new RegExp(`testudo --stack ${stack} leave ${host}`));
        expect(await missing()).toEqual([]);
    }, 300_000);

    test("each says goodbye and is taken out by one up: no visitor notices", async () => {
        const seen = await meanwhile("hosts taken out", "fewer", async () => {
            for (const host of newcomers) {
                const finished = await testudo(["leave", host, "--yes"]);
                expect([host, finished.code, finished.text.slice(-2000)]).toEqual([
                    host,
                    0,
                    expect.stringContaining("has left"),
                ]);
                figure(`${host} says goodbye`, finished.seconds, "s");
            }
            const finished = await tool("up", []);
            expect(finished.text.slice(-3000)).not.toContain("error:");
            expect(finished.code).toBe(0);
            figure("four hosts taken out: up", finished.seconds, "s");
            askAgain();
            await whole(180);
        });
        expect(Object.keys((await outputs()).hosts)).not.toEqual(
            expect.arrayContaining([expect.stringMatching(newcomers.join("|"))]),
        );
        expect(seen).toEqual({ failed: 0, lostRows: [], lostKeys: [] });
    }, 600_000);

    test("after that there is nothing to change, and nothing is missing", async () => {
        expect((await up(["--expect-no-changes"])).code).toBe(0);
        const finished = await testudo(["status"]);
        expect([finished.code, finished.text.slice(-2000)]).toEqual([0, expect.anything()]);
    }, 300_000);
});
