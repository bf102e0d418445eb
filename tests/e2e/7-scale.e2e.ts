import { whole } from "./cluster";
import { figure } from "./figures";
import { askAgain, changedStackFile, needsUp, outputs, stack, testudo, tool, up } from "./lab";
import { closeLedger, openLedger } from "./ledger";
import { meanwhile } from "./meanwhile";
import { closeSessions, openSessions } from "./sessions";

beforeAll(needsUp);

const more = {
    web: { count: 3 },
    database: { count: 4 },
    cache: { count: 4 },
    storage: { count: 4 },
};
const newcomers = ["cache4", "db4", "storage4", "web3"];

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
        await whole(60);
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
