import { maker } from "../../helpers/aws-machines";

// One resource of each type of EC2, by value; instances are in aws.test.ts (mocks).

const withGateways = {};
const withEndpoint = { aws: { nat: "none", ami: "ami-0123456789abcdef0" } };

function own(what: string, host?: string): Record<string, string> {
    return {
        Name: `testudo-test-${what}`,
        "testudo:stack": "test",
        ...(host === undefined ? {} : { "testudo:host": host }),
    };
}

type One = readonly [type: string, name: string, inputs: Record<string, unknown>];
const one = (...resource: One): One => resource;

const resources: One[] = [
    one("aws:iam/role:Role", "aws-lb1-role", {
        assumeRolePolicy: JSON.stringify({
            Version: "2012-10-17",
            Statement: [
                {
                    Effect: "Allow",
                    Principal: { Service: "ec2.amazonaws.com" },
                    Action: "sts:AssumeRole",
                },
            ],
        }),
        description: "Testudo test: lb1 moves a floating address",
        path: "/testudo/",
        tags: own("lb1", "lb1"),
    }),
    one("aws:ec2/vpc:Vpc", "aws-vpc", {
        cidrBlock: "10.91.0.0/16",
        enableDnsHostnames: true,
        enableDnsSupport: true,
        tags: own("vpc"),
    }),
    one("aws:ebs/volume:Volume", "aws-db1-data", {
        availabilityZone: "eu-central-1a",
        encrypted: true,
        size: 10,
        type: "gp3",
        tags: own("db1-data", "db1"),
    }),
    one("aws:ec2/internetGateway:InternetGateway", "aws-internet", {
        vpcId: "aws-vpc-id",
        tags: own("internet"),
    }),
    one("aws:ec2/routeTable:RouteTable", "aws-public-routes", {
        vpcId: "aws-vpc-id",
        tags: own("public"),
    }),
    one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "aws-default-group", {
        vpcId: "aws-vpc-id",
        tags: own("default"),
    }),
    one("aws:ec2/securityGroup:SecurityGroup", "aws-group-host", {
        description: "Testudo test: host",
        revokeRulesOnDelete: true,
        vpcId: "aws-vpc-id",
        tags: own("host"),
    }),
    one("aws:ec2/subnet:Subnet", "aws-public-a", {
        availabilityZone: "eu-central-1a",
        cidrBlock: "10.91.0.0/26",
        mapPublicIpOnLaunch: false,
        vpcId: "aws-vpc-id",
        tags: own("public-a"),
    }),
    one("aws:iam/instanceProfile:InstanceProfile", "aws-lb1-profile", {
        path: "/testudo/",
        role: "aws-lb1-role",
        tags: own("lb1", "lb1"),
    }),
    one("aws:ec2/keyPair:KeyPair", "aws-key", {
        publicKey: "ssh-ed25519 PUBLIC-trust-client-key",
        tags: own("key"),
    }),
    one("aws:ec2/routeTableAssociation:RouteTableAssociation", "aws-public-a-association", {
        routeTableId: "aws-public-routes-id",
        subnetId: "aws-public-a-id",
    }),
    one("aws:ec2/route:Route", "aws-public-out", {
        destinationCidrBlock: "0.0.0.0/0",
        gatewayId: "aws-internet-id",
        routeTableId: "aws-public-routes-id",
    }),
    one(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        "dmz-border-inner-load-balancer-to-10-92-0-10-32-vrrp",
        {
            cidrIpv4: "10.92.0.10/32",
            description: "who holds the inner floating address",
            ipProtocol: "112",
            securityGroupId: "aws-group-inner-load-balancer-id",
            tags: own("inner-load-balancer-to-10-92-0-10-32-vrrp"),
        },
    ),
    one(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        "dmz-border-load-balancer-from-203-0-113-7-32-tcp-22",
        {
            cidrIpv4: "203.0.113.7/32",
            description: "deployment of the balancers",
            fromPort: 22,
            ipProtocol: "tcp",
            securityGroupId: "aws-group-load-balancer-id",
            toPort: 22,
            tags: own("load-balancer-from-203-0-113-7-32-tcp-22"),
        },
    ),
    one("aws:ec2/eip:Eip", "aws-nat-a-address", {
        domain: "vpc",
        tags: own("nat-a"),
    }),
    one("aws:ec2/networkInterface:NetworkInterface", "aws-inner1-interface", {
        description: "Testudo test: inner1",
        privateIps: ["10.91.1.11"],
        securityGroups: ["aws-group-host-id", "aws-group-inner-load-balancer-id"],
        sourceDestCheck: false,
        subnetId: "aws-private-a-id",
        tags: own("inner1", "inner1"),
    }),
    one("aws:ec2/natGateway:NatGateway", "aws-nat-a", {
        allocationId: "aws-nat-a-address-id",
        privateIp: "10.91.0.8",
        subnetId: "aws-public-a-id",
        tags: own("nat-a"),
    }),
    one("aws:iam/rolePolicy:RolePolicy", "aws-inner1-policy", {
        policy: JSON.stringify({
            Version: "2012-10-17",
            Statement: [
                {
                    Effect: "Allow",
                    Action: "ec2:ReplaceRoute",
                    Resource: [
                        "arn:route-table/aws-private-a-routes",
                        "arn:route-table/aws-private-b-routes",
                        "arn:route-table/aws-private-c-routes",
                    ],
                },
                {
                    Effect: "Allow",
                    Action: "ec2:DescribeRouteTables",
                    Resource: ["*"],
                    Condition: { StringEquals: { "aws:RequestedRegion": "eu-central-1" } },
                },
            ],
        }),
        role: "aws-inner1-role",
    }),
    one("aws:ec2/volumeAttachment:VolumeAttachment", "aws-db1-data-attachment", {
        deviceName: "/dev/sdf",
        instanceId: "aws-db1-id",
        skipDestroy: true,
        volumeId: "aws-db1-data-id",
    }),
    one("aws:ssm/parameter:Parameter", "aws-db1-member", {
        description: "Testudo test: has been a member",
        name: "/testudo/test/members/db1",
        type: "String",
        value: "database",
        tags: own("db1-member", "db1"),
    }),
    one("aws:ec2/vpcEndpoint:VpcEndpoint", "aws-api", {
        privateDnsEnabled: true,
        securityGroupIds: ["aws-api-group-id"],
        serviceName: "com.amazonaws.eu-central-1.ec2",
        subnetConfigurations: [
            {
                ipv4: "10.91.1.8",
                subnetId: "aws-private-a-id",
            },
            {
                ipv4: "10.91.1.72",
                subnetId: "aws-private-b-id",
            },
            {
                ipv4: "10.91.1.136",
                subnetId: "aws-private-c-id",
            },
        ],
        subnetIds: ["aws-private-a-id", "aws-private-b-id", "aws-private-c-id"],
        vpcEndpointType: "Interface",
        vpcId: "aws-vpc-id",
        tags: own("api"),
    }),
];

test.each(resources)("%s: %s", async (type, name, inputs) => {
    const made = await maker(name === "aws-api" ? withEndpoint : withGateways);
    expect(made.get(name).type).toBe(type);
    expect(made.get(name).inputs).toEqual(inputs);
});

test("no type that the program registers is left out here", async () => {
    const registered = [...(await maker(withGateways)).all, ...(await maker(withEndpoint)).all]
        .map(({ type }) => type)
        .filter((type) => type.startsWith("aws:"));
    const known = [...resources.map(([type]) => type), "aws:ec2/instance:Instance"];
    expect([...new Set(registered)].sort()).toEqual([...known].sort());
});
