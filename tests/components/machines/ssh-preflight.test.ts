import { execFileSync } from "node:child_process";
import { sshPreflight, type SshFacts } from "../../../components/machines/ssh-preflight";
import { existing, lineOf, planOf, type Values } from "../../helpers/plans";
import { freePort, Sshd } from "../../helpers/sshd";

// The preflight against OpenSSH's own server and client, on loopback. What this machine itself is, is its own business.

const missing = Sshd.missing();
const here = missing === undefined ? describe : describe.skip;
const places = {
    lb1: "127.0.0.11",
    lb2: "127.0.0.12",
    db1: "127.0.0.41",
    db2: "127.0.0.42",
    db3: "127.0.0.43",
    web1: "127.0.0.21",
    web2: "127.0.0.22",
};
const between = "127.0.0.99";
type Name = keyof typeof places;

here(`asking machines over SSH${missing === undefined ? "" : ` (skipped: ${missing})`}`, () => {
    let sshd: Sshd;
    let closed = 0;
    beforeAll(async () => {
        sshd = new Sshd(await freePort(), [...Object.values(places), between]);
        closed = await freePort();
        await sshd.start();
    });
    afterAll(() => {
        sshd.stop();
    });

    const ask = (
        changes: Partial<Record<Name, object>> = {},
        more: Record<string, unknown> = {},
        rest: Values = {},
    ): Promise<SshFacts> => {
        const hosts = Object.entries(places).map(([name, address]) => [
            name,
            { address, hostKey: sshd.hostKey, ...changes[name as Name] },
        ]);
        const ssh = {
            user: "root",
            port: sshd.port,
            keyFile: sshd.keyFile,
            interface: "lo",
            hosts: Object.fromEntries(hosts) as object,
            ...more,
        };
        const network = { public: "127.0.0.0/24", private: "127.0.0.0/24", vip: "127.0.0.10" };
        return sshPreflight(planOf({ ...existing, network, ssh, ...rest }));
    };
    let asked: Promise<SshFacts> | undefined;
    /** Of machines with which nothing is wrong but that they are this one; asked once. */
    const plain = () => (asked ??= ask());
    const faultsAbout = ({ faults }: SshFacts, part: string) =>
        faults.map(lineOf).filter((line) => line.startsWith(`testudo:ssh.hosts.${part}`));

    test("whoever cannot be asked is told of by name, all at once; the others are asked all the same", async () => {
        sshd.makeKey("another");
        const facts = await ask({
            lb2: { hostKey: sshd.publicKey("another") },
            db1: { port: closed },
            db2: { user: "nobody" },
        });
        expect(faultsAbout(facts, "lb2.hostKey")).toEqual([
            expect.stringContaining(`got ED25519 key ${sshd.fingerprint()}`),
        ]);
        expect(faultsAbout(facts, "db1.address")).toEqual([
            expect.stringMatching(
                new RegExp(
                    `answers this one within 10 s.*got 127\\.0\\.0\\.41:${closed}: .*refused`,
                ),
            ),
        ]);
        expect(faultsAbout(facts, "db2.user")).toEqual([
            expect.stringContaining(`needs to let nobody in with the key ${sshd.keyFile}`),
        ]);
        // This machine has none of these addresses on an interface: it was asked, and said so.
        expect(faultsAbout(facts, "web1.address")).toEqual([
            expect.stringMatching(/got 127\.0\.0\.21; web1 has /),
        ]);
    }, 60_000);

    test("a machine says who asks: whoever is no operator would be shut out", async () => {
        const out = (await plain()).faults.map(lineOf).filter((line) => line.includes("operators"));
        expect(out).toHaveLength(7);
        expect(out[0]).toMatch(
            /^testudo:operators: needs to contain 127\.0\.0\.\d+, as which lb1 sees this machine/,
        );
        const letIn = await ask({}, {}, { operators: ["127.0.0.0/8"] });
        expect(letIn.faults.map(lineOf).join()).not.toContain("testudo:operators");
    }, 60_000);

    test("one machine under seven names is seven times the same", async () => {
        const { faults } = await plain();
        expect(faults.map(lineOf).filter((line) => line.includes("a machine each"))).toEqual([
            expect.stringMatching(
                /^testudo:ssh\.hosts\.lb1, testudo:ssh\.hosts\.lb2, .*web2: need a machine each/,
            ),
        ]);
        // Seven sessions of one clock.
        expect(faults.map(lineOf).join()).not.toContain("needs a clock");
    }, 60_000);

    test("a key from the configuration opens as well, and stays nowhere", async () => {
        const sshPrivateKey = execFileSync("cat", [sshd.keyFile], { encoding: "utf8" });
        const facts = await ask({}, { keyFile: undefined }, { sshPrivateKey });
        expect(faultsAbout(facts, "lb1.user")).toEqual([]);
        expect(faultsAbout(facts, "lb1.address")).toHaveLength(1);
    }, 60_000);

    test("private machines are asked through the one in between; where it is another, it is the one to blame", async () => {
        const jump = { address: between, hostKey: sshd.hostKey };
        const through = await ask({ db1: { port: closed } }, { jump });
        expect(faultsAbout(through, "web1.address")).toHaveLength(1);
        const blamed = ({ faults }: SshFacts) =>
            faults.map(lineOf).filter((line) => line.startsWith("testudo:ssh.jump"));
        expect(blamed(through)).toEqual([expect.stringContaining("forwards to db1")]);
        sshd.makeKey("third");
        const wrong = { jump: { ...jump, hostKey: sshd.publicKey("third") } };
        const refused = await ask({}, wrong);
        expect(blamed(refused)).toHaveLength(5);
        // Balancers are reached directly.
        expect(faultsAbout(refused, "lb1.address")).toHaveLength(1);
    }, 60_000);

    test("machines without an identity get one each, and each time another", async () => {
        const facts = [await plain(), await ask()];
        const ids = facts.flatMap((one) => Object.keys(places).map((name) => one.machineId(name)));
        expect(new Set(ids).size).toBe(14);
        expect(ids.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
    }, 60_000);
});

test("a key file that is not there is refused before anybody is asked", async () => {
    const ssh = { ...(existing.ssh as object), keyFile: "/nowhere/id_ed25519" };
    const { faults } = await sshPreflight(planOf({ ...existing, ssh }));
    expect(faults.map(lineOf)).toEqual([
        expect.stringMatching(
            /^testudo:ssh\.keyFile: needs the path of a private key that is there/,
        ),
    ]);
});
