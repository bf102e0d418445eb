import { policyOf } from "../../../components/machines/aws-address";
import { tagsOf } from "../../../components/machines/aws-tags";

// The texts of the policies. Whether AWS lets their holders do just that, only AWS can say.

const arns = {
    ownArn: "arn:aws:ec2:eu-central-1:123456789012:network-interface/eni-1",
    elasticArn: "arn:aws:ec2:eu-central-1:123456789012:elastic-ip/eipalloc-1",
    tableArns: ["arn:aws:ec2:eu-central-1:123456789012:route-table/rtb-1"],
    region: "eu-central-1",
    tags: tagsOf({ stack: "test" }, "lb1", { host: "lb1" }),
};
const inRegion = { StringEquals: { "aws:RequestedRegion": "eu-central-1" } };

test("a balancer may lead that one address to its own interface, and see where addresses are", () => {
    expect(policyOf("elastic", arns)).toEqual({
        Version: "2012-10-17",
        Statement: [
            {
                Effect: "Allow",
                Action: "ec2:AssociateAddress",
                Resource: [arns.elasticArn, arns.ownArn],
            },
            {
                Effect: "Allow",
                Action: "ec2:AssociateAddress",
                Resource: ["arn:aws:ec2:eu-central-1:123456789012:instance/*"],
                Condition: {
                    StringEquals: {
                        "aws:ResourceTag/testudo:stack": "test",
                        "aws:ResourceTag/testudo:host": "lb1",
                    },
                },
            },
            {
                Effect: "Allow",
                Action: "ec2:DescribeAddresses",
                Resource: ["*"],
                Condition: inRegion,
            },
        ],
    });
});

test("an inner one may change the routes of the stack's own tables, or take an address to its own interface", () => {
    expect(policyOf("route", arns)).toMatchObject({
        Statement: [
            { Action: "ec2:ReplaceRoute", Resource: arns.tableArns },
            { Action: "ec2:DescribeRouteTables", Resource: ["*"], Condition: inRegion },
        ],
    });
    expect(policyOf("secondary", arns)).toMatchObject({
        Statement: [{ Action: "ec2:AssignPrivateIpAddresses", Resource: [arns.ownArn] }],
    });
});

test("what changes anything names what it may change", () => {
    for (const kind of ["elastic", "secondary", "route"] as const) {
        const { Statement } = policyOf(kind, arns) as {
            Statement: { Action: string; Resource: string[]; Condition?: object }[];
        };
        for (const one of Statement.filter(({ Resource }) =>
            Resource.some((arn) => arn.endsWith("*")),
        ))
            expect([one.Action, one.Condition]).toEqual([one.Action, expect.anything()]);
        for (const one of Statement.filter(({ Resource }) => Resource.includes("*")))
            expect(one.Action).toMatch(/^ec2:Describe/);
    }
});
