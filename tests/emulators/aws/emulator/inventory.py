"""Ids of everything that the API has, as JSON:  python -m emulator.inventory   (address and keys as for the aws command)"""
import json
import os

import boto3
import botocore.config

# kind: (question, where the answer has them, the id, states of what is gone)
EC2 = {
    "vpcs": ("describe_vpcs", "Vpcs", "VpcId"),
    "subnets": ("describe_subnets", "Subnets", "SubnetId"),
    "tables": ("describe_route_tables", "RouteTables", "RouteTableId"),
    "internet": ("describe_internet_gateways", "InternetGateways", "InternetGatewayId"),
    "nat": ("describe_nat_gateways", "NatGateways", "NatGatewayId"),
    "addresses": ("describe_addresses", "Addresses", "AllocationId"),
    "groups": ("describe_security_groups", "SecurityGroups", "GroupId"),
    "rules": ("describe_security_group_rules", "SecurityGroupRules", "SecurityGroupRuleId"),
    "interfaces": ("describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"),
    "volumes": ("describe_volumes", "Volumes", "VolumeId"),
    "keys": ("describe_key_pairs", "KeyPairs", "KeyPairId"),
    "endpoints": ("describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"),
}


def main():
    config = botocore.config.Config(connect_timeout=10)
    ec2, iam, ssm = (
        boto3.client(name, endpoint_url=os.environ["AWS_ENDPOINT_URL"], config=config) for name in ("ec2", "iam", "ssm"))
    found = {
        kind: [one[key] for one in getattr(ec2, question)()[where] if one.get("State") != "deleted"]
        for kind, (question, where, key) in EC2.items()
    }
    held = ec2.describe_instances()["Reservations"]
    found["instances"] = [
        one["InstanceId"] for each in held for one in each["Instances"] if one["State"]["Name"] != "terminated"]
    found["roles"] = [one["RoleName"] for one in iam.list_roles()["Roles"]]
    found["profiles"] = [one["InstanceProfileName"] for one in iam.list_instance_profiles()["InstanceProfiles"]]
    found["parameters"] = [one["Name"] for one in ssm.describe_parameters()["Parameters"]]
    print(json.dumps({kind: sorted(ids) for kind, ids in found.items()}))


if __name__ == "__main__":
    main()
