import { roleNames, type RoleName } from "../../components/cluster/types";
import { ofKind } from "./analysis";
import { holder, whole } from "./cluster";
import { broken, endured, gets, rounds } from "./endured";
import { now, powerCut, powerOn, stopCleanly } from "./faults";
import { figure } from "./figures";
import { hostsOf, needsUp, sh } from "./lab";
import { until } from "./shell";

beforeAll(needsUp);

// From where the last test has left it; a fault in a cluster that is not whole proves nothing.
beforeEach(async () => {
    await whole(180);
});

describe.each(rounds)("the loss of a balancer, round %i", () => {
    test("the holder of the address loses power: the other one takes it, and keeps it when the first returns", async () => {
        const first = await holder();
        const seen = await endured(
            () => powerCut(first),
            () => powerOn(first),
        );
        const { static: files, afterMending } = gets("balancer power cut", seen, { gap: 0.5 });
        expect(await holder()).not.toBe(first);
        expect(files.silence).toBeLessThan(broken.address);
        expect(afterMending.failed).toBe(0);
    });

    test("the holder of the address is shut down: it hands over first", async () => {
        const first = await holder();
        const seen = await endured(
            () => stopCleanly(first),
            () => powerOn(first),
        );
        const { static: files, afterMending } = gets("balancer shut down", seen, { gap: 0.2 });
        expect(await holder()).not.toBe(first);
        expect(files.silence).toBeLessThan(broken.address);
        expect(afterMending.failed).toBe(0);
    });
});

describe.each(rounds)("the loss of a web host, round %i", () => {
    test("it loses power: no visitor notices, and it serves again when it returns", async () => {
        const [, second = ""] = await hostsOf("web");
        const seen = await endured(
            () => powerCut(second),
            () => powerOn(second),
        );
        const { failed, afterMending } = gets("web host power cut", seen, { failed: 0 });
        expect(failed).toBe(0);
        expect(afterMending.failed).toBe(0);
        const servedAgain = ofKind(seen.attempts, "static").filter(
            (one) => one.servedBy === second && one.start > seen.mended,
        );
        expect(servedAgain.length).toBeGreaterThan(0);
    });
});

/** Daemons by role; a role that the stack lacks has none. */
const daemons = {
    "load-balancer": ["haproxy", "keepalived"],
    "inner-load-balancer": ["haproxy@inner", "keepalived"],
    web: ["nginx", "haproxy@app"],
    app: ["php8.4-fpm", "haproxy@fpm", "haproxy@data"],
    database: ["mariadb"],
    cache: ["redis-server@sessions", "redis-sentinel", "haproxy@redis"],
    storage: ["glusterd"],
    ops: [],
} as const satisfies Record<RoleName, readonly string[]>;

describe("the loss of one process", () => {
    test.each(roleNames)(
        "%s: each of its daemons is killed and comes back by itself",
        async (role) => {
            const hosts = await hostsOf(role);
            for (const unit of hosts.length === 0 ? [] : daemons[role]) {
                const host = role.endsWith("load-balancer")
                    ? await holder(role as "load-balancer" | "inner-load-balancer")
                    : (hosts[0] ?? "");
                const before = await sh(host, `systemctl show --property=MainPID --value ${unit}`);
                const moment = now();
                await sh(host, `kill -9 ${before}`);
                await until(`${unit} on ${host}`, 60, async () => {
                    const pid = await sh(host, `systemctl show --property=MainPID --value ${unit}`);
                    return pid !== before && pid !== "0" ? [] : [`main process ${pid}`];
                });
                await whole(120);
                figure(`${unit} killed: full redundancy`, now() - moment, "s");
            }
        },
        400_000,
    );

    test("all of it is over", async () => {
        await whole(60);
    });
});
