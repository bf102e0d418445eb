import type { Row } from "./analysis";
import { give, measure, type Measurement } from "./client";
import { hostsOf, sh } from "./lab";
import { pause } from "./shell";

const program = "/root/e2e/ledger.py";
const table = "testudo_e2e_ledger";

/** Makes an empty table for the writes, in the site's own database. */
export async function openLedger(): Promise<void> {
    for (const host of await hostsOf("app")) await give(host, "ledger.py");
    const [first = ""] = await hostsOf("database");
    await sql(
        first,
        `DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (id VARCHAR(60) PRIMARY KEY, taken DOUBLE NOT NULL, member VARCHAR(60) NOT NULL)`,
    );
}

export async function closeLedger(): Promise<void> {
    const [first = ""] = await hostsOf("database");
    await sql(first, `DROP TABLE IF EXISTS ${table}`);
    for (const host of await hostsOf("app")) await sh(host, `rm -rf ${program}`);
}

/** Writes, the PHP hosts in turns: more than one every 40 ms would be a load test on two processors. */
export async function writers(prefix: string, everyMs = 40): Promise<Measurement> {
    const hosts = await hostsOf("app");
    const every = everyMs * hosts.length;
    const running: Measurement[] = [];
    for (const host of hosts) {
        running.push(measure(host, [program, `${prefix}-${host}`, String(every)]));
        await pause(everyMs);
    }
    return { stop: async () => (await Promise.all(running.map((one) => one.stop()))).flat() };
}

/** Rows of one run, as one member has them. */
export async function rows(host: string, prefix: string): Promise<Row[]> {
    const text = await sql(
        host,
        // A member may be behind by what it has received and not applied yet: first it does that.
        `SET SESSION wsrep_sync_wait = 1; SELECT id, taken, member FROM ${table} WHERE id LIKE '${prefix}-%'`,
    );
    return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => {
            const [id = "", taken = "", member = ""] = line.split("\t");
            return { id, taken: Number(taken), member };
        });
}

/** Where a write from each PHP host goes now. */
export async function writerNow(): Promise<string[]> {
    const name = `now-${Date.now()}`;
    const hosts = await hostsOf("app");
    const told = await Promise.all(
        hosts.map((host) => sh(host, `python3 ${program} ${name}-${host} 20 1`)),
    );
    const failed = told.flatMap((lines) => lines.split("\n").filter((one) => !isTaken(one)));
    if (failed.length > 0) throw new Error(`a write was not taken: ${failed.join("; ")}`);
    // Not the first one, which is the one that drills take away.
    const reader = (await hostsOf("database")).at(-1) ?? "";
    return [...new Set((await rows(reader, name)).map((row) => row.member))];
}

function isTaken(line: string): boolean {
    return (JSON.parse(line) as { ok: boolean }).ok;
}

function sql(host: string, statement: string): Promise<string> {
    return sh(host, `mariadb -N -B wordpress -e "${statement}"`);
}
