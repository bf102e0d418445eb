import fc from "fast-check";
import type { Round } from "./measure";
import { memoryTable, rowsTable } from "./report";
import { median, quantile, short, table } from "./statistics";

// What the benchmark makes of what it has measured.

const round = (...visits: number[][]): Round => ({ visits, errors: {}, seconds: 1 });

test("a row compares the cluster with each other side, by the median of the rounds' medians", () => {
    const text = rowsTable([
        {
            kind: "kept",
            target: "cluster",
            rounds: [round([0.001, 0.003]), round([0.001, 0.005]), round([0.001, 9])],
            perSecond: [100, 300, 200],
        },
        { kind: "kept", target: "one host", rounds: [round([0.001, 0.004])], perSecond: [50] },
    ]);
    const cells = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
    expect(cells[2]).toEqual([
        "",
        "kept",
        "cluster",
        "5.00 ms",
        "9000 ms",
        "",
        "200",
        "3",
        "0",
        "",
    ]);
    expect(cells[3]).toEqual([
        "",
        "kept",
        "one host",
        "4.00 ms",
        "4.00 ms",
        "1.25 ×",
        "50.0",
        "1",
        "0",
        "",
    ]);
    expect(cells[4]?.slice(1, 4)).toEqual(["kept, whole visit", "cluster", "6.00 ms"]);
});

test("a side that gave no answer stands there without figures, and its failures with them", () => {
    const failed: Round = { visits: [], errors: { "status 500": 2, timeout: 1 }, seconds: 1 };
    const text = rowsTable([
        { kind: "login", target: "cluster", rounds: [failed], perSecond: [0] },
        { kind: "login", target: "one host", rounds: [round([1, 1])], perSecond: [1] },
    ]);
    expect(text).toMatch(/\| login +\| cluster +\| +\| +\| +\| 0\.00 +\| 0 +\| 3 +\|/);
    expect(text).not.toContain("NaN");
});

test("an upload has a row for its picture", () => {
    const cell = { kind: "upload" as const, rounds: [round([0, 1, 0.02])], perSecond: [1] };
    expect(rowsTable([{ ...cell, target: "cluster" }])).toMatch(/picture +\| cluster +\| 20\.0 ms/);
});

test("memory is added up", () => {
    const text = memoryTable(
        [
            { host: "a1", mebibytes: 512 },
            { host: "b1", mebibytes: 1024 },
        ],
        2 ** 31,
    );
    expect(text).toMatch(/\*\*1\.50 GiB\*\* in 2 hosts/);
});

test("quantiles are values that were measured, in their order", () => {
    fc.assert(
        // 0 and -0 are one value that was measured, and two to toBe().
        fc.property(
            fc.array(
                fc.double({ noNaN: true }).map((n) => n + 0),
                { minLength: 1 },
            ),
            (all) => {
                const [low, high] = [quantile(all, 0.5), quantile(all, 0.99)];
                expect(all).toContain(low);
                expect(high).toBeGreaterThanOrEqual(low);
                expect(quantile(all, 1)).toBe(Math.max(...all));
            },
        ),
    );
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
});

test("figures are short, columns aligned", () => {
    expect([0.1234, 12.34, 1234.5, NaN].map(short)).toEqual(["0.12", "12.3", "1235", "-"]);
    expect(
        table([
            ["a", "bb"],
            ["ccc", "d"],
        ]),
    ).toBe("| a   | bb |\n| --- | -- |\n| ccc | d  |");
});
