"""Networks: what `components/machines/aws-network.ts`, `aws-endpoint.ts` and `aws-address.ts` make."""
from .kinds import Fault, Kind, account, arn, retag, tagged


class Tagged(Kind):
    """Nothing but tags changes."""

    def update(self, calls, thing, old, new):
        retag(calls, thing, old, new)
        return {}


class Vpc(Tagged):
    takes = {"tags"}
    fixed = {"cidrBlock", "enableDnsHostnames", "enableDnsSupport"}

    def create(self, calls, name, args):
        made = calls.ec2.create_vpc(CidrBlock=args["cidrBlock"], **tagged("vpc", args))["Vpc"]
        thing = made["VpcId"]
        for ours, theirs in (("enableDnsHostnames", "EnableDnsHostnames"), ("enableDnsSupport", "EnableDnsSupport")):
            if ours in args:
                calls.ec2.modify_vpc_attribute(VpcId=thing, **{theirs: {"Value": args[ours]}})
        return thing, {"arn": arn(calls, "vpc", thing, account(calls))}

    def delete(self, calls, thing, state):
        calls.ec2.delete_vpc(VpcId=thing)


class InternetGateway(Tagged):
    takes = {"tags"}
    fixed = {"vpcId"}

    def create(self, calls, name, args):
        thing = calls.ec2.create_internet_gateway(**tagged("internet-gateway", args))["InternetGateway"]["InternetGatewayId"]
        calls.ec2.attach_internet_gateway(InternetGatewayId=thing, VpcId=args["vpcId"])
        return thing, {}

    def delete(self, calls, thing, state):
        calls.ec2.detach_internet_gateway(InternetGatewayId=thing, VpcId=state["vpcId"])
        calls.ec2.delete_internet_gateway(InternetGatewayId=thing)


class Subnet(Tagged):
    takes = {"tags"}
    fixed = {"vpcId", "availabilityZone", "cidrBlock", "mapPublicIpOnLaunch"}

    def create(self, calls, name, args):
        thing = calls.ec2.create_subnet(
            VpcId=args["vpcId"], AvailabilityZone=args["availabilityZone"], CidrBlock=args["cidrBlock"],
            **tagged("subnet", args))["Subnet"]["SubnetId"]
        calls.ec2.modify_subnet_attribute(SubnetId=thing, MapPublicIpOnLaunch={"Value": args.get("mapPublicIpOnLaunch", False)})
        return thing, {"arn": arn(calls, "subnet", thing, account(calls))}

    def delete(self, calls, thing, state):
        calls.ec2.delete_subnet(SubnetId=thing)


class RouteTable(Tagged):
    takes = {"tags"}
    fixed = {"vpcId"}

    def create(self, calls, name, args):
        thing = calls.ec2.create_route_table(VpcId=args["vpcId"], **tagged("route-table", args))["RouteTable"]["RouteTableId"]
        return thing, {"arn": arn(calls, "route-table", thing, account(calls))}

    def delete(self, calls, thing, state):
        calls.ec2.delete_route_table(RouteTableId=thing)


class Route(Kind):
    targets = {"gatewayId": "GatewayId", "natGatewayId": "NatGatewayId", "networkInterfaceId": "NetworkInterfaceId"}
    takes = set(targets)
    fixed = {"routeTableId", "destinationCidrBlock"}

    def target(self, args):
        return {theirs: args[ours] for ours, theirs in self.targets.items() if ours in args}

    def place(self, args):
        return {"RouteTableId": args["routeTableId"], "DestinationCidrBlock": args["destinationCidrBlock"]}

    def create(self, calls, name, args):
        calls.ec2.create_route(**self.place(args), **self.target(args))
        return f"r-{args['routeTableId']}{args['destinationCidrBlock']}", {}

    def update(self, calls, thing, old, new):
        calls.ec2.replace_route(**self.place(new), **self.target(new))
        return {}

    def delete(self, calls, thing, state):
        calls.ec2.delete_route(**self.place(state))


