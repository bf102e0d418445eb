"""Rights and notes: roles and profiles of the balancers, and the parameters that remember members."""
import json

from .kinds import Kind, own_name, tags_of


class Role(Kind):
    fixed = {"description", "path", "assumeRolePolicy", "tags"}

    def create(self, calls, name, args):
        role = own_name(name)
        made = calls.iam.create_role(
            RoleName=role, Path=args["path"], Description=args["description"],
            AssumeRolePolicyDocument=args["assumeRolePolicy"], Tags=tags_of(args))["Role"]
        return role, {"name": role, "arn": made["Arn"]}

    def delete(self, calls, thing, state):
        calls.iam.delete_role(RoleName=thing)


class RolePolicy(Kind):
    takes = {"policy"}
    fixed = {"role"}

    def create(self, calls, name, args):
        policy = own_name(name)
        self.put(calls, args["role"], policy, args["policy"])
        return f"{args['role']}:{policy}", {"name": policy}

    def put(self, calls, role, policy, document):
        # moto reads the document as well; a text that is no JSON shall not come as far.
        json.loads(document)
        calls.iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=document)

    def update(self, calls, thing, old, new):
        self.put(calls, *thing.split(":"), new["policy"])
        return {}

    def delete(self, calls, thing, state):
        role, policy = thing.split(":")
        calls.iam.delete_role_policy(RoleName=role, PolicyName=policy)


class InstanceProfile(Kind):
    fixed = {"role", "path", "tags"}

    def create(self, calls, name, args):
        profile = own_name(name)
        made = calls.iam.create_instance_profile(InstanceProfileName=profile, Path=args["path"], Tags=tags_of(args))
        calls.iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=args["role"])
        return profile, {"name": profile, "arn": made["InstanceProfile"]["Arn"]}

    def delete(self, calls, thing, state):
        calls.iam.remove_role_from_instance_profile(InstanceProfileName=thing, RoleName=state["role"])
        calls.iam.delete_instance_profile(InstanceProfileName=thing)


class Parameter(Kind):
    takes = {"value", "description"}
    fixed = {"name", "type", "tags"}

    def create(self, calls, name, args):
        calls.ssm.put_parameter(
            Name=args["name"], Type=args["type"], Value=args["value"], Description=args["description"], Tags=tags_of(args))
        return args["name"], {}

    def update(self, calls, thing, old, new):
        calls.ssm.put_parameter(Name=thing, Type=new["type"], Value=new["value"], Description=new["description"], Overwrite=True)
        return {}

    def delete(self, calls, thing, state):
        calls.ssm.delete_parameter(Name=thing)


kinds = {
    "aws:iam/role:Role": Role(),
    "aws:iam/rolePolicy:RolePolicy": RolePolicy(),
    "aws:iam/instanceProfile:InstanceProfile": InstanceProfile(),
    "aws:ssm/parameter:Parameter": Parameter(),
}
