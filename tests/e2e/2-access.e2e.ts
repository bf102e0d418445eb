import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whole } from "./cluster";
import { figure } from "./figures";
import { changed, changedStackFile, needsUp, outputs, sh, testudo, up } from "./lab";
import { must, run, until, type Finished } from "./shell";

beforeAll(needsUp);

const folder = mkdtempSync(join(tmpdir(), "testudo-access-"));
const names = ["ada", "bob"] as const;
type Name = (typeof names)[number];

afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
});

/** A person's private key; the public one has `.pub` behind it. */
function keyFile(name: Name): string {
    return join(folder, `${name}.key`);
}

/** ssh as a person, with the files that `testudo ssh-config` has written for them. */
function as(person: Name, host: string, words: readonly string[] = []): Promise<Finished> {
    const options = ["BatchMode=yes", "ConnectTimeout=10", "LogLevel=ERROR"];
    return run(
        [
            ...["ssh", "-F", join(folder, person, "config")],
            ...options.flatMap((option) => ["-o", option]),
            ...[host, ...words],
        ],
        { timeoutSeconds: 400 },
    );
}

describe("people", () => {
    let all: string[];
    let ofEachRole: string[];

    beforeAll(async () => {
        const { hosts } = await outputs();
        all = Object.keys(hosts).sort();
        ofEachRole = all.filter((name) => name.endsWith("1"));
    });

    test("two of them are let in by one up", async () => {
        for (const name of names)
            await must([
                ...["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", `${name}@laptop`],
                ...["-f", keyFile(name)],
            ]);
        const keyOf = (name: Name) => readFileSync(`${keyFile(name)}.pub`, "utf8").trim();
        const file = changedStackFile("people", {
            people: Object.fromEntries(names.map((name) => [name, { keys: [keyOf(name)] }])),
        });
        const finished = await up([], { file });
        expect(finished.text.slice(-3000)).not.toContain("error:");
        expect(finished.code).toBe(0);
        // Nothing but the hosts' base knows of people.
        expect(changed(finished).filter((one) => !one.endsWith("-base"))).toEqual([]);
        for (const name of names) {
            const words = ["ssh-config", "--person", name, "--into", join(folder, name)];
            const written = await testudo([...words, "--identity", keyFile(name)]);
            expect([written.code, written.text]).toEqual([0, expect.stringContaining("ssh -F")]);
        }
    }, 300_000);

    test("on every kind of host each is who they are, may administer it, and the journal names the key", async () => {
        const key = await must(["ssh-keygen", "-l", "-f", `${keyFile("ada")}.pub`]);
        const fingerprint = key.split(" ")[1];
        for (const host of ofEachRole) {
            const said = await as("ada", host, ["id -un && sudo -n id -un"]);
            expect([host, said.code, said.text]).toEqual([host, 0, "ada\nroot\n"]);
            await until(`the journal of ${host} names the key`, 10, async () => {
                const journal = await sh(host, "journalctl --unit ssh --no-pager --output cat");
                const isTold = [`Accepted publickey for ada`, fingerprint ?? "no fingerprint"];
                return isTold.filter((words) => !journal.includes(words));
            });
        }
    }, 120_000);

    test("root has no password on any host, and nobody is asked for one", async () => {
        for (const host of all) {
            const [password = "", ...settings] = (
                await sh(
                    host,
                    "getent shadow root | cut -d: -f2; sshd -T -C user=root,host=x,addr=10.0.0.1 | grep -E '^(permitrootlogin|passwordauthentication|kbdinteractiveauthentication|disableforwarding) ' | sort",
                )
            ).split("\n");
            expect([host, password]).toEqual([host, expect.stringMatching(/^[*!]/)]);
            expect([host, settings]).toEqual([
                host,
                [
                    "disableforwarding yes",
                    "kbdinteractiveauthentication no",
                    "passwordauthentication no",
                    expect.stringMatching(/^permitrootlogin (without|prohibit)-password$/),
                ],
            ]);
        }
    }, 60_000);

    test("whoever is taken out is logged out of every host by the next up, and does not come back", async () => {
        const sessions = names.flatMap((name) =>
            ofEachRole.map((host) => ({
                name,
                host,
                ended: as(name, host, ["sudo -n sleep 900"]).then(({ code }) => code),
            })),
        );
        await until("a session of each person on each kind of host", 60, async () => {
            const counts = await Promise.all(
                ofEachRole.map((host) => sh(host, "pgrep -c -f '^sleep 900' || true")),
            );
            return counts[0] !== undefined && counts.every((count) => Number(count) === 2)
                ? []
                : [`sessions by host: ${counts.join(" ")}`];
        });
        const finished = await up();
        expect(finished.text.slice(-3000)).not.toContain("error:");
        expect(finished.code).toBe(0);
        figure("two people taken out of 18 hosts: up", finished.seconds, "s");
        for (const { name, host, ended } of sessions)
            expect([name, host, (await ended) === 0]).toEqual([name, host, false]);
        for (const host of all) {
            const left = await sh(
                host,
                "getent passwd ada bob || true; ls /home; pgrep -f '^sleep 900' || true",
            );
            expect([host, left]).toEqual([host, ""]);
        }
        // A balancer of its own, and a host behind the bastion: once each, since sshd counts wrong keys.
        for (const host of ["lb1", "db1"]) {
            const { code, text } = await as("ada", host, ["true"]);
            expect([host, code, text]).toEqual([host, 255, expect.stringContaining("denied")]);
        }
        await whole(60);
    }, 400_000);

    test("the deployer's own way is as it was", async () => {
        const finished = await up(["--expect-no-changes"]);
        expect(finished.code).toBe(0);
    }, 120_000);
});
