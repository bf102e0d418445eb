import type { DataWay, ProxyTimes } from "./hops";
import type { Kind, Round } from "./measure";
import type { Memory } from "./memory";
import { median, quantile, short, table } from "./statistics";

/** What one side did of one kind, in all rounds. */
export interface Cell {
    readonly kind: Kind;
    readonly target: string;
    readonly rounds: Round[];
    readonly perSecond: number[];
}

interface NginxTimes {
    readonly all: number;
    readonly php: number;
    readonly requests: number;
}

export interface Findings {
    readonly cells: readonly Cell[];
    readonly made: { readonly cluster: Round; readonly single: Round };
    readonly edge: ProxyTimes | undefined;
    readonly toPhp: ProxyTimes | undefined;
    readonly nginx: { readonly cluster: NginxTimes; readonly single: NginxTimes };
    readonly data: { readonly cluster: DataWay; readonly single: DataWay };
}

/** Milliseconds of one part of all visits, round by round. */
function parts(rounds: readonly Round[], part: (visit: readonly number[]) => number): number[][] {
    return rounds.map(({ visits }) => visits.map((one) => 1000 * part(one)));
}

interface Times {
    readonly p50: number;
    readonly p99: number;
}

function times(rounds: readonly Round[], part: (visit: readonly number[]) => number): Times {
    const all = parts(rounds, part).filter((one) => one.length > 0);
    return { p50: median(all.map((one) => median(one))), p99: quantile(all.flat(), 0.99) };
}

function milliseconds(value: number | null | undefined): string {
    return value === null || value === undefined || Number.isNaN(value) ? "" : `${short(value)} ms`;
}

export const request = (visit: readonly number[]) => visit[1] ?? NaN;
export const whole = (visit: readonly number[]) => (visit[0] ?? NaN) + (visit[1] ?? NaN);
export const picture = (visit: readonly number[]) => visit[2] ?? NaN;

/** Each kind on each side, and how the cluster stands to the one host. */
export function rowsTable(cells: readonly Cell[]): string {
    const rows = cells.flatMap((cell) => {
        const measured = (name: string, part: (visit: readonly number[]) => number) => {
            const base = cells.find((one) => one.kind === cell.kind && one.target === "cluster");
            const { p50, p99 } = times(cell.rounds, part);
            const clusters = base === undefined ? NaN : times(base.rounds, part).p50;
            return [
                name,
                cell.target,
                milliseconds(p50),
                milliseconds(p99),
                cell.target === "cluster" || Number.isNaN(clusters / p50)
                    ? ""
                    : `${short(clusters / p50)} ×`,
            ];
        };
        const count = cell.rounds.reduce((sum, { visits }) => sum + visits.length, 0);
        const failed = cell.rounds.flatMap(({ errors }) => Object.values(errors));
        const errors = failed.reduce((sum, one) => sum + one, 0);
        const more = [short(median(cell.perSecond)), String(count), String(errors)];
        return [
            [...measured(cell.kind, request), ...more],
            [...measured(`${cell.kind}, whole visit`, whole), "", "", ""],
            ...(cell.kind === "upload" ? [[...measured("picture", picture), "", "", ""]] : []),
        ];
    });
    const order = [...new Set(rows.map(([name]) => name))];
    rows.sort((a, b) => order.indexOf(a[0]) - order.indexOf(b[0]));
    return table([
        ["what", "side", "p50", "p99", "cluster to it", "per second", "visits", "failed"],
        ...rows,
    ]);
}

/** Where a page that is made spends its time, from the visitor to the data. */
export function hopsTables({ made, edge, toPhp, nginx, data }: Findings): string[] {
    const ms = milliseconds;
    const sides = [made.cluster, made.single].map((round) => times([round], request).p50);
    const [ofCluster = NaN, ofSingle = NaN] = sides;
    return [
        "Where a made page spends its time: medians of one more round, averages where a proxy counts.",
        table([
            ["from, to", "cluster", "one host"],
            ["visitor: request", ms(ofCluster), ms(ofSingle)],
            ["edge HAProxy: queue", ms(edge?.queue), ""],
            ["edge HAProxy: connect to a web host", ms(edge?.connect), ""],
            ["nginx: request", ms(nginx.cluster.all), ms(nginx.single.all)],
            ["nginx: waiting for PHP", ms(nginx.cluster.php), ms(nginx.single.php)],
            ["web host's HAProxy: connect to an app host", ms(toPhp?.connect), ""],
            ["PHP: the page, with its data", ms(data.cluster.phpOfPage), ms(data.single.phpOfPage)],
            ["PHP: SQL of the start page", ms(data.cluster.sqlOfPage), ms(data.single.sqlOfPage)],
            ["PHP: statements in it", String(data.cluster.queries), String(data.single.queries)],
            ["PHP: connect to SQL", ms(data.cluster.sqlConnect), ms(data.single.sqlConnect)],
            ["PHP: one statement there and back", ms(data.cluster.query), ms(data.single.query)],
            ["PHP: connect to Redis", ms(data.cluster.redisConnect), ""],
            ["PHP: one object from Redis", ms(data.cluster.redisGet), ""],
        ]),
    ];
}

export function memoryTable(hosts: readonly Memory[], used: number): string {
    const sum = hosts.reduce((all, { mebibytes }) => all + mebibytes, 0);
    return [
        `Memory of the whole cluster at rest: **${(sum / 1024).toFixed(2)} GiB** in ${hosts.length} hosts, without what the kernel keeps of files. (Of the whole machine ${(used / 2 ** 30).toFixed(1)} GiB were not free, files included.)`,
        table([["host", "MiB"], ...hosts.map(({ host, mebibytes }) => [host, String(mebibytes)])]),
    ].join("\n\n");
}
