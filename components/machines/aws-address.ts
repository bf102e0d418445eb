import { Eip, NetworkInterface, Route, type RouteTable } from "@pulumi/aws/ec2";
import { InstanceProfile, Role, RolePolicy } from "@pulumi/aws/iam";
import * as pulumi from "@pulumi/pulumi";
import type { Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import type { AddressMover } from "../roles/address-mover";
import { tagKeys, tagsOf, type Tags } from "./aws-tags";

/** What a balancer's calls work on. */
export interface MovingParts {
    readonly name: string;
    readonly plan: Plan;
    readonly region: string;
    /** The public address that moves; edge only. */
    readonly elastic?: Eip;
    /** Inside, where route tables lead to the address. */
    readonly tables: readonly RouteTable[];
}

/** The public address of the site. DNS names it: it goes only where the stack says that everything may. */
export function elasticAddress(
    name: string,
    plan: Plan,
    { parent, dependsOn }: Pick<pulumi.CustomResourceOptions, "parent" | "dependsOn">,
): Eip {
    return new Eip(
        `${name}-address`,
        { domain: "vpc", tags: tagsOf(plan, "address") },
        { parent, dependsOn, protect: !plan.config.aws.ephemeral },
    );
}

/** How the host fetches the address; the rest of its calls is nobody's. */
export function moverOf(
    parts: MovingParts,
    kind: AddressMover["kind"],
    own: NetworkInterface,
): pulumi.Output<AddressMover> {
    const { region, plan } = parts;
    const common = {
        region,
        endpoint: plan.config.aws.apiEndpoint ?? `https://ec2.${region}.amazonaws.com/`,
        networkInterfaceId: own.id,
    };
    switch (kind) {
        case "elastic":
            return pulumi.output({
                ...common,
                kind,
                allocationId: parts.elastic?.id ?? "",
                publicAddress: parts.elastic?.publicIp ?? "",
            });
        case "secondary":
            return pulumi.output({ ...common, kind });
        case "route":
            return pulumi.output({
                ...common,
                kind,
                routeTableIds: parts.tables.map((table) => table.id),
            });
    }
}

/**
 * Routes to an address outside of the network. They lead to the first balancer until the master says otherwise, and
 * are not led back by an `up`.
 */
export function overlayRoutes(
    { name, plan, tables }: MovingParts,
    own: NetworkInterface,
    parent: pulumi.Resource,
): void {
    const address = plan.vips["inner-load-balancer"];
    if (address === undefined) return;
    tables.forEach((table, index) => {
        new Route(
            `${name}-inner-route-${plan.config.aws.zones[index] ?? index}`,
            {
                routeTableId: table.id,
                destinationCidrBlock: `${address}/32`,
                networkInterfaceId: own.id,
            },
            { parent, ignoreChanges: ["networkInterfaceId"] },
        );
    });
}

/** The rights of one balancer: to fetch the address for its own interface, and to see where it is. */
export function profileOf(
    parts: MovingParts,
    kind: AddressMover["kind"],
    spec: HostSpec,
    own: NetworkInterface,
    parent: pulumi.Resource,
): InstanceProfile {
    const name = `${parts.name}-${spec.name}`;
    const tags = tagsOf(parts.plan, spec.name, { host: spec.name });
    const role = new Role(
        `${name}-role`,
        {
            description: `Testudo ${parts.plan.stack}: ${spec.name} moves a floating address`,
            path: "/testudo/",
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
            tags,
        },
        { parent },
    );
    const policy = pulumi
        .all([own.arn, parts.elastic?.arn ?? "", ...parts.tables.map((table) => table.arn)])
        .apply(([ownArn = "", elasticArn = "", ...tableArns]) =>
            JSON.stringify(policyOf(kind, { ownArn, elasticArn, tableArns, ...parts, tags })),
        );
    new RolePolicy(`${name}-policy`, { role: role.name, policy }, { parent });
    return new InstanceProfile(
        `${name}-profile`,
        { role: role.name, path: "/testudo/", tags },
        { parent },
    );
}

interface PolicyArns {
    readonly ownArn: string;
    readonly elasticArn: string;
    readonly tableArns: readonly string[];
    readonly region: string;
    readonly tags: Tags;
}

/** EC2 cannot limit what is described, but for the region. */
export function policyOf(kind: AddressMover["kind"], arns: PolicyArns): object {
    const allow = (action: string, resources: readonly string[], condition?: object) => ({
        Effect: "Allow",
        Action: `ec2:${action}`,
        Resource: resources,
        ...(condition === undefined ? {} : { Condition: { StringEquals: condition } }),
    });
    const see = (action: string) => allow(action, ["*"], { "aws:RequestedRegion": arns.region });
    // An address is associated with an interface, and through it with the instance that has it.
    const machine = arns.ownArn.replace(/network-interface\/.*/, "instance/*");
    const ownTags = [tagKeys.stack, tagKeys.host].map((key) => [
        `aws:ResourceTag/${key}`,
        arns.tags[key],
    ]);
    const statements = {
        elastic: [
            allow("AssociateAddress", [arns.elasticArn, arns.ownArn]),
            allow("AssociateAddress", [machine], Object.fromEntries(ownTags) as object),
            see("DescribeAddresses"),
        ],
        secondary: [allow("AssignPrivateIpAddresses", [arns.ownArn])],
        route: [allow("ReplaceRoute", arns.tableArns), see("DescribeRouteTables")],
    };
    return { Version: "2012-10-17", Statement: statements[kind] };
}
