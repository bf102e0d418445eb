import { project } from "./lab";
import { must, run, type RunOptions } from "./shell";

export interface PutOptions extends Pick<RunOptions, "encoding"> {
    /** @default "0644" */
    readonly mode?: string;
}

/**
 * Writes a file in a container, running or not. Incus' file server of a container ends after 10 to 15 s in which nobody
 * asked it anything, and who connects in that moment gets `EOF` in place of an answer: one that is refused asks again.
 */
export async function put(
    host: string,
    path: string,
    text: string,
    { mode = "0644", ...options }: PutOptions = {},
): Promise<void> {
    const command = [
        ...["incus", "--project", project, "file", "push", "--quiet", "--create-dirs"],
        ...["--mode", mode, "-", `${host}${path}`],
    ];
    const first = await run(command, { ...options, input: text });
    if (first.code !== 0) await must(command, { ...options, input: text });
}
