import { hostsOf } from "../../../components/cluster/plan";
import { counts, living, maker } from "../../helpers/aws-machines";
import { onAws, planOf } from "../../helpers/plans";

// What is registered for hosts, by value (mocks).

test("the stack of 18 hosts over three zones, by type", async () => {
    const made = counts(await maker({}));
    // Of rules there are as many as the flows ask for: aws-rules.test.ts.
    expect(made).toEqual({
        SecurityGroupEgressRule: expect.any(Number) as number,
        SecurityGroupIngressRule: expect.any(Number) as number,
        DefaultSecurityGroup: 1,
        Eip: 6,
        Instance: 18,
        InstanceProfile: 4,
        InternetGateway: 1,
        KeyPair: 1,
        NatGateway: 3,
        NetworkInterface: 18,
        Parameter: 9,
        Role: 4,
        RolePolicy: 4,
        Route: 7,
        RouteTable: 4,
        RouteTableAssociation: 6,
        SecurityGroup: 9,
        Subnet: 6,
        Volume: 9,
        VolumeAttachment: 9,
        Vpc: 1,
    });
});

test("an instance, by value", async () => {
    const one = (await maker({})).get("aws-db2");
    expect({ ...one.inputs, userData: "…" }).toEqual({
        ami: "ami-1",
        instanceType: "t4g.medium",
        primaryNetworkInterface: { networkInterfaceId: "aws-db2-interface-id" },
        keyName: "aws-key",
        userData: "…",
        userDataReplaceOnChange: true,
        metadataOptions: {
            httpEndpoint: "enabled",
            httpTokens: "required",
            httpPutResponseHopLimit: 1,
            instanceMetadataTags: "disabled",
        },
        rootBlockDevice: {
            volumeType: "gp3",
            volumeSize: 10,
            encrypted: true,
            deleteOnTermination: true,
            tags: {
                Name: "testudo-test-db2-root",
                "testudo:stack": "test",
                "testudo:host": "db2",
            },
        },
        disableApiTermination: true,
        forceDestroy: true,
        tags: {
            Name: "testudo-test-db2",
            "testudo:stack": "test",
            "testudo:host": "db2",
            "testudo:nonce": "nonce-db2",
            "testudo:quorum": "database",
        },
    });
    expect(one.inputs.userData).toContain('"aws-db2-data-id"');
});

test("neither a new image, new user-data nor another key replaces a living machine; one that is made anew gets them", async () => {
    // Always: it is the interface's, and of inner balancers it is off.
    const always = ["sourceDestCheck"];
    expect((await maker({})).get("aws-db2").ignoreChanges).toEqual(always);
    living.add("db2");
    const made = await maker({ acceptDataLossRisk: "only another key for the recording" });
    living.clear();
    expect(made.get("aws-db2").ignoreChanges).toEqual([
        ...always,
        ...["ami", "userData", "keyName"],
    ]);
    expect(made.get("aws-db1").ignoreChanges).toEqual(always);
});

test("volumes are protected until their host has left, and nothing is in a stack that is only tried", async () => {
    const left = await maker({
        hosts: { cache3: { state: "leaving" } },
        acceptDataLossRisk: "two caches stay for this test",
    });
    expect(left.get("aws-cache2-data").protect).toBe(true);
    expect(left.get("aws-cache3-data").protect).toBe(false);
    expect((await maker({ aws: { ephemeral: true } })).get("aws-cache2-data").protect).toBe(false);
});

test.each([
    [{ ephemeral: true, terminationProtection: true }, true],
    [{ ephemeral: true }, false],
    [{ terminationProtection: false }, false],
    [{}, true],
])("with %j instances are kept from being ended elsewhere: %s", async (aws, protectedFrom) => {
    const made = await maker({ aws });
    expect(made.get("aws-lb1").inputs.disableApiTermination).toBe(protectedFrom);
});

