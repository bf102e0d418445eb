"""Machines: what `components/machines/aws-instance.ts` makes, and the key pair."""
from .kinds import Fault, Kind, account, arn, own_name, plain, retag, tagged


class KeyPair(Kind):
    takes = {"tags"}
    fixed = {"publicKey"}

    def create(self, calls, name, args):
        key = own_name(name)
        made = calls.ec2.import_key_pair(KeyName=key, PublicKeyMaterial=args["publicKey"].encode(), **tagged("key-pair", args))
        return key, {"keyName": key, "keyPairId": made["KeyPairId"]}

    def update(self, calls, thing, old, new):
        retag(calls, old["keyPairId"], old, new)
        return {}

    def delete(self, calls, thing, state):
        calls.ec2.delete_key_pair(KeyName=thing)


class NetworkInterface(Kind):
    takes = {"tags", "description", "securityGroups", "sourceDestCheck", "privateIpListEnabled"}
    fixed = {"subnetId", "privateIps", "privateIpLists"}

    def create(self, calls, name, args):
        addresses = args.get("privateIpLists") or args.get("privateIps") or []
        thing = calls.ec2.create_network_interface(
            SubnetId=args["subnetId"], Description=args["description"], Groups=args["securityGroups"],
            PrivateIpAddresses=[{"PrivateIpAddress": one, "Primary": index == 0} for index, one in enumerate(addresses)],
            **tagged("network-interface", args))["NetworkInterface"]["NetworkInterfaceId"]
        if not args.get("sourceDestCheck", True):
            self.attribute(calls, thing, SourceDestCheck={"Value": False})
        return thing, {"arn": arn(calls, "network-interface", thing, account(calls))}

    def attribute(self, calls, thing, **what):
        calls.ec2.modify_network_interface_attribute(NetworkInterfaceId=thing, **what)

    def update(self, calls, thing, old, new):
        if old.get("securityGroups") != new.get("securityGroups"):
            self.attribute(calls, thing, Groups=new["securityGroups"])
        if old.get("description") != new.get("description"):
            self.attribute(calls, thing, Description={"Value": new["description"]})
        if old.get("sourceDestCheck") != new.get("sourceDestCheck"):
            self.attribute(calls, thing, SourceDestCheck={"Value": new.get("sourceDestCheck", True)})
        retag(calls, thing, old, new)
        return {}

    def delete(self, calls, thing, state):
        calls.ec2.delete_network_interface(NetworkInterfaceId=thing)


