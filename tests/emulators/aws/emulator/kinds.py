"""What one resource type of the provider is made of. Nothing here knows EC2 or Pulumi's wire."""
import secrets


class Fault(Exception):
    """For a person: what the emulator does not do."""


class Calls:
    """Clients of the API; botocore checks each parameter against Amazon's own model of the API before it is sent."""

    def __init__(self, region, session, pool):
        self.region = region
        self.pool = pool
        self.ec2 = session("ec2")
        self.iam = session("iam")
        self.ssm = session("ssm")
        self.sts = session("sts")


class Kind:
    """
    A resource type. `takes`: inputs that it knows, and a change of which it makes by itself; `fixed`: those that make
    another thing of it. Any other input is refused: what the emulator would drop, it has not proved.
    """

    takes = frozenset()
    fixed = frozenset()

    def create(self, calls, name, args):
        """Returns the id and what is known beside the inputs."""
        raise NotImplementedError

    def update(self, calls, thing, old, new):
        """Makes what differs; returns what else is known then."""
        raise NotImplementedError

    def delete(self, calls, thing, state):
        raise NotImplementedError


def tags_of(args):
    return [{"Key": key, "Value": value} for key, value in sorted((args.get("tags") or {}).items())]


def tagged(what, args):
    """`TagSpecifications` of a call that makes a thing."""
    tags = tags_of(args)
    return {"TagSpecifications": [{"ResourceType": what, "Tags": tags}]} if tags else {}


def retag(calls, thing, old, new):
    """What differs between the tags of two sets of inputs."""
    before, after = old.get("tags") or {}, new.get("tags") or {}
    gone = [{"Key": key} for key in before if key not in after]
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    if gone:
        calls.ec2.delete_tags(Resources=[thing], Tags=gone)
    if changed:
        calls.ec2.create_tags(Resources=[thing], Tags=tags_of({"tags": changed}))


def own_name(name):
    """As the provider names what has to have a name: the resource's, and something that no other has."""
    return f"{name}-{secrets.token_hex(4)[:7]}"


def filters_of(args):
    return [{"Name": one["name"], "Values": one["values"]} for one in args.get("filters") or []]


def plain(tags):
    """Amazon's list as the provider shows it."""
    return {one["Key"]: one["Value"] for one in tags or []}


def arn(calls, what, thing, owner):
    return f"arn:aws:ec2:{calls.region}:{owner}:{what}/{thing}"


def account(calls):
    if not hasattr(calls, "account"):
        calls.account = calls.sts.get_caller_identity()["Account"]
    return calls.account
