import { errorsOf, loss, ofKind, type Attempt } from "./analysis";
import { anotherAddress, client, curl, guesses, slowClients, visitors } from "./client";
import { holder, whole } from "./cluster";
import { keep, words } from "./endured";
import { powerOn, stopCleanly } from "./faults";
import { figure } from "./figures";
import { ask, hostsOf, needsUp, outputs, sh } from "./lab";
import { pause, until } from "./shell";
import { logIn } from "./site";

/** Whose they are, of the visitor's network; the visitor itself stays one who may log in. */
const addresses = { slow: 40, guesser: 41 };

beforeAll(needsUp);

afterAll(async () => {
    for (const last of Object.values(addresses))
        await sh(client, `ip address del ${await anotherAddress(last)}/24 dev eth0`);
});

// From where the last test has left it; a fault in a cluster that is not whole proves nothing.
beforeEach(async () => {
    await whole(180);
});

describe("slow clients", () => {
    test("600 that trickle headers and bodies from one address: others lose nothing, and none of the 600 stays", async () => {
        const from = await anotherAddress(addresses.slow);
        const most = await setting(/sc1_conn_cur gt (\d+)/);
        const attack = await slowClients(from, 400, 200);
        let others: Attempt[] = [];
        let own = 0;
        try {
            await until(`the slow clients of ${from}`, 60, async () => {
                const now = await connections(from);
                return now >= 400 ? [] : [`${now} are connected`];
            });
            const asking = await visitors();
            // Longer than any of them may take.
            await pause(13_000);
            own = await answered(from, 10);
            others = await asking.stop();
        } finally {
            const slow = await attack.stop();
            keep("slow clients", slow);
            judge(slow, most);
        }
        keep("slow clients, the others", others);
        const lost = loss(others);
        figure(
            `slow clients: failed GETs of others, of ${lost.attempts}`,
            lost.failed,
            "",
            0,
            words(errorsOf(lost)),
        );
        figure("slow clients: slowest answer to others", lost.slowest, "s");
        figure("slow clients: answered at their own address, of 10", own, "");
        expect(lost.failed).toBe(0);
    });

    /** What became of the slow ones: never more than one address may have, and each is shown the door in time. */
    function judge(slow: readonly Attempt[], most: number): void {
        const held = (ofKind(slow, "held")[0] as { most?: number } | undefined)?.most ?? NaN;
        const shown = slow.filter((one) => one.kind !== "held" && one.ok);
        const longest = Math.max(...shown.map((one) => one.end - one.start));
        figure(`slow clients: connected at once, of 600`, held, "", most);
        figure("slow clients: longest that one was kept", longest, "s", 12);
        expect(held).toBeLessThanOrEqual(most);
        expect(new Set(shown.map((one) => one.kind))).toEqual(new Set(["headers", "body"]));
        expect(new Set(shown.map((one) => one.status))).toEqual(new Set([408]));
        // 10 s, the time its handshake waited, and a busy machine's.
        expect(longest).toBeLessThan(25);
    }
});