class Instance(Kind):
    takes = {"tags", "instanceType", "disableApiTermination", "forceDestroy", "userDataReplaceOnChange"}
    fixed = {"ami", "primaryNetworkInterface", "keyName", "userData", "iamInstanceProfile", "metadataOptions", "rootBlockDevice"}

    def create(self, calls, name, args):
        metadata, root = args["metadataOptions"], args["rootBlockDevice"]
        image = calls.ec2.describe_images(ImageIds=[args["ami"]])["Images"][0]
        disk = {
            "VolumeType": root["volumeType"], "VolumeSize": int(root["volumeSize"]), "Encrypted": root["encrypted"],
            "DeleteOnTermination": root["deleteOnTermination"],
            **({"KmsKeyId": root["kmsKeyId"]} if "kmsKeyId" in root else {}),
        }
        thing = calls.ec2.run_instances(
            ImageId=args["ami"], InstanceType=args["instanceType"], KeyName=args["keyName"], MinCount=1, MaxCount=1,
            UserData=args["userData"], DisableApiTermination=args["disableApiTermination"],
            NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": args["primaryNetworkInterface"]["networkInterfaceId"]}],
            BlockDeviceMappings=[{"DeviceName": image["RootDeviceName"], "Ebs": disk}],
            MetadataOptions={
                "HttpEndpoint": metadata["httpEndpoint"], "HttpTokens": metadata["httpTokens"],
                "HttpPutResponseHopLimit": int(metadata["httpPutResponseHopLimit"]),
                "InstanceMetadataTags": metadata["instanceMetadataTags"],
            },
            **({"IamInstanceProfile": {"Name": args["iamInstanceProfile"]}} if "iamInstanceProfile" in args else {}),
            **tagged("instance", args))["Instances"][0]["InstanceId"]
        calls.ec2.get_waiter("instance_running").wait(InstanceIds=[thing], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        now = described(calls, thing)
        for volume in volumes_of(calls, thing):
            if root.get("tags"):
                retag(calls, volume, {}, root)
        return thing, {
            "arn": arn(calls, "instance", thing, account(calls)), "privateIp": now["PrivateIpAddress"],
            "instanceState": now["State"]["Name"], "availabilityZone": now["Placement"]["AvailabilityZone"],
        }

    def update(self, calls, thing, old, new):
        if old["instanceType"] != new["instanceType"]:
            calls.ec2.stop_instances(InstanceIds=[thing])
            calls.ec2.modify_instance_attribute(InstanceId=thing, InstanceType={"Value": new["instanceType"]})
            calls.ec2.start_instances(InstanceIds=[thing])
        if old["disableApiTermination"] != new["disableApiTermination"]:
            self.protect(calls, thing, new["disableApiTermination"])
        retag(calls, thing, old, new)
        return {}

    def protect(self, calls, thing, wanted):
        calls.ec2.modify_instance_attribute(InstanceId=thing, DisableApiTermination={"Value": wanted})

    def delete(self, calls, thing, state):
        # One that somebody has ended already is gone.
        if described(calls, thing)["State"]["Name"] == "terminated":
            return
        if state.get("forceDestroy"):
            self.protect(calls, thing, False)
        calls.ec2.terminate_instances(InstanceIds=[thing])
        calls.ec2.get_waiter("instance_terminated").wait(InstanceIds=[thing], WaiterConfig={"Delay": 1, "MaxAttempts": 60})


class Volume(Kind):
    takes = {"tags", "size"}
    fixed = {"availabilityZone", "type", "encrypted", "kmsKeyId"}

    def create(self, calls, name, args):
        thing = calls.ec2.create_volume(
            AvailabilityZone=args["availabilityZone"], Size=int(args["size"]), VolumeType=args["type"],
            Encrypted=args["encrypted"], **({"KmsKeyId": args["kmsKeyId"]} if "kmsKeyId" in args else {}),
            **tagged("volume", args))["VolumeId"]
        return thing, {"arn": arn(calls, "volume", thing, account(calls))}

    def update(self, calls, thing, old, new):
        if old["size"] != new["size"]:
            calls.ec2.modify_volume(VolumeId=thing, Size=int(new["size"]))
        retag(calls, thing, old, new)
        return {}

    def delete(self, calls, thing, state):
        calls.ec2.delete_volume(VolumeId=thing)


class VolumeAttachment(Kind):
    takes = {"skipDestroy"}
    fixed = {"deviceName", "instanceId", "volumeId"}

    def create(self, calls, name, args):
        calls.ec2.attach_volume(Device=args["deviceName"], InstanceId=args["instanceId"], VolumeId=args["volumeId"])
        return f"vai-{args['instanceId']}-{args['volumeId']}", {}

    def delete(self, calls, thing, state):
        if not state.get("skipDestroy"):
            raise Fault("VolumeAttachment: the emulator only leaves a volume where it is (skipDestroy)")


def described(calls, thing):
    return calls.ec2.describe_instances(InstanceIds=[thing])["Reservations"][0]["Instances"][0]


def volumes_of(calls, thing):
    return [one["Ebs"]["VolumeId"] for one in described(calls, thing).get("BlockDeviceMappings", [])]


def named(calls, instance):
    return plain(instance.get("Tags")).get("testudo:host", instance["InstanceId"])


kinds = {
    "aws:ec2/keyPair:KeyPair": KeyPair(),
    "aws:ec2/networkInterface:NetworkInterface": NetworkInterface(),
    "aws:ec2/instance:Instance": Instance(),
    "aws:ebs/volume:Volume": Volume(),
    "aws:ec2/volumeAttachment:VolumeAttachment": VolumeAttachment(),
}
