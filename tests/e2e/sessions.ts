import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Attempt } from "./analysis";
import { client, give, measure, needsClient, type Measurement } from "./client";
import { hostsOf, incus, outputs, sh } from "./lab";
import { put } from "./put";

const plugin = "/srv/site/current/wp-content/mu-plugins/e2e-visits.php";
const sessionsProgram = "/root/e2e/sessions.py";
const redisProgram = "/root/e2e/redis.py";

/** Puts a plugin with PHP sessions on every host that runs PHP, and the programs where they are started. */
export async function openSessions(): Promise<void> {
    const text = readFileSync(join(__dirname, "client", "e2e-visits.php"), "utf8");
    for (const host of await hostsOf("app")) {
        await put(host, plugin, text);
        await give(host, "redis.py");
    }
    await needsClient();
    await give(client, "sessions.py");
}

export async function closeSessions(): Promise<void> {
    for (const host of await hostsOf("app")) await sh(host, `rm -f ${plugin} ${redisProgram}`);
}

/** People with sessions, each every two seconds: ten on the test page, four with the plugin in WordPress' start page. */
export async function people(): Promise<Measurement> {
    const { vip } = await outputs();
    const ca = "/root/e2e/ca.pem";
    return together([
        measure(client, [sessionsProgram, vip, ca, "/-/session", "10", "200"]),
        measure(client, [sessionsProgram, vip, ca, "/?e2e-visits=1", "4", "500"]),
    ]);
}

/** Keys, written where PHP runs. */
export async function keys(prefix: string, everyMs = 40): Promise<Measurement> {
    const hosts = await hostsOf("app");
    const every = String(everyMs * hosts.length);
    return together(hosts.map((host) => measure(host, [redisProgram, `${prefix}-${host}`, every])));
}

/** Acknowledged keys that Redis does not have. */
export async function keysGone(attempts: readonly Attempt[]): Promise<string[]> {
    const [host = ""] = await hostsOf("app");
    const names = attempts.filter((one) => one.ok).map((one) => one.id ?? "");
    const text = await incus(["exec", host, "--", "python3", redisProgram, "x", "--present"], {
        input: names.join("\n"),
    });
    return text.split("\n").filter((name) => name !== "");
}

function together(running: readonly Measurement[]): Measurement {
    return { stop: async () => (await Promise.all(running.map((one) => one.stop()))).flat() };
}
