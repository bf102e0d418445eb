import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import type { RoleName } from "../../components/cluster/types";
import { must, run, type Finished, type RunOptions } from "./shell";

/** The stack under test. `E2E_STACK=dev` uses one that is up already, and leaves it up; `E2E_PRESET` names another one to make. */
export const stack =
    process.env.E2E_STACK ??
    { small: "e2esmall", ssh: "e2essh" }[process.env.E2E_PRESET ?? ""] ??
    "e2e";
/** Whether the stack is ours to make and to destroy. */
export const ours = process.env.E2E_STACK === undefined;
export const project = `testudo-${stack}`;
export const checkout = join(__dirname, "..", "..");

const stateRoot =
    process.env.TESTUDO_STATE ??
    join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "testudo");
/** Figures, and what the tests write meanwhile. */
export const reportFolder = join(stateRoot, "e2e", stack);
mkdirSync(reportFolder, { recursive: true, mode: 0o700 });
/** Machines that exist already have keys of their own: their file is written when they are made. */
const folderOfFile = stack === "e2essh" ? reportFolder : __dirname;
export const stackFile = ours
    ? join(folderOfFile, `Pulumi.${stack}.yaml`)
    : (process.env.STACK_FILE ?? join(checkout, `Pulumi.${stack}.yaml`));

interface StackFile {
    config: Record<string, unknown>;
}

export type Changes = Readonly<Record<string, unknown>>;

/** Writes a copy of the stack file in which whole sections are replaced key by key, and returns its path. */
export function changedStackFile(name: string, changes: Changes): string {
    const file = parse(readFileSync(stackFile, "utf8")) as StackFile;
    for (const [key, value] of Object.entries(changes)) {
        const full = `testudo:${key}`;
        file.config[full] =
            isSection(value) && isSection(file.config[full])
                ? { ...file.config[full], ...value }
                : value;
    }
    const path = join(reportFolder, `Pulumi.${name}.yaml`);
    writeFileSync(path, stringify(file));
    return path;
}

