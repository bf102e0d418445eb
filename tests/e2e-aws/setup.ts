import { rmSync } from "node:fs";
import { join } from "node:path";
import { forget } from "../e2e/figures";
import { checkout, reportFolder, stack, tool } from "../e2e/lab";
import { must } from "../e2e/shell";
import { emulator, settings } from "./world";

/** Clears what a killed run has left, makes an image with cloud-init, and starts the emulator. */
export default async function setup(): Promise<void> {
    forget();
    for (const name of ["up", "pulumi.log"]) rmSync(join(reportFolder, name), { force: true });
    await emulator.stop();
    await must([join(checkout, "platform", "sweep"), stack]);
    await tool("run", ["cancel", "--yes"]);
    await tool("run", ["stack", "rm", "--force", "--yes", "--preserve-config"]);
    const said = await must([join(checkout, "platform", "image")], {
        env: { TESTUDO_IMAGE_MORE: join(__dirname, "..", "emulators", "aws", "image-packages") },
        timeoutSeconds: 900,
    });
    await emulator.start(settings(said.split("\n").at(-1) ?? ""));
}
