import { createInterface } from "node:readline/promises";
import { Refusal } from "./refusal";

/**
 * Asks before something is done; on standard error, since standard output may be for JSON.
 * @throws Refusal where the answer is no, or nobody is there to answer.
 */
export async function confirm(question: string, yes: true | undefined): Promise<void> {
    if (yes) return;
    if (!process.stdin.isTTY)
        throw new Refusal(
            "nobody is here to be asked: say --yes to go on; nothing has been changed",
        );
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
        const answer = await terminal.question(`${question} [y/N] `);
        if (!/^y(es)?$/i.test(answer.trim())) throw new Refusal("nothing has been changed");
    } finally {
        terminal.close();
    }
}
