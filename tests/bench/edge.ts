import { readFileSync } from "node:fs";
import { join } from "node:path";
import { client } from "../e2e/client";
import { incus, outputs } from "../e2e/lab";
import { put } from "../e2e/put";
import { whole, type Cell } from "./report";
import { median, short, table } from "./statistics";

/** Seconds, one of each round: to connect, to agree on TLS, of the first answer, and of one more on the same connection. */
interface Door {
    readonly connect: readonly number[];
    readonly handshake: readonly number[];
    readonly first: readonly number[];
    readonly kept: readonly number[];
}

export interface EdgeTimes {
    readonly http: Door;
    readonly https: Door;
    readonly version: string;
    readonly cipher: string;
}

/** Answers that the balancer gives by itself at the floating address, with TLS and without. */
export async function edgeTimes(host: string, rounds = 200): Promise<EdgeTimes> {
    const { vip } = await outputs();
    const program = "/root/bench/edge.py";
    await put(client, program, readFileSync(join(__dirname, "edge.py"), "utf8"));
    const text = await incus([
        ...["exec", client, "--", "python3", program],
        ...[vip, host, "/root/e2e/ca.pem", String(rounds)],
    ]);
    return JSON.parse(text) as EdgeTimes;
}

/** What TLS adds to a new connection and to one more request, and its part of whole visits to the cluster. */
export function edgeTable(
    { http, https, version, cipher }: EdgeTimes,
    cells: readonly Cell[],
): string {
    const p50 = (values: readonly number[]) => 1000 * median(values);
    const fresh = ({ connect, handshake, first }: Door) =>
        p50(connect.map((value, round) => value + (handshake[round] ?? 0) + (first[round] ?? 0)));
    const newCost = fresh(https) - fresh(http);
    const keptCost = p50(https.kept) - p50(http.kept);
    const ms = (value: number) => `${short(value)} ms`;
    const parts = cells
        .filter(({ target, kind }) => target === "cluster" && (kind === "kept" || kind === "made"))
        .map(({ kind, rounds }) => {
            const visit = p50(rounds.flatMap(({ visits }) => visits.map(whole)));
            return `${short((100 * newCost) / visit)} % of the p50 of a whole visit to a page that is ${kind} (${ms(visit)})`;
        });
    return [
        `What TLS costs at the floating address (${version}, ${cipher}): answers that the balancer gives by itself, over http and over https in turn, medians of ${https.kept.length} each.`,
        table([
            ["what", "http", "https", "TLS"],
            ["new connection and one answer", ms(fresh(http)), ms(fresh(https)), ms(newCost)],
            ["of it the handshake", "", ms(p50(https.handshake)), ""],
            ["one more answer on it", ms(p50(http.kept)), ms(p50(https.kept)), ms(keptCost)],
        ]),
        `A new connection's TLS is ${parts.join(", and ")}.`,
    ].join("\n\n");
}
