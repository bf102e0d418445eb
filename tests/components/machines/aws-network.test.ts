import { counts, maker } from "../../helpers/aws-machines";
import type { Recording } from "../../helpers/record";

// What hosts lie in, by value (mocks).

const route = (made: Recording, name: string) => made.get(name).inputs;

test("one VPC with a public and a private subnet in each zone, nothing in its default group", async () => {
    const made = await maker({});
    expect(made.get("aws-vpc").inputs).toMatchObject({
        cidrBlock: "10.91.0.0/16",
        enableDnsSupport: true,
    });
    const subnets = made
        .ofType("aws:ec2/subnet:Subnet")
        .map(({ inputs }) => `${String(inputs.availabilityZone)} ${String(inputs.cidrBlock)}`);
    expect(subnets.sort()).toEqual([
        "eu-central-1a 10.91.0.0/26",
        "eu-central-1a 10.91.1.0/26",
        "eu-central-1b 10.91.0.64/26",
        "eu-central-1b 10.91.1.64/26",
        "eu-central-1c 10.91.0.128/26",
        "eu-central-1c 10.91.1.128/26",
    ]);
    const { ingress, egress } = made.get("aws-default-group").inputs;
    expect([ingress, egress]).toEqual([undefined, undefined]);
});

test("a gateway in each zone, so that no zone leaves through another one", async () => {
    const made = await maker({});
    for (const zone of ["a", "b", "c"]) {
        expect(made.get(`aws-nat-${zone}`).inputs.subnetId).toBe(`aws-public-${zone}-id`);
        expect(route(made, `aws-private-${zone}-out`)).toMatchObject({
            routeTableId: `aws-private-${zone}-routes-id`,
            natGatewayId: `aws-nat-${zone}-id`,
        });
    }
    expect(route(made, "aws-public-out")).toMatchObject({ gatewayId: "aws-internet-id" });
    // A host that boots before its way out finds no mirror.
    expect(made.get("aws-db2").waitsFor).toContain("aws-private-b-out");
    expect(made.get("aws-lb1").waitsFor).toContain("aws-public-out");
});

test("gateways and endpoints have places of their own: they take no host's", async () => {
    const made = await maker({});
    expect(["a", "b", "c"].map((zone) => made.get(`aws-nat-${zone}`).inputs.privateIp)).toEqual([
        "10.91.0.8",
        "10.91.0.72",
        "10.91.0.136",
    ]);
    const closed = await maker({ aws: { nat: "none", ami: "ami-0123456789" } });
    expect(closed.get("aws-api").inputs.subnetConfigurations).toEqual([
        { subnetId: "aws-private-a-id", ipv4: "10.91.1.8" },
        { subnetId: "aws-private-b-id", ipv4: "10.91.1.72" },
        { subnetId: "aws-private-c-id", ipv4: "10.91.1.136" },
    ]);
});

test("one gateway for all zones, where the stack says so", async () => {
    const made = await maker({ aws: { nat: "single" } });
    expect(counts(made).NatGateway).toBe(1);
    expect(route(made, "aws-private-c-out")).toMatchObject({ natGatewayId: "aws-nat-a-id" });
});

test("without gateways private hosts have no way out, and the API comes to those who must ask it", async () => {
    const made = await maker({ aws: { nat: "none", ami: "ami-0123456789" } });
    expect(counts(made)).toMatchObject({ VpcEndpoint: 1 });
    expect(made.names.filter((name) => /^aws-(nat|private-.-out)/.test(name))).toEqual([]);
    expect(made.get("aws-api").inputs).toMatchObject({
        serviceName: "com.amazonaws.eu-central-1.ec2",
        privateDnsEnabled: true,
        subnetIds: ["aws-private-a-id", "aws-private-b-id", "aws-private-c-id"],
    });
    const small = await maker({
        preset: "small",
        network: {},
        aws: { nat: "none", ami: "ami-0123456789" },
    });
    expect(counts(small)).not.toHaveProperty("VpcEndpoint");
});
