import * as pulumi from "@pulumi/pulumi";
import { AwsBorder, makeGroups } from "../../../components/machines/aws-security-groups";
import { groupRules } from "../../../components/machines/aws-rules";
import { flowsOf } from "../../../components/roles/all";
import { onAws, planOf } from "../../helpers/plans";
import { record } from "../../helpers/record";

class Network extends pulumi.ComponentResource {
    constructor() {
        super("test:index:Network", "aws");
    }
}

test("a group for each role and one for every host, and each rule a resource of its own (mocks)", async () => {
    const plan = planOf(onAws);
    const flows = flowsOf(plan);
    const made = await record(() => {
        const groups = makeGroups("aws", plan, "vpc-1", new Network());
        return new AwsBorder("border", { plan, flows, groups });
    });
    expect(made.childrenOf("aws")).toEqual(
        [
            ...["host", "load-balancer", "web", "app", "inner-load-balancer"],
            ...["database", "cache", "storage", "ops"],
        ]
            .map((role) => `aws-group-${role}`)
            .sort(),
    );
    expect(made.childrenOf("border")).toEqual(
        groupRules(plan, flows)
            .map(({ key }) => `border-${key}`)
            .sort(),
    );
    expect(made.get("border-web-from-load-balancer-tcp-22")).toMatchObject({
        type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        inputs: {
            securityGroupId: "aws-group-web-id",
            referencedSecurityGroupId: "aws-group-load-balancer-id",
            ipProtocol: "tcp",
            fromPort: 22,
            toPort: 22,
            description: "SSH through the bastion",
        },
    });
    const vrrp = made.get("border-load-balancer-to-load-balancer-vrrp").inputs;
    expect(vrrp).toMatchObject({ ipProtocol: "112" });
    expect(vrrp).not.toHaveProperty("fromPort");
});
