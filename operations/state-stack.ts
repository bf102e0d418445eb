import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse, parseDocument } from "yaml";
import { Refusal } from "./refusal";
import type { Report } from "./report";
import { checkout, finished, stackTool } from "./stack";
import { exists, type Export, type StateCopy } from "./state-copy";

export interface RestoreOptions {
    readonly replace?: true;
    readonly keepStackFile?: true;
}

const stackFileOf = (stack: string) =>
    process.env.STACK_FILE === undefined
        ? join(checkout, `Pulumi.${stack}.yaml`)
        : resolve(checkout, process.env.STACK_FILE);

/** @throws Refusal where Pulumi knows no such stack, or nothing of it. */
export async function readStack(stack: string): Promise<StateCopy> {
    const path = stackFileOf(stack);
    if (!(await exists(path))) throw new Refusal(`--stack ${stack}: there is no ${path}`);
    const stackFile = await readFile(path, "utf8");
    const known = (await knownStacks()).find(({ name }) => name === stack);
    if ((known?.resourceCount ?? 0) === 0)
        throw new Refusal(
            `--stack ${stack}: has nothing to save; bring it up first: make up STACK=${stack}`,
        );
    return {
        format: "testudo-state",
        version: 1,
        stack,
        savedAt: new Date().toISOString(),
        export: await exportOf(stack, "--show-secrets"),
        stackFile,
        secrets: await secretsOf(stack, stackFile),
    };
}

/**
 * Makes a stack known to this machine's Pulumi: secrets encrypted by its passphrase, stack file in place. What has
 * been imported is read back and compared.
 */
export async function restoreStack(
    copy: StateCopy,
    options: RestoreOptions,
    report: Report,
): Promise<void> {
    const { stack } = copy;
    const known = (await knownStacks()).find(({ name }) => name === stack);
    if ((known?.resourceCount ?? 0) > 0 && options.replace !== true) {
        const newer =
            Date.parse(known?.lastUpdate ?? "") > Date.parse(copy.export.deployment.manifest.time);
        throw new Refusal(
            `stack ${stack}: this machine knows it already, with ${known?.resourceCount ?? 0} resources as of ${known?.lastUpdate ?? "?"} (the copy is ${newer ? "OLDER" : "not older"}: ${copy.export.deployment.manifest.time}); say --replace to forget that state; nothing has been changed`,
        );
    }
    await putStackFile(copy, options, report);
    // Made by `tools/stack` where there is none; its own way of encrypting secrets takes the place of the other machine's.
    const fresh = await exportOf(stack);
    const state = {
        ...copy.export,
        deployment: {
            ...copy.export.deployment,
            secrets_providers: fresh.deployment.secrets_providers,
        },
    };
    await pulumi(stack, ["stack", "import"], JSON.stringify(state));
    const back = await exportOf(stack, "--show-secrets");
    if (!isDeepStrictEqual(back.deployment.resources, copy.export.deployment.resources))
        throw new Refusal(
            `stack ${stack}: what Pulumi gives back is not what the copy holds; do not bring it up, restore again with --replace`,
        );
}

interface KnownStack {
    readonly name: string;
    readonly lastUpdate?: string;
    readonly resourceCount?: number;
}

async function knownStacks(): Promise<KnownStack[]> {
    const { code, stdout, stderr } = await finished("pulumi", ["stack", "ls", "--json"], {
        cwd: checkout,
    });
    if (code !== 0) throw new Refusal(`pulumi stack ls: ${lastLine(stderr)}`);
    return JSON.parse(stdout) as KnownStack[];
}

async function exportOf(stack: string, ...words: string[]): Promise<Export> {
    return JSON.parse(await pulumi(stack, ["stack", "export", ...words])) as Export;
}

/** Pulumi on one stack; what goes in and comes out goes through pipes, never through files. */
async function pulumi(stack: string, words: readonly string[], stdin?: string): Promise<string> {
    const done = await stackTool(["run", stack, ...words], stdin === undefined ? {} : { stdin });
    if (done.code !== 0)
        throw new Refusal(`stack ${stack}: pulumi ${words.join(" ")}: ${lastLine(done.stderr)}`);
    return done.stdout;
}

const lastLine = (text: string) => text.trim().split("\n").pop() ?? "";

type Path = readonly (string | number)[];

/** Places of encrypted values in a stack file, below `config:`. */
export function securePaths(stackFile: string): Path[] {
    return placesIn((parse(stackFile) as { config?: unknown } | null)?.config, []);
}

function placesIn(value: unknown, path: Path): Path[] {
    if (typeof value !== "object" || value === null) return [];
    if ("secure" in value) return [path];
    if (Array.isArray(value))
        return value.flatMap((inner: unknown, index) => placesIn(inner, [...path, index]));
    return Object.entries(value).flatMap(([key, inner]) => placesIn(inner, [...path, key]));
}

async function secretsOf(stack: string, stackFile: string): Promise<StateCopy["secrets"]> {
    const paths = securePaths(stackFile);
    if (paths.length === 0) return [];
    const all = JSON.parse(await pulumi(stack, ["config", "--json", "--show-secrets"])) as Record<
        string,
        { value?: string; objectValue?: unknown }
    >;
    return paths.map((path) => {
        const [key = "", ...rest] = path;
        const { value, objectValue } = all[String(key)] ?? {};
        const found = rest.reduce<unknown>(
            (inner, step) => (inner as Record<string | number, unknown> | undefined)?.[step],
            rest.length === 0 ? value : objectValue,
        );
        if (typeof found !== "string")
            throw new Refusal(
                `${configPath(path)}: is encrypted in the stack file and cannot be read`,
            );
        return { path, value: found };
    });
}

/** `testudo:hosts.web1["a.b"][0]`, as `pulumi config set --path` reads it. */
export function configPath([key = "", ...rest]: Path): string {
    const step = (one: string | number) =>
        typeof one === "number" ? `[${one}]` : /^[\w-]+$/.test(one) ? `.${one}` : `["${one}"]`;
    return `${String(key)}${rest.map(step).join("")}`;
}

async function putStackFile(
    { stack, stackFile, secrets }: StateCopy,
    { keepStackFile }: RestoreOptions,
    report: Report,
): Promise<void> {
    const path = stackFileOf(stack);
    const there = (await exists(path)) ? await readFile(path, "utf8") : undefined;
    if (there !== undefined && keepStackFile === true) {
        report.say(`${path}: kept as it is`);
        return;
    }
    if (there !== undefined && !isDeepStrictEqual(parse(there), parse(stackFile)))
        throw new Refusal(
            `${path}: says something else than the stack file in the copy; move it away, or say --keep-stack-file; nothing has been changed`,
        );
    if (there !== undefined && secrets.length === 0) return;
    const document = parseDocument(stackFile);
    for (const secret of secrets) document.deleteIn(["config", ...secret.path]);
    // It belongs to the other machine's passphrase; the first secret brings one of this one's.
    if (secrets.length > 0) document.delete("encryptionsalt");
    await writeFile(path, secrets.length === 0 ? stackFile : document.toString());
    report.say(`${path}: written`);
    if (secrets.length === 0) return;
    // The stack itself, before its file is written to.
    await exportOf(stack);
    for (const secret of secrets) {
        const words = ["config", "set", "--secret", "--path", configPath(secret.path)];
        const done = await finished("pulumi", [...words, "--stack", stack, "--config-file", path], {
            stdin: secret.value,
            cwd: checkout,
        });
        if (done.code !== 0)
            throw new Refusal(`${path}: ${configPath(secret.path)}: ${lastLine(done.stderr)}`);
    }
}
