import { spawn, type ChildProcess } from "node:child_process";

export interface Finished {
    readonly code: number;
    readonly stdout: string;
    /** Standard output and error as they came. */
    readonly text: string;
    readonly seconds: number;
}

export interface RunOptions {
    readonly input?: string;
    /** Of the input. @default "utf8" */
    readonly encoding?: BufferEncoding;
    readonly cwd?: string;
    readonly env?: Readonly<Record<string, string>>;
    /** @default 120 */
    readonly timeoutSeconds?: number;
    /** Called with each line of standard output, and with the process, whose group is its own. */
    readonly onLine?: (line: string, child: ChildProcess) => void;
}

/** Runs a program to its end, whatever its exit status. Its whole process group ends at the time limit. */
export function run(command: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const [program = "", ...args] = command;
    const started = Date.now();
    return new Promise((resolve, reject) => {
        const child = spawn(program, args, {
            cwd: options.cwd,
            env: { ...process.env, ...options.env },
            detached: true,
            stdio: ["pipe", "pipe", "pipe"],
        });
        let stdout = "";
        let text = "";
        let rest = "";
        const limit = setTimeout(
            () => {
                killGroup(child);
            },
            (options.timeoutSeconds ?? 120) * 1000,
        );
        child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
            stdout += chunk;
            text += chunk;
            if (options.onLine === undefined) return;
            const lines = (rest + chunk).split("\n");
            rest = lines.pop() ?? "";
            for (const line of lines) options.onLine(line, child);
        });
        child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        child.on("error", reject);
        child.on("close", (code) => {
            clearTimeout(limit);
            resolve({ code: code ?? -1, stdout, text, seconds: (Date.now() - started) / 1000 });
        });
        // A program that ends without reading its input is no fault of ours.
        child.stdin.on("error", () => undefined);
        child.stdin.end(options.input ?? "", options.encoding ?? "utf8");
    });
}

/** Runs a program that must succeed, and returns its standard output without the last line break. */
export async function must(command: readonly string[], options: RunOptions = {}): Promise<string> {
    const finished = await run(command, options);
    if (finished.code !== 0) {
        throw new Error(
            `${command.join(" ").slice(0, 200)}: exit ${finished.code}\n${finished.text.slice(-4000)}`,
        );
    }
    return finished.stdout.replace(/\n$/, "");
}

/** kill -9 for a process of `run` and all that it started in its group. */
export function killGroup(child: ChildProcess): void {
    if (child.pid === undefined) return;
    try {
        process.kill(-child.pid, "SIGKILL");
    } catch {
        // It has ended by itself.
    }
}

export function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Asks until nothing is wrong any more, a question that fails included; throws with what is still wrong at the time limit. Returns the seconds it took. */
export async function until(
    what: string,
    limitSeconds: number,
    wrong: () => Promise<readonly string[]>,
    everyMs = 300,
): Promise<number> {
    const started = Date.now();
    for (;;) {
        const faults = await wrong().catch((fault: unknown) => [String(fault)]);
        const seconds = (Date.now() - started) / 1000;
        if (faults.length === 0) return seconds;
        if (seconds > limitSeconds)
            throw new Error(`${what}: not within ${limitSeconds} s\n  ${faults.join("\n  ")}`);
        await pause(everyMs);
    }
}
