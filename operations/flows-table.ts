import type { Entry, Matrix } from "./flows-matrix";

const heads = ["from", "to", "what", "why"] as const;
const closed =
    "Everything else is closed: refused where it starts, and once more at the border and where it would arrive.";

/** For a terminal: aligned columns. */
export function textOf({ roles, entries }: Matrix): string {
    return [
        ...columns(roles.map(({ role, zone, hosts }) => [role, zone, hosts.join(" ")])),
        "",
        ...columns([[...heads], ...entries.map(cells)]),
        "",
        closed,
    ].join("\n");
}

export function markdownOf({ stack, roles, entries }: Matrix): string {
    return [
        `# Who may talk to whom in \`${stack}\``,
        "",
        ...table([
            ["role", "zone", "hosts"],
            ...roles.map(({ role, zone, hosts }) => [role, zone, hosts.join(", ")]),
        ]),
        "",
        ...table([[...heads], ...entries.map(cells)]),
        "",
        closed,
    ].join("\n");
}

function cells({ from, to, service, only, why }: Entry): string[] {
    const narrowed = (party: Entry["from"]) =>
        only.length > 0 && (party === "outside" || party === "operator")
            ? `${party} (${only.join(", ")})`
            : party;
    return [narrowed(from), narrowed(to), service, why];
}

function columns(rows: readonly (readonly string[])[]): string[] {
    const widths = (rows[0] ?? []).map((_, column) =>
        Math.max(...rows.map((row) => (row[column] ?? "").length)),
    );
    return rows.map((row) =>
        row
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join("  ")
            .trimEnd(),
    );
}

function table(rows: readonly (readonly string[])[]): string[] {
    const line = (row: readonly string[]) =>
        `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
    const [head = [], ...body] = rows;
    return [line(head), line(head.map(() => "---")), ...body.map(line)];
}
