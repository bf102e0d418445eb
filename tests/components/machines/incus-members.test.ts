import { incusPreflight } from "../../../components/machines/incus-preflight";
import { FakeIncus } from "../../helpers/fake-incus";
import { lineOf, planOf, type Values } from "../../helpers/plans";

// The real code against a program that answers like Incus.

let incus: FakeIncus;
beforeEach(() => {
    incus = new FakeIncus();
});
afterEach(() => {
    incus.remove();
});

const ask = (values: Values = {}) => incusPreflight(planOf(values));
const faults = async (values: Values = {}) => (await ask(values)).faults.map(lineOf);
const instance = (name: string, more: Record<string, string> = {}, status = "Running") => ({
    name,
    status,
    config: { "user.testudo.made": "true", "user.testudo.nonce": `id-${name}`, ...more },
});
const member = (name: string, more: Record<string, string> = {}, status?: string) =>
    instance(name, { "user.testudo.quorum": "database", ...more }, status);
const left = { "user.testudo.left": "true" };
const replace = { "user.testudo.replace": "true" };
const leave = (name: string) =>
    `testudo:database.count: needs to keep ${name} until it has left: testudo --stack test leave ${name}, because the others would wait for it, and count its vote as lost; got ${name} is alive, a member, and not in the plan`;
const one = (got: string) =>
    `testudo:database: may lose or change one database member at a time, because those that stay could be a minority, and have nobody to copy from; start or restore the others first; got ${got}`;

test("a living member that has not left may not be dropped, one that has may", async () => {
    const others = ["db1", "db2", "db3"].map((name) => member(name));
    incus.instances(...others, member("db4"));
    expect(await faults()).toEqual([leave("db4")]);
    incus.instances(...others, member("db4", left));
    expect(await faults()).toEqual([]);
});

test("nor may one whose machine is gone: its peers would wait for it", async () => {
    incus.instances(...["db1", "db2", "db3"].map((name) => member(name)));
    incus.project({ "user.testudo.member.db4": "database", "user.testudo.member.cache9": "cache" });
    expect(await faults()).toEqual([
        "testudo:database.count: needs to keep db4 until it has left: testudo --stack test leave db4, because the others would wait for it, and count its vote as lost (if they have forgotten it: incus project unset testudo-test user.testudo.member.db4); got db4 was a member, its machine is gone, and it is not in the plan",
    ]);
});

test("two members may not be dropped at once, whether they have left or not", async () => {
    const others = ["db1", "db2", "db3"].map((name) => member(name));
    incus.instances(...others, member("db4", left), member("db5", left));
    expect(await faults()).toEqual([one("db4 is dropped, db5 is dropped")]);
    incus.instances(...others, member("db4"), member("db5"));
    expect(await faults()).toEqual([
        leave("db4"),
        leave("db5"),
        one("db4 is dropped, db5 is dropped"),
    ]);
});

test("a member in the middle is dropped like the last one", async () => {
    incus.instances(member("db1"), member("db2", left), member("db3"), member("db4"));
    const values = { database: { count: 4 }, hosts: { db2: { state: "absent" } } };
    expect(await faults(values)).toEqual([]);
});

test("none may be dropped while another one has vanished", async () => {
    incus.usedVolumes("db1", "db2", "db3");
    incus.instances(member("db1"), member("db3"), member("db4", left));
    expect(await faults()).toEqual([one("db4 is dropped, db2 is gone")]);
});

test("two members that vanished may not be made anew at once, one may", async () => {
    incus.usedVolumes("db1", "db2", "db3");
    incus.instances(member("db3"));
    expect(await faults()).toEqual([one("db1 is gone, db2 is gone")]);
    incus.instances(member("db3"), member("db1"));
    expect(await faults()).toEqual([]);
});

test("a member that vanished together with its volume is one that vanished", async () => {
    incus.instances(member("db3"));
    incus.project({
        "user.testudo.member.db1": "database",
        "user.testudo.member.db2": "database",
        "user.testudo.member.db3": "database",
    });
    expect(await faults()).toEqual([one("db1 is gone, db2 is gone")]);
});

test("a cluster of which nothing is left does not come up empty, unless the stack file says so", async () => {
    incus.instances();
    incus.project({
        "user.testudo.member.db1": "database",
        "user.testudo.member.db2": "database",
        "user.testudo.member.db3": "database",
    });
    expect(await faults()).toEqual([
        "testudo:database: needs one of its machines or data volumes to be there (or testudo:acceptDataLossRisk), because it would come up empty, as if there had never been any data; restore a volume first; got the machines and volumes of db1, db2, db3 are gone",
    ]);
    expect(await faults({ acceptDataLossRisk: "everything was thrown away on purpose" })).toEqual(
        [],
    );
    incus.usedVolumes("db2");
    expect(await faults()).toEqual([]);
});

test("a first run that was cut off after one member is finished by the next one", async () => {
    incus.usedVolumes("db1");
    incus.instances(member("db1"));
    expect(await faults()).toEqual([]);
});

