import { mkdir, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { Refusal } from "./refusal";
import { reportOf, type GlobalOptions, type Report } from "./report";
import { openStack, type Stack } from "./stack";

interface Options {
    readonly person: string;
    readonly into: string;
    readonly identity?: string;
}

export function addSshConfig(program: Command): void {
    program
        .command("ssh-config")
        .description("writes what a person of testudo:people needs for ssh -F; no secret is in it")
        .addOption(new Option("--person <name>", "whose").makeOptionMandatory())
        .addOption(
            new Option("--into <folder>", "where config and known_hosts go").makeOptionMandatory(),
        )
        .option("--identity <file>", "their private key; default: what ssh tries by itself")
        .action(async (options: Options, command: Command) => {
            const { stack } = command.optsWithGlobals<GlobalOptions>();
            await writeSshConfig(await openStack(stack), options, reportOf(command));
        });
}

export async function writeSshConfig(
    stack: Stack,
    { person, into, identity }: Options,
    report: Report,
): Promise<void> {
    const people = (stack.outputs.people ?? []) as readonly string[];
    if (!people.includes(person))
        throw new Refusal(
            `--person ${person}: is not in testudo:people of stack ${stack.name} (${people.join(", ") || "nobody is"}); put their public key there and bring the stack up: make up STACK=${stack.name}`,
        );
    const { sshConfig, sshKnownHosts } = stack.outputs;
    if (typeof sshConfig !== "string" || typeof sshKnownHosts !== "string")
        throw new Refusal(`stack ${stack.name}: has no ssh outputs; bring it up once more`);
    const folder = resolve(into);
    const files = {
        config: `${folder}/config`,
        knownHosts: `${folder}/known_hosts`,
    };
    await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
        throw new Refusal(
            `--into ${into}: is no folder and cannot be made one: ${(error as Error).message}`,
        );
    });
    await writeFile(files.knownHosts, sshKnownHosts);
    await writeFile(files.config, configOf(sshConfig, person, files.knownHosts, identity));
    report.result({ person, ...files }, `ssh -F ${files.config} HOST    as ${person}, then sudo`);
}

/** The deployer's ssh_config as one person uses it: an own account on every hop, an own key. */
export function configOf(
    text: string,
    person: string,
    knownHosts: string,
    identity?: string,
): string {
    return text
        .replace(/^( +User ).*$/gm, `$1${person}`)
        .replace(/^ +UserKnownHostsFile .*$/m, `    UserKnownHostsFile "${knownHosts}"`)
        .replace(
            /^ +IdentityFile .*\n +IdentitiesOnly yes\n/m,
            identity === undefined
                ? ""
                : `    IdentityFile "${resolve(identity)}"\n    IdentitiesOnly yes\n`,
        );
}
