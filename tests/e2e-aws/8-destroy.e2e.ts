import { readFileSync } from "node:fs";
import { join } from "node:path";
import { removeClient } from "../e2e/client";
import { figure } from "../e2e/figures";
import { reportFolder, tool } from "../e2e/lab";
import { attach, emulator, file, leftovers, needsUp } from "./world";

beforeAll(() => {
    attach();
    needsUp();
});

test("destroy leaves nothing in the account, and the emulator nothing on this machine", async () => {
    // Else a search that finds nothing would prove nothing.
    expect([...new Set((await leftovers()).map((one) => one.split(" ")[0]))]).toEqual(
        expect.arrayContaining(["network", "project", "volume", "instance", "route", "table"]),
    );
    await removeClient();
    const finished = await tool("down", [], { file });
    figure("emulated EC2: destroy", finished.seconds, "s");
    expect([finished.code, finished.text.slice(-3000)]).toEqual([0, expect.anything()]);
    expect(await emulator.inventory()).toEqual(
        JSON.parse(readFileSync(join(reportFolder, "empty.json"), "utf8")),
    );
    await emulator.stop();
    expect(await leftovers()).toEqual([]);
}, 600_000);
