import { join } from "node:path";
import { removeClient } from "./client";
import { report } from "./figures";
import { checkout, ours, reportFolder, stack } from "./lab";
import { run } from "./shell";

/** Prints the figures; leaves nothing behind, whatever has failed. `E2E_KEEP=1` leaves a stack for a look. */
export default async function teardown(): Promise<void> {
    process.stdout.write(`\n${report()}\nfigures and logs: ${reportFolder}\n`);
    if (process.env.E2E_KEEP !== undefined) return;
    await removeClient();
    if (ours) await run([join(checkout, "platform", "sweep"), stack]);
}
