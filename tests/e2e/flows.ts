import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { parse } from "yaml";
import { contains, parseAddress, parseNetwork } from "../../components/cluster/addresses";
import { parseConfig } from "../../components/cluster/config";
import { makePlan, type Plan } from "../../components/cluster/plan";
import type { Flow, RoleName } from "../../components/cluster/types";
import { client, clientAddress, give, place } from "./client";
import { hostsOf, incus, outputs, sh, stack, stackFile } from "./lab";

/** What the stack file asks for. */
export function planOfStack(): Plan {
    const { config } = parse(readFileSync(stackFile, "utf8")) as {
        config: Record<string, unknown>;
    };
    const raw = Object.entries(config).map(([key, value]): [string, string] => [
        key,
        typeof value === "string" ? value : JSON.stringify(value),
    ]);
    const checked = parseConfig(stack, Object.fromEntries(raw)).value;
    const plan = checked === undefined ? undefined : makePlan(checked).value;
    if (plan === undefined) throw new Error(`${stackFile}: no plan can be made of it`);
    return plan;
}

/** Somebody who asks, or who is asked. */
export interface Place {
    /** Instance that has the address; of a floating one, whoever may hold it. */
    readonly hosts: readonly string[];
    readonly address: string;
    /** None: the outside. */
    readonly roles: readonly RoleName[];
    readonly zone: string;
}

export async function visitorsPlace(): Promise<Place> {
    return { hosts: [client], address: await clientAddress(), roles: [], zone: "outside" };
}

export async function placeOf(name: string): Promise<Place> {
    const host = (await outputs()).hosts[name];
    if (host === undefined) throw new Error(`the stack's outputs know no host ${name}`);
    return { hosts: [name], ...host };
}

/** One host of each role asks, and a visitor; two of each role are asked, and their floating addresses. */
export async function cast(): Promise<{ askers: Place[]; asked: Place[]; visitor: Place }> {
    const { hosts, vip, innerVip } = await outputs();
    const members = new Map<RoleName, string[]>();
    for (const { roles } of Object.values(hosts))
        for (const role of roles) members.set(role, await hostsOf(role));
    const some = (count: number) =>
        [...new Set([...members.values()].flatMap((names) => names.slice(0, count)))].flatMap(
            (name): Place[] => {
                const host = hosts[name];
                return host === undefined ? [] : [{ hosts: [name], ...host }];
            },
        );
    const floating = (["load-balancer", "inner-load-balancer"] as const).flatMap(
        (role): Place[] => {
            const address = role === "load-balancer" ? vip : innerVip;
            const zone = role === "load-balancer" ? "public" : "private";
            return address === undefined
                ? []
                : [{ hosts: members.get(role) ?? [], address, roles: [role], zone }];
        },
    );
    const visitor = await visitorsPlace();
    return { askers: [...some(1), visitor], asked: [...some(2), ...floating], visitor };
}

/** Whether a flow lets one place ask the other. */
export function isDeclared(
    flows: readonly Flow[],
    from: Place,
    to: Place,
    protocol: string,
    port?: number,
): boolean {
    const is = ({ roles, address }: Place, party: Flow["from"], only: Flow["only"]) =>
        roles.length === 0
            ? party === "outside" && (only?.some((network) => lies(address, network)) ?? true)
            : roles.some((role) => role === party);
    return flows.some(
        (flow) =>
            flow.protocol === protocol &&
            flow.port === port &&
            is(from, flow.from, flow.only) &&
            is(to, flow.to, flow.only),
    );
}

function lies(address: string, network: string): boolean {
    const [one, all] = [parseAddress(address), parseNetwork(network)];
    return one !== undefined && all !== undefined && contains(all, one);
}

/** Source ports of the tries; daemons' own connections come from below 65000 (ip_local_port_range). */
export const marks = { asIs: 65_010, unwalled: 65_011 } as const;
const marked = `meta l4proto { tcp, udp } th sport { ${Object.values(marks).join(", ")} }`;
const table = "testudo-proof";

