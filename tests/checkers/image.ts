import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where the root file system that hosts start from is unpacked; empty where it is not. */
export const rootfs = process.env.TESTUDO_ROOTFS ?? "";

/** A new folder for what scripts of the image work on, who see it as /run/work. */
export function workFolder(): string {
    if (process.getuid?.() !== 0 || rootfs === "")
        throw new Error(
            "checkers run as root in the image's root file system: make checkers (or platform/image --rootfs DIR, then TESTUDO_ROOTFS=DIR npm run checkers)",
        );
    return mkdtempSync(join(tmpdir(), "testudo-checkers-"));
}

/** As `workFolder`, for as long as `act` lasts. */
export function withWork<T>(act: (work: string) => T): T {
    const work = workFolder();
    try {
        return act(work);
    } finally {
        rmSync(work, { recursive: true, force: true });
    }
}

export interface Ran {
    readonly status: number | null;
    readonly stdout: string;
    readonly stderr: string;
    /** Both. */
    readonly said: string;
}

/** Runs a script in the image; without a limit it ends when jest ends. */
export function inImage(work: string, script: string, timeout?: number): Ran {
    const { status, stdout, stderr } = spawnSync(
        join(__dirname, "in-image"),
        [rootfs, work, script],
        { encoding: "utf8", timeout },
    );
    return { status, stdout, stderr, said: stdout + stderr };
}

/** Runs the `scenario` among what `fill` has put there (at most 170 s); what it says, line by line: a name and a value. */
export function played(fill: (work: string) => void): Map<string, string> {
    return withWork((work) => {
        fill(work);
        const { status, stdout, said } = inImage(work, "bash /run/work/scenario", 170_000);
        if (status !== 0) throw new Error(`exit ${status}\n${said.slice(-6000)}`);
        const lines = stdout.trim().split("\n");
        return new Map(
            lines.map((line): [string, string] => {
                const [name = "", ...value] = line.split(" ");
                return [name, value.join(" ")];
            }),
        );
    });
}
