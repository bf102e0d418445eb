import { join } from "node:path";
import { removeClient } from "../e2e/client";
import { report } from "../e2e/figures";
import { checkout, reportFolder, stack } from "../e2e/lab";
import { run } from "../e2e/shell";
import { emulator } from "./world";

/** Prints the figures; leaves nothing behind, whatever has failed. `E2E_KEEP=1` leaves everything for a look. */
export default async function teardown(): Promise<void> {
    process.stdout.write(`\n${report()}\nfigures and logs: ${reportFolder}\n`);
    if (process.env.E2E_KEEP !== undefined) return;
    await removeClient();
    await emulator.stop();
    await run([join(checkout, "platform", "sweep"), stack]);
}
