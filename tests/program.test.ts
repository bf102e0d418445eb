import * as pulumi from "@pulumi/pulumi";
import main from "../index";
import { FakeIncus } from "./helpers/fake-incus";
import { largest, planOf, rawConfig, smallest, type Values } from "./helpers/plans";
import {
    canary,
    isSecret,
    leaks,
    record,
    remembered,
    type RecordOptions,
    type Registered,
} from "./helpers/record";

// The whole program of index.ts against mocks and a stand-in for incus; what holds here, holds for
// every component. Providers are not asked: a wrong property of a resource passes.

let incus: FakeIncus;
beforeAll(() => {
    incus = new FakeIncus();
});
afterAll(() => {
    incus.remove();
});

let outputs: Record<string, unknown> = {};
const program = remembered((values: Values, options?: RecordOptions) => {
    pulumi.runtime.setAllConfig(rawConfig(values));
    return record(async () => {
        outputs = await main();
    }, options);
});

const mailPassword = "CANARY<mail>";
/** Every optional part, and as many hosts as show a chain. */
const everything = {
    ...largest,
    preset: "full",
    app: { ...(largest.app as object), count: 2 },
    cache: { ...(largest.cache as object), count: 3 },
    web: { ...(largest.web as object), count: 3 },
    database: { ...(largest.database as object), count: 5 },
    hosts: {},
    mailPassword,
};
const commands = async () => (await program(everything)).ofType("command:remote:Command");
const hostOfCommand = (one: Registered) =>
    /(?:lb|inner|db|cache|storage|app|web|ops)\d/.exec(one.deletedWith ?? "")?.[0] ?? "";

test("a configuration with faults registers nothing, and says all of them", async () => {
    const refused: unknown[] = [];
    const made = await record(async () => {
        pulumi.runtime.setAllConfig(
            rawConfig({ ...smallest, database: { count: 2 }, web: { cuont: 1 } }),
        );
        await main().catch((error: unknown) => refused.push(error));
    });
    expect(made.all).toEqual([]);
    expect(refused).toHaveLength(1);
    expect(String(refused[0])).toContain("2 faults in the configuration; nothing was changed");
});

test("what the platform refuses is refused before the first resource as well", async () => {
    const poor = new FakeIncus();
    poor.memory({ total: 2 ** 30, used: 2 ** 30 });
    pulumi.runtime.setAllConfig(rawConfig(smallest));
    const made = await record(() =>
        expect(main()).rejects.toThrow("testudo:preset: needs 1878 MiB of free memory"),
    );
    poor.remove();
    expect(made.all).toEqual([]);
});

test("the tiers stand at the top of the stack, in the order of index.ts", async () => {
    const made = await program(everything);
    expect(made.all.filter((one) => one.parent === null).map((one) => one.name)).toEqual([
        "trust",
        "incus",
        "dmz",
        "lb",
        "db",
        "inner",
        "cache",
        "storage",
        "web",
        "ops",
    ]);
});

test("machines and volumes stand under the tier that they are made for", async () => {
    const made = await program(everything);
    for (const { name } of planOf(everything).hosts) {
        const prefix = name.replace(/\d/, "");
        const tier = prefix === "app" ? "web" : prefix;
        expect(made.get(`incus-${name}`).parent).toBe(tier);
        expect(made.names.includes(`incus-${name}-data`)).toBe(
            ["db", "cache", "storage"].includes(tier),
        );
    }
});

test("a preview of a new stack, all keys unknown, registers the same", async () => {
    const [preview, up] = [await program(everything, { preview: true }), await program(everything)];
    expect(preview.names.sort()).toEqual(up.names.sort());
});

test("two runs send the same texts to the same machines", async () => {
    const made = (await program(smallest)).all.map((one) => [one.name, one.inputs.create]);
    const again = (await program(smallest, { preview: false })).all.map((one) => [
        one.name,
        one.inputs.create,
    ]);
    expect(Object.fromEntries(again)).toEqual(Object.fromEntries(made));
});

test("law: everything below the top has a parent that exists, and no name is used twice", async () => {
    const made = await program(everything);
    const components = made.all.filter((one) => !one.custom).map((one) => one.name);
    for (const one of made.all.filter((each) => each.custom)) {
        expect([one.name, components]).toEqual([one.name, expect.arrayContaining([one.parent])]);
    }
    expect(new Set(made.names).size).toBe(made.names.length);
});

test("law: a child is named after its parent; what the machine maker makes for a tier, after the maker", async () => {
    const made = await program(everything);
    const strangers = made.all.filter(
        (one) =>
            one.parent !== null &&
            !one.name.startsWith(`${one.parent}-`) &&
            !(one.type === "command:local:Command" && one.name.startsWith("incus-")),
    );
    expect(strangers.map((one) => one.name)).toEqual([]);
});

