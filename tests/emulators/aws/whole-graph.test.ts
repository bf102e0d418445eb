import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { run, type Finished } from "../../e2e/shell";
import { Emulator } from "./emulator";

// The unchanged program and stack file on Pulumi's real engine, against an API that we did not write. No machine runs: commands for
// hosts are taken as done, and what they would have got is looked at.

const folder = mkdtempSync(join(tmpdir(), "testudo-aws-"));
const emulator = new Emulator(join(folder, "emulator"));
const checkout = join(__dirname, "..", "..", "..");
const stackFile = join(checkout, "Pulumi.aws.yaml");
let before: Awaited<ReturnType<Emulator["inventory"]>>;

function stack(words: readonly string[], file = stackFile): Promise<Finished> {
    const state = { TESTUDO_STATE: join(folder, "state"), STACK_FILE: file };
    return run([join(checkout, "tools", "stack"), ...words], {
        timeoutSeconds: 900,
        cwd: checkout,
        env: { ...emulator.environment, ...state },
    });
}

function up(file?: string): Promise<Finished> {
    const flags = ["--yes", "--skip-preview", "--non-interactive", "--suppress-outputs"];
    return stack(["run", "emulated", "up", ...flags], file);
}

function changed(section: object): string {
    const file = parse(readFileSync(stackFile, "utf8")) as { config: Record<string, object> };
    file.config["testudo:aws"] = { ...file.config["testudo:aws"], ...section };
    const path = join(folder, "Pulumi.changed.yaml");
    writeFileSync(path, stringify(file));
    return path;
}

/** The last `Resources:` and what follows, as Pulumi counts: a preview has one of its own. */
function counts({ text }: Finished): string {
    const all = [...text.matchAll(/Resources:\n([\s\S]*?)\n\n/g)];
    return all.at(-1)?.[1]?.trim() ?? text.slice(-3000);
}

beforeAll(async () => {
    await emulator.start();
    before = await emulator.inventory();
}, 700_000);
afterAll(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true });
});

test("it comes up: each name, reference, network, rule and document is taken by the API", async () => {
    const finished = await up();
    expect(counts(finished)).toMatch(/^\+ \d+ created$/);
    const now = await emulator.inventory();
    const made = Object.fromEntries(
        Object.entries(now).map(([kind, ids]) => [kind, ids.length - (before[kind]?.length ?? 0)]),
    );
    expect(made).toMatchObject({
        ...{ vpcs: 1, subnets: 6, internet: 1, nat: 3, keys: 1, endpoints: 0 },
        // Of the network's own table too; of the site, its balancers, and the gateways; hosts and gateways.
        ...{ tables: 5, addresses: 6, interfaces: 18 + 3, instances: 18 },
        // Data, and a root disk each.
        volumes: 9 + 18,
        ...{ roles: 4, profiles: 4, parameters: 9 },
    });
    expect(made.rules).toBeGreaterThan(100);
    expect(emulator.log()).not.toMatch(/ by operator: [45]\d\d /);
}, 900_000);

test("a second up changes nothing", async () => {
    expect(counts(await up())).toMatch(/^\d+ unchanged$/);
}, 900_000);

