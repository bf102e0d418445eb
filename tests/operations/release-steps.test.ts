import { newRun, switchAll, takeBack, tryOut, type Run } from "../../operations/release-steps";
import { readStore } from "../../operations/release-store";
import type { Answer, Stack, StackHost } from "../../operations/stack";

// When a release goes on and when it does not; the hosts are played.

const hosts: StackHost[] = ["web1", "web2"].map((name) => ({
    name,
    address: "",
    zone: "private",
    roles: ["web", "app"],
}));

/** `answers` has exit statuses by the beginning of `HOST ORDER`, for example `web1 switch`. */
function played(ran: string[], answers: Readonly<Record<string, number>> = {}): Run {
    const run = (host: string, command: string): Promise<Answer> => {
        const order = command.replaceAll("'", "").replace(/^\S*\/(release )?/, "");
        ran.push(`${host} ${order}`);
        const key = Object.keys(answers).find((one) => `${host} ${order}`.startsWith(one));
        const stdout = order.startsWith("state")
            ? "serial 3\ncurrent r2\nfree_kib 9\nrelease r2 1 - \nrelease r3 2 - \n"
            : "";
        return Promise.resolve({ host, code: answers[key ?? ""] ?? 0, stdout, stderr: "said" });
    };
    const stack: Stack = {
        name: "test",
        outputs: { adminUser: "root" },
        hosts,
        hostsOf: (role) => hosts.filter(({ roles }) => roles.includes(role)),
        run,
    };
    const report = { say: () => undefined, result: () => undefined };
    return { stack, report, token: "anna 1", hosts, state: newRun() };
}

test.each([124, 255])("a connection that ends with %s is no trial that went well", async (code) => {
    const run = played([], { "web2 release-trial": code });
    await expect(tryOut(run, "r3")).rejects.toThrow(/web2: the connection was lost.*nowhere/);
});

test("a host that is away is none to switch", async () => {
    const run = played([], { web2: 255 });
    await expect(tryOut(run, "r3")).resolves.toBeUndefined();
});

test("whoever interrupts before the switch gets none", async () => {
    const ran: string[] = [];
    const run = played(ran);
    const before = await readStore(run.stack);
    run.state.stopped = true;
    await expect(tryOut(run, "r3")).rejects.toThrow(/stopped; switched nowhere/);
    await expect(switchAll(run, "r3", before)).rejects.toThrow(/stopped; switched nowhere/);
    expect(ran.filter((one) => one.includes("switch"))).toEqual([]);
});

test("what a host may show is not taken away", async () => {
    const ran: string[] = [];
    const run = played(ran, { "web2 switch 4": 1 });
    const before = await readStore(run.stack);
    await expect(switchAll(run, "r3", before)).rejects.toThrow(/all hosts show r2 again/);
    await takeBack(run, "r3");
    expect(ran).toContain("web1 switch 5 r2");
    expect(ran.filter((one) => one.includes("discard"))).toEqual([]);
});

test("a switch that nobody has answered is not called one", async () => {
    const run = played([], { "web1 switch": 255, "web2 switch": 255 });
    const before = await readStore(run.stack);
    await expect(switchAll(run, "r3", before)).rejects.toThrow(/no host has answered/);
});
