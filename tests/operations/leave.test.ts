import { sayGoodbye } from "../../operations/leave";
import type { Report } from "../../operations/report";
import { FakeStack } from "../helpers/fake-stack";

jest.mock("node:timers/promises", () => ({ setTimeout: () => Promise.resolve() }));

// The real decisions and their order; hosts answer what their scripts would.

const said: string[] = [];
const report: Report = {
    say: (line) => said.push(line),
    result: (_, text) => said.push(text),
};
beforeEach(() => said.splice(0));

const five = { database: 4, cache: 3, web: 3, "load-balancer": 2 } as const;
const marks: string[] = [];
const mark = (stack: string, host: string, what: string) => {
    marks.push(`${stack} ${host} ${what}`);
    return Promise.resolve(true);
};
beforeEach(() => marks.splice(0));

const goodbye = (stack: FakeStack, name: string, more: object = {}, options: object = {}) =>
    sayGoodbye(stack, { name, returns: false, ...more }, report, { yes: true, ...options }, mark);
const steps = (stack: FakeStack) => stack.ran.filter((one) => !one.endsWith("base/state"));

test("a member drains and stops, each peer forgets it in turn, then it stands down", async () => {
    const stack = new FakeStack(five);
    await goodbye(stack, "db4");
    expect(steps(stack)).toEqual([
        "db4 database/leave",
        "db3 database/forget db4 10.0.0.4",
        "db2 database/forget db4 10.0.0.4",
        "db1 database/forget db4 10.0.0.4",
        "db4 base/stand-down",
    ]);
    expect(marks).toEqual(["test db4 left"]);
    expect(said.join("\n")).toContain(
        "db4 has left. Take it out of Pulumi.test.yaml with testudo:hosts.db4.state: absent (or, as it is the last one, testudo:database.count: 3), then: make up STACK=test",
    );
});

test("what it costs is said before anything is done", async () => {
    const stack = new FakeStack(five);
    await goodbye(stack, "db2", {}, { dryRun: true });
    expect(said).toEqual([
        "database: 4 -> 3 hosts (db1, db3, db4)",
        "database: 1 of them may be lost at once",
        "database: another one becomes the writer if it is one; its sessions get 30 s to end",
        "nothing was changed (--dry-run)",
    ]);
    expect(steps(stack)).toEqual([]);
});

test("one in the middle leaves an empty place: there is no other count to set", async () => {
    const stack = new FakeStack(five);
    await goodbye(stack, "db2");
    expect(said.join("\n")).toContain("testudo:hosts.db2.state: absent, then");
});

test("of a dead member the others are told, and nobody else is asked", async () => {
    const stack = new FakeStack(five).kill("db4");
    await goodbye(stack, "db4");
    expect(steps(stack)).toEqual([
        "db3 database/forget db4 10.0.0.4",
        "db2 database/forget db4 10.0.0.4",
        "db1 database/forget db4 10.0.0.4",
    ]);
    expect(marks).toEqual(["test db4 left"]);
});

test.each<[string, (stack: FakeStack) => void, string, RegExp]>([
    ["a host that the stack has not", () => 0, "db9", /^HOST db9: is no host of the stack; there/],
    [
        "a member while another one is down",
        (stack) => stack.kill("db2"),
        "db4",
        /database quorum need to be whole first, .*: db2 does not answer.* Nothing was changed\.$/,
    ],
    [
        "a member while another one is ill",
        (stack) => stack.ail("db2", "database", "not in sync"),
        "db4",
        /db2 is ill \(not in sync\)/,
    ],
    [
        "a second member",
        (stack) => stack.left("db3"),
        "db4",
        /db3 of its database quorum has left and is still in the stack/,
    ],
    [
        "a member while the others see fewer than there are",
        (stack) => stack.says("db1", "database", "running status=Primary size=3 uuid=a"),
        "db4",
        /db1 sees 3 of 4 Galera members/,
    ],
    [
        "one of the least number that survives a loss",
        () => 0,
        "cache2",
        /2 cache hosts would stay and 3 are needed .*--accept-risk/,
    ],
    [
        "the last one that works",
        (stack) => stack.kill("web1").kill("web2"),
        "web3",
        /it is the last web host that works; web1, web2 could go on/,
    ],
])("%s is refused, and nothing is touched", async (_, change, name, message) => {
    const stack = new FakeStack(five);
    change(stack);
    await expect(goodbye(stack, name)).rejects.toThrow(message);
    expect([steps(stack), marks]).toEqual([[], []]);
});

test("whoever says in words what may be lost may go below the least number", async () => {
    const stack = new FakeStack(five);
    await goodbye(stack, "cache2", { acceptRisk: "a trial: sessions may be lost" });
    expect(steps(stack)).toHaveLength(4);
});

test("no words excuse the last one", async () => {
    const stack = new FakeStack(five).kill("web1").kill("web2");
    const wish = { acceptRisk: "a trial: the site may be down" };
    await expect(goodbye(stack, "web3", wish)).rejects.toThrow(/the last web host/);
});

test("a step that fails stops it with the reason, and is not noted as done", async () => {
    const stack = new FakeStack(five).fail("db2 database/forget", "testudo: not in the cluster");
    await expect(goodbye(stack, "db4")).rejects.toThrow(
        "db2: database/forget stopped: testudo: not in the cluster. What was done stays done; run the same command again when that is mended.",
    );
    expect(steps(stack)).not.toContain("db4 base/stand-down");
    expect(marks).toEqual([]);
});

test("a host that dies on its way out is forgotten all the same", async () => {
    const stack = new FakeStack(five)
        .fail("db4 database/leave", "lost", 255)
        .fail("db4 true", "lost", 255);
    await goodbye(stack, "db4");
    expect(steps(stack).filter((step) => step !== "db4 true")).toEqual([
        "db4 database/leave",
        "db3 database/forget db4 10.0.0.4",
        "db2 database/forget db4 10.0.0.4",
        "db1 database/forget db4 10.0.0.4",
    ]);
});

test("a host that is only cut off for a moment goes on with its goodbye", async () => {
    const stack = new FakeStack(five).fail("db4 database/leave", "lost", 255);
    await goodbye(stack, "db4");
    expect(steps(stack).slice(0, 3)).toEqual([
        "db4 database/leave",
        "db4 true",
        "db4 database/leave",
    ]);
});

test("to be replaced a host drains and stops, and nobody forgets it", async () => {
    const stack = new FakeStack({ ...five, database: 3 });
    await goodbye(stack, "db3", { returns: true });
    expect(steps(stack)).toEqual(["db3 database/leave", "db3 base/stand-down"]);
    expect(marks).toEqual(["test db3 replace"]);
    expect(said.pop()).toBe("db3 is down and is made anew by: make up STACK=test");
});

test("a storage host that is replaced keeps its copy of the files", async () => {
    const stack = new FakeStack({ ...five, storage: 3 });
    await goodbye(stack, "storage1", { returns: true });
    expect(steps(stack)).toEqual(["storage1 base/stand-down"]);
});
