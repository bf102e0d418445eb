import { SecurityGroup, VpcEndpoint } from "@pulumi/aws/ec2";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc";
import type * as pulumi from "@pulumi/pulumi";
import { hasApiEndpoint, servicePlace, subnetsOf } from "../cluster/aws";
import type { Plan } from "../cluster/plan";
import type { AwsNetwork } from "./aws-network";
import { everyHost } from "./aws-rules";
import type { Groups } from "./aws-security-groups";
import { tagsOf } from "./aws-tags";

/**
 * The EC2 API inside the network: without a NAT gateway the inner balancers would have no way to ask for their address.
 * Nothing where there is a gateway, or nobody who asks.
 */
export function apiEndpoint(
    name: string,
    plan: Plan,
    region: string,
    network: AwsNetwork,
    groups: Groups,
    parent: pulumi.Resource,
): void {
    if (!hasApiEndpoint(plan)) return;
    const tags = tagsOf(plan, "api");
    const group = new SecurityGroup(
        `${name}-api-group`,
        { vpcId: network.vpc.id, description: `Testudo ${plan.stack}: the EC2 API`, tags },
        { parent },
    );
    new SecurityGroupIngressRule(
        `${name}-api-from-hosts`,
        {
            securityGroupId: group.id,
            referencedSecurityGroupId: groups.get(everyHost)?.id ?? "",
            ipProtocol: "tcp",
            fromPort: 443,
            toPort: 443,
            description: "the EC2 API",
            tags,
        },
        { parent },
    );
    const subnets = subnetsOf(plan.config).filter(({ zone }) => zone === "private");
    new VpcEndpoint(
        `${name}-api`,
        {
            vpcId: network.vpc.id,
            vpcEndpointType: "Interface",
            serviceName: `com.amazonaws.${region}.ec2`,
            subnetIds: subnets.map((subnet) => network.subnet(subnet).id),
            subnetConfigurations: subnets.map((subnet) => ({
                subnetId: network.subnet(subnet).id,
                ipv4: servicePlace(subnet.network),
            })),
            securityGroupIds: [group.id],
            privateDnsEnabled: true,
            tags,
        },
        { parent },
    );
}
