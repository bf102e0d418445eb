import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reportFolder } from "./lab";

export interface Figure {
    readonly what: string;
    readonly value: number;
    readonly unit: "s" | "";
    /** What the design asks for, at most. */
    readonly target?: number;
    readonly note?: string;
}

const journal = join(reportFolder, "figures.jsonl");

export function forget(): void {
    rmSync(journal, { force: true });
}

/** Keeps a measured figure for the table at the end. Asserts nothing. */
export function figure(
    what: string,
    value: number,
    unit: Figure["unit"],
    target?: number,
    note?: string,
): void {
    const one: Figure = {
        what,
        value: Math.round(value * 1000) / 1000,
        unit,
        ...(target === undefined ? {} : { target }),
        ...(note === undefined ? {} : { note }),
    };
    appendFileSync(journal, `${JSON.stringify(one)}\n`);
}

/** Writes figures.json and figures.md, and returns the table. */
export function report(): string {
    const all = existsSync(journal)
        ? readFileSync(journal, "utf8")
              .trim()
              .split("\n")
              .filter((line) => line !== "")
              .map((line) => JSON.parse(line) as Figure)
        : [];
    writeFileSync(join(reportFolder, "figures.json"), `${JSON.stringify(all, null, 4)}\n`);
    const groups = new Map<string, Figure[]>();
    for (const one of all) {
        const key = one.what.replace(/,? of \d+$/, "");
        groups.set(key, [...(groups.get(key) ?? []), one]);
    }
    const several = [...groups.values()].some((group) => group.length > 1);
    const rows = [
        ["measured", several ? "worst" : "figure", "at most", "", "note"],
        ...[...groups.values()].map((group) => row(...group)),
    ];
    const widths = [0, 1, 2, 3, 4].map((column) =>
        Math.max(...rows.map((cells) => (cells[column] ?? "").length)),
    );
    const lines = rows.map(
        (cells) =>
            `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`,
    );
    lines.splice(1, 0, `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
    const table = `${lines.join("\n")}\n`;
    writeFileSync(join(reportFolder, "figures.md"), table);
    return table;
}

/** One line for a figure, or for the worst of those that were measured again and again. */
function row(...group: readonly Figure[]): string[] {
    const [first] = group;
    if (first === undefined) return [];
    const values = group.map((one) => one.value).sort((a, b) => a - b);
    const worst = values.at(-1) ?? 0;
    const median = values[Math.floor(values.length / 2)] ?? 0;
    const { what, unit, target } = group.find((one) => one.value === worst) ?? first;
    const text = (number: number) =>
        `${unit === "s" ? String(Number(number.toFixed(number < 10 ? 2 : 0))) : String(number)}${unit === "s" ? " s" : ""}`;
    const notes = [...new Set(group.map((one) => one.note ?? "").filter((note) => note !== ""))];
    return [
        what,
        text(worst),
        target === undefined ? "" : text(target),
        target === undefined ? "" : worst <= target ? "✓" : "short",
        [...(group.length > 1 ? [`median ${text(median)} of ${group.length}`] : []), ...notes]
            .slice(0, 4)
            .join("; "),
    ];
}