class RouteTableAssociation(Kind):
    fixed = {"subnetId", "routeTableId"}

    def create(self, calls, name, args):
        made = calls.ec2.associate_route_table(SubnetId=args["subnetId"], RouteTableId=args["routeTableId"])
        return made["AssociationId"], {}

    def delete(self, calls, thing, state):
        calls.ec2.disassociate_route_table(AssociationId=thing)


class NatGateway(Tagged):
    takes = {"tags"}
    fixed = {"subnetId", "allocationId", "privateIp"}

    def create(self, calls, name, args):
        thing = calls.ec2.create_nat_gateway(
            SubnetId=args["subnetId"], AllocationId=args["allocationId"], PrivateIpAddress=args["privateIp"],
            **tagged("natgateway", args))["NatGateway"]["NatGatewayId"]
        calls.ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[thing], WaiterConfig={"Delay": 1, "MaxAttempts": 10})
        return thing, {}

    def delete(self, calls, thing, state):
        calls.ec2.delete_nat_gateway(NatGatewayId=thing)


class Eip(Tagged):
    """An address of the emulated internet: the API is asked for one by number, as an owner of addresses may."""

    takes = {"tags"}
    fixed = {"domain", "networkInterface", "associateWithPrivateIp"}

    def create(self, calls, name, args):
        made = calls.ec2.allocate_address(
            Domain=args["domain"], Address=calls.pool(calls), **tagged("elastic-ip", args))
        thing = made["AllocationId"]
        known = {
            "publicIp": made["PublicIp"], "allocationId": thing,
            "arn": arn(calls, "elastic-ip", thing, account(calls)),
        }
        if "networkInterface" in args:
            known["associationId"] = calls.ec2.associate_address(
                AllocationId=thing, NetworkInterfaceId=args["networkInterface"],
                PrivateIpAddress=args["associateWithPrivateIp"])["AssociationId"]
        return thing, known

    def delete(self, calls, thing, state):
        now = calls.ec2.describe_addresses(AllocationIds=[thing])["Addresses"][0]
        if now.get("AssociationId"):
            calls.ec2.disassociate_address(AssociationId=now["AssociationId"])
        calls.ec2.release_address(AllocationId=thing)


class VpcEndpoint(Tagged):
    takes = {"tags"}
    fixed = {"vpcId", "vpcEndpointType", "serviceName", "subnetIds", "subnetConfigurations", "securityGroupIds", "privateDnsEnabled"}

    def create(self, calls, name, args):
        thing = calls.ec2.create_vpc_endpoint(
            VpcId=args["vpcId"], VpcEndpointType=args["vpcEndpointType"], ServiceName=args["serviceName"],
            SubnetIds=args["subnetIds"], SecurityGroupIds=args["securityGroupIds"],
            SubnetConfigurations=[{"SubnetId": one["subnetId"], "Ipv4": one["ipv4"]} for one in args["subnetConfigurations"]],
            PrivateDnsEnabled=args["privateDnsEnabled"], **tagged("vpc-endpoint", args))["VpcEndpoint"]["VpcEndpointId"]
        return thing, {}

    def delete(self, calls, thing, state):
        answer = calls.ec2.delete_vpc_endpoints(VpcEndpointIds=[thing])
        if answer.get("Unsuccessful"):
            raise Fault(f"{thing}: {answer['Unsuccessful']}")


kinds = {
    "aws:ec2/vpc:Vpc": Vpc(),
    "aws:ec2/internetGateway:InternetGateway": InternetGateway(),
    "aws:ec2/subnet:Subnet": Subnet(),
    "aws:ec2/routeTable:RouteTable": RouteTable(),
    "aws:ec2/route:Route": Route(),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": RouteTableAssociation(),
    "aws:ec2/natGateway:NatGateway": NatGateway(),
    "aws:ec2/eip:Eip": Eip(),
    "aws:ec2/vpcEndpoint:VpcEndpoint": VpcEndpoint(),
}
