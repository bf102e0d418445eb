import { rmSync } from "node:fs";
import { join } from "node:path";
import { forget } from "./figures";
import { checkout, ours, reportFolder, stack, tool } from "./lab";
import { must } from "./shell";

/** Clears what a killed run has left. */
export default async function setup(): Promise<void> {
    forget();
    for (const name of ["up", "pulumi.log"]) rmSync(join(reportFolder, name), { force: true });
    if (!ours) return;
    await must([join(checkout, "platform", "sweep"), stack]);
    // Its state would speak of what is swept away. A stack that was never there is refused, which is as good.
    await tool("run", ["cancel", "--yes"]);
    await tool("run", ["stack", "rm", "--force", "--yes", "--preserve-config"]);
}