test("an elastic address is at the second address of the first balancer's interface once its script has claimed it", async () => {
    const { InstanceId: instance } = await emulator.machineOf("lb1");
    const file = await emulator.bundle("lb-lb1-push");
    const vip = "10.91.0.10";
    const script = (await file("files/usr/local/lib/testudo/load-balancer/address"))
        .replace("http://169.254.169.254", `${emulator.metadata}/${instance}`)
        .replace(/https:\/\/ec2[^']*/, emulator.environment.AWS_ENDPOINT_URL ?? "")
        .replaceAll("/run/testudo", folder);
    writeFileSync(join(folder, "address"), script);
    // VRRP's mark is a stand-in, as is the journal; curl is the real one.
    writeFileSync(join(folder, "ip"), `#!/bin/sh\necho "ens5 UP 10.91.0.11/26 ${vip}/32"\n`, {
        mode: 0o755,
    });
    writeFileSync(join(folder, "logger"), "#!/bin/sh\n", { mode: 0o755 });
    const env = { PATH: `${folder}:${process.env.PATH ?? ""}` };
    const claimed = await run(["bash", join(folder, "address"), "claim"], { env });
    expect(claimed.text).toMatch(/^the public address 203\.0\.113\.\d+ is here, \d+ ms after/);
    expect((await run(["bash", join(folder, "address"), "mine"], { env })).code).toBe(0);
    const calls = emulator
        .log()
        .split("\n")
        .filter((line) => line.includes("AssociateAddress by aws-lb1"));
    expect(calls).toHaveLength(1);
    const [held] = await emulator.ask<unknown[]>([
        ...["ec2", "describe-addresses", "--query", "Addresses[]"],
        ...["--filters", "Name=tag:Name,Values=testudo-emulated-address"],
    ]);
    expect(held).toMatchObject({ PrivateIpAddress: "10.91.0.9" });
});

test("whoever signs with another key, or not at all, is refused", async () => {
    const wrong = await run(["aws", "ec2", "describe-vpcs"], {
        env: { ...emulator.environment, AWS_SECRET_ACCESS_KEY: "another" },
    });
    expect(wrong.text).toContain("SignatureDoesNotMatch");
    const unsigned = await run(["aws", "ec2", "describe-vpcs", "--no-sign-request"], {
        env: emulator.environment,
    });
    expect(unsigned.text).toContain("MissingAuthenticationToken");
});

test("preflight refuses what the account says no to, and nothing is made", async () => {
    const state = await emulator.inventory();
    const finished = await up(
        changed({
            zones: ["a", "b", "f"],
            ami: "ami-0deb13d6400000002",
            keyFile: "/nowhere/key.pub",
        }),
    );
    expect(finished.code).not.toBe(0);
    expect(finished.text).toContain(
        "testudo:aws.zones: needs zones that your account has in eu-central-1: a, b, c",
    );
    expect(finished.text).toContain("testudo:aws.ami: needs an image for arm64");
    expect(finished.text).toContain("testudo:aws.keyFile");
    expect(await emulator.inventory()).toEqual(state);
}, 300_000);

test("an instance that somebody has ended is made again, with its address and its data volume; nobody else is", async () => {
    const old = await emulator.machineOf("db2");
    const volume = await emulator.dataVolume("db2");
    await emulator.aws(["ec2", "terminate-instances", "--instance-ids", old.InstanceId]);
    const finished = await up();
    expect(counts(finished)).toMatch(/\d+ replaced/);
    const fresh = await emulator.machineOf("db2");
    expect(fresh.InstanceId).not.toBe(old.InstanceId);
    expect(fresh.PrivateIpAddress).toBe(old.PrivateIpAddress);
    expect(await emulator.dataVolume("db2")).toBe(volume);
    const made = [...finished.text.matchAll(/\+[+-] +\S+ (\S+) /g)].map((match) => match[1] ?? "");
    expect(made).toContain("aws-db2");
    expect(made.filter((name) => !name.includes("db2"))).toEqual([]);
    expect(counts(await up())).toMatch(/^\d+ unchanged$/);
}, 900_000);

test("a person's key in place of the stack's replaces the key pair, and no living instance", async () => {
    const keyFile = join(folder, "person");
    const made = await run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keyFile]);
    expect(made.code).toBe(0);
    const before = (await emulator.inventory()).instances;
    const finished = await up(changed({ keyFile: `${keyFile}.pub` }));
    expect(counts(finished)).toMatch(/^\+-1 replaced\n\s*\d+ unchanged$/);
    expect((await emulator.inventory()).instances).toEqual(before);
    expect(counts(await up())).toMatch(/^\+-1 replaced\n\s*\d+ unchanged$/);
}, 900_000);

test("destroy is refused for what is protected, and nothing goes; without protection it leaves nothing in the account", async () => {
    const state = await emulator.inventory();
    const refused = await stack(["down", "emulated"]);
    expect([refused.code === 0, refused.text]).toEqual([
        false,
        expect.stringMatching(/aws-db1-data[^]* protected/),
    ]);
    expect(await emulator.inventory()).toEqual(state);
    // As docs/aws.md says.
    const bare = await stack(["run", "emulated", "state", "unprotect", "--all", "--yes"]);
    expect([bare.code, bare.text]).toEqual([0, expect.anything()]);
    const finished = await stack(["down", "emulated"]);
    expect(counts(finished)).toMatch(/^- \d+ deleted$/);
    expect(await emulator.inventory()).toEqual(before);
}, 900_000);

test("what docs/aws.md lets the deploying user do covers every call that was made", () => {
    const page = readFileSync(join(checkout, "docs", "aws.md"), "utf8");
    const policy = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "") as {
        Statement: { Action: string[] }[];
    };
    const allowed = policy.Statement.flatMap((one) => one.Action).map(
        (action) => new RegExp(`^${action.replace("*", ".*")}$`),
    );
    // Asked by the metadata service, and by these tests.
    const others = ["sts:AssumeRole", "iam:ListRoles", "iam:ListInstanceProfiles"];
    const called = [...emulator.log().matchAll(/ api (\w+) (\w+) by operator: 200/g)].map(
        ([, service = "", action = ""]) => `${service}:${action}`,
    );
    const missing = [...new Set(called)].filter(
        (action) => !others.includes(action) && !allowed.some((one) => one.test(action)),
    );
    expect(missing).toEqual([]);
    expect(new Set(called).size).toBeGreaterThan(50);
});
