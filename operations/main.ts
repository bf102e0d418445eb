import { Command } from "commander";
import { addCertificates } from "./certificates";
import { addCost } from "./cost";
import { addFlows } from "./flows";
import { addImport } from "./import";
import { addLeave, addReplace } from "./leave";
import { Refusal } from "./refusal";
import { addRelease } from "./release";
import { addRollback } from "./rollback";
import { addSshConfig } from "./ssh-config";
import { addState } from "./state";
import { addStatus } from "./status";

/** The commands, in the order in which `testudo --help` lists them. */
const commands: readonly ((program: Command) => void)[] = [
    addRelease,
    addRollback,
    addLeave,
    addReplace,
    addStatus,
    addFlows,
    addCertificates,
    addImport,
    addSshConfig,
    addState,
    addCost,
];

async function main(words: readonly string[]): Promise<void> {
    const program = new Command("testudo")
        .description("Day-two work on a stack that is up.")
        .option("-s, --stack <name>", "the stack", process.env.TESTUDO_STACK ?? "dev")
        .option("--json", "print the result as JSON, and nothing else on standard output")
        .configureHelp({ showGlobalOptions: true })
        .showHelpAfterError("(testudo --help lists the commands)");
    for (const add of commands) add(program);
    try {
        await program.parseAsync([...words], { from: "user" });
    } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
    }
}

void main(process.argv.slice(2));
