import { client } from "../e2e/client";
import { incus, outputs, sh } from "../e2e/lab";
import { place, sources, type Place } from "./single";

export type Kind = "kept" | "made" | "login" | "upload";

/** Where a visit goes: the cluster, the one host, or the one host that keeps pages. */
export interface Target {
    readonly name: string;
    readonly address: string;
    readonly port: number;
    readonly host: string;
    readonly ca: string;
    /** Whether it keeps pages; otherwise PHP makes each, and so many visits a second would only queue. */
    readonly keeps: boolean;
}

export function singleTargets({ address, host, ca }: Place): { plain: Target; keeping: Target } {
    return {
        plain: { name: "one host", address, port: 443, host, ca, keeps: false },
        keeping: { name: "one host, keeps pages", address, port: 8443, host, ca, keeps: true },
    };
}

export async function cluster(host: string): Promise<Target> {
    const { vip } = await outputs();
    return { name: "cluster", address: vip, port: 443, host, ca: "/root/e2e/ca.pem", keeps: true };
}

/** Visits of one round. */
export interface Round {
    /** Seconds: connection, request, and for an upload the first fetch of its picture. */
    readonly visits: readonly (readonly number[])[];
    readonly errors: Readonly<Record<string, number>>;
    readonly seconds: number;
}

interface Way {
    readonly path: string;
    /** Visits a second, open loop. */
    readonly rate: number;
    /** At once, closed loop. */
    readonly workers: number;
}

const ways: Readonly<Record<Kind, Way>> = {
    kept: { path: "/", rate: 25, workers: 8 },
    made: { path: "/?visit={n}", rate: 4, workers: 4 },
    login: { path: "", rate: 2, workers: 4 },
    upload: { path: "", rate: 0.6, workers: 2 },
};

function wayOf(kind: Kind, { keeps }: Target): Way {
    return kind === "kept" && !keeps ? { ...ways.made, path: ways.kept.path } : ways[kind];
}

export async function visit(
    kind: Kind,
    target: Target,
    mode: "open" | "closed",
    seconds: number,
): Promise<Round> {
    const { adminUser, adminPassword } = await outputs();
    const { address, port, host, ca } = target;
    const order = {
        ...{ address, port, host, ca },
        ...wayOf(kind, target),
        mode,
        seconds,
        kind: kind === "kept" || kind === "made" ? "page" : kind,
        user: adminUser,
        password: adminPassword,
        picture: `${place}/picture.jpg`,
        sources: kind === "login" || kind === "upload" ? await sources() : [],
    };
    const text = await incus(["exec", client, "--", "python3", `${place}/load.py`], {
        input: JSON.stringify(order),
        timeoutSeconds: seconds + 60,
    });
    return JSON.parse(text) as Round;
}

/** Requests a second over connections that stay open. */
export async function pages(
    kind: "kept" | "made",
    target: Target,
    seconds: number,
): Promise<number> {
    const { path, workers } = wayOf(kind, target);
    const made = path.includes("{n}");
    const script = [
        "local n = math.random(1, 2^50)",
        `function request() n = n + 1 return wrk.format("GET", ${made ? `"${path.replace("{n}", "")}" .. string.format("%.0f", n)` : `"${path}"`}, { Host = "${target.host}", ["Accept-Encoding"] = "gzip" }) end`,
        `function done(summary) io.write(string.format("%d %d %d\\n", summary.requests, summary.duration, summary.errors.status + summary.errors.read + summary.errors.timeout + summary.errors.connect)) end`,
        "math.randomseed(os.time())",
    ];
    const text = await sh(
        client,
        `cat >${place}/wrk.lua <<'LUA'\n${[script[3], ...script.slice(0, 3)].join("\n")}\nLUA\nwrk --threads 1 --connections ${workers} --duration ${seconds}s --timeout 15s --script ${place}/wrk.lua https://${target.address}:${target.port} | tail -1`,
        { timeoutSeconds: seconds + 60 },
    );
    const [requests = 0, microseconds = 1, errors = 0] = text.trim().split(" ").map(Number);
    return (requests - errors) / (microseconds / 1e6);
}
