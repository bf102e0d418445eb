import type { Report } from "../../operations/report";
import { showStatus } from "../../operations/status";
import { FakeStack } from "../helpers/fake-stack";

// What is missing, from what hosts say; a host that is down is an answer.

interface Result {
    readonly redundant: boolean;
    readonly missing: readonly string[];
}

let code: typeof process.exitCode;
beforeEach(() => {
    code = process.exitCode;
});
afterEach(() => {
    process.exitCode = code;
});

async function statusOf(stack: FakeStack): Promise<Result & { text: string }> {
    let found: (Result & { text: string }) | undefined;
    const report: Report = {
        say: () => undefined,
        result: (value, text) => (found = { ...(value as Result), text }),
    };
    await showStatus(stack, report);
    if (found === undefined) throw new Error("status had no result");
    return found;
}

const whole = () =>
    new FakeStack({ "load-balancer": 2, web: 2, database: 3, cache: 3, storage: 3 });

test("a whole stack lacks nothing", async () => {
    const found = await statusOf(whole());
    expect([found.missing, found.redundant]).toEqual([[], true]);
    expect(found.text).toContain("every loss of one host can be borne");
    expect(process.exitCode).toBe(code);
});

test.each<[string, (stack: FakeStack) => FakeStack, string[]]>([
    ["a host that is down", (stack) => stack.kill("web2"), ["web2 does not answer"]],
    [
        "a role that is ill, in its own words",
        (stack) => stack.ail("web2", "web", "PHP: no answer"),
        ["web2: web is ill: PHP: no answer"],
    ],
    [
        "nobody at the floating address",
        (stack) => stack.kill("lb1"),
        ["lb1 does not answer", "load-balancer: the floating address 10.0.0.100 is held by nobody"],
    ],
    [
        "a Galera member that sees fewer",
        (stack) => stack.says("db1", "database", "running status=non-Primary size=1 uuid=a"),
        ["db1 sees 1 of 3 Galera members"],
    ],
    [
        "members in two clusters",
        (stack) => stack.says("db1", "database", "running status=Primary size=3 uuid=b"),
        ["database: the members are in different clusters"],
    ],
    [
        "two masters",
        (stack) =>
            stack.says("cache2", "cache", "sessions=master/1 objects=replica/up sentinel=up"),
        ["cache: cache1, cache2 is master of sessions"],
    ],
    [
        "a master without all of its replicas",
        (stack) => stack.says("cache1", "cache", "sessions=master/1 objects=master/2 sentinel=up"),
        ["cache1 has 1 of 2 replicas of sessions"],
    ],
    [
        "copies that are down, wait or contradict",
        (stack) =>
            stack.says(
                "storage1",
                "storage",
                // Of storage3 nobody could say: what others see of it is told by them.
                '{"healPending":4,"splitBrain":1,"bricks":[{"host":"storage2","online":false},{"host":"storage3","online":null}]}',
            ),
        [
            "storage1: the copy of storage2 is down",
            "storage1: 1 files whose copies contradict",
            "storage1: 4 files wait to be healed",
        ],
    ],
    [
        "a host that does not reach the uploads",
        (stack) =>
            stack.says("web1", "uploads", '{"engine":"gluster","mounted":true,"answers":false}'),
        ["web1 does not reach the uploads"],
    ],
    [
        "a second host where there is one alone",
        () => new FakeStack({ "load-balancer": 1, database: 3 }),
        ["load-balancer: 1 of at least 2 hosts"],
    ],
    [
        "a quorum that one has left, and too few stay",
        (stack) => stack.left("db3"),
        ["database: 2 of at least 3 hosts, since db3 has left"],
    ],
])("%s is missing, and the exit status says so", async (_, change, missing) => {
    const found = await statusOf(change(whole()));
    expect(found.missing).toEqual(missing);
    expect(process.exitCode).toBe(1);
});

test("a host that has left a tier which can spare it is not missing", async () => {
    const stack = new FakeStack({ database: 4, "load-balancer": 2 }).left("db2");
    expect((await statusOf(stack)).missing).toEqual([]);
});