test("a cluster may grow by more than one", async () => {
    incus.usedVolumes("db1", "db2", "db3");
    incus.instances(...["db1", "db2", "db3"].map((name) => member(name)));
    expect(await faults({ database: { count: 7 } })).toEqual([]);
});

test("web hosts hold no vote: they are dropped without a farewell", async () => {
    incus.instances(...["web1", "web2", "web3", "web4"].map((name) => instance(name)));
    expect(await faults()).toEqual([]);
});

test("fewer copies than the volume was made with are refused, also by those who accept losses", async () => {
    const storage = (name: string) => instance(name, { "user.testudo.quorum": "storage", ...left });
    incus.instances(...["storage1", "storage2", "storage3"].map(storage));
    const values = {
        storage: { count: 2 },
        acceptDataLossRisk: "only for an afternoon, and nobody uploads",
    };
    expect(await faults(values)).toContain(
        "testudo:storage.count: needs to stay at least 3, because its volume keeps 3 copies of every file, and with fewer of them a lost host would stop all writes; got 2 for 3 living ones",
    );
});

test("a whole tier is given up only in words", async () => {
    const cache = (name: string) => instance(name, { "user.testudo.quorum": "cache" });
    incus.instances(...["cache1", "cache2", "cache3"].map(cache));
    expect(await faults()).toHaveLength(4);
    expect(await faults({ acceptDataLossRisk: "sessions may be lost this once" })).toEqual([]);
});

describe("a host that shall be made anew", () => {
    test("gets a new identity and the new image", async () => {
        incus.instances(
            instance("web1", { ...replace, "user.testudo.image": "testudo/old" }),
            instance("web2", { "user.testudo.image": "testudo/old" }),
        );
        const facts = await ask();
        expect([facts.faults, facts.machineId("web2"), facts.imageOf("web2")]).toEqual([
            [],
            "id-web2",
            "testudo/old",
        ]);
        expect(facts.machineId("web1")).toMatch(/^[0-9a-f]{16}$/);
        expect(facts.imageOf("web1")).toBe("testudo/0123456789ab");
    });

    test("is one that has left and is wanted again; one that is leaving stays as it is", async () => {
        const others = ["db1", "db2", "db3"].map((name) => member(name));
        incus.instances(...others, member("db4", left));
        const count = { database: { count: 4 } };
        expect((await ask(count)).machineId("db4")).toMatch(/^[0-9a-f]{16}$/);
        const leaving = { ...count, hosts: { db4: { state: "leaving" } } };
        expect((await ask(leaving)).machineId("db4")).toBe("id-db4");
    });

    test("is one at a time of a quorum, while all others run", async () => {
        incus.instances(member("db1", replace), member("db2"), member("db3"));
        expect(await faults()).toEqual([]);
        incus.instances(member("db1", replace), member("db2", {}, "Stopped"), member("db3"));
        expect(await faults()).toEqual([
            "testudo:hosts.db1: may be made anew one database host at a time, while the others run, because the others serve meanwhile; got db1 to be made anew, db2 not running",
        ]);
        incus.instances(member("db1", replace), member("db2", replace), member("db3"));
        expect(await faults()).toEqual([
            one("db1 is made anew, db2 is made anew"),
            "testudo:hosts.db1: may be made anew one database host at a time, while the others run, because the others serve meanwhile; got db1, db2 to be made anew, none not running",
        ]);
    });

    test("is never the last of its tier that runs", async () => {
        incus.instances(instance("web1", replace), instance("web2", {}, "Stopped"));
        expect(await faults()).toEqual([
            expect.stringMatching(/^testudo:hosts\.web1: may be made anew one web host /),
            expect.stringMatching(/^testudo:hosts\.web1: may be made anew one app host /),
        ]);
    });
});

describe("identities", () => {
    test("of project, bridges and volumes are those of what is there", async () => {
        const config = { "user.testudo.nonce": "aaaa" };
        incus.instances();
        incus.project(config);
        incus.networks(
            ...["pub", "prv", "out"].map((zone) => ({ name: `tdtest-${zone}`, config })),
        );
        incus.answer(
            "incus storage volume list local:testudo --project testudo-test --format json",
            [{ name: "db1-data", config: { size: "10GiB", ...config } }],
        );
        const facts = await ask();
        expect([facts.projectId, facts.networkId, facts.volumeId("db1")]).toEqual([
            "aaaa",
            "aaaa",
            "aaaa",
        ]);
        expect(facts.volumeId("db2")).toMatch(/^[0-9a-f]{16}$/);
    });

    test("are new where one of the bridges was deleted", async () => {
        const config = { "user.testudo.nonce": "aaaa" };
        incus.networks(...["pub", "prv"].map((zone) => ({ name: `tdtest-${zone}`, config })));
        const facts = await ask();
        expect(facts.networkId).toMatch(/^[0-9a-f]{16}$/);
        expect(facts.projectId).toMatch(/^[0-9a-f]{16}$/);
    });
});
