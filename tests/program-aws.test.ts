import * as pulumi from "@pulumi/pulumi";
import main from "../index";
import { subnetOf } from "../components/cluster/aws";
import { FakeEc2 } from "./helpers/fake-ec2";
import { onAws, planOf, rawConfig, type Values } from "./helpers/plans";
import { isSecret, leaks, record, remembered, type RecordOptions } from "./helpers/record";

// The whole program on EC2, against mocks: the provider is not asked, so a property that EC2 would refuse passes.

const program = remembered((values: Values, options?: RecordOptions) => {
    const ec2 = new FakeEc2();
    pulumi.runtime.setAllConfig({ ...rawConfig(values), "aws:region": "eu-central-1" });
    return record(main, { ...options, answer: ec2.answer });
});
const plan = planOf(onAws);
const said = jest.spyOn(pulumi.log, "info").mockResolvedValue();
const warned = jest.spyOn(pulumi.log, "warn").mockResolvedValue();

test("machines stand under the tier that they are made for, networks under the maker, rules under the border", async () => {
    const made = await program(onAws);
    expect(made.all.filter((one) => one.parent === null).map((one) => one.name)).toEqual([
        "trust",
        "aws",
        "dmz",
        "lb",
        "db",
        "inner",
        "cache",
        "storage",
        "web",
        "ops",
    ]);
    for (const { name } of plan.hosts) {
        const prefix = name.replace(/\d/, "");
        const tier = prefix === "app" ? "web" : prefix;
        for (const part of ["", "-interface"])
            expect([name, made.get(`aws-${name}${part}`).parent]).toEqual([name, tier]);
    }
    expect(made.get("dmz-border").parent).toBe("dmz");
});

test("a preview of a new stack, all ids unknown, registers the same", async () => {
    const [preview, up] = [await program(onAws, { preview: true }), await program(onAws)];
    expect(preview.names.sort()).toEqual(up.names.sort());
});

test("a preview says what the stack costs a month, and what a new account may have to ask for", async () => {
    await program(onAws, { preview: true });
    expect(said).toHaveBeenCalledWith(
        expect.stringMatching(/^about \d+ USD a month in eu-central-1/),
    );
    expect(warned).toHaveBeenCalledWith(expect.stringMatching(/^6 public addresses are needed/));
});

test("law: every thing of EC2 that can have tags says whose it is", async () => {
    // These have none in the provider's schema.
    const without = ["Route", "RouteTableAssociation", "VolumeAttachment", "RolePolicy"];
    const all = (await program(onAws)).all.filter((one) => one.type.startsWith("aws:"));
    const untagged = all
        .filter((one) => !without.includes(one.type.split(":").at(-1) ?? ""))
        .filter((one) => (one.inputs.tags as Values | undefined)?.["testudo:stack"] !== "test")
        .map((one) => one.name);
    expect(untagged).toEqual([]);
    expect(all.length).toBeGreaterThan(100);
});

test("law: a host with data has them on an encrypted volume of its zone that is protected and outlives its machine", async () => {
    const made = await program(onAws);
    for (const host of plan.hosts.filter((one) => one.data !== undefined)) {
        const volume = made.get(`aws-${host.name}-data`);
        expect([host.name, volume.protect, volume.inputs]).toMatchObject([
            host.name,
            true,
            {
                availabilityZone: `eu-central-1${host.failureDomain}`,
                encrypted: true,
                type: "gp3",
                size: host.data?.sizeGiB,
            },
        ]);
        expect(volume.waitsFor).not.toContain(`aws-${host.name}`);
        expect(made.get(`aws-${host.name}-data-attachment`).inputs).toMatchObject({
            volumeId: `aws-${host.name}-data-id`,
            instanceId: `aws-${host.name}-id`,
            skipDestroy: true,
        });
    }
});

test("law: every interface has the plan's address, in the subnet of its zone", async () => {
    const made = await program(onAws);
    for (const host of plan.hosts) {
        const { privateIps, privateIpLists, subnetId } = made.get(`aws-${host.name}-interface`)
            .inputs as Record<string, string[]>;
        expect([host.name, (privateIps ?? privateIpLists)?.[0]]).toEqual([host.name, host.address]);
        expect(subnetId).toBe(`aws-${host.zone}-${host.failureDomain}-id`);
        expect(subnetOf(plan.config, host)).toBeDefined();
    }
});

