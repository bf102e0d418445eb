import { spawn, type StdioOptions } from "node:child_process";
import { createReadStream } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import type { RoleName } from "../components/cluster/types";
import { Refusal } from "./refusal";

export interface StackHost {
    readonly name: string;
    readonly address: string;
    readonly zone: string;
    readonly roles: readonly RoleName[];
}

export interface Answer {
    readonly host: string;
    /** Exit status; 255 where ssh itself failed: the host or the bastion does not answer. */
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
}

export interface RunOptions {
    /** Given to the command on standard input: a text, a file of this machine, or what is made meanwhile. */
    readonly stdin?: string | { readonly file: string } | { readonly stream: Readable };
    /** @default 600 */
    readonly timeoutSeconds?: number;
    /** Whether it goes on to its end when somebody interrupts at the terminal. */
    readonly detached?: boolean;
}

/** A stack that is up, as its outputs tell it: works with any of its hosts down. */
export interface Stack {
    readonly name: string;
    readonly outputs: Readonly<Record<string, unknown>>;
    readonly hosts: readonly StackHost[];
    hostsOf(role: RoleName): readonly StackHost[];
    /** Runs a shell command on a host, as root, through the bastion. Never throws for what the command says. */
    run(host: string, command: string, options?: RunOptions): Promise<Answer>;
}

export const checkout = join(__dirname, "..");
const state =
    process.env.TESTUDO_STATE ??
    join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "testudo");

/** @throws Refusal where there is no such stack, or it was never brought up. */
export async function openStack(name: string): Promise<Stack> {
    const [told, printed] = await Promise.all([
        stackTool(["run", name, "stack", "output", "--json", "--show-secrets"]),
        stackTool(["info", name]),
    ]);
    if (told.code !== 0 || printed.code !== 0) {
        const reason = (told.code !== 0 ? told : printed).stderr.trim().split("\n").pop() ?? "";
        throw new Refusal(
            `stack ${name}: cannot be read (${reason}); bring it up first: make up STACK=${name}`,
        );
    }
    const outputs = JSON.parse(told.stdout) as Record<string, unknown>;
    const hosts = Object.entries((outputs.hosts ?? {}) as Record<string, Omit<StackHost, "name">>)
        .map(([host, rest]) => ({ ...rest, name: host }))
        .sort((a, b) => a.name.localeCompare(b.name));
    if (hosts.length === 0)
        throw new Refusal(`stack ${name}: has no hosts; bring it up first: make up STACK=${name}`);
    const config = join(state, "stacks", `${name}.ssh`, "config");
    return {
        name,
        outputs,
        hosts,
        hostsOf: (role) => hosts.filter((host) => host.roles.includes(role)),
        run: async (host, command, options) => ({
            host,
            ...(await finished("ssh", ["-F", config, ...sshOptions, host, command], options)),
        }),
    };
}

/** `tools/stack VERB NAME …`: Pulumi on one stack, as `make` drives it. */
export function stackTool(
    words: readonly string[],
    options: Pick<RunOptions, "stdin"> = {},
): Promise<Omit<Answer, "host">> {
    return finished(join(checkout, "tools", "stack"), words, { ...options, cwd: checkout });
}

/** A host that vanishes is noticed within 15 s. */
const sshOptions = [
    "BatchMode=yes",
    "ConnectTimeout=10",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
].flatMap((option) => ["-o", option]);

interface SpawnOptions extends RunOptions {
    readonly cwd?: string;
}

/** Runs a program to its end, or to the end of its time (exit status 124). */
export function finished(
    program: string,
    words: readonly string[],
    { stdin, timeoutSeconds = 600, detached = false, cwd }: SpawnOptions = {},
): Promise<Omit<Answer, "host">> {
    return new Promise((resolve, reject) => {
        const stdio: StdioOptions = [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"];
        const child = spawn(program, words, { stdio, cwd, detached });
        const text = { stdout: "", stderr: "" };
        for (const stream of ["stdout", "stderr"] as const)
            child[stream]?.setEncoding("utf8").on("data", (part: string) => (text[stream] += part));
        const timer = setTimeout(() => {
            text.stderr += `no answer within ${timeoutSeconds} s\n`;
            child.kill();
        }, timeoutSeconds * 1000);
        child.on("error", reject);
        child.on("close", (code) => {
            clearTimeout(timer);
            resolve({ code: code ?? 124, ...text });
        });
        // Whoever reads may leave early; its exit status says why.
        child.stdin?.on("error", () => undefined);
        if (typeof stdin === "string") child.stdin?.end(stdin);
        else if (stdin !== undefined && child.stdin !== null)
            ("stream" in stdin ? stdin.stream : createReadStream(stdin.file))
                .on("error", (error: Error) => {
                    child.kill();
                    reject(error);
                })
                .pipe(child.stdin);
    });
}