function isSection(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

export interface StackOptions extends RunOptions {
    /** @default the stack's own */
    readonly file?: string;
    /** @default this one */
    readonly checkout?: string;
}

/** `tools/stack VERB STACK …`, with every line it prints kept in the report folder. */
export async function tool(
    verb: "up" | "down" | "run",
    args: readonly string[],
    options: StackOptions = {},
): Promise<Finished> {
    const from = options.checkout ?? checkout;
    const finished = await run([join(from, "tools", "stack"), verb, stack, ...args], {
        timeoutSeconds: 600,
        ...options,
        cwd: from,
        env: { STACK_FILE: options.file ?? stackFile, ...options.env },
    });
    writeFileSync(
        join(reportFolder, "pulumi.log"),
        `\n### ${verb} ${args.join(" ")}: exit ${finished.code}\n${finished.text}`,
        { flag: "a" },
    );
    return finished;
}

/** Plain `pulumi up`, with nothing around it that clears locks. */
export function up(args: readonly string[] = [], options: StackOptions = {}): Promise<Finished> {
    return tool(
        "run",
        ["up", "--yes", "--skip-preview", "--non-interactive", "--suppress-outputs", ...args],
        options,
    );
}

/** Resources that an `up` has changed, in the order in which it began them. */
export function changed(finished: Finished): string[] {
    return [
        ...finished.stdout.matchAll(
            /^\s*\S+\s+\S+:\S+:\S+ (\S+) (?:creating|updating|replacing|deleting)\b/gm,
        ),
    ].map((match) => match[1] ?? "");
}

/** A digest of all resources in the state: equal where an operation has changed nothing. */
export async function stateDigest(): Promise<string> {
    // Secrets shown: each encryption of the same text is another one.
    const state = JSON.parse(await exportState(["--show-secrets"])) as {
        deployment: {
            resources: { urn: string; id?: string; inputs?: unknown; outputs?: unknown }[];
        };
    };
    const content = state.deployment.resources.map(({ urn, id, inputs, outputs }) => [
        urn,
        id,
        inputs,
        outputs,
    ]);
    return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

export async function exportState(args: readonly string[]): Promise<string> {
    const finished = await run(
        [join(checkout, "tools", "stack"), "run", stack, "stack", "export", ...args],
        { env: { STACK_FILE: stackFile } },
    );
    if (finished.code !== 0) throw new Error(finished.text.slice(-2000));
    return finished.stdout;
}

export interface Outputs {
    readonly siteUrl: string;
    readonly vip: string;
    /** Of the inner balancers, where the stack has any. */
    readonly innerVip?: string;
    readonly adminUser: string;
    readonly adminPassword: string;
    readonly caCertificate: string;
    /** The signing one first. */
    readonly authorities: readonly string[];
    readonly hosts: Readonly<
        Record<
            string,
            {
                readonly address: string;
                readonly zone: string;
                readonly roles: readonly RoleName[];
            }
        >
    >;
}

let known: Promise<Outputs> | undefined;

/** Asked once; whoever asks meanwhile waits for the same answer. */
export function outputs(): Promise<Outputs> {
    known ??= must(
        [
            join(checkout, "tools", "stack"),
            "run",
            stack,
            "stack",
            "output",
            "--json",
            "--show-secrets",
        ],
        { env: { STACK_FILE: stackFile } },
    ).then((text) => JSON.parse(text) as Outputs);
    return known;
}

/** After the stack's hosts have changed. */
export function askAgain(): void {
    known = undefined;
}

/** Day-two work: `testudo COMMAND …` on the stack under test. */
export async function testudo(
    args: readonly string[],
    options: RunOptions = {},
): Promise<Finished> {
    const finished = await run(
        [join(checkout, "operations", "testudo"), "--stack", stack, ...args],
        { timeoutSeconds: 300, ...options, env: { STACK_FILE: stackFile, ...options.env } },
    );
    writeFileSync(
        join(reportFolder, "testudo.log"),
        `\n### ${args.join(" ")}: exit ${finished.code}\n${finished.text}`,
        { flag: "a" },
    );
    return finished;
}

export async function hostsOf(role: RoleName): Promise<string[]> {
    const { hosts } = await outputs();
    return Object.keys(hosts)
        .filter((name) => hosts[name]?.roles.includes(role))
        .sort();
}

export async function addressOf(host: string): Promise<string> {
    const address = (await outputs()).hosts[host]?.address;
    if (address === undefined) throw new Error(`the stack's outputs know no host ${host}`);
    return address;
}

export function incus(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return must(["incus", "--project", project, ...args], options);
}

/** Runs a shell command in a host, as root. It ends at its time limit there too: a host must not fill with questions. */
export function sh(host: string, script: string, options: RunOptions = {}): Promise<string> {
    const limit = String(options.timeoutSeconds ?? 120);
    return must(
        [
            ...["incus", "exec", host, "--project", project, "--"],
            ...["timeout", "--kill-after=2", limit, "bash", "-c", script],
        ],
        options,
    );
}

/** The same, for hosts that may not answer: `undefined` then, and where the script fails. */
export async function ask(host: string, script: string): Promise<string | undefined> {
    try {
        return `${await sh(host, script, { timeoutSeconds: 10 })}\n`;
    } catch {
        return undefined;
    }
}

export interface Instance {
    readonly name: string;
    readonly status: string;
    readonly config: Readonly<Record<string, string | undefined>>;
}

export async function instances(): Promise<Instance[]> {
    return JSON.parse(await incus(["list", "--format", "json"])) as Instance[];
}

/** Said once, in place of a hundred failures that only follow from it. */
export function needsUp(): void {
    if (ours && !existsSync(join(reportFolder, "up")))
        throw new Error("the stack did not come up; see the first file's failure");
}
