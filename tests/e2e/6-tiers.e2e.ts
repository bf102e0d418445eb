import { holder, whole } from "./cluster";
import { endured, gets, rounds } from "./endured";
import { freeze, powerCut, powerOn, stopCleanly, thaw } from "./faults";
import { hostsOf, needsUp } from "./lab";

beforeAll(needsUp);

// From where the last test has left it; a fault in a cluster that is not whole proves nothing.
beforeEach(async () => {
    await whole(180);
});

describe.each(rounds)("the loss of a host between visitors and data, round %i", () => {
    test.each([
        ["web host frozen", "web", freeze, thaw],
        ["PHP host power cut", "app", powerCut, powerOn],
        ["PHP host frozen", "app", freeze, thaw],
        ["inner balancer power cut", "inner-load-balancer", powerCut, powerOn],
        ["inner balancer shut down", "inner-load-balancer", stopCleanly, powerOn],
    ] as const)("%s: no visitor notices, nor when it returns", async (what, role, fault, mend) => {
        const hosts = await hostsOf(role);
        const victim = role === "inner-load-balancer" ? await holder(role) : (hosts[1] ?? "");
        const seen = await endured(
            () => fault(victim),
            () => mend(victim),
        );
        const { failed, afterMending } = gets(what, seen, { failed: 0 });
        expect(failed).toBe(0);
        expect(afterMending.failed).toBe(0);
        if (role === "inner-load-balancer") expect(await holder(role)).not.toBe(victim);
    });
});
