import {
    DefaultSecurityGroup,
    Eip,
    InternetGateway,
    NatGateway,
    Route,
    RouteTable,
    RouteTableAssociation,
    Subnet,
    Vpc,
} from "@pulumi/aws/ec2";
import type * as pulumi from "@pulumi/pulumi";
import { servicePlace, subnetOf, subnetsOf } from "../cluster/aws";
import type { Plan } from "../cluster/plan";
import type { HostSpec } from "../cluster/types";
import { tagsOf } from "./aws-tags";

/** Where hosts lie. */
export interface AwsNetwork {
    readonly vpc: Vpc;
    subnet(place: Pick<HostSpec, "zone" | "failureDomain">): Subnet;
    /** One for each zone; the route to the inner floating address stands in all of them. */
    readonly privateTables: ReadonlyMap<string, RouteTable>;
    /** A host that boots before them finds no package mirror. */
    readonly waysOut: Readonly<Record<HostSpec["zone"], readonly pulumi.Resource[]>>;
}

/** The VPC of the stack: a public and a private subnet in each availability zone, and the ways out of them. */
export function makeNetwork(
    name: string,
    plan: Plan,
    region: string,
    parent: pulumi.Resource,
): AwsNetwork {
    const { zones, nat } = plan.config.aws;
    const under = { parent };
    const tags = (what: string) => tagsOf(plan, what);
    const vpc = new Vpc(
        `${name}-vpc`,
        {
            cidrBlock: plan.networks.supernet,
            // Interface endpoints answer by name.
            enableDnsHostnames: true,
            enableDnsSupport: true,
            tags: tags("vpc"),
        },
        under,
    );
    // Without rules: whoever is put into it by mistake reaches nobody.
    new DefaultSecurityGroup(
        `${name}-default-group`,
        { vpcId: vpc.id, tags: tags("default") },
        under,
    );
    const gateway = new InternetGateway(
        `${name}-internet`,
        { vpcId: vpc.id, tags: tags("internet") },
        under,
    );
    const subnets = new Map(
        subnetsOf(plan.config).map(({ zone, failureDomain, network }) => [
            `${zone}-${failureDomain}`,
            new Subnet(
                `${name}-${zone}-${failureDomain}`,
                {
                    vpcId: vpc.id,
                    availabilityZone: `${region}${failureDomain}`,
                    cidrBlock: network,
                    mapPublicIpOnLaunch: false,
                    tags: tags(`${zone}-${failureDomain}`),
                },
                under,
            ),
        ]),
    );
    const subnet = ({ zone, failureDomain }: Pick<HostSpec, "zone" | "failureDomain">) => {
        const found = subnets.get(`${zone}-${failureDomain}`);
        if (found === undefined) throw new TypeError(`no ${zone} subnet in zone ${failureDomain}`);
        return found;
    };
    const table = (what: string) =>
        new RouteTable(`${name}-${what}-routes`, { vpcId: vpc.id, tags: tags(what) }, under);
    const leads = (
        what: string,
        routes: RouteTable,
        to: { gatewayId: pulumi.Input<string> } | { natGatewayId: pulumi.Input<string> },
    ) =>
        new Route(
            `${name}-${what}-out`,
            { routeTableId: routes.id, destinationCidrBlock: "0.0.0.0/0", ...to },
            under,
        );
    const belongs = (zone: HostSpec["zone"], failureDomain: string, routes: RouteTable) =>
        new RouteTableAssociation(
            `${name}-${zone}-${failureDomain}-association`,
            { subnetId: subnet({ zone, failureDomain }).id, routeTableId: routes.id },
            under,
        );

    const publicTable = table("public");
    const toInternet = leads("public", publicTable, { gatewayId: gateway.id });
    const gateways = new Map(
        (nat === "none" ? [] : nat === "single" ? zones.slice(0, 1) : zones).map((zone) => [
            zone,
            natGateway(name, plan, zone, subnet({ zone: "public", failureDomain: zone }), {
                parent,
                dependsOn: [toInternet],
            }),
        ]),
    );
    const privateTables = new Map(zones.map((zone) => [zone, table(`private-${zone}`)]));
    const privateWays = [...privateTables].flatMap(([zone, routes]) => {
        const nearest = gateways.get(zone) ?? gateways.values().next().value;
        return nearest === undefined
            ? []
            : [leads(`private-${zone}`, routes, { natGatewayId: nearest.id })];
    });
    for (const [zone, routes] of privateTables) {
        belongs("public", zone, publicTable);
        belongs("private", zone, routes);
    }
    return {
        vpc,
        subnet,
        privateTables,
        waysOut: { public: [toInternet], private: privateWays },
    };
}

function natGateway(
    name: string,
    plan: Plan,
    zone: string,
    subnet: Subnet,
    options: pulumi.CustomResourceOptions,
): NatGateway {
    const tags = tagsOf(plan, `nat-${zone}`);
    const address = new Eip(`${name}-nat-${zone}-address`, { domain: "vpc", tags }, options);
    return new NatGateway(
        `${name}-nat-${zone}`,
        {
            subnetId: subnet.id,
            allocationId: address.id,
            privateIp: servicePlace(
                subnetOf(plan.config, { zone: "public", failureDomain: zone })?.network ?? "",
            ),
            tags,
        },
        options,
    );
}
