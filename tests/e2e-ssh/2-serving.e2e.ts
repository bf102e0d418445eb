import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { curl, makeClient } from "../e2e/client";
import { whole } from "../e2e/cluster";
import { figure } from "../e2e/figures";
import { changed, outputs, reportFolder, sh, testudo, tool, up } from "../e2e/lab";
import { run } from "../e2e/shell";
import { asPerson, etcOf, keyFileOf, machines, mirror } from "./machines";
import { openMirror, type Mirror } from "./mirror";

describe("machines that exist already become a cluster", () => {
    let open: Mirror;
    beforeAll(async () => {
        open = await openMirror(mirror.address, mirror.port);
    }, 60_000);
    afterAll(() => {
        open.close();
    });

    test("one command takes them", async () => {
        for (const { name } of machines)
            writeFileSync(
                join(reportFolder, `etc-of-${name}.json`),
                JSON.stringify([...(await etcOf(name))]),
            );
        const finished = await tool("up", []);
        expect(finished.text.slice(-4000)).toContain("site  ");
        expect(finished.code).toBe(0);
        figure("ssh: up of a new stack", finished.seconds, "s");
        // Said once: the border is the hosts' own.
        expect(finished.text).toContain("balancers and all other hosts are in one network");
        writeFileSync(join(reportFolder, "up"), "");
        figure("ssh: full redundancy after up", await whole(), "s");
        await makeClient();
    }, 660_000);

    test("a neighbour on the same network fetches the page at the floating address", async () => {
        const { siteUrl } = await outputs();
        const page = await curl([siteUrl]);
        expect(page).toContain("</html>");
        expect(page).toContain("wp-block-site-title");
    });

    test("a second up changes nothing", async () => {
        const finished = await up(["--expect-no-changes"]);
        expect(finished.text.slice(-2000)).not.toContain("error:");
        expect(finished.code).toBe(0);
        expect(changed(finished)).toEqual([]);
        figure("ssh: second up", finished.seconds, "s");
    }, 300_000);

    test.each(machines)(
        "$name: its owner comes in as before, and finds his names and keys",
        async (machine) => {
            expect((await asPerson(machine, "hostname")).stdout.trim()).toBe(`own-${machine.name}`);
            const hosts = await sh(machine.name, "cat /etc/hosts");
            expect(hosts).toContain("203.0.113.5 printer");
            expect(hosts).toContain("10.96.0.41 db1.testudo.internal db1");
            // Its own name leads to its address of the cluster, not to 127.0.1.1.
            expect(await sh(machine.name, `getent hosts ${machine.name}`)).toContain(
                machine.address,
            );
        },
    );

    test("a person of the stack comes through the bastion, to an sshd on a port of its own as well", async () => {
        const folder = join(reportFolder, "ada");
        const words = ["ssh-config", "--person", "ada", "--into", folder];
        const written = await testudo([...words, "--identity", keyFileOf("ada")]);
        expect([written.code, written.text]).toEqual([0, expect.stringContaining("ssh -F")]);
        for (const host of ["lb2", "web2", "db1"]) {
            const words = ["ssh", "-F", join(folder, "config"), "-o", "BatchMode=yes"];
            const said = await run([...words, host, "id -un; sudo id -un"]);
            expect([host, said.stdout.trim()]).toEqual([host, "ada\nroot"]);
        }
    });

    test("data lie where their owner wants them", async () => {
        expect(await sh("db2", "findmnt --noheadings --output SOURCE /var/lib/mysql")).toContain(
            "/data/sql/data",
        );
        expect(await sh("db2", "ls -d /data/sql/data/ibdata1")).toBe("/data/sql/data/ibdata1");
    });

    test("a machine without its identity, as after a new installation, is given everything again", async () => {
        await sh("web1", "rm /etc/testudo/machine-id");
        const finished = await up();
        expect(finished.text.slice(-3000)).not.toContain("error:");
        expect(finished.code).toBe(0);
        const steps = changed(finished);
        expect(steps).toEqual(expect.arrayContaining(["ssh-web1", "web-web1-base"]));
        expect(steps.filter((name) => /-(lb1|lb2|db1|db2|db3)/.test(name))).toEqual([]);
        figure("ssh: one machine anew", finished.seconds, "s");
        await whole();
        const { siteUrl } = await outputs();
        expect(await curl([siteUrl])).toContain("</html>");
    }, 420_000);
});
