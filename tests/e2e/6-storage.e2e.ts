import { loss, ofKind, type Attempt } from "./analysis";
import { whole } from "./cluster";
import { endured, gets, keep, rounds, words, type Seen } from "./endured";
import { freeze, powerCut, powerOn, thaw } from "./faults";
import { figure } from "./figures";
import { closeFiles, files, filesOn, openFiles } from "./files";
import { hostsOf, needsUp } from "./lab";

beforeAll(needsUp);

// From where the last test has left it; a fault in a cluster that is not whole proves nothing.
beforeEach(async () => {
    await whole(180);
});

describe.each(rounds)("the loss of a storage host, round %i", (round) => {
    beforeAll(openFiles);
    afterAll(closeFiles);

    test.each([
        ["power cut", powerCut, powerOn],
        ["frozen", freeze, thaw],
    ] as const)(
        "%s: no page fails, files are written and read on after a stall, none is lost, copies are mended",
        async (how, fault, mend) => {
            const [victim = ""] = await hostsOf("storage");
            const what = `storage host ${how}`;
            const prefix = `${how.replace(" ", "")}${round}`;
            const working = await files(prefix);
            let seen: Seen;
            let attempts: Attempt[];
            try {
                seen = await endured(
                    () => fault(victim),
                    () => mend(victim),
                    15,
                );
            } finally {
                attempts = await working.stop();
            }
            keep(`${what} files`, attempts);
            const { failed, afterMending } = gets(what, seen, { failed: 0 });
            for (const kind of ["write", "read"] as const) {
                const hit = loss(ofKind(attempts, kind), seen.fault - 1, seen.mended);
                figure(`${what}: longest stall of a ${kind}`, hit.silence, "s", 10);
                figure(
                    `${what}: ${kind}s refused, of ${hit.attempts}`,
                    hit.failed,
                    "",
                    0,
                    words(hit.errors),
                );
                expect(hit.silence).toBeLessThan(broken);
            }
            const acknowledged = ofKind(attempts, "write").filter((one) => one.ok);
            for (const host of [...(await hostsOf("app")), ...(await hostsOf("web"))]) {
                const there = new Set(await filesOn(host, prefix));
                const gone = acknowledged.filter((one) => !there.has(one.id ?? ""));
                figure(
                    `${what}: acknowledged files lost, of ${acknowledged.length}`,
                    gone.length,
                    "",
                    0,
                );
                expect([host, gone]).toEqual([host, []]);
            }
            expect(failed).toBe(0);
            expect(afterMending.failed).toBe(0);
        },
        300_000,
    );
});

/** Seconds that show a broken mechanism: the default of Gluster is 42. */
const broken = 30;
