"""The metadata service, version 2, as cloud-init and our scripts ask it. Who asks is known by the address."""
import base64
import json
import logging
import secrets
import threading
import time

from botocore.credentials import Credentials

from .kinds import account
from .kinds_machines import described

log = logging.getLogger("metadata")


class Metadata:
    """
    A WSGI application. `machine_at(address)` names the instance that has an address. `lenient`: programs, by their
    User-Agent, that are answered without a token; each is a concession and is logged.
    """

    def __init__(self, calls, callers, machine_at, lenient=()):
        self.calls, self.callers, self.machine_at, self.lenient = calls, callers, machine_at, lenient
        self.lock = threading.Lock()
        self.tokens = {}
        self.sessions = {}

    def __call__(self, environ, start_response):
        status, body = self.answer(
            environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["REMOTE_ADDR"],
            environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN"), environ.get("HTTP_X_AWS_EC2_METADATA_TOKEN_TTL_SECONDS"),
            environ.get("HTTP_USER_AGENT", ""))
        log.info("%s %s %s: %s", environ["REMOTE_ADDR"], environ["REQUEST_METHOD"], environ["PATH_INFO"], status)
        body = body.encode() if isinstance(body, str) else body
        start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
        return [body]

    def answer(self, method, path, address, token, seconds, program):
        instance, _, rest = path.strip("/").partition("/") if path.startswith("/i-") else (None, "", path.strip("/"))
        instance = self.machine_at(address, instance)
        if instance is None:
            return "404 Not Found", f"no machine has {address}"
        version, _, rest = rest.partition("/")
        if method == "PUT" and rest == "api/token":
            if seconds is None or not 1 <= int(seconds) <= 21600:
                return "400 Bad Request", "X-aws-ec2-metadata-token-ttl-seconds is missing"
            made = secrets.token_urlsafe(40)
            with self.lock:
                self.tokens[made] = (instance, time.monotonic() + int(seconds))
            return "200 OK", made
        with self.lock:
            owner, until = self.tokens.get(token, (None, 0))
        if owner != instance or until < time.monotonic():
            if not any(program.startswith(one) for one in self.lenient):
                return "401 Unauthorized", "a token of this machine is required"
            log.info("%s asks without a token, which is let pass", program)
        found = self.tree(instance)
        if rest.rstrip("/") == "user-data":
            return ("200 OK", found["user-data"]) if found["user-data"] else ("404 Not Found", "")
        for name in [one for one in rest.split("/") if one]:
            if not isinstance(found, dict) or name not in found:
                return "404 Not Found", ""
            found = found[name]() if callable(found[name]) else found[name]
        if isinstance(found, dict):
            return "200 OK", "\n".join(name + ("/" if isinstance(value, dict) else "") for name, value in found.items())
        return "200 OK", found

    def tree(self, instance):
        now = described(self.calls, instance)
        zone = now["Placement"]["AvailabilityZone"]
        user_data = self.calls.ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")["UserData"]
        links = {link["MacAddress"]: self.link(link) for link in now["NetworkInterfaces"]}
        meta = {
            "ami-id": now["ImageId"],
            "hostname": now["PrivateDnsName"],
            "instance-id": instance,
            "instance-type": now["InstanceType"],
            "local-hostname": now["PrivateDnsName"],
            "local-ipv4": now["PrivateIpAddress"],
            "mac": next(iter(links)),
            "network": {"interfaces": {"macs": links}},
            "placement": {"availability-zone": zone, "region": self.calls.region},
            "security-groups": "\n".join(one["GroupName"] for one in now["SecurityGroups"]),
        }
        profile = now.get("IamInstanceProfile")
        if profile:
            role = self.role_of(profile["Arn"])
            meta["iam"] = {"security-credentials": {role["RoleName"]: lambda: self.credentials(instance, role)}}
        identity = {"accountId": account(self.calls), "instanceId": instance, "region": self.calls.region, "availabilityZone": zone}
        return {
            "meta-data": meta,
            "dynamic": {"instance-identity": {"document": json.dumps(identity)}},
            "user-data": base64.b64decode(user_data.get("Value", "")).decode(),
        }

    def link(self, link):
        # Of an instance's description moto leaves out what was assigned later.
        full = self.calls.ec2.describe_network_interfaces(NetworkInterfaceIds=[link["NetworkInterfaceId"]])["NetworkInterfaces"][0]
        subnet = self.calls.ec2.describe_subnets(SubnetIds=[full["SubnetId"]])["Subnets"][0]
        return {
            "device-number": "0",
            "interface-id": full["NetworkInterfaceId"],
            "local-ipv4s": "\n".join(one["PrivateIpAddress"] for one in full["PrivateIpAddresses"]),
            "mac": full["MacAddress"],
            "subnet-id": full["SubnetId"],
            "subnet-ipv4-cidr-block": subnet["CidrBlock"],
            "vpc-id": full["VpcId"],
        }

    def role_of(self, profile_arn):
        name = profile_arn.rsplit("/", 1)[-1]
        return self.calls.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"][0]

    def credentials(self, instance, role):
        """Of the role, by the API's own AssumeRole; good for calls from then on."""
        with self.lock:
            if (instance, role["Arn"]) not in self.sessions:
                self.sessions[instance, role["Arn"]] = self.calls.sts.assume_role(
                    RoleArn=role["Arn"], RoleSessionName=instance)["Credentials"]
            made = self.sessions[instance, role["Arn"]]
        self.callers.add(
            f"{role['RoleName']}/{instance}",
            Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"]))
        return json.dumps({
            "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": made["AccessKeyId"],
            "SecretAccessKey": made["SecretAccessKey"], "Token": made["SessionToken"],
            "Expiration": made["Expiration"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        }, indent=2)
