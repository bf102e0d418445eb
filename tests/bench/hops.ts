import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hostsOf, sh } from "../e2e/lab";
import { put } from "../e2e/put";
import { median } from "./statistics";

/** Milliseconds, as hops.php tells them. */
export interface DataWay {
    /** The last pages of PHP's workers; `null` where they had none. */
    readonly phpOfPage: number | null;
    readonly queries: number;
    readonly sqlOfPage: number;
    readonly sqlConnect: number;
    readonly query: number;
    readonly redisConnect: number | null;
    readonly redisGet: number | null;
}

/** What PHP's way to its data costs on a host. */
export async function dataWay(host: string): Promise<DataWay> {
    await put(host, "/tmp/bench-hops.php", readFileSync(join(__dirname, "hops.php"), "utf8"));
    const text = await sh(
        host,
        "runuser -u www-data -- php /tmp/bench-hops.php; rm /tmp/bench-hops.php",
    );
    return JSON.parse(text.trim().split("\n").pop() ?? "{}") as DataWay;
}

/** Milliseconds of requests as nginx has logged them: in all, and waiting for PHP. */
export async function nginxTimes(
    hosts: readonly string[],
    since: number,
    path: string,
): Promise<{ all: number; php: number; requests: number }> {
    const texts = await Promise.all(
        hosts.map((host) =>
            sh(
                host,
                `journalctl --no-pager -o cat -t nginx --since @${Math.floor(since)} | tail -n 5000`,
            ),
        ),
    );
    const found = texts
        .join("\n")
        .split("\n")
        .filter((line) => line.includes(path))
        .map((line) => /time=([\d.]+) php=(?:.*, )?([\d.]+|-)/.exec(line))
        .filter((match) => match !== null);
    const numbers = (group: number) =>
        found.map((match) => 1000 * Number(match[group])).filter((one) => !Number.isNaN(one));
    return { all: median(numbers(1)), php: median(numbers(2)), requests: found.length };
}

/** Average milliseconds of the last 1024 requests at a proxy, by its own count. */
export interface ProxyTimes {
    readonly queue: number;
    readonly connect: number;
}

export async function proxyTimes(role: "load-balancer" | "web"): Promise<ProxyTimes | undefined> {
    const [socket, backend] =
        role === "web"
            ? ["/run/haproxy-app/admin.sock", "php"]
            : ["/run/haproxy/admin.sock", "web"];
    const all = await Promise.all(
        (await hostsOf(role)).map(async (host) => {
            const text = await sh(host, `echo 'show stat' | socat -t 2 stdio ${socket} || true`);
            const [head = "", ...lines] = text.replace(/^# /, "").split("\n");
            const names = head.split(",");
            const cells = lines.map((line) => line.split(","));
            const row = cells.find(([proxy, server]) => proxy === backend && server === "BACKEND");
            const value = (name: string) => Number(row?.[names.indexOf(name)] ?? 0);
            return {
                sessions: value("stot"),
                queue: value("qtime"),
                connect: value("ctime"),
            };
        }),
    );
    // The balancer that holds the address has all of them.
    return all.sort((a, b) => b.sessions - a.sessions)[0];
}