/** Counts what arrives at the hosts, and what their own firewall (priority 0) has let through. */
export async function watch(hosts: readonly string[]): Promise<void> {
    const key = "ip saddr . ip daddr . meta l4proto . th sport . th dport";
    const set = (name: string, type: string) =>
        `set ${name} { type ${type}; size 65535; flags dynamic; counter; }`;
    const packets = "ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service";
    const rules = `table inet ${table}
delete table inet ${table}
table inet ${table} {
    ${set("arrived", packets)}
    ${set("passed", packets)}
    ${set("adverts", "ipv4_addr . ipv4_addr")}
    chain before {
        type filter hook prerouting priority -310; policy accept;
        ${marked} update @arrived { ${key} }
    }
    chain after {
        type filter hook input priority 10; policy accept;
        ${marked} update @passed { ${key} }
        ip protocol vrrp update @adverts { ip saddr . ip daddr }
    }
}`;
    await Promise.all(hosts.map((host) => sh(host, `nft --file - <<'END'\n${rules}\nEND`)));
}

export async function unwatch(hosts: readonly string[]): Promise<void> {
    await Promise.all(
        hosts.map((host) => sh(host, `nft delete table inet ${table} 2>/dev/null || true`)),
    );
}

/** What the hosts have counted: `10.92.1.41 10.92.1.42 tcp 65010 22`, and `10.92.0.11 10.92.0.12` of VRRP. */
export interface Counted {
    readonly arrived: ReadonlySet<string>;
    readonly passed: ReadonlySet<string>;
    readonly adverts: ReadonlySet<string>;
}

interface NftSet {
    readonly set?: {
        readonly name: string;
        readonly elem?: readonly {
            readonly elem: { readonly val: { readonly concat: readonly (string | number)[] } };
        }[];
    };
}

export async function counted(hosts: readonly string[]): Promise<Counted> {
    const sets = {
        arrived: new Set<string>(),
        passed: new Set<string>(),
        adverts: new Set<string>(),
    };
    await Promise.all(
        hosts.map(async (host) => {
            const text = await sh(host, `nft --json list table inet ${table}`);
            for (const { set } of (JSON.parse(text) as { nftables: NftSet[] }).nftables)
                for (const { elem } of set?.elem ?? [])
                    sets[set?.name as keyof Counted].add(elem.val.concat.join(" "));
        }),
    );
    return sets;
}

/** As a counted packet is written. */
export function packet(
    from: Place,
    to: Place,
    mark: number,
    protocol: string,
    port: number,
): string {
    return [from.address, to.address, protocol, mark, port].join(" ");
}

export interface Order {
    readonly mark: number;
    readonly targets: readonly string[];
    readonly ports: readonly number[];
    /** Who gets a packet of that protocol. */
    readonly vrrp: readonly string[];
}

/** How it was answered, as the one who asked has seen it: `tcp 10.92.1.42 22`. */
export interface Answer {
    readonly tried: number;
    /** Longest wait for a no. */
    readonly seconds: number;
    readonly open: readonly string[];
    readonly refused: readonly string[];
    readonly silent: readonly string[];
}

export async function knock({ hosts: [host = ""], address }: Place, order: Order): Promise<Answer> {
    await give(host, "knock.py");
    const words = JSON.stringify({ source: address, ...order });
    return JSON.parse(
        await incus(["exec", host, "--", "python3", `${place}/knock.py`, words]),
    ) as Answer;
}

/** A host that is taken over: its own firewall lets the marked tries out while `work` runs. */
export async function withoutWall<T>(host: string, work: () => Promise<T>): Promise<T> {
    if (host === client) return work();
    await sh(
        host,
        `nft 'insert rule inet testudo output meta l4proto { tcp, udp } th sport ${marks.unwalled} accept; insert rule inet testudo output ip protocol vrrp accept'`,
    );
    try {
        return await work();
    } finally {
        await sh(host, "nft --file /etc/testudo/firewall.nft");
    }
}

/** From this machine, as whoever deploys. */
export function connects(address: string, port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect({ host: address, port, timeout: 3000 });
        const end = (answer: boolean) => {
            socket.destroy();
            resolve(answer);
        };
        socket.on("connect", () => {
            end(true);
        });
        for (const event of ["error", "timeout"])
            socket.on(event, () => {
                end(false);
            });
    });
}

/** `tcp 8443` of every socket that others than the host itself can reach, and whose it is. */
export async function listening(host: string): Promise<Map<string, string>> {
    const lines = (await sh(host, "ss -Hltunp")).split("\n").filter((line) => line !== "");
    return new Map(
        lines.flatMap((line): [string, string][] => {
            const [protocol = "", , , , local = "", , ...owner] = line.split(/\s+/);
            const [, address = "", port = ""] = /^(.*):(\d+)$/.exec(local) ?? [];
            if (/^(127\.|\[::1\]|\[::ffff:127\.)|%lo$/.test(address)) return [];
            return [[`${protocol} ${port}`, owner.join(" ")]];
        }),
    );
}
