import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { leftMark, replaceMark } from "./incus-members";
import { projectName } from "./incus-names";
import { isNotFound } from "./incus-query";

const run = promisify(execFile);
const marks = { left: leftMark, replace: replaceMark } as const;

/**
 * Notes on the platform what the next `up` shall know of a machine; nothing to note where there is no machine.
 * @returns whether there is one
 */
export async function markMachine(
    stack: string,
    host: string,
    mark: keyof typeof marks,
): Promise<boolean> {
    const place = [`local:${host}`, "--project", projectName(stack)];
    try {
        await run("incus", ["config", "show", ...place], { timeout: 30_000 });
    } catch (error) {
        if (!isNotFound(error)) throw error;
        if (mark === "left") await forgetMember(stack, host);
        return false;
    }
    const [instance = "", ...project] = place;
    await run("incus", ["config", "set", instance, `${marks[mark]}=true`, ...project], {
        timeout: 30_000,
    });
    return true;
}

/** Its peers have forgotten it, and no machine is there to be taken out: neither shall the next `up` miss it. */
async function forgetMember(stack: string, host: string): Promise<void> {
    const words = [`local:${projectName(stack)}`, `user.testudo.member.${host}`];
    const { stdout } = await run("incus", ["project", "get", ...words], { timeout: 30_000 });
    if (stdout.trim() === "") return;
    await run("incus", ["project", "unset", ...words], { timeout: 30_000 });
}
