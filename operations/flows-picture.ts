import type { Party } from "../components/cluster/types";
import { parties, type Entry, type Matrix } from "./flows-matrix";

// A grid and no arrows: with eight roles that all answer the bastion, arrows hide what they should show.

/** Pixels. */
const size = {
    margin: 24,
    title: 46,
    head: 64,
    label: 190,
    column: 184,
    service: 16,
    why: 13,
    pad: 9,
};
/** Letters that fit into a column. */
const letters = 25;

const colours: Readonly<Record<string, { readonly strong: string; readonly pale: string }>> = {
    outside: { strong: "#9a3412", pale: "#fff4ec" },
    public: { strong: "#a16207", pale: "#fefae6" },
    private: { strong: "#1d4ed8", pale: "#eef4ff" },
};

/** Who may talk to whom: a row for who asks, a column for who is asked; an empty field is closed. */
export function svgOf(matrix: Matrix): string {
    const rows = parties(matrix, "from");
    const columns = parties(matrix, "to");
    const heights = rows.map((from) =>
        Math.max(56, ...columns.map((to) => cellHeight(between(matrix, from, to)))),
    );
    const left = size.margin + size.label;
    const top = size.margin + size.title + size.head;
    const width = left + columns.length * size.column + size.margin;
    const tops = heights.map((_, row) => top + sum(heights.slice(0, row)));
    const bottom = top + sum(heights);
    const height = bottom + size.margin + 20;
    const columnAt = (column: number) => left + column * size.column;
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif">`,
        `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
        text(size.margin, size.margin + 18, `Who may talk to whom in ${matrix.stack}`, {
            size: 18,
            weight: "600",
        }),
        text(
            size.margin,
            size.margin + 36,
            "A row asks, a column answers. An empty field is closed.",
            { size: 12, fill: "#57606a" },
        ),
        ...columns.map((to, column) =>
            label(matrix, to, {
                x: columnAt(column),
                y: top - size.head,
                width: size.column,
                height: size.head,
            }),
        ),
        ...rows.map((from, row) =>
            label(matrix, from, {
                x: size.margin,
                y: tops[row] ?? 0,
                width: size.label,
                height: heights[row] ?? 0,
            }),
        ),
        ...rows.flatMap((from, row) =>
            columns.map((to, column) =>
                cell(between(matrix, from, to), zoneOf(matrix, to), {
                    x: columnAt(column),
                    y: tops[row] ?? 0,
                    width: size.column,
                    height: heights[row] ?? 0,
                }),
            ),
        ),
        text(
            size.margin,
            bottom + size.margin + 4,
            "Refused where it starts, and once more at the border and where it would arrive: everything else.",
            { size: 12, fill: "#57606a" },
        ),
        "</svg>",
    ].join("\n");
}

interface Box {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
}

/** A party with its zone and hosts. */
function label(matrix: Matrix, party: Party, box: Box): string {
    const zone = zoneOf(matrix, party);
    const { strong, pale } = colourOf(zone);
    const hosts = matrix.roles.find(({ role }) => role === party)?.hosts ?? [];
    const middle = box.y + Math.min(box.height, size.head) / 2;
    const zoneText =
        { outside: "the rest of the world", operator: "whoever deploys" }[party as string] ??
        `${zone} zone`;
    return [
        frame(box, pale),
        `<rect x="${box.x}" y="${box.y}" width="4" height="${box.height}" fill="${strong}"/>`,
        text(box.x + 14, middle - 10, party, { size: 13, weight: "600", fill: strong }),
        text(box.x + 14, middle + 6, zoneText, { size: 11, fill: "#57606a" }),
        text(box.x + 14, middle + 21, hostsText(hosts), { size: 11, fill: "#57606a" }),
    ].join("\n");
}

/** `db1 to db3` where names are many. */
function hostsText(hosts: readonly string[]): string {
    const all = hosts.join(", ");
    return all.length <= letters ? all : `${hosts[0] ?? ""} to ${hosts.at(-1) ?? ""}`;
}

function cell(entries: readonly Entry[], zone: string, box: Box): string {
    if (entries.length === 0) return frame(box, "#f6f8fa");
    const lines: string[] = [];
    let y = box.y + size.pad;
    for (const entry of entries) {
        y += size.service;
        lines.push(
            text(box.x + 10, y - 4, entry.service, {
                size: 12,
                weight: "600",
                fill: colourOf(zone).strong,
            }),
        );
        for (const line of reasonOf(entry)) {
            y += size.why;
            lines.push(text(box.x + 10, y - 3, line, { size: 11, fill: "#24292f" }));
        }
    }
    return [frame(box, "#ffffff"), ...lines].join("\n");
}

function cellHeight(entries: readonly Entry[]): number {
    return (
        2 * size.pad + sum(entries.map((entry) => size.service + size.why * reasonOf(entry).length))
    );
}

function reasonOf({ why, only }: Entry): string[] {
    return wrapped(only.length > 0 ? `${why} (only ${only.join(", ")})` : why);
}

/** At word ends; a longer word stands on a line of its own. */
function wrapped(words: string): string[] {
    const lines: string[] = [];
    for (const word of words.split(" ")) {
        const last = lines.at(-1);
        if (last !== undefined && `${last} ${word}`.length <= letters)
            lines[lines.length - 1] = `${last} ${word}`;
        else lines.push(word);
    }
    return lines;
}

function between({ entries }: Matrix, from: Party, to: Party): Entry[] {
    return entries.filter((entry) => entry.from === from && entry.to === to);
}

function zoneOf({ roles }: Matrix, party: Party): string {
    return roles.find(({ role }) => role === party)?.zone ?? "outside";
}

function colourOf(zone: string): { readonly strong: string; readonly pale: string } {
    return colours[zone] ?? { strong: "#24292f", pale: "#ffffff" };
}

function frame({ x, y, width, height }: Box, fill: string): string {
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" stroke="#d0d7de"/>`;
}

interface Type {
    readonly size: number;
    readonly weight?: string;
    readonly fill?: string;
}

function text(x: number, y: number, words: string, type: Type): string {
    const { size: pixels, weight = "400", fill = "#24292f" } = type;
    return `<text x="${x}" y="${y}" font-size="${pixels}" font-weight="${weight}" fill="${fill}">${escaped(words)}</text>`;
}

function escaped(words: string): string {
    return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function sum(numbers: readonly number[]): number {
    return numbers.reduce((total, one) => total + one, 0);
}
