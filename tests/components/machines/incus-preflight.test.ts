import { incusPreflight } from "../../../components/machines/incus-preflight";
import { FakeIncus } from "../../helpers/fake-incus";
import { lineOf, planOf, type Values } from "../../helpers/plans";

// The real code against programs that answer like Incus and iproute2; what they would answer is from their manuals.

let incus: FakeIncus;
beforeEach(() => {
    incus = new FakeIncus();
});
afterEach(() => {
    incus.remove();
});

const ask = (values: Values = {}) => incusPreflight(planOf(values));
const faults = async (values: Values = {}) => (await ask(values)).faults.map(lineOf);
const GiB = 2 ** 30;
const made = (name: string, nonce: string, more: Record<string, string> = {}) => ({
    name,
    config: { "user.testudo.made": "true", "user.testudo.nonce": nonce, ...more },
});

test("an empty server with enough of everything is refused nothing", async () => {
    const facts = await ask();
    expect([facts.faults, facts.warnings]).toEqual([[], []]);
    expect(facts.imageOf("db1")).toBe("testudo/0123456789ab");
});

test("a server that does not answer is one fault, by its key", async () => {
    incus.refuse("incus query local:/1.0");
    const found = await faults();
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(
        /^testudo:incus\.remote: needs an Incus server that answers .*; got local: /,
    );
});

test("a machine that is to be made gets a new identity each time, a living one keeps its own", async () => {
    incus.instances(made("db1", "aaaa"));
    const [first, second] = [await ask(), await ask()];
    expect([first.machineId("db1"), second.machineId("db1")]).toEqual(["aaaa", "aaaa"]);
    expect(first.machineId("db2")).toMatch(/^[0-9a-f]{16}$/);
    expect(first.machineId("db2")).not.toBe(second.machineId("db2"));
    expect(first.machineId("db2")).not.toBe(first.machineId("db3"));
});

test("a machine whose making was cut off is made again", async () => {
    incus.instances({ name: "db1", config: { "user.testudo.nonce": "aaaa" } });
    expect((await ask()).machineId("db1")).not.toBe("aaaa");
});

test("a new image replaces nobody: living machines keep theirs, new ones get the newest", async () => {
    incus.instances(made("db1", "aaaa", { "user.testudo.image": "testudo/old" }));
    incus.images(
        { alias: "testudo/old", at: "2024-01-01T00:00:00Z" },
        { alias: "testudo/new", at: "2025-06-01T00:00:00Z" },
        { alias: "debian/13", at: "2025-12-01T00:00:00Z" },
    );
    const facts = await ask();
    expect([facts.imageOf("db1"), facts.imageOf("db2")]).toEqual(["testudo/old", "testudo/new"]);
});

test("a machine that stands still is a warning with the command that starts it", async () => {
    incus.instances({ ...made("db1", "aaaa"), status: "Stopped" });
    expect((await ask()).warnings).toEqual([
        "db1 is stopped; start it with: incus start --project testudo-test db1",
    ]);
});

test.each([
    ["10.91.0.0/16", true],
    ["10.0.0.0/8", true],
    ["10.91.1.41", true],
    ["10.92.0.0/16", false],
    ["192.168.0.0/24", false],
])("the machine's route to %s is a reason to refuse: %s", async (dst, refused) => {
    incus.routes({ dst: "default", dev: "eth0" }, { dst, dev: "wg0" });
    expect(await faults()).toEqual(
        refused
            ? [
                  `testudo:network.supernet: needs a network that this machine does not use, because its route to ${dst} by wg0 would be cut or would cut the lab; got 10.91.0.0/16`,
              ]
            : [],
    );
});

test("the stack's own bridges and its fence are no reason to refuse", async () => {
    incus.routes(
        { dst: "10.91.0.0/24", dev: "tdtest-pub" },
        { dst: "10.91.1.0/24", dev: "tdtest-prv" },
        { dst: "10.91.0.0/16", type: "unreachable" },
    );
    expect(await faults()).toEqual([]);
});

test("the bridges of another stack are", async () => {
    incus.routes({ dst: "10.91.0.0/24", dev: "tdprod-pub" });
    expect(await faults()).toHaveLength(1);
});

test("too little free memory for the hosts that are to be made is refused", async () => {
    incus.memory({ total: 16 * GiB, used: 15 * GiB });
    expect(await faults()).toEqual([
        "testudo:preset: needs 1878 MiB of free memory for 7 hosts, because the kernel would end daemons at random; got 1024 MiB free of 16384 MiB",
    ]);
});

test("hosts that live already need no more memory", async () => {
    incus.memory({ total: 16 * GiB, used: 15 * GiB });
    incus.instances(...planOf().hosts.map(({ name }) => made(name, "aaaa")));
    expect(await faults()).toEqual([]);
});

test("new hosts need a third of their limits free", async () => {
    incus.memory({ total: 16 * GiB, used: 12 * GiB });
    expect(await faults()).toEqual([]);
    incus.memory({ total: 16 * GiB, used: 15 * GiB });
    expect(await faults()).toHaveLength(1);
});

test("a host that is larger than the machine is refused by its key", async () => {
    expect((await faults({ hosts: { db2: { memoryMiB: 128 * 1024 } } }))[0]).toMatch(
        /^testudo:hosts\.db2\.memoryMiB: needs no more memory than the machine has/,
    );
});

test("too little room in the pool is refused", async () => {
    incus.space({ total: 10 * GiB, used: 8 * GiB });
    expect(await faults()).toEqual([
        "testudo:incus.storagePool: needs 6.5 GiB free, because a full pool stops every daemon that writes; got 2.0 GiB free in testudo",
    ]);
});

test("a pool and an image that are not there are refused, together with all the rest", async () => {
    incus.memory({ total: GiB, used: GiB });
    incus.routes({ dst: "10.91.3.0/24", dev: "eth1" });
    const keys = await faults({ incus: { storagePool: "fast", image: "testudo/gone" } });
    expect(keys.map((line) => line.split(": ")[0])).toEqual([
        "testudo:incus.storagePool",
        "testudo:incus.image",
        "testudo:network.supernet",
        "testudo:preset",
    ]);
});

test("a border that is loaded keeps its identity, one that a reboot took gets a new one", async () => {
    const unloaded = await ask();
    incus.print(
        "nft list table inet testudo-test",
        'table inet testudo-test {\n\tcomment "0123456789abcdef"\n\tchain spoofed {\n',
    );
    expect((await ask()).borderId).toBe("0123456789abcdef");
    expect(unloaded.borderId).toMatch(/^[0-9a-f]{16}$/);
    expect(unloaded.borderId).not.toBe((await ask()).borderId);
});

test("a living host is not moved to another address", async () => {
    incus.instances(made("db2", "aaaa", { "user.testudo.address": "10.91.1.42" }));
    expect(await faults()).toEqual([]);
    expect(await faults({ hosts: { db2: { address: "10.91.1.77" } } })).toEqual([
        expect.stringMatching(/^testudo:hosts\.db2\.address: needs to stay 10\.91\.1\.42 /),
    ]);
});

test("a data volume may grow, not shrink", async () => {
    incus.usedVolumes("db1");
    expect(await faults({ database: { dataGiB: 11 } })).toEqual([]);
    expect(await faults({ database: { dataGiB: 9 } })).toEqual([
        expect.stringMatching(/^testudo:database\.dataGiB: needs to be at least 10, .*; got 9$/),
    ]);
});