test("law: components keep nothing in their own state", async () => {
    for (const one of (await program(everything)).all.filter((each) => !each.custom)) {
        expect([one.name, one.sent]).toEqual([one.name, {}]);
    }
});

test("law: no secret stands outside of its envelope, in any input of any resource", async () => {
    const made = await program(everything);
    const leaking = made.all.flatMap((one) => leaks(one.sent).map((at) => `${one.name}: ${at}`));
    expect(leaking).toEqual([]);
    // The searched texts are there at all, inside.
    const found = made.all.flatMap((one) => leaks(one.inputs).map(() => one.name));
    expect(found).toEqual(expect.arrayContaining(["web-web1-push", "db-form", "incus-db1"]));
});

test("the search for leaks finds one, in plain and in base64", () => {
    const envelope = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270" };
    const secret = canary("password");
    expect(leaks({ create: `login ${secret}`, stdin: { ...envelope, value: secret } })).toEqual([
        "create",
    ]);
    expect(leaks({ a: [{ b: Buffer.from(secret).toString("base64") }] })).toEqual(["a.0.b"]);
});

test("law: a remote command is made again with its machine, dies with it, and is never undone on it", async () => {
    const nonces = new Map(
        (await program(everything))
            .ofType("command:local:Command")
            .map((one) => [one.name, one.inputs.triggers]),
    );
    for (const one of await commands()) {
        const machine = `incus-${hostOfCommand(one)}`;
        expect([one.name, one.deletedWith]).toEqual([one.name, machine]);
        expect([one.name, one.inputs.triggers]).toEqual([one.name, nonces.get(machine)]);
        expect(one.waitsFor).toContain(machine);
        for (const key of ["delete", "update", "environment"])
            expect(one.inputs).not.toHaveProperty(key);
    }
});

test("law: what goes to a host goes on standard input, secret, and its output is not shown", async () => {
    for (const one of await commands()) {
        expect([one.name, isSecret(one.sent.connection)]).toEqual([one.name, true]);
        if ("stdin" in one.sent)
            expect([one.name, isSecret(one.sent.stdin)]).toEqual([one.name, true]);
        expect(one.inputs).toMatchObject({ addPreviousOutputInEnv: false, logging: "none" });
        expect(one.secretOutputs).toEqual(expect.arrayContaining(["stdout", "stderr"]));
        expect(isSecret(one.sent.create)).toBe(false);
    }
});

test("law: every connection, and every bastion on its way, has a pinned host key and nothing unheard of", async () => {
    const known = [
        "dialErrorLimit",
        "host",
        "hostKey",
        "perDialTimeout",
        "port",
        "privateKey",
        "proxy",
        "user",
    ];
    for (const one of await commands()) {
        const { proxy, ...host } = one.inputs.connection as Record<string, unknown>;
        for (const hop of [host, ...(proxy === undefined ? [] : [proxy as typeof host])]) {
            expect(hop.hostKey).toMatch(/^ssh-ed25519 \S+$/);
            expect(known).toEqual(expect.arrayContaining(Object.keys(hop)));
        }
        expect(proxy === undefined).toBe(hostOfCommand(one).startsWith("lb"));
    }
});

test("law: every step on a host waits for the one patient step of that host", async () => {
    const made = await program(everything);
    for (const one of await commands()) {
        const ready = `${one.parent ?? ""}-${hostOfCommand(one)}-ready`;
        if (one.name === ready) {
            expect(one.inputs.connection).toMatchObject({ dialErrorLimit: 60 });
        } else {
            expect([one.name, made.isAfter(one.name, ready)]).toEqual([one.name, true]);
        }
    }
});

test("law: no dynamic provider, no copied file, no provider of its own", async () => {
    const types = new Set((await program(everything)).all.map((one) => one.type.split(":")[0]));
    expect([...types].sort()).toEqual(["command", "random", "testudo", "tls"]);
    expect((await program(everything)).ofType("command:remote:CopyToRemote")).toEqual([]);
});

test("outputs say where the site is and how to get in; keys and passwords are secret", async () => {
    await record(async () => {
        pulumi.runtime.setAllConfig(rawConfig(everything));
        outputs = await main();
    });
    expect(outputs).toMatchObject({ siteUrl: "https://www.example.org/", vip: "10.91.0.10" });
    expect(Object.keys(outputs.hosts as object)).toHaveLength(21);
    const secret = await Promise.all(
        Object.entries(outputs).map(async ([name, value]): Promise<[string, boolean]> => [
            name,
            pulumi.Output.isInstance(value) && (await pulumi.isSecret(value)),
        ]),
    );
    expect(
        secret
            .filter(([, is]) => is)
            .map(([name]) => name)
            .sort(),
    ).toEqual(["adminPassword", "sshKey"]);
    const plain = Object.entries(outputs).filter(([, value]) => !pulumi.Output.isInstance(value));
    expect(plain.flatMap(([name, value]) => leaks(value).map((at) => `${name}.${at}`))).toEqual([]);
});
