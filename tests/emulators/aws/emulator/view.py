"""What the API says of a network, as plain data: the only thing that the rules of network.py are made from."""
import dataclasses


@dataclasses.dataclass
class Interface:
    """One with its addresses; `routed`: destinations that route tables lead to it."""

    id: str
    mac: str
    subnet: str
    addresses: list
    groups: list
    checked: bool
    routed: list = dataclasses.field(default_factory=list)

    @property
    def arrives(self):
        return [*self.addresses, *self.routed]


@dataclasses.dataclass
class Subnet:
    """`nat`: the address under which its hosts leave; `internet`: whether those with one of their own do."""

    id: str
    cidr: str
    bridge: str
    nat: str = ""
    internet: bool = False


@dataclasses.dataclass
class Rule:
    egress: bool
    group: str
    protocol: str
    first: int
    last: int
    peer: str = ""
    cidr: str = ""
    why: str = ""


@dataclasses.dataclass
class View:
    subnets: list
    interfaces: list
    rules: list
    # Public address: private address.
    associations: dict


# The parts that a call may change; what is not named here changes no packet's way.
PARTS = {
    "CreateSubnet": {"routes"}, "DeleteSubnet": {"routes"},
    "CreateRoute": {"routes"}, "ReplaceRoute": {"routes"}, "DeleteRoute": {"routes"},
    "AssociateRouteTable": {"routes"}, "DisassociateRouteTable": {"routes"},
    "CreateNatGateway": {"routes"}, "DeleteNatGateway": {"routes"},
    "AssociateAddress": {"addresses"}, "DisassociateAddress": {"addresses"}, "ReleaseAddress": {"addresses"},
    "CreateNetworkInterface": {"interfaces"}, "DeleteNetworkInterface": {"interfaces"},
    "ModifyNetworkInterfaceAttribute": {"interfaces"}, "RunInstances": {"interfaces"},
    "AssignPrivateIpAddresses": {"interfaces"}, "UnassignPrivateIpAddresses": {"interfaces"},
    "AuthorizeSecurityGroupIngress": {"rules"}, "AuthorizeSecurityGroupEgress": {"rules"},
    "RevokeSecurityGroupIngress": {"rules"}, "RevokeSecurityGroupEgress": {"rules"},
    "ModifySecurityGroupRules": {"rules"}, "DeleteSecurityGroup": {"rules"},
}


class Reader:
    """Asks again only for what has changed."""

    def __init__(self, ec2, bridge_of):
        self.ec2, self.bridge_of = ec2, bridge_of
        self.parts = {}

    def read(self, stale):
        for part in set(stale) | ({"addresses", "interfaces", "rules", "routes"} - self.parts.keys()):
            self.parts[part] = getattr(self, part)()
        subnets, routed = self.parts["routes"]
        inside = {one.id for one in subnets}
        interfaces = [one for one in self.parts["interfaces"] if one.subnet in inside]
        for one in interfaces:
            one.routed = sorted(destination for destination, target in routed if target == one.id)
        own = {address for one in interfaces for address in one.addresses}
        associations = {public: private for public, private in self.parts["addresses"].items() if private in own}
        return View(subnets, interfaces, self.parts["rules"], associations)

    def addresses(self):
        found = self.ec2.describe_addresses()["Addresses"]
        return {one["PublicIp"]: one["PrivateIpAddress"] for one in found if one.get("PrivateIpAddress")}

    def interfaces(self):
        return [
            Interface(
                one["NetworkInterfaceId"], one["MacAddress"], one["SubnetId"],
                [each["PrivateIpAddress"] for each in one["PrivateIpAddresses"]],
                [each["GroupId"] for each in one["Groups"]], one["SourceDestCheck"])
            for one in self.ec2.describe_network_interfaces()["NetworkInterfaces"]
            if one["InterfaceType"] == "interface"
        ]

    def rules(self):
        found = self.ec2.describe_security_group_rules()["SecurityGroupRules"]
        return [
            Rule(
                one["IsEgress"], one["GroupId"], one["IpProtocol"], one.get("FromPort", -1), one.get("ToPort", -1),
                one.get("ReferencedGroupInfo", {}).get("GroupId", ""), one.get("CidrIpv4", ""), one.get("Description", ""))
            for one in found
        ]

    def routes(self):
        """Subnets with their ways out, and what is routed to interfaces. The account's default network is nobody's."""
        subnets = {
            one["SubnetId"]: Subnet(one["SubnetId"], one["CidrBlock"], self.bridge_of(one["SubnetId"]))
            for one in self.ec2.describe_subnets()["Subnets"] if not one.get("DefaultForAz")
        }
        gateways = {
            one["NatGatewayId"]: one["NatGatewayAddresses"][0].get("PublicIp", "")
            for one in self.ec2.describe_nat_gateways()["NatGateways"] if one["State"] == "available"
        }
        routed = set()
        for table in self.ec2.describe_route_tables()["RouteTables"]:
            used = [subnets[one["SubnetId"]] for one in table["Associations"] if one.get("SubnetId") in subnets]
            for route in table["Routes"]:
                if route.get("NetworkInterfaceId") and used:
                    routed.add((route["DestinationCidrBlock"].removesuffix("/32"), route["NetworkInterfaceId"]))
                if route.get("DestinationCidrBlock") == "0.0.0.0/0":
                    for one in used:
                        one.nat = gateways.get(route.get("NatGatewayId"), "")
                        one.internet = route.get("GatewayId", "").startswith("igw-")
        return list(subnets.values()), routed
