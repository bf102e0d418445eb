import type { Command } from "commander";
import { lockFor, unlock, type KeyOptions } from "./state-keys";
import { packCopy, placeOf, unpackCopy, writeNew } from "./state-copy";
import { readStack, restoreStack, type RestoreOptions } from "./state-stack";
import { Refusal } from "./refusal";
import { reportOf, type GlobalOptions, type Report } from "./report";

const several = (value: string, all: readonly string[] = []) => [...all, value];

export function addState(program: Command): void {
    const state = program
        .command("state")
        .description(
            "an encrypted copy of Pulumi's state, and the way back from it (docs/state.md)",
        );
    state
        .command("save <place>")
        .description("writes a new file into a folder, or the file NAME.age; never overwrites one")
        .option("--recipient <age1…>", "who may open it, again for several", several)
        .option("--passphrase-file <file>", "its first line; default: asks")
        .action(async (place: string, options: KeyOptions, command: Command) => {
            const { stack } = command.optsWithGlobals<GlobalOptions>();
            await saveState(stack, place, options, reportOf(command));
        });
    state
        .command("restore <file>")
        .description("makes the stack of a copy known to Pulumi on this machine; touches no host")
        .option("--identity <file>", "the key of age that it was saved for")
        .option("--passphrase-file <file>", "its first line; default: asks")
        .option("--replace", "also over a stack that this machine knows already")
        .option("--keep-stack-file", "also where this machine's stack file is another")
        .action(async (file: string, options: KeyOptions & RestoreOptions, command: Command) => {
            const given = program.getOptionValueSource("stack") === "cli";
            const { stack } = command.optsWithGlobals<GlobalOptions>();
            await restoreState(file, options, given ? stack : undefined, reportOf(command));
        });
}

async function saveState(
    stack: string,
    place: string,
    options: KeyOptions,
    report: Report,
): Promise<void> {
    const copy = await readStack(stack);
    const path = await placeOf(place, copy);
    const seal = await lockFor(options);
    const content = await packCopy(copy);
    const sealed = await seal(content);
    await writeNew(path, sealed.bytes);
    if (!Buffer.from(await sealed.open(sealed.bytes)).equals(content))
        throw new Refusal(`${path}: cannot be opened again; do not rely on it`);
    const { manifest, resources = [], pending_operations: pending = [] } = copy.export.deployment;
    if (pending.length > 0)
        report.say(
            `the state is that of an up which was cut off (${pending.length} operations pending): save again after the next one`,
        );
    report.result(
        {
            stack,
            file: path,
            stateTime: manifest.time,
            resources: resources.length,
            bytes: sealed.bytes.length,
        },
        `${path}: ${resources.length} resources of stack ${stack} as of ${manifest.time}, opened again and found whole\nkeep it off this machine, and what opens it somewhere else again`,
    );
}

async function restoreState(
    file: string,
    options: KeyOptions & RestoreOptions,
    given: string | undefined,
    report: Report,
): Promise<void> {
    const copy = await unpackCopy(await unlock(file, options), file);
    if (given !== undefined && given !== copy.stack)
        throw new Refusal(
            `--stack ${given}: the copy is of stack ${copy.stack}, whose hosts bear its name; it cannot become another`,
        );
    await restoreStack(copy, options, report);
    const { manifest, resources = [] } = copy.export.deployment;
    report.result(
        { stack: copy.stack, stateTime: manifest.time, resources: resources.length },
        `stack ${copy.stack}: ${resources.length} resources as of ${manifest.time}, read back and found the same\nlook before you change anything: tools/stack run ${copy.stack} preview --diff`,
    );
}
