import { SecurityGroup } from "@pulumi/aws/ec2";
import { SecurityGroupEgressRule, SecurityGroupIngressRule } from "@pulumi/aws/vpc";
import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../cluster/plan";
import type { Flow, HostSpec } from "../cluster/types";
import { everyHost, groupRules, groupsOf, type GroupName } from "./aws-rules";
import { tagsOf } from "./aws-tags";

export type Groups = ReadonlyMap<GroupName, SecurityGroup>;

/** A group for each role that has hosts, and one for what every host needs; they are empty: the rules come with the border. */
export function makeGroups(
    name: string,
    plan: Plan,
    vpcId: pulumi.Input<string>,
    parent: pulumi.Resource,
): Groups {
    return new Map(
        [everyHost, ...groupsOf(plan)].map((group): [GroupName, SecurityGroup] => [
            group as GroupName,
            new SecurityGroup(
                `${name}-group-${group}`,
                {
                    vpcId,
                    description: `Testudo ${plan.stack}: ${group}`,
                    revokeRulesOnDelete: true,
                    tags: tagsOf(plan, group),
                },
                { parent },
            ),
        ]),
    );
}

/** The groups of one host. */
export function groupIds(groups: Groups, host: HostSpec): pulumi.Output<string>[] {
    return [everyHost, ...host.roles].flatMap((name) => {
        const group = groups.get(name as GroupName);
        return group === undefined ? [] : [group.id];
    });
}

export interface AwsBorderArgs {
    readonly plan: Plan;
    readonly flows: readonly Flow[];
    readonly groups: Groups;
}

/**
 * The rules of all groups: a resource for each, so that one change is one change, and groups may name each other.
 * Whatever waits for the border waits for all of them.
 */
export class AwsBorder extends pulumi.ComponentResource {
    constructor(name: string, args: AwsBorderArgs, opts?: pulumi.ComponentResourceOptions) {
        super("testudo:index:AwsBorder", name, {}, opts);
        const { plan, flows, groups } = args;
        for (const rule of groupRules(plan, flows)) {
            const { key, direction, group, peer, protocol, fromPort, toPort, description } = rule;
            const inputs = {
                securityGroupId: idOf(groups, group),
                ...("group" in peer
                    ? { referencedSecurityGroupId: idOf(groups, peer.group) }
                    : { cidrIpv4: peer.network }),
                ipProtocol: protocol,
                ...(fromPort === undefined ? {} : { fromPort, toPort }),
                description,
                tags: tagsOf(plan, key),
            };
            if (direction === "ingress")
                new SecurityGroupIngressRule(`${name}-${key}`, inputs, { parent: this });
            else new SecurityGroupEgressRule(`${name}-${key}`, inputs, { parent: this });
        }
        this.registerOutputs({});
    }
}

function idOf(groups: Groups, name: GroupName): pulumi.Output<string> {
    const group = groups.get(name);
    if (group === undefined) throw new TypeError(`no security group for ${name}`);
    return group.id;
}
