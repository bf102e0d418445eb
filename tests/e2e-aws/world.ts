import { existsSync } from "node:fs";
import { join } from "node:path";
import { changedStackFile, reportFolder, stack, stackFile } from "../e2e/lab";
import { run } from "../e2e/shell";
import { Emulator } from "../emulators/aws/emulator";

export const emulator = new Emulator(join(reportFolder, "emulator"));

/** How the inner address moves: by routes, as Pulumi.e2eaws.yaml says, or with `E2E_INNER=secondary` by assignment. */
export const isAssigned = process.env.E2E_INNER === "secondary";
// Outside of the network, where only routes lead to it; in the subnet of the zone where both inner balancers are.
export const innerVip = isAssigned ? "10.94.1.10" : "10.95.0.10";
export const file = isAssigned
    ? changedStackFile("secondary", {
          aws: { innerAddress: "secondary" },
          network: { innerVip },
          hosts: { inner2: { failureDomain: "a" } },
          acceptDataLossRisk: "both inner balancers are in one zone",
      })
    : stackFile;

/** What the emulator makes on this machine before anybody calls it; networks as in Pulumi.e2eaws.yaml. */
export function settings(image: string): object {
    return {
        stack,
        project: `testudo-${stack}`,
        pool: "testudo",
        image,
        interface: "eth0",
        supernet: "10.94.0.0/16",
        addresses: "203.0.113.0/24",
        outside: "198.51.100.1/24",
    };
}

/** Whatever is started from here on speaks to the emulator. */
export function attach(): void {
    Object.assign(process.env, emulator.attach().environment);
}

/** Said once, in place of what only follows from it. */
export function needsUp(): void {
    if (!existsSync(join(reportFolder, "up")))
        throw new Error("the stack did not come up; see the first file's failure");
}

/** What of the emulated world is on this machine, whatever the emulator thinks. */
export async function leftovers(): Promise<string[]> {
    const questions = {
        network: ["incus", "network", "list", "--format", "csv", "--columns", "n"],
        project: ["incus", "project", "list", "--format", "csv", "--columns", "n"],
        volume: [
            "incus",
            "storage",
            "volume",
            "list",
            "testudo",
            "--all-projects",
            "--format",
            "csv",
        ],
        instance: ["incus", "list", "--all-projects", "--format", "csv", "--columns", "en"],
        route: ["ip", "-4", "route", "show", "table", "all"],
        table: ["nft", "list", "tables"],
    };
    const signs =
        /testudo-e2eaws|tde2eaws|10\.94\.|203\.0\.113\.|198\.51\.100\.|169\.254\.169\.254/;
    const found: string[] = [];
    for (const [kind, command] of Object.entries(questions)) {
        const { stdout } = await run(command);
        const lines = stdout.split("\n").filter((line) => signs.test(line));
        found.push(...lines.map((line) => `${kind} ${line.trim()}`));
    }
    return found;
}
