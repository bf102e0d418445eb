import { lost, loss, writersAtOnce, type Attempt } from "./analysis";

const at = (start: number, ok = true): Attempt => ({
    kind: "k",
    start,
    end: start + 0.1,
    ok,
    id: String(start),
    ...(ok ? {} : { error: "no" }),
});

describe("what a fault has cost", () => {
    test("a gap runs from the last success before it to the first after it", () => {
        expect(loss([at(1), at(2, false), at(3, false), at(4), at(5)])).toMatchObject({
            attempts: 5,
            failed: 2,
            gap: 3,
            errors: { no: 2 },
        });
    });

    test("failures at either end count as a gap", () => {
        expect(loss([at(1, false), at(3), at(4), at(9, false)]).gap).toBe(5);
    });

    test("answers that come late leave no gap but a silence; so do answers that never come", () => {
        const late = { ...at(2), end: 6 };
        expect(loss([at(1), late, { ...at(3), end: 6.5 }])).toMatchObject({
            failed: 0,
            gap: 1,
            slowest: 4,
        });
        expect(loss([at(1), late, { ...at(3), end: 6.5 }]).silence).toBeCloseTo(4.9, 5);
        expect(loss([at(1), at(2, false), at(9, false)]).silence).toBeCloseTo(7.9, 5);
    });

    test("a program that has measured nothing is not a success", () => {
        expect(() => loss([])).toThrow("nothing was measured");
    });

    test("one member after the other is one writer; one that comes back is two", () => {
        const row = (taken: number, member: string) => ({ id: String(taken), taken, member });
        expect(writersAtOnce([row(1, "a"), row(2, "a"), row(3, "b"), row(4, "b")])).toBe(1);
        expect(writersAtOnce([row(1, "a"), row(3, "b"), row(4, "a")])).toBe(2);
    });

    test("a write is lost only if it was acknowledged", () => {
        expect(lost([at(1), at(2), at(3, false)], [{ id: "1", taken: 1, member: "a" }])).toEqual([
            "2",
        ]);
    });
});
