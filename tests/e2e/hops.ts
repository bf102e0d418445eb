import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { RoleName } from "../../components/cluster/types";
import { flowsOf } from "../../components/roles/all";
import { planOf } from "../helpers/plans";
import { give } from "./client";
import { master } from "./cluster";
import type { Shown } from "./forge";
import { hops, type Hop } from "./hop-table";
import { addressOf, hostsOf, incus, outputs, sh, stack, stackFile } from "./lab";

/** One door of one host, and the host that uses it. */
export interface Door {
    readonly hop: Hop;
    readonly from: string;
    readonly to: string;
    readonly address: string;
    readonly port: number;
    /** What the far side's certificate must say. */
    readonly name: string;
}

/** What is shown at a door: the host's own certificate, another one, or no TLS at all. */
export type Try = "own" | "plain" | Shown;

/** One attempt. */
export interface Knock {
    readonly door: Door;
    readonly show: Try;
}

/** What came of it. */
export interface Answer {
    readonly answer: "open" | "refused" | "unreachable";
    readonly detail: string;
    /** Milliseconds since the epoch; of the far side's certificate, where there was a handshake. */
    readonly ends: number | null;
}

/** Every door that a flow of this stack leads to: each host that listens, from one host that uses it. */
export async function doorsOfStack(): Promise<Door[]> {
    const flows = flowsOf(planOf(valuesOfStackFile(), stack));
    const declared = hops.filter((hop) =>
        flows.some(({ from, to, port }) => from === hop.from && to === hop.to && port === hop.port),
    );
    return (await Promise.all(declared.map(doorsOf))).flat();
}

function valuesOfStackFile(): Record<string, unknown> {
    const { config } = parse(readFileSync(stackFile, "utf8")) as {
        config: Record<string, unknown>;
    };
    return Object.fromEntries(
        Object.entries(config).map(([key, value]) => [key.replace(/^testudo:/, ""), value]),
    );
}

async function doorsOf(hop: Hop): Promise<Door[]> {
    const callers = await hostsOf(hop.from);
    const door = async (to: string): Promise<Door[]> => {
        const from = callers.find((host) => host !== to);
        // A role of one host has nobody to talk to.
        if (from === undefined) return [];
        const port = hop.port === 49152 ? await brickPort(to) : hop.port;
        return [{ hop, from, to, address: await addressOf(to), port, name: to }];
    };
    if (hop.at === "inner address") {
        const { innerVip = "" } = await outputs();
        const name = "inner-load-balancer.testudo.internal";
        return callers.map((from) => ({
            hop,
            from,
            to: "the inner balancers",
            address: innerVip,
            port: hop.port,
            name,
        }));
    }
    const listening = hop.master === undefined ? await hostsOf(hop.to) : [await master(hop.master)];
    return (await Promise.all(listening.map(door))).flat();
}

/** A brick has one of four ports; another one after each restart. */
async function brickPort(host: string): Promise<number> {
    const text = await sh(host, "ss -Hltn | grep -oE ':4915[2-5] ' | head -n 1");
    return Number(text.replace(/\D/g, ""));
}

/** Tries doors, each from its own host, all hosts at once. */
export async function tryDoors<K extends Knock>(knocks: readonly K[]): Promise<(K & Answer)[]> {
    const site = new URL((await outputs()).siteUrl).hostname;
    const callers = [...new Set(knocks.map(({ door }) => door.from))];
    const answers = await Promise.all(
        callers.map((from) =>
            knock(
                from,
                knocks.filter(({ door }) => door.from === from),
                site,
            ),
        ),
    );
    return answers.flat();
}

async function knock<K extends Knock>(
    from: string,
    knocks: readonly K[],
    site: string,
): Promise<(K & Answer)[]> {
    await give(from, "hops.py");
    const text = await incus(["exec", from, "--", "python3", "/root/e2e/hops.py"], {
        input: JSON.stringify(
            knocks.map(({ door, show }, id) => ({ id, ...wordsOf(door, show, site) })),
        ),
        timeoutSeconds: 150,
    });
    const told = text.split("\n").map((line) => JSON.parse(line) as Told);
    return knocks.map((one, index) => {
        const found = told.find(({ id }) => id === index);
        if (found === undefined) throw new Error(`${from} says nothing of ${titleOf(one.door)}`);
        const { answer, detail, ends } = found;
        return { ...one, answer, detail, ends: ends === null ? null : Date.parse(ends) };
    });
}

/** A line of hops.py. */
interface Told extends Omit<Answer, "ends"> {
    readonly id: number;
    readonly ends: string | null;
}

function wordsOf({ hop, address, port, name, from }: Door, show: Try, site: string) {
    const files = filesOf(hop);
    const shown = typeof show === "string" ? files : show;
    return {
        address,
        port,
        name,
        ca: files.ca,
        certificate: shown.certificate,
        key: shown.key,
        plain: show === "plain",
        probe: hop.probe,
        path: hop.path ?? "/",
        host: hop.to === "web" && hop.from === "load-balancer" ? site : from,
        open: hop.open ?? [],
    };
}

/** Where the calling role keeps what it shows at this hop. */
function filesOf({ from, probe }: Hop): Shown & { readonly ca: string } {
    if (probe === "gluster") {
        const path = "/etc/ssl/glusterfs";
        return { certificate: `${path}.pem`, key: `${path}.key`, ca: `${path}.ca` };
    }
    const folder = `/etc/testudo/tls/${from}`;
    const apart: readonly RoleName[] = ["database", "cache"];
    return apart.includes(from)
        ? {
              certificate: `${folder}/cert.pem`,
              key: `${folder}/key.pem`,
              ca: `${folder}/ca.pem`,
          }
        : {
              certificate: `${folder}/host.pem`,
              key: `${folder}/host.pem`,
              ca: `${folder}/ca.pem`,
          };
}

/** `lb1 to web1 8443` */
export function titleOf({ from, to, port }: Door): string {
    return `${from} to ${to} ${port}`;
}