describe("password guessing", () => {
    let from: string;
    let banMinutes: number;
    const banned = async () =>
        Number(await status(from, "wp-login.php")) === 429 &&
        Number(await status(from, "")) === 200;

    beforeAll(async () => {
        from = await anotherAddress(addresses.guesser);
        banMinutes = (await setting(/hdr Retry-After (\d+) if is_login \{/)) / 60;
    });

    test("who goes on is banned from the login pages, by both balancers, and may still read", async () => {
        const { adminUser } = await outputs();
        const limit = await setting(/sc0_http_req_rate gt (\d+) \} or \{ sc2_tracked/);
        const tried = await guesses(from, adminUser, 3 * limit);
        keep("password guessing", tried);
        expect(tried.filter((one) => !one.ok)).toEqual([]);
        const reached = tried.filter((one) => one.status !== 429);
        figure(
            `password guessing: guesses that got past the balancer, of ${tried.length}`,
            reached.length,
            "",
            limit,
        );
        // The rate is a sliding one: a few more where the minute turns meanwhile.
        expect(reached.length).toBeLessThanOrEqual(limit + 5);
        expect(await banned()).toBe(true);
        for (const balancer of await hostsOf("load-balancer")) {
            await until(`the ban at ${balancer}`, 10, async () => {
                const left = await secondsLeft(balancer, from);
                return left > 0 ? [] : ["it is not in the table"];
            });
            const left = await secondsLeft(balancer, from);
            figure(`password guessing: ban left at ${balancer}`, left, "s");
            expect(left).toBeLessThanOrEqual(banMinutes * 60);
        }
    });

    test("a ban outlives a reload of the balancer", async () => {
        const balancer = await holder();
        const before = await secondsLeft(balancer, from);
        const pids = "pgrep -P $(systemctl show --property=MainPID --value haproxy)";
        const old = await sh(balancer, pids);
        await sh(balancer, "systemctl reload haproxy");
        await until(`the new process on ${balancer}`, 30, async () => {
            const now = await sh(balancer, pids);
            return now.split("\n").some((pid) => !old.split("\n").includes(pid))
                ? []
                : ["the old one is alone"];
        });
        await until(`the ban at ${balancer}`, 10, async () =>
            (await secondsLeft(balancer, from)) > 0 ? [] : ["it is not in the table"],
        );
        // It goes on; it does not begin anew.
        expect(await secondsLeft(balancer, from)).toBeLessThanOrEqual(before);
        // The new process may take visitors a moment before it has been told of the ban.
        await until("the ban is in force", 10, async () =>
            (await banned()) ? [] : ["a guess was let in"],
        );
    });

    test("a ban moves with the floating address, and others log in meanwhile", async () => {
        const first = await holder();
        await stopCleanly(first);
        try {
            await until("the other balancer", 10, async () =>
                (await holder().catch(() => first)) === first ? ["nobody has the address"] : [],
            );
            expect(await banned()).toBe(true);
            expect(await secondsLeft(await holder(), from)).toBeGreaterThan(0);
            await logIn();
        } finally {
            await powerOn(first);
        }
        await whole(180);
        // It has learnt from the other one what it had forgotten.
        await until(`the ban at ${first}`, 20, async () =>
            (await secondsLeft(first, from)) > 0 ? [] : ["it is not in the table"],
        );
    });

    test("xmlrpc.php is closed, to everybody", async () => {
        expect(await status(undefined, "xmlrpc.php")).toBe("403");
    });
});

/** A number of the balancers' configuration, as it stands on a host. */
async function setting(pattern: RegExp): Promise<number> {
    const [balancer = ""] = await hostsOf("load-balancer");
    const found = pattern.exec(await sh(balancer, "cat /etc/haproxy/haproxy.cfg"))?.[1];
    if (found === undefined) throw new Error(`haproxy.cfg on ${balancer} has no ${pattern.source}`);
    return Number(found);
}

async function entry(balancer: string, table: string, address: string): Promise<string> {
    const text = await ask(
        balancer,
        `echo 'show table ${table}' | socat -t 2 stdio /run/haproxy/admin.sock`,
    );
    return (text ?? "").split("\n").find((line) => line.includes(`key=::ffff:${address} `)) ?? "";
}

/** How many connections an address has at the balancer that holds the floating one. */
async function connections(address: string): Promise<number> {
    const line = await entry(await holder(), "visitors", address);
    return Number(/conn_cur=(\d+)/.exec(line)?.[1] ?? 0);
}

/** How long a ban goes on; 0 where there is none. */
async function secondsLeft(balancer: string, address: string): Promise<number> {
    const line = await entry(balancer, "bans", address);
    return Number(/exp=(\d+)/.exec(line)?.[1] ?? 0) / 1000;
}

/** How many of so many visits, one after the other, are answered. */
async function answered(from: string, count: number): Promise<number> {
    let good = 0;
    for (let visit = 0; visit < count; visit++)
        if ((await status(from, "").catch(() => "none")) === "200") good += 1;
    return good;
}

function status(from: string | undefined, path: string): Promise<string> {
    return outputs().then(({ siteUrl }) =>
        curl([
            ...(from === undefined ? [] : ["--interface", from]),
            ...(path === "xmlrpc.php" ? ["--data", "<methodCall/>"] : []),
            ...["--max-time", "5", "--output", "/dev/null", "--write-out", "%{http_code}"],
            `${siteUrl}${path}`,
        ]),
    );
}
