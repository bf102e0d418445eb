import { curl } from "../e2e/client";
import { whole } from "../e2e/cluster";
import { figure } from "../e2e/figures";
import { sh, testudo, tool, up } from "../e2e/lab";
import { publicPlace } from "./visitor";
import { attach, emulator, file, needsUp } from "./world";

beforeAll(() => {
    attach();
    needsUp();
});

test("testudo replace, then up: another instance with the old address, host key, volume and data", async () => {
    await whole(180);
    const age = () =>
        sh(
            "db2",
            "stat -c %i:%W /var/lib/mysql/ibdata1; sed -n 's/^uuid: *//p' /var/lib/mysql/grastate.dat; cat /etc/ssh/ssh_host_ed25519_key.pub",
        );
    const [data, volume, old] = [
        await age(),
        await emulator.dataVolume("db2"),
        (await emulator.machineOf("db2")).InstanceId,
    ];
    const asked = await testudo(["replace", "db2", "--yes"]);
    expect([asked.code, asked.text.slice(-2000)]).toEqual([0, expect.anything()]);
    const finished = await tool("up", [], { file });
    figure("emulated EC2: up with one member made anew", finished.seconds, "s");
    expect([finished.code, finished.text.slice(-3000)]).toEqual([0, expect.anything()]);
    figure("emulated EC2: full redundancy after that", await whole(300), "s");
    expect((await emulator.machineOf("db2")).InstanceId).not.toBe(old);
    expect(await emulator.dataVolume("db2")).toBe(volume);
    expect(await age()).toBe(data);
    expect(await curl([(await publicPlace()).siteUrl])).toContain("</html>");
    expect((await up(["--expect-no-changes"], { file })).code).toBe(0);
}, 900_000);
