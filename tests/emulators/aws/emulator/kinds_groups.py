"""Security groups and their rules: what `components/machines/aws-security-groups.ts` makes."""
from .kinds import Fault, Kind, own_name, retag, tagged


def revoke_all(calls, group):
    """Takes every rule out of a group, by the rules' own ids."""
    rules = calls.ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    for is_egress, revoke in ((False, calls.ec2.revoke_security_group_ingress), (True, calls.ec2.revoke_security_group_egress)):
        ids = [one["SecurityGroupRuleId"] for one in rules if one["IsEgress"] is is_egress]
        if ids:
            revoke(GroupId=group, SecurityGroupRuleIds=ids)


class SecurityGroup(Kind):
    takes = {"tags", "revokeRulesOnDelete"}
    fixed = {"vpcId", "description", "name"}

    def create(self, calls, name, args):
        group_name = own_name(name)
        thing = calls.ec2.create_security_group(
            GroupName=group_name, Description=args["description"], VpcId=args["vpcId"],
            **tagged("security-group", args))["GroupId"]
        # As the provider: EC2 lets a new group's members talk to everybody.
        revoke_all(calls, thing)
        return thing, {"name": group_name}

    def update(self, calls, thing, old, new):
        retag(calls, thing, old, new)
        return {}

    def delete(self, calls, thing, state):
        if state.get("revokeRulesOnDelete"):
            revoke_all(calls, thing)
        calls.ec2.delete_security_group(GroupId=thing)


class DefaultSecurityGroup(Kind):
    """Is there with its network, and goes with it."""

    takes = {"tags"}
    fixed = {"vpcId"}

    def create(self, calls, name, args):
        found = calls.ec2.describe_security_groups(Filters=[
            {"Name": "vpc-id", "Values": [args["vpcId"]]}, {"Name": "group-name", "Values": ["default"]}])["SecurityGroups"]
        thing = found[0]["GroupId"]
        revoke_all(calls, thing)
        retag(calls, thing, {}, args)
        return thing, {}

    def update(self, calls, thing, old, new):
        retag(calls, thing, old, new)
        return {}

    def delete(self, calls, thing, state):
        pass


class Rule(Kind):
    takes = {"tags"}
    # The provider changes these in place; the emulator makes the rule anew, which needs no call that moto lacks.
    fixed = {"securityGroupId", "referencedSecurityGroupId", "cidrIpv4", "ipProtocol", "fromPort", "toPort", "description"}

    def __init__(self, direction):
        self.direction = direction

    def create(self, calls, name, args):
        authorize = getattr(calls.ec2, f"authorize_security_group_{self.direction}")
        note = {"Description": args["description"]} if "description" in args else {}
        peer = (
            {"UserIdGroupPairs": [{"GroupId": args["referencedSecurityGroupId"], **note}]}
            if "referencedSecurityGroupId" in args
            else {"IpRanges": [{"CidrIp": args["cidrIpv4"], **note}]}
        )
        answer = authorize(GroupId=args["securityGroupId"], IpPermissions=[{
            "IpProtocol": args["ipProtocol"], **ports(args), **peer}], **tagged("security-group-rule", args))
        made = answer["SecurityGroupRules"]
        if len(made) != 1:
            raise Fault(f"{name}: one rule was asked for, and {len(made)} were made")
        return made[0]["SecurityGroupRuleId"], {"securityGroupRuleId": made[0]["SecurityGroupRuleId"]}

    def update(self, calls, thing, old, new):
        retag(calls, thing, old, new)
        return {}

    def delete(self, calls, thing, state):
        revoke = getattr(calls.ec2, f"revoke_security_group_{self.direction}")
        revoke(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[thing])


def ports(args):
    """Protocols without ports: EC2 takes a rule that names none, moto only -1, which EC2 takes as well."""
    if "fromPort" in args:
        return {"FromPort": int(args["fromPort"]), "ToPort": int(args["toPort"])}
    return {"FromPort": -1, "ToPort": -1}


kinds = {
    "aws:ec2/securityGroup:SecurityGroup": SecurityGroup(),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": DefaultSecurityGroup(),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Rule("ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Rule("egress"),
}
