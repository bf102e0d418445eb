import { roleNames, type RoleName } from "../../components/cluster/types";
import { ask, hostsOf, instances, outputs } from "./lab";
import { until } from "./shell";
import { uploadsMissing } from "./storage";

/** Everybody's names, by role. */
type Cast = Readonly<Record<RoleName, readonly string[]>>;

/** What the first tier misses that misses something, as each host says itself; empty when every loss could be borne again. */
export async function missing(): Promise<string[]> {
    const running = new Set(
        (await instances()).filter((one) => one.status === "Running").map((one) => one.name),
    );
    const all = await cast();
    const down = [...new Set(Object.values(all).flat())]
        .filter((host) => !running.has(host))
        .map((host) => `${host} does not run`);
    if (down.length > 0) return down;
    // Tier by tier, those who see others first: while one is out, only the first who miss it are asked.
    const tiers: readonly (() => readonly Promise<string[]>[])[] = [
        () => all["inner-load-balancer"].map((host) => chooser(host, "inner", all)),
        () => all["load-balancer"].map((host) => edge(host, all)),
        () => all.web.map((host) => web(host, all)),
        () => all.app.map((host) => app(host, all)),
        () => all.database.map((host) => member(host, all.database.length)),
        () => all.cache.map(cache),
        () =>
            (["load-balancer", "inner-load-balancer"] as const).map((role) =>
                pair(all[role], role),
            ),
        () => [uploadsMissing(all.storage, [...all.web, ...all.app])],
    ];
    for (const askAll of tiers) {
        const faults = (await Promise.all(askAll())).flat();
        if (faults.length > 0) return faults;
    }
    return [];
}

/** Waits until the cluster is whole; returns the seconds it took. */
export function whole(limitSeconds = 120): Promise<number> {
    // A look that finds nothing has asked every host, which takes a small machine two seconds: a load that no fault is to blame for.
    return until("full redundancy", limitSeconds, missing, 5000);
}

/** The balancer that holds the floating address of its pair. */
export async function holder(
    role: "load-balancer" | "inner-load-balancer" = "load-balancer",
): Promise<string> {
    const [first, ...more] = await holders(await hostsOf(role), role);
    if (first === undefined || more.length > 0)
        throw new Error(`the address of ${role} is held by [${[first, ...more].join()}]`);
    return first;
}

/** The host whose Redis takes writes for `sessions` or `objects`, as its own gate says, once it is one alone. */
export async function master(instance: "sessions" | "objects"): Promise<string> {
    let masters: string[] = [];
    await until(`one master of ${instance}`, 30, async () => {
        const hosts = await hostsOf("cache");
        const up = await Promise.all(
            hosts.map((host) =>
                ask(
                    host,
                    `echo 'show stat' | socat -t 2 stdio /run/haproxy-redis/admin.sock | grep -q '^${instance},.*,UP,' && echo master`,
                ),
            ),
        );
        masters = hosts.filter((_, index) => up[index]?.includes("master"));
        return masters.length === 1 ? [] : [`masters: ${masters.join(" ")}`];
    });
    return masters[0] ?? "";
}

async function cast(): Promise<Cast> {
    const all: Partial<Record<RoleName, string[]>> = {};
    for (const role of roleNames) all[role] = await hostsOf(role);
    return all as Cast;
}

async function pair(
    hosts: readonly string[],
    role: "load-balancer" | "inner-load-balancer",
): Promise<string[]> {
    if (hosts.length === 0) return [];
    const holding = await holders(hosts, role);
    return holding.length === 1
        ? []
        : [`${holding.length} hosts hold the floating address of ${role}`];
}

async function holders(
    hosts: readonly string[],
    role: "load-balancer" | "inner-load-balancer",
): Promise<string[]> {
    const { vip, innerVip } = await outputs();
    const address = role === "load-balancer" ? vip : (innerVip ?? "none");
    const answers = await Promise.all(
        hosts.map(async (host) => ({
            host,
            text: await ask(host, "ip -4 -o address show dev eth0"),
        })),
    );
    return answers
        .filter(({ text }) => text?.includes(` ${address}/`) ?? false)
        .map(({ host }) => host);
}

function edge(host: string, { web: webs }: Cast): Promise<string[]> {
    return proxies(host, "haproxy keepalived testudo-bastion", [
        { socket: "/run/haproxy/admin.sock", backend: "web", servers: webs },
    ]);
}

function web(host: string, { app: apps }: Cast): Promise<string[]> {
    return proxies(host, "nginx haproxy@app", [
        { socket: "/run/haproxy-app/admin.sock", backend: "php", servers: apps },
    ]);
}

async function app(host: string, all: Cast): Promise<string[]> {
    const units = await proxies(host, "php8.4-fpm haproxy@fpm haproxy@data", []);
    return all["inner-load-balancer"].length > 0
        ? units
        : [...units, ...(await chooser(host, "data", all))];
}

/** Whoever chooses the writer sees every member, and one master of each kind. */
async function chooser(
    host: string,
    instance: "inner" | "data",
    { database, cache: caches }: Cast,
): Promise<string[]> {
    const socket = `/run/haproxy-${instance}/admin.sock`;
    return proxies(host, `haproxy@${instance}`, [
        { socket, backend: "writer", servers: database },
        ...(caches.length === 0
            ? []
            : (["sessions", "objects"] as const).map((backend) => ({ socket, backend, count: 1 }))),
    ]);
}

interface Expected {
    readonly socket: string;
    readonly backend: string;
    /** All of these are up ... */
    readonly servers?: readonly string[];
    /** ... or this many, whoever they are. */
    readonly count?: number;
}

async function proxies(
    host: string,
    units: string,
    expected: readonly Expected[],
): Promise<string[]> {
    const text = await ask(
        host,
        `for unit in ${units}; do systemctl is-active --quiet $unit || echo $unit; done; ${expected
            .map(
                ({ socket, backend }) =>
                    `echo --; echo 'show stat' | socat -t 2 stdio ${socket} | awk -F, '$1 == "${backend}" && $2 != "BACKEND" && $2 != "FRONTEND" { print $2, $18 }'`,
            )
            .join("; ")}`,
    );
    if (text === undefined) return [`${host} does not answer`];
    const [inactive = "", ...stats] = text.split("--\n");
    return [
        ...inactive
            .split("\n")
            .filter((unit) => unit !== "")
            .map((unit) => `${host}: ${unit} does not run`),
        ...expected.flatMap(({ backend, servers, count }, index) => {
            const up = (stats[index] ?? "")
                .split("\n")
                .filter((line) => / (UP|no check)$/.test(line))
                .map((line) => line.split(" ")[0] ?? "");
            if (count !== undefined)
                return up.length === count ? [] : [`${host} sends ${backend} to [${up.join()}]`];
            return (servers ?? [])
                .filter((name) => !up.includes(name))
                .map((name) => `${host} does not send ${backend} to ${name}`);
        }),
    ];
}

async function cache(host: string): Promise<string[]> {
    const answer = await ask(
        host,
        `systemctl is-active --quiet haproxy@redis || echo 'haproxy@redis does not run'; /usr/local/lib/testudo/cache/healthy 2>&1 || true`,
    );
    if (answer === undefined) return [`${host} does not answer`];
    return answer
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => `${host}: ${line}`);
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