test("law: the metadata service wants tokens and answers one hop, and the root disk is encrypted", async () => {
    for (const one of (await program(onAws)).ofType("aws:ec2/instance:Instance")) {
        expect([one.name, one.inputs]).toMatchObject([
            one.name,
            {
                metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 1 },
                rootBlockDevice: { encrypted: true, volumeType: "gp3" },
                disableApiTermination: true,
            },
        ]);
        expect(one.deleteBeforeReplace).toBe(true);
    }
});

test("law: nobody has a public address but balancers and gateways", async () => {
    const made = await program(onAws);
    const addresses = made.ofType("aws:ec2/eip:Eip").map((one) => one.name);
    expect(addresses.sort()).toEqual([
        "aws-address",
        "aws-lb1-address",
        "aws-lb2-address",
        "aws-nat-a-address",
        "aws-nat-b-address",
        "aws-nat-c-address",
    ]);
    for (const one of made.ofType("aws:ec2/subnet:Subnet"))
        expect([one.name, one.inputs.mapPublicIpOnLaunch]).toEqual([one.name, false]);
    expect(
        made
            .ofType("aws:ec2/instance:Instance")
            .filter((one) => "associatePublicIpAddress" in one.inputs),
    ).toEqual([]);
});

test("law: only balancers have rights of their own", async () => {
    const made = await program(onAws);
    const withProfile = made
        .ofType("aws:ec2/instance:Instance")
        .filter((one) => one.inputs.iamInstanceProfile !== undefined)
        .map((one) => one.name);
    expect(withProfile.sort()).toEqual(["aws-inner1", "aws-inner2", "aws-lb1", "aws-lb2"]);
});

test("law: user-data are secret, and no secret stands outside of its envelope", async () => {
    const made = await program(onAws);
    for (const one of made.ofType("aws:ec2/instance:Instance"))
        expect([one.name, isSecret(one.sent.userData)]).toEqual([one.name, true]);
    const leaking = made.all.flatMap((one) => leaks(one.sent).map((at) => `${one.name}: ${at}`));
    expect(leaking).toEqual([]);
});

test("law: a remote command is made again with its instance, dies with it, and waits for the border", async () => {
    const made = await program(onAws);
    for (const one of made.ofType("command:remote:Command")) {
        expect([one.name, one.inputs.triggers]).toEqual([
            one.name,
            [`${one.deletedWith ?? ""}-id`],
        ]);
        expect(one.waitsFor).toContain(one.deletedWith);
    }
    const rules = made.childrenOf("dmz-border");
    expect(rules.length).toBeGreaterThan(30);
    expect(made.get("lb-lb1-ready").waitsFor).toEqual(expect.arrayContaining(rules));
});

test("balancers are dialled at their own public addresses, the others through the one of the site", async () => {
    const made = await program(onAws);
    expect(made.get("lb-lb1-ready").inputs.connection).toMatchObject({
        host: "public-aws-lb1-address",
    });
    expect(made.get("db-db1-ready").inputs.connection).toMatchObject({
        host: "10.91.1.41",
        proxy: { host: "public-aws-address" },
    });
});

test("outputs name the public address, and ssh goes there", async () => {
    pulumi.runtime.setAllConfig({ ...rawConfig(onAws), "aws:region": "eu-central-1" });
    let text = "";
    await record(
        async () => {
            const { sshConfig } = await main();
            (sshConfig as pulumi.Output<string>).apply((told) => (text = told));
        },
        { answer: new FakeEc2().answer },
    );
    expect(text).toContain("HostName public-aws-address\n");
    expect(text).toContain("Host lb2\n    HostName public-aws-lb2-address\n");
    expect(text).toContain("Host db2\n    HostName 10.91.1.106\n");
});

test("an ephemeral stack protects nothing, and its machines may be ended by anybody", async () => {
    const made = await program({ ...onAws, aws: { ephemeral: true } });
    expect(made.all.filter((one) => one.protect)).toEqual([]);
    expect(made.get("aws-db1").inputs.disableApiTermination).toBe(false);
});

test("what EC2 refuses is refused before the first resource", async () => {
    pulumi.runtime.setAllConfig({ ...rawConfig(onAws), "aws:region": "eu-central-1" });
    const ec2 = new FakeEc2();
    ec2.zones = ["eu-central-1a", "eu-central-1b"];
    const made = await record(
        () => expect(main()).rejects.toThrow("testudo:aws.zones: needs zones"),
        {
            answer: ec2.answer,
        },
    );
    expect(made.all).toEqual([]);
});
