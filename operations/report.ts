import type { Command } from "commander";

/** How a command speaks: to a person line by line, or as one JSON document at its end. */
export interface Report {
    /** A line of progress; on standard error where standard output is for JSON. */
    say(line: string): void;
    /** The result: `text` for a person, `value` for a program. Once, last. */
    result(value: object, text: string): void;
}

/** Options that every command has. */
export interface GlobalOptions {
    readonly stack: string;
    readonly json?: true;
}

export function reportOf(command: Command): Report {
    const { json } = command.optsWithGlobals<GlobalOptions>();
    const line = (stream: NodeJS.WriteStream, text: string) => stream.write(`${text}\n`);
    return {
        say: (text) => line(json === true ? process.stderr : process.stdout, text),
        result: (value, text) =>
            line(process.stdout, json === true ? JSON.stringify(value, undefined, 2) : text),
    };
}
