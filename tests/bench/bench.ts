import { writeFileSync } from "node:fs";
import { cpus, freemem, totalmem } from "node:os";
import { join } from "node:path";
import { client, clientAddress, makeClient, removeClient } from "../e2e/client";
import { checkout, hostsOf, instances, outputs, reportFolder, stack, tool } from "../e2e/lab";
import { edgeTable, edgeTimes } from "./edge";
import { dataWay, nginxTimes, proxyTimes } from "./hops";
import {
    cluster,
    pages,
    singleTargets,
    visit,
    type Kind,
    type Round,
    type Target,
} from "./measure";
import { memoryOfHosts } from "./memory";
import { hopsTables, memoryTable, rowsTable, type Cell, type Findings } from "./report";
import { makeSingle, removeSingle, single } from "./single";

// `make bench`: a stack that is up, and one host with the same WordPress, side by side. Asserts nothing.

const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const seconds = Number(process.env.BENCH_SECONDS ?? 4);
const kinds: readonly Kind[] = ["kept", "made", "login", "upload"];

async function main(): Promise<void> {
    const started = Date.now();
    // Where a test of this stack has made the visitor, it stays.
    const known = (await instances()).some(({ name }) => name === client);
    const before = await memoryOfHosts([client, single]);
    const used = totalmem() - freemem();
    if (!known) await makeClient();
    try {
        await needsExemption();
        say("making the one host: same image, same release, same content");
        const place = await makeSingle();
        const { plain, keeping } = singleTargets(place);
        const whole = await cluster(place.host);
        const findings = await measured([whole, plain, keeping]);
        const text = [
            rowsTable(findings.cells),
            ...hopsTables(findings),
            edgeTable(await edgeTimes(place.host), findings.cells),
            memoryTable(before, used),
        ].join("\n\n");
        process.stdout.write(`\n${text}\n`);
        writeFileSync(join(checkout, "docs", "bench.md"), await page(text));
        writeFileSync(join(reportFolder, "bench.json"), JSON.stringify(findings, undefined, 4));
        say(`took ${Math.round((Date.now() - started) / 1000)} s; docs/bench.md is written`);
    } finally {
        await removeSingle();
        if (!known) await removeClient();
    }
}

/** More logins a minute than any person tries, and more requests a second, come from one address here. */
async function needsExemption(): Promise<void> {
    const key = "loadBalancer.limits.exempt";
    const address = await clientAddress();
    const { text } = await tool("run", ["config", "get", "--path", key]);
    if (text.includes(address)) return;
    throw new Error(
        `testudo:${key}: needs "${address}/32" in it for as long as the bench lasts, because the balancers would take its visitor for an attacker; add it and bring stack ${stack} up`,
    );
}

async function measured(targets: readonly [Target, Target, Target]): Promise<Findings> {
    const [whole, plain] = targets;
    const cells: Cell[] = [];
    for (const kind of kinds)
        for (const target of targetsOf(kind, targets))
            cells.push({ kind, target: target.name, rounds: [], perSecond: [] });
    const cell = (kind: Kind, { name }: Target) => {
        const found = cells.find((one) => one.kind === kind && one.target === name);
        if (found === undefined) throw new Error(`no cell for ${kind} of ${name}`);
        return found;
    };
    // Caches of code and of pages are filled, on every host.
    for (const target of targets) await visit("made", target, "closed", 2);

    const sinceMade: number[] = [];
    for (let round = 0; round < rounds; round++)
        for (const kind of kinds) {
            say(`round ${round + 1} of ${rounds}: ${kind}`);
            const all = targetsOf(kind, targets);
            // Who is first changes from round to round.
            for (const target of round % 2 === 0 ? all : [...all].reverse()) {
                if (kind === "made") sinceMade.push(Date.now() / 1000);
                const open = await visit(kind, target, "open", seconds);
                const here = cell(kind, target);
                here.rounds.push(open);
                here.perSecond.push(await perSecond(kind, target));
            }
        }
    say("where the time goes");
    const made = await visit("made", whole, "open", 2 * seconds);
    const [app = ""] = await hostsOf("app");
    const since = Date.now() / 1000 - 2 * seconds - 1;
    const edge = await proxyTimes("load-balancer");
    const toPhp = await proxyTimes("web");
    const clusterNginx = await nginxTimes(await hostsOf("web"), since, "visit=");
    const after = Date.now() / 1000;
    const madeByOne = await visit("made", plain, "open", 2 * seconds);
    const singleNginx = await nginxTimes([single], after, "visit=");
    return {
        cells,
        made: { cluster: made, single: madeByOne },
        edge,
        toPhp,
        nginx: { cluster: clusterNginx, single: singleNginx },
        data: { cluster: await dataWay(app), single: await dataWay(single) },
    };
}

/** A page that is kept is compared with both ways of the one host. */
function targetsOf(
    kind: Kind,
    [whole, plain, keeping]: readonly [Target, Target, Target],
): Target[] {
    return kind === "kept" ? [whole, plain, keeping] : [whole, plain];
}

async function perSecond(kind: Kind, target: Target): Promise<number> {
    if (kind === "kept" || kind === "made") return pages(kind, target, seconds - 1);
    const done: Round = await visit(kind, target, "closed", seconds);
    return done.visits.length / done.seconds;
}

async function page(text: string): Promise<string> {
    const { hosts } = await outputs();
    const names = Object.keys(hosts).length;
    return `# Bench

\`make bench\`, ${new Date().toISOString().slice(0, 10)}: stack ${stack} (${names} hosts) and one host with nginx, php-fpm and MariaDB, all on one machine with ${cpus().length} processors, which
cluster, one host and visitors share. Same image, same release, same content, same settings of PHP and the same number of PHP's workers
as one app host; the one host has no TLS but at its edge, no object cache and no second copy of anything. ${rounds} rounds, one after the other
for each side, who begins changes. Visitors stand in a container of the outside zone, the one host on the same bridge; their address is exempt from the balancers' limits
(\`testudo:loadBalancer.limits.exempt\`).

- **p50, p99**: open loop at a fixed rate, each visit over a new TLS connection. _Request_ begins when that stands, _visit_ with its first
  packet. p50 is the median of the rounds' medians, p99 is of all visits of all rounds.
- _Cluster to it_: the cluster's p50 as a multiple of that row's.
- **Per second**: pages over 8 (kept) or 4 (made) connections that stay open, logins and uploads 4 and 2 at once over new ones; median of the rounds.
- _kept_: the start page, which the cluster's web hosts keep, and its balancer of them for a second. _made_: another address each time, made by PHP. _login_: the form,
  as the administrator. _upload_: a picture of 1600 × 1200 by the REST interface, with all its sizes; _picture_: its first fetch.

${text}
`;
}

function say(line: string): void {
    process.stderr.write(`${line}\n`);
}

main().catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
});
