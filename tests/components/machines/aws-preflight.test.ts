import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { awsPreflight, type AwsFacts } from "../../../components/machines/aws-preflight";
import { FakeEc2 } from "../../helpers/fake-ec2";
import { lineOf, onAws, planOf, type Values } from "../../helpers/plans";
import { record } from "../../helpers/record";

// The real questions, asked of an account that answers as the provider's functions do (mocks).

async function facts(
    ec2: FakeEc2,
    values: Values = {},
    region = "eu-central-1",
): Promise<AwsFacts> {
    pulumi.runtime.setAllConfig(region === "" ? {} : { "aws:region": region });
    let found: AwsFacts | undefined;
    await record(
        async () => {
            found = await awsPreflight(planOf({ ...onAws, ...values }));
        },
        { answer: ec2.answer },
    );
    if (found === undefined) throw new Error("preflight did not end");
    return found;
}
const faultsOf = async (ec2: FakeEc2, values: Values = {}) =>
    (await facts(ec2, values)).faults.map(lineOf);

let ec2: FakeEc2;
beforeEach(() => {
    ec2 = new FakeEc2();
});

/** As the plan's hosts would be, of one role. */
const members = (...hosts: [string, string][]) => {
    for (const [host, address] of hosts) {
        ec2.machine(host, { address, tags: { "testudo:quorum": "database" } });
        ec2.members.set(host, "database");
        ec2.volumes.set(host, 10);
    }
};
const databases: [string, string][] = [
    ["db1", "10.91.1.41"],
    ["db2", "10.91.1.106"],
    ["db3", "10.91.1.171"],
];

test("an empty account that has everything refuses nothing, and every host is new", async () => {
    const found = await facts(ec2);
    expect(found.faults).toEqual([]);
    expect(found.stays("db1")).toBe(false);
    expect(found.machineId("db1")).toMatch(/^[0-9a-f]{16}$/);
    expect(found.imageOf("db1")).toBe("ami-0123456789abcdef0");
});

test("a new stack is told of more public addresses than an account usually has, and an old one is not", async () => {
    expect((await facts(ec2)).warnings).toEqual([
        expect.stringMatching(/^6 public addresses are needed, and an account has 5 .*nat: single/),
    ]);
    expect((await facts(ec2, { aws: { nat: "single" } })).warnings).toEqual([]);
    members(...databases);
    expect((await facts(ec2)).warnings).toEqual([]);
});

test("what Debian's image cannot have is asked for by name", async () => {
    expect(await faultsOf(ec2, { database: { proxy: "proxysql" } })).toEqual([
        "testudo:database.proxy: needs testudo:aws.ami, an image that has proxysql, because Debian does not carry ProxySQL, and hosts start from Debian's image; got no testudo:aws.ami",
    ]);
    const aws = { ami: "ami-0123456789abcdef0" };
    expect(await faultsOf(ec2, { database: { proxy: "proxysql" }, aws })).toEqual([]);
});

test("a living machine keeps its identity and the image that it was made from", async () => {
    members(...databases);
    const found = await facts(ec2);
    expect(found.faults).toEqual([]);
    expect([found.machineId("db1"), found.stays("db1"), found.imageOf("db1")]).toEqual([
        "nonce-db1",
        true,
        "ami-old",
    ]);
    expect(found.imageOf("web1")).toBe("ami-0123456789abcdef0");
});

test("one that somebody asked to be made anew gets a new identity and the new image", async () => {
    members(...databases);
    ec2.machine("db2", {
        address: "10.91.1.106",
        tags: { "testudo:quorum": "database", "testudo:replace": "true" },
    });
    const found = await facts(ec2);
    expect(found.faults).toEqual([]);
    expect(found.machineId("db2")).not.toBe("nonce-db2");
    expect([found.stays("db2"), found.imageOf("db2")]).toEqual([false, "ami-0123456789abcdef0"]);
});

test("two lost members of one quorum: refused", async () => {
    members(...databases);
    const poorer = new FakeEc2().machine("db1", {
        address: "10.91.1.41",
        tags: { "testudo:quorum": "database" },
    });
    for (const [host] of databases) poorer.members.set(host, "database");
    expect(await faultsOf(poorer)).toEqual([
        expect.stringContaining(
            "testudo:database: may lose or change one database member at a time",
        ),
    ]);
});

test("members that were made by half are no lost ones", async () => {
    ec2.machine("db1", { address: "10.91.1.41", tags: { "testudo:quorum": "database" } });
    ec2.volumes.set("db2", 10).set("db3", 10);
    expect(await faultsOf(ec2)).toEqual([]);
});

test("everything gone that was once there: refused, it would come up empty", async () => {
    for (const [host] of databases) ec2.members.set(host, "database");
    expect(await faultsOf(ec2)).toEqual([
        expect.stringContaining(
            "testudo:database: needs one of its machines or data volumes to be there",
        ),
    ]);
});

