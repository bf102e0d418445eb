/** Of sorted or unsorted numbers; the middle one, or the mean of both. */
export function median(all: readonly number[]): number {
    const sorted = [...all].sort((a, b) => a - b);
    const half = sorted.length / 2;
    return sorted.length % 2 === 1
        ? (sorted[Math.floor(half)] ?? NaN)
        : ((sorted[half - 1] ?? NaN) + (sorted[half] ?? NaN)) / 2;
}

/** The smallest value that at least this part of all is not above. */
export function quantile(all: readonly number[], part: number): number {
    const sorted = [...all].sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
}

/** Lines of a Markdown table, first the head. */
export function table(rows: readonly (readonly string[])[]): string {
    const columns = rows[0]?.length ?? 0;
    const widths = Array.from({ length: columns }, (_, column) =>
        Math.max(...rows.map((cells) => (cells[column] ?? "").length)),
    );
    const line = (cells: readonly string[]) =>
        `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
    const [head = [], ...rest] = rows;
    return [line(head), line(widths.map((width) => "-".repeat(width))), ...rest.map(line)].join(
        "\n",
    );
}

/** Three figures that mean something. */
export function short(value: number): string {
    if (!Number.isFinite(value)) return "-";
    return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
