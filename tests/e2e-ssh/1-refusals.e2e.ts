import { incus, changedStackFile, sh, tool } from "../e2e/lab";
import { until } from "../e2e/shell";
import { asPerson, hostKeyOf, machines, makeKey, makeMachines, mirror } from "./machines";
import { openMirror, type Mirror } from "./mirror";

const machine = (name: string) => {
    const found = machines.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no machine ${name}`);
    return found;
};

describe("machines that are not as they should be", () => {
    let open: Mirror;
    beforeAll(async () => {
        await makeMachines();
        // Plain machines are asked whether they reach it.
        open = await openMirror(mirror.address, mirror.port);
    }, 600_000);

    test("a wrong host key, another system and a machine that is off are refused, all at once, before anything is done", async () => {
        await makeKey("stranger");
        await sh(
            "web1",
            `cp -p /etc/os-release /root/os && rm /etc/os-release &&
            sed -e 's/^VERSION_ID=.*/VERSION_ID="12"/' -e 's/^PRETTY_NAME=.*/PRETTY_NAME="Debian 12 of old"/' /root/os >/etc/os-release`,
        );
        await incus(["stop", "db3", "--force"]);
        const hosts = Object.fromEntries(
            machines.map(({ name, address, port, user }) => [
                name,
                { address, port, user, hostKey: hostKeyOf(name === "db1" ? "stranger" : name) },
            ]),
        );
        const file = changedStackFile("wrong", { ssh: { hosts } });
        const { code, text } = await tool("run", ["preview", "--non-interactive"], { file });
        expect(code).not.toBe(0);
        expect(text).toContain("3 faults in the configuration; nothing was changed");
        expect(text).toMatch(/testudo:ssh\.hosts\.db1\.hostKey: .*got ED25519 key SHA256:/);
        expect(text).toMatch(/testudo:ssh\.hosts\.web1: needs Debian 13 .*got Debian 12 of old/);
        expect(text).toMatch(/testudo:ssh\.hosts\.db3\.address: .*got 10\.96\.0\.43:22: /);
        for (const { name } of machines.filter((one) => one.name !== "db3"))
            expect(
                await sh(name, "ls -d /etc/testudo /var/lib/testudo 2>/dev/null || echo none"),
            ).toBe("none");
        // The product itself waits up to 150 s for a machine that has to fetch its lists.
    }, 300_000);

    afterAll(async () => {
        open.close();
        await sh("web1", "ln -sf ../usr/lib/os-release /etc/os-release && rm /root/os");
        await incus(["start", "db3"]);
        await until("db3 again", 60, async () =>
            (await asPerson(machine("db3"), "true")).code === 0 ? [] : ["no answer"],
        );
    }, 90_000);
});