test("a type may change for one host of a tier at a time", async () => {
    members(...databases);
    ec2.machine("lb1", { type: "t4g.small", address: "10.91.0.11" });
    ec2.machine("lb2", { type: "t4g.small", address: "10.91.0.76" });
    expect(await faultsOf(ec2, { aws: { instanceTypes: { loadBalancer: "t4g.large" } } })).toEqual([
        expect.stringMatching(
            /may change for one load-balancer host at a time: testudo:hosts\.lb1\.instanceType first, .* and nobody would do their work/,
        ),
    ]);
    const larger = { aws: { instanceTypes: { database: "t4g.large" } } };
    expect(await faultsOf(ec2, larger)).toEqual([
        expect.stringContaining(
            "may change for one database host at a time: testudo:hosts.db1.instanceType first",
        ),
    ]);
    expect(await faultsOf(ec2, { hosts: { db1: { instanceType: "t4g.large" } } })).toEqual([]);
});

test("a volume may only grow, and a living host keeps its address", async () => {
    members(...databases);
    ec2.volumes.set("db1", 20);
    ec2.machine("web1", { type: "t4g.small", address: "10.91.1.22" });
    expect(await faultsOf(ec2)).toEqual([
        expect.stringContaining("testudo:hosts.web1.address: needs to stay 10.91.1.22"),
        expect.stringContaining("testudo:database.dataGiB: needs to be at least 20"),
    ]);
});

test("a key of KMS for disks that have another one: refused, EBS would make them anew", async () => {
    members(...databases);
    expect(await faultsOf(ec2, { aws: { kmsKeyArn: ec2.volumeKey } })).toEqual([]);
    expect(
        await faultsOf(ec2, {
            aws: { kmsKeyArn: "arn:aws:kms:eu-central-1:123456789012:key/another" },
        }),
    ).toEqual([
        expect.stringContaining(`testudo:aws.kmsKeyArn: needs to stay ${ec2.volumeKey}, because`),
    ]);
});

test.each([
    "getAvailabilityZones",
    "getInstanceTypeOfferings",
    "getInstances",
    "getEbsVolumes",
    "getParametersByPath",
])(
    "an account that may not ask %s: said as one fault, with what else is wrong",
    async (question) => {
        ec2.refuse(question);
        expect(await faultsOf(ec2, { aws: { keyFile: "/nonexistent/key.pub" } })).toEqual([
            expect.stringMatching(
                new RegExp(
                    `^aws:region: needs an account that may ask .*got eu-central-1: no ${question} here$`,
                ),
            ),
            expect.stringContaining("testudo:aws.keyFile"),
        ]);
    },
);

test("a member that is not in the plan and has no machine: how EC2 is made to forget it", async () => {
    members(...databases);
    ec2.members.set("db4", "database");
    expect(await faultsOf(ec2)).toEqual([
        expect.stringContaining("aws ssm delete-parameter --name /testudo/test/members/db4)"),
    ]);
});

test("everything that the region lacks is said at once", async () => {
    ec2.zones = ["eu-central-1a", "eu-central-1b"];
    ec2.offered.set("t4g.medium", ["eu-central-1a"]);
    ec2.architecture = "x86_64";
    expect(await faultsOf(ec2, { aws: { keyFile: "/nonexistent/key.pub" } })).toEqual([
        "testudo:aws.zones: needs zones that your account has in eu-central-1: a, b, because a subnet lies in one zone; got c",
        expect.stringContaining("t4g.small is offered in a, b"),
        expect.stringContaining("t4g.medium is offered in a"),
        expect.stringContaining("testudo:aws.ami: needs an image for arm64"),
        expect.stringContaining("testudo:aws.keyFile: needs an OpenSSH public key"),
    ]);
});

test("an image that does not exist: refused, in the provider's words", async () => {
    ec2.refuse("getAmi");
    expect(await faultsOf(ec2, { aws: { ami: "ami-00000000" } })).toEqual([
        "testudo:aws.ami: needs the id of an image that your account may use in eu-central-1, because hosts start from it; got ami-00000000: no getAmi here",
    ]);
});

test("an account that does not answer: nothing else is asked", async () => {
    ec2.refuse("getCallerIdentity");
    expect(await faultsOf(ec2)).toEqual([
        expect.stringContaining("aws:region: needs an account that answers there"),
    ]);
    expect(ec2.asked).toEqual(["getCallerIdentity"]);
    expect((await facts(ec2, {}, "")).faults.map(lineOf)).toEqual([
        "aws:region: needs a region, such as eu-central-1, because everything is made in it; got nothing",
    ]);
});

test("a key file that is a private key, or of a type that EC2 does not take: refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "testudo-key-"));
    const keyFile = join(folder, "key");
    const withKey = async (text: string) => {
        writeFileSync(keyFile, text);
        return faultsOf(ec2, { aws: { keyFile } });
    };
    expect(await withKey("ssh-ed25519 AAAAC3Nz me@home\n")).toEqual([]);
    expect(await withKey("-----BEGIN OPENSSH PRIVATE KEY-----\nSECRET\n")).toEqual([
        expect.not.stringContaining("SECRET"),
    ]);
    expect(await withKey("ecdsa-sha2-nistp256 AAAA me\n")).toHaveLength(1);
    rmSync(folder, { recursive: true });
});

test("a machine that stands still is said, not refused", async () => {
    ec2.machine("web1", { type: "t4g.small", state: "stopped", address: "10.91.1.21" });
    expect((await facts(ec2)).warnings).toEqual([
        "web1 is stopped; start it in EC2, then run up again",
    ]);
});
