import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isExisting } from "../cluster/existing";
import type { Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";

const jumpName = "testudo-jump";
/** Stands for the folder of the files below, wherever they are put. */
const place = "@DIR@";

/** Files for OpenSSH's client: nothing of the person's own settings, and no host key but the given ones. */
export interface ClientFiles {
    readonly config: string;
    readonly knownHosts: string;
    /** Text of a private key, where the configuration has one. */
    readonly key: string | null;
}

/** What one run of ssh said, and when, as this machine's clock has it in milliseconds. */
export interface Said {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
    readonly began: number;
    /** When the machine's own time had come, so not before its clock was read; where it did not come, the end. */
    readonly answered: number;
}

/** How to reach these hosts by name: `ssh -F FOLDER/config db1`. */
export function clientFiles(plan: Plan, specs: readonly HostSpec[]): ClientFiles {
    const { ssh, sshPrivateKey } = plan.config;
    const reached = specs.flatMap((spec) => {
        const host = ssh.hosts[spec.name];
        if (!isExisting(plan.config) || host === undefined) return [];
        return { ...host, name: spec.name, isJumped: spec.zone === "private" };
    });
    const ways = [
        ...reached,
        ...(ssh.jump === undefined ? [] : [{ ...ssh.jump, name: jumpName, isJumped: false }]),
    ];
    const keyFile = sshPrivateKey === undefined ? ssh.keyFile : `${place}/key`;
    return {
        config: [
            ...ways.flatMap((way) => [
                `Host ${way.name}`,
                `    HostName ${way.address}`,
                `    Port ${way.port ?? ssh.port}`,
                `    User ${way.user ?? ssh.user}`,
                `    HostKeyAlias ${way.name}`,
                `    HostKeyAlgorithms ${way.hostKey.split(" ")[0] ?? ""}`,
                ...(way.isJumped && ssh.jump !== undefined ? [`    ProxyJump ${jumpName}`] : []),
            ]),
            "Host *",
            ...options.map((option) => `    ${option}`),
            `    UserKnownHostsFile "${place}/known_hosts"`,
            ...(keyFile === undefined
                ? []
                : [`    IdentityFile "${keyFile}"`, "    IdentitiesOnly yes"]),
            "",
        ].join("\n"),
        knownHosts: ways.map((way) => `${way.name} ${way.hostKey}\n`).join(""),
        key: sshPrivateKey === undefined ? null : `${sshPrivateKey.trim()}\n`,
    };
}

const options = [
    "BatchMode yes",
    "StrictHostKeyChecking yes",
    "GlobalKnownHostsFile /dev/null",
    "UpdateHostKeys no",
    "ControlMaster no",
    "ControlPath none",
    "ConnectTimeout 10",
    "ServerAliveInterval 5",
    "ServerAliveCountMax 3",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "ForwardAgent no",
    "LogLevel ERROR",
];

/** What the remote shell is to do with the script on its standard input: run it as root, and tell first whom it sees. */
export function remoteShell(plan: Plan, host: string): string {
    const user = plan.config.ssh.hosts[host]?.user ?? plan.config.ssh.user;
    const shell = user === "root" ? "exec bash -s" : "exec sudo -n bash -s";
    return `printf 'client\\t%s\\n' "\${SSH_CONNECTION%% *}"; ${shell}`;
}

/** Puts the files into a folder of their own, and takes them away afterwards. */
export async function withClient<T>(
    files: ClientFiles,
    use: (config: string) => Promise<T>,
): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), "testudo-ssh-"));
    const put = (name: string, text: string) =>
        writeFile(join(folder, name), text.replaceAll(place, folder), { mode: 0o600 });
    try {
        await put("config", files.config);
        await put("known_hosts", files.knownHosts);
        if (files.key !== null) await put("key", files.key);
        return await use(join(folder, "config"));
    } finally {
        await rm(folder, { recursive: true, force: true });
    }
}

/** Runs ssh to its end, or to the time limit. Never throws for what ssh says; throws where there is no ssh. */
export function ask(
    words: readonly string[],
    input: string,
    timeoutSeconds: number,
): Promise<Said> {
    const began = Date.now();
    return new Promise((resolve, reject) => {
        const child = spawn("ssh", words, { stdio: ["pipe", "pipe", "pipe"] });
        let stdout = "";
        let stderr = "";
        let answered: number | undefined;
        const limit = setTimeout(() => child.kill("SIGKILL"), timeoutSeconds * 1000);
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
            stdout += chunk;
            if (/^time\t/m.test(stdout)) answered ??= Date.now();
        });
        child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
        child.on("error", reject);
        child.on("close", (code) => {
            clearTimeout(limit);
            resolve({
                code: code ?? -1,
                stdout,
                stderr,
                began,
                answered: answered ?? Date.now(),
            });
        });
        // A server that hangs up before it has read everything is told by the exit status.
        child.stdin.on("error", () => undefined);
        child.stdin.end(input);
    });
}

/** The same for many, a few at a time: a laptop's line and a jump host's sshd bear no more. */
export async function inTurns<T, R>(
    items: readonly T[],
    atOnce: number,
    work: (item: T) => Promise<R>,
): Promise<R[]> {
    const results: R[] = [];
    const queue = items.map((item, index) => ({ item, index }));
    const worker = async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift())
            results[next.index] = await work(next.item);
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
    return results;
}
