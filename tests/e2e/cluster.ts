import { hostsOf, instances, outputs, sh } from "./lab";
import { until } from "./shell";

/** What is missing to full redundancy, as each host says itself; empty when every loss could be borne again. */
export async function missing(): Promise<string[]> {
    const running = new Set(
        (await instances()).filter((one) => one.status === "Running").map((one) => one.name),
    );
    const [balancers, webs, members] = await Promise.all([
        hostsOf("load-balancer"),
        hostsOf("web"),
        hostsOf("database"),
    ]);
    const down = [...balancers, ...webs, ...members]
        .filter((host) => !running.has(host))
        .map((host) => `${host} does not run`);
    if (down.length > 0) return down;
    const { vip } = await outputs();
    const [edges, proxies, databases] = await Promise.all([
        Promise.all(balancers.map((host) => balancer(host, vip, webs))),
        Promise.all(webs.map((host) => web(host, members))),
        Promise.all(members.map((host) => member(host, members.length))),
    ]);
    const holders = edges.filter((edge) => edge.holds).length;
    return [
        ...edges.flatMap((edge) => edge.faults),
        ...(holders === 1 ? [] : [`${holders} balancers hold the floating address`]),
        ...proxies.flat(),
        ...databases.flat(),
    ];
}

/** Waits until the cluster is whole; returns the seconds it took. */
export function whole(limitSeconds = 120): Promise<number> {
    return until("full redundancy", limitSeconds, missing);
}

/** The balancer that holds the floating address. */
export async function holder(): Promise<string> {
    const { vip } = await outputs();
    for (const host of await hostsOf("load-balancer"))
        if ((await balancer(host, vip, [])).holds) return host;
    throw new Error("no balancer holds the floating address");
}

async function balancer(
    host: string,
    vip: string,
    webs: readonly string[],
): Promise<{ holds: boolean; faults: string[] }> {
    const text = await ask(
        host,
        `ip -4 -o address show dev eth0; echo --; ${active("haproxy keepalived testudo-bastion")}; echo --; ${servers("/run/haproxy/admin.sock", "web")}`,
    );
    if (text === undefined) return { holds: false, faults: [`${host} does not answer`] };
    const [addresses = "", units = "", stats = ""] = text.split("--\n");
    return {
        holds: addresses.includes(` ${vip}/`),
        faults: [
            ...inactive(host, units),
            ...webs
                .filter((name) => !stats.includes(`${name} UP\n`))
                .map((name) => `${host} does not send to ${name}`),
        ],
    };
}

async function web(host: string, members: readonly string[]): Promise<string[]> {
    const text = await ask(
        host,
        `${active("nginx php8.4-fpm haproxy@sql")}; echo --; ${servers("/run/haproxy-sql/admin.sock", "writer")}`,
    );
    if (text === undefined) return [`${host} does not answer`];
    const [units = "", stats = ""] = text.split("--\n");
    return [
        ...inactive(host, units),
        ...members
            .filter((name) => !stats.includes(`${name} UP\n`))
            .map((name) => `${host} does not see ${name} in sync`),
    ];
}

async function member(host: string, size: number): Promise<string[]> {
    const names = [
        "wsrep_cluster_status",
        "wsrep_local_state_comment",
        "wsrep_ready",
        "wsrep_cluster_size",
    ];
    const list = names.map((name) => `'${name}'`).join();
    const text = await ask(
        host,
        `mariadb -N -B -e "SHOW GLOBAL STATUS WHERE Variable_name IN (${list})"`,
    );
    if (text === undefined) return [`${host}: the database does not answer`];
    const value = (name: string) => new RegExp(`^${name}\\t(.*)$`, "m").exec(text)?.[1] ?? "?";
    const found = names.map(value).join(" ");
    return found === `Primary Synced ON ${size}` ? [] : [`${host} is ${found}`];
}

async function ask(host: string, script: string): Promise<string | undefined> {
    try {
        return `${await sh(host, script, { timeoutSeconds: 10 })}\n`;
    } catch {
        return undefined;
    }
}

function active(units: string): string {
    return `for unit in ${units}; do systemctl is-active --quiet $unit || echo $unit; done`;
}

function inactive(host: string, text: string): string[] {
    return text
        .split("\n")
        .filter((unit) => unit !== "")
        .map((unit) => `${host}: ${unit} does not run`);
}

/** Lines "server STATUS" of a HAProxy's backend. */
function servers(socket: string, backend: string): string {
    return `echo 'show stat' | socat -t 2 stdio ${socket} | awk -F, '$1 == "${backend}" && $2 != "BACKEND" { print $2, $18 }'`;
}
