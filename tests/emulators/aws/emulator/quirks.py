"""
What moto takes and EC2 refuses, or what moto forgets: the only place where its answers are bent. docs/aws-proof.md
lists them. Each is a part of moto replaced under its own name, so that a moto without it fails here, at the start.
"""
import ipaddress
import random

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.elastic_network_interfaces import NetworkInterfaceBackend
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses
from moto.ec2.responses.elastic_network_interfaces import ElasticNetworkInterfaces
from moto.ec2.responses.nat_gateways import NatGateways


def apply():
    door_of_an_address()
    addresses_of_interfaces()
    moved_addresses()
    used_interfaces()
    gateways()


def addresses_of(interface):
    return [one["PrivateIpAddress"] for one in interface.private_ip_addresses]


def door_of_an_address():
    """moto leads an elastic address to the first address of an interface, whichever is asked for."""
    associate = ElasticIPAddresses.associate_address

    def associate_address(self):
        wanted, interface_id = self._get_param("PrivateIpAddress"), self._get_param("NetworkInterfaceId")
        if wanted:
            interface = self.ec2_backend.get_network_interface(interface_id)
            if wanted not in addresses_of(interface):
                raise EC2ClientError("InvalidParameterValue", f"{wanted} is no address of {interface_id}")
        answer = associate(self)
        allocation = self._get_param("AllocationId")
        self.ec2_backend.address_by_allocation([allocation])[0].door = wanted
        return answer

    def private_ip_address(self):
        return None if not self.eni else getattr(self, "door", None) or self.eni.private_ip_address

    ElasticIPAddresses.associate_address = associate_address
    ElasticAddress.private_ip_address = property(private_ip_address)


def taken(backend, address, vpc_id):
    """The interface of a network that has an address."""
    return next((one for one in backend.enis.values()
                 if one.subnet.vpc_id == vpc_id and address in addresses_of(one)), None)


def must_be_free(backend, subnet, address):
    """EC2 keeps the first four and the last address of a subnet for itself."""
    network = ipaddress.ip_network(subnet.cidr_block)
    if not network.network_address + 4 <= ipaddress.ip_address(address) < network.broadcast_address:
        raise EC2ClientError("InvalidParameterValue", f"Address {address} does not fall within the subnet's address range")
    if taken(backend, address, subnet.vpc_id):
        raise EC2ClientError("InvalidIPAddress.InUse", f"Address {address} is in use.")


def addresses_of_interfaces():
    """moto gives an interface whatever addresses it is asked for."""
    create = NetworkInterfaceBackend.create_network_interface

    def create_network_interface(self, subnet, private_ip_address, private_ip_addresses=None, *rest, **more):
        for item in private_ip_addresses or []:
            must_be_free(self, subnet, item["PrivateIpAddress"] if isinstance(item, dict) else item)
        return create(self, subnet, private_ip_address, private_ip_addresses, *rest, **more)

    NetworkInterfaceBackend.create_network_interface = create_network_interface


def moved_addresses():
    """moto gives a second interface an address that another one has, and leaves it there."""
    assign = ElasticNetworkInterfaces.assign_private_ip_addresses

    def assign_private_ip_addresses(self):
        wanted = self._get_param("PrivateIpAddresses", [])
        interface = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
        for address in wanted:
            if ipaddress.ip_address(address) not in ipaddress.ip_network(interface.subnet.cidr_block):
                raise EC2ClientError("InvalidParameterValue", f"Address {address} does not fall within the subnet's address range")
            other = taken(self.ec2_backend, address, interface.subnet.vpc_id)
            if other is None or other is interface:
                continue
            if not self._get_param("AllowReassignment", False):
                raise EC2ClientError("InvalidParameterValue", f"{address} is already assigned to another network interface")
            other.private_ip_addresses = [one for one in other.private_ip_addresses if one["PrivateIpAddress"] != address]
        return assign(self)

    ElasticNetworkInterfaces.assign_private_ip_addresses = assign_private_ip_addresses


def used_interfaces():
    """moto deletes an interface under a running machine."""
    delete = NetworkInterfaceBackend.delete_network_interface

    def delete_network_interface(self, eni_id):
        interface = self.get_network_interface(eni_id)
        if interface.instance and interface.instance.state != "terminated":
            raise EC2ClientError("InvalidParameterValue", f"Network interface '{eni_id}' is currently in use.")
        delete(self, eni_id)

    NetworkInterfaceBackend.delete_network_interface = delete_network_interface


def gateways():
    """moto gives a NAT gateway an address of any network, calls its interface one of a machine, and leaves it behind."""
    create, delete = NatGateways.create_nat_gateway, NatGatewayBackend.delete_nat_gateway

    def create_nat_gateway(self):
        backend = self.ec2_backend
        subnet = backend.get_subnet(self._get_param("SubnetId"))
        address = self._get_param("PrivateIpAddress")
        if not address:
            hosts = list(ipaddress.ip_network(subnet.cidr_block).hosts())[3:]
            address = random.choice([str(one) for one in hosts if not taken(backend, str(one), subnet.vpc_id)])
        must_be_free(backend, subnet, address)
        answer = create(self)
        made = list(backend.nat_gateways.values())[-1]
        made.private_ip = made._eni.private_ip_address = address
        made._eni.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": address}]
        made._eni.interface_type = "natGateway"
        return answer

    def delete_nat_gateway(self, nat_gateway_id):
        gone = delete(self, nat_gateway_id)
        self.enis.pop(gone._eni.id, None)
        return gone

    NatGateways.create_nat_gateway = create_nat_gateway
    NatGatewayBackend.delete_nat_gateway = delete_nat_gateway
