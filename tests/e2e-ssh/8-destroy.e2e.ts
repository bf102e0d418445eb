import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeClient } from "../e2e/client";
import { figure } from "../e2e/figures";
import { needsUp, reportFolder, sh, tool } from "../e2e/lab";
import { asPerson, etcOf, machines } from "./machines";

/** Of packages and users, which stay. */
const stays =
    /^\/etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^\/etc\/(machine-id|\.pwd\.lock|resolv\.conf|mtab)$/;

describe("destroy gives the machines back", () => {
    test("it ends, and says what it leaves", async () => {
        needsUp();
        await removeClient();
        const finished = await tool("down", []);
        figure("ssh: destroy", finished.seconds, "s");
        writeFileSync(join(reportFolder, "destroy.log"), finished.text);
        expect(finished.text.slice(-3000)).not.toContain("error:");
        expect(finished.code).toBe(0);
    }, 400_000);

    test.each(machines)("$name is its owner's again", async (machine) => {
        const { name, port } = machine;
        expect((await asPerson(machine, "true")).code).toBe(0);
        const here = (script: string) => sh(name, script);
        expect(
            await here(
                "ls -d /etc/testudo /var/lib/testudo /usr/local/lib/testudo 2>/dev/null || echo none",
            ),
        ).toBe("none");
        expect(await here("nft list tables || true")).toBe("");
        expect(await here("getent passwd ada || getent group testudo-people || echo nobody")).toBe(
            "nobody",
        );
        expect(await here("cat /root/.ssh/authorized_keys 2>/dev/null || true")).not.toContain(
            "testudo",
        );
        // Nothing of the stack listens any more, on any address; sshd does.
        expect(await here("ss -Hlnt | awk '{ sub(/.*:/, \"\", $4); print $4 }' | sort -u")).toBe(
            String(port),
        );
        expect(await here("ip -4 -o address show dev eth0")).not.toContain("10.96.0.10/");

        if (machine.isPlain === true) {
            // What packages bring stays with them; nothing in it speaks of the stack.
            const speaking = (await here("grep -rli testudo /etc || true")).split("\n");
            expect(speaking.filter((path) => path !== "" && !stays.test(path))).toEqual([]);
            return;
        }
        const before = new Map(
            JSON.parse(readFileSync(join(reportFolder, `etc-of-${name}.json`), "utf8")) as [
                string,
                string,
            ][],
        );
        const after = await etcOf(name);
        const added = [...after.keys()].filter((path) => !before.has(path) && !stays.test(path));
        const other = [...after]
            .filter(([path, digest]) => before.has(path) && before.get(path) !== digest)
            .map(([path]) => path)
            .filter((path) => !stays.test(path));
        expect({ added, other }).toEqual({ added: [], other: [] });
    });

    test.each(machines.filter(({ name }) => name.startsWith("db")))(
        "$name keeps its data",
        async ({ name, data }) => {
            const place = data?.directory ?? "/srv/testudo/mysql";
            expect(await sh(name, `ls -d ${place}/data/ibdata1`)).toBe(`${place}/data/ibdata1`);
            expect(
                await sh(name, "mountpoint -q /var/lib/mysql && echo mounted || echo free"),
            ).toBe("free");
        },
    );
});