test("interfaces: groups of their roles and of every host; balancers have a second address", async () => {
    const made = await maker({});
    expect(made.get("aws-lb2-interface").inputs).toMatchObject({
        privateIpListEnabled: true,
        privateIpLists: ["10.91.0.76", "10.91.0.73"],
        securityGroups: ["aws-group-host-id", "aws-group-load-balancer-id"],
        sourceDestCheck: true,
    });
    expect(made.get("aws-db1-interface").inputs).toMatchObject({
        privateIps: ["10.91.1.41"],
        securityGroups: ["aws-group-host-id", "aws-group-database-id"],
        sourceDestCheck: true,
    });
    // Packets to an address that is no interface's.
    expect(made.get("aws-inner1-interface").inputs.sourceDestCheck).toBe(false);
    for (const { name, waitsFor } of made.ofType("aws:ec2/networkInterface:NetworkInterface"))
        expect([
            name,
            waitsFor.filter((one) => /-(lb|inner|db|cache|storage|app|web|ops)\d$/.test(one)),
        ]).toEqual([name, []]);
});

test("the public address moves by itself: nobody associates it here, and a balancer's own stays where it is", async () => {
    const made = await maker({});
    const address = made.get("aws-address");
    expect([address.protect, address.inputs.networkInterface]).toEqual([true, undefined]);
    // Deleted in the opposite order: an address that is led somewhere cannot be given back.
    expect(address.waitsFor).toContain("aws-public-out");
    expect(made.get("aws-lb1-interface").waitsFor).toContain("aws-address");
    expect(counts(made)).not.toHaveProperty("EipAssociation");
    expect(made.get("aws-lb1-address").inputs).toMatchObject({
        networkInterface: "aws-lb1-interface-id",
        associateWithPrivateIp: "10.91.0.11",
    });
});

test("all private tables lead to the inner address, and an up does not lead them back", async () => {
    const made = await maker({});
    for (const zone of ["a", "b", "c"]) {
        const one = made.get(`aws-inner-route-${zone}`);
        expect(one.inputs).toEqual({
            routeTableId: `aws-private-${zone}-routes-id`,
            destinationCidrBlock: "10.92.0.10/32",
            networkInterfaceId: "aws-inner1-interface-id",
        });
        expect(one.ignoreChanges).toEqual(["networkInterfaceId"]);
    }
});

test("in one zone the inner address is a further one of an interface, which an up leaves alone", async () => {
    const made = await maker({
        aws: { innerAddress: "secondary" },
        hosts: { inner2: { failureDomain: "a" } },
        network: { innerVip: "10.91.1.10" },
        acceptDataLossRisk: "both inner balancers are in one zone",
    });
    expect(made.names.filter((name) => name.startsWith("aws-inner-route"))).toEqual([]);
    const { inputs, ignoreChanges } = made.get("aws-inner1-interface");
    expect([inputs.sourceDestCheck, ignoreChanges]).toEqual([true, ["privateIps"]]);
});

test("a key of KMS encrypts all disks", async () => {
    const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/1";
    const made = await maker({ aws: { kmsKeyArn } });
    expect(made.get("aws-db1-data").inputs.kmsKeyId).toBe(kmsKeyArn);
    expect(made.get("aws-web1").inputs.rootBlockDevice).toMatchObject({ kmsKeyId: kmsKeyArn });
});

test("each member of a quorum is remembered beside its machine and its data", async () => {
    const made = await maker({});
    const members = made
        .ofType("aws:ssm/parameter:Parameter")
        .map(({ inputs }) => `${String(inputs.name)} ${String(inputs.value)}`);
    const plan = planOf(onAws);
    expect(members).toEqual(
        (["database", "cache", "storage"] as const).flatMap((role) =>
            hostsOf(plan, role).map((host) => `/testudo/test/members/${host.name} ${role}`),
        ),
    );
    expect(made.get("aws-db1-member").waitsFor).toEqual(
        expect.arrayContaining(["aws-db1", "aws-db1-data-attachment"]),
    );
});
