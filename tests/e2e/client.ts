import { readFileSync } from "node:fs";
import { join } from "node:path";
import { spawn } from "node:child_process";
import type { Attempt } from "./analysis";
import { incus, instances, outputs, project, sh, stack } from "./lab";
import { put } from "./put";
import { must, run } from "./shell";

/** The visitor: a container in the outside zone, of the hosts' own image. */
export const client = "visitor";
export const place = "/root/e2e";

/** A file that nginx sends without PHP, the start page as nginx keeps it, and one that PHP and SQL make each time. */
const paths = { static: "/wp-includes/images/blank.gif", kept: "/", page: "/?visit={n}" } as const;

export async function makeClient(): Promise<void> {
    await removeClient();
    const { hosts, caCertificate } = await outputs();
    const image = await incus(["config", "get", Object.keys(hosts)[0] ?? "", "user.testudo.image"]);
    const bridge = `td${stack}-out`;
    const network = JSON.parse(await must(["incus", "query", `/1.0/networks/${bridge}`])) as {
        config: Record<string, string>;
    };
    const gateway = (network.config["ipv4.address"] ?? "").split("/")[0] ?? "";
    const pool = JSON.parse(
        await must([
            "incus",
            "query",
            `/1.0/instances/${Object.keys(hosts)[0] ?? ""}?project=${project}`,
        ]),
    ) as { devices: Record<string, Record<string, string>> };
    await incus([
        "init",
        image,
        client,
        "--quiet",
        "--no-profiles",
        "--storage",
        pool.devices.root?.pool ?? "",
        "--config",
        "limits.memory=512MiB",
    ]);
    await incus([
        "config",
        "device",
        "add",
        client,
        "eth0",
        "nic",
        "--quiet",
        "nictype=bridged",
        `parent=${bridge}`,
        "name=eth0",
    ]);
    const address = gateway.replace(/\.1$/, ".50");
    const interfaces = `auto lo\niface lo inet loopback\nauto eth0\niface eth0 inet static\n    address ${address}/24\n    gateway ${gateway}\n`;
    await put(client, "/etc/network/interfaces", interfaces);
    await incus(["start", client]);
    for (const file of ["prober.py", "sessions.py"]) await give(client, file);
    await put(client, `${place}/ca.pem`, caCertificate);
    await sh(
        client,
        `for i in $(seq 50); do ip route | grep -q default && exit 0; sleep 0.1; done; exit 1`,
    );
}

/** Where one file of the tests runs alone, nobody has made the visitor yet. */
export async function needsClient(): Promise<void> {
    if (!(await instances()).some((one) => one.name === client)) await makeClient();
}

export async function removeClient(): Promise<void> {
    await run(["incus", "delete", "--force", client, "--project", project]);
}

export async function clientAddress(): Promise<string> {
    return /inet ([\d.]+)/.exec(await sh(client, "ip -4 -o address show dev eth0"))?.[1] ?? "";
}

/** One more address of the visitor, so that a test can be somebody else: the network's, with this last number. */
export async function anotherAddress(last: number): Promise<string> {
    // Where one file of the tests runs alone, nobody has made the visitor yet.
    if (!(await instances()).some((one) => one.name === client)) await makeClient();
    const address = (await clientAddress()).replace(/\.\d+$/, `.${last}`);
    await sh(client, `ip address replace ${address}/24 dev eth0`);
    return address;
}

/** Puts one of the programs of client/ into a container. */
export async function give(host: string, file: string): Promise<void> {
    await put(host, `${place}/${file}`, readFileSync(join(__dirname, "client", file), "utf8"));
}

/** curl in the outside zone, certificate verified against the stack's authority. Throws where curl fails. */
export function curl(args: readonly string[]): Promise<string> {
    return must([
        "incus",
        "exec",
        client,
        "--project",
        project,
        "--",
        "curl",
        "--silent",
        "--show-error",
        "--max-time",
        "15",
        "--cacert",
        `${place}/ca.pem`,
        ...args,
    ]);
}

export interface Measurement {
    /** Ends the attempts, waits for those under way, and returns all. */
    stop(): Promise<Attempt[]>;
}

/**
 * Visitors: a static file, and the start page, kept and made, each over a new TLS connection. Twice as many would, beside
 * 18 hosts, their writers and a recovery, keep two processors busy: what is measured then is the machine.
 */
export async function visitors(staticEveryMs = 40, pageEveryMs = 1000): Promise<Measurement> {
    const { vip } = await outputs();
    await needsClient();
    return measure(client, [
        `${place}/prober.py`,
        vip,
        `${place}/ca.pem`,
        `static=${paths.static},${staticEveryMs}`,
        `kept=${paths.kept},${pageEveryMs}`,
        `page=${paths.page},${pageEveryMs}`,
    ]);
}

/** Slow clients, all from one address: so many that trickle headers, and so many that trickle bodies. */
export async function slowClients(
    from: string,
    headers: number,
    bodies: number,
): Promise<Measurement> {
    const { vip } = await outputs();
    await give(client, "slow.py");
    const counts = [String(headers), String(bodies)];
    return measure(client, [`${place}/slow.py`, vip, `${place}/ca.pem`, from, ...counts]);
}

/** So many wrong passwords, as fast as four people type; what each was answered with. */
export async function guesses(from: string, user: string, count: number): Promise<Attempt[]> {
    const { vip } = await outputs();
    await give(client, "guess.py");
    const args = [`${place}/guess.py`, vip, `${place}/ca.pem`, from, user, String(count)];
    return measure(client, args).stop();
}

/** Starts one of the measuring programs in a container. */
export function measure(host: string, args: readonly string[]): Measurement {
    const child = spawn("incus", ["exec", host, "--project", project, "--", "python3", ...args], {
        stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    child.stdin.on("error", () => undefined);
    const ended = new Promise<number>((resolve) =>
        child.on("close", (code) => {
            resolve(code ?? -1);
        }),
    );
    return {
        stop: async () => {
            child.stdin.end();
            const code = await ended;
            if (code !== 0)
                throw new Error(
                    `${args.join(" ")} in ${host}: exit ${code}\n${stderr.slice(-2000)}`,
                );
            return stdout
                .trim()
                .split("\n")
                .map((line) => JSON.parse(line) as Attempt);
        },
    };
}
