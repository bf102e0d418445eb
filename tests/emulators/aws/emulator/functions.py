"""What preflight asks: the provider's functions that `components/machines/aws-query.ts` calls."""
from .kinds import Fault, filters_of, plain


def availability_zones(calls, args):
    found = calls.ec2.describe_availability_zones(Filters=[{"Name": "state", "Values": [args["state"]]}])["AvailabilityZones"]
    return {"names": [one["ZoneName"] for one in found], "zoneIds": [one["ZoneId"] for one in found]}


def caller_identity(calls, args):
    found = calls.sts.get_caller_identity()
    return {"accountId": found["Account"], "arn": found["Arn"], "userId": found["UserId"]}


def ami(calls, args):
    asked = {"Filters": filters_of(args), **({"Owners": args["owners"]} if "owners" in args else {})}
    found = sorted(calls.ec2.describe_images(**asked)["Images"], key=lambda one: one["CreationDate"])
    # The provider's own sentences.
    if not found:
        raise Fault("Your query returned no results. Please change your search criteria and try again.")
    if len(found) > 1 and not args.get("mostRecent"):
        raise Fault("Your query returned more than one result. Please try a more specific search criteria, or set `most_recent` attribute to true.")
    image = found[-1]
    return {"imageId": image["ImageId"], "id": image["ImageId"], "name": image["Name"], "architecture": image["Architecture"]}


def instances(calls, args):
    states = {"Name": "instance-state-name", "Values": args["instanceStateNames"]}
    pages = calls.ec2.get_paginator("describe_instances").paginate(Filters=[*filters_of(args), states])
    return {"ids": [one["InstanceId"] for page in pages for held in page["Reservations"] for one in held["Instances"]]}


def instance(calls, args):
    found = calls.ec2.describe_instances(InstanceIds=[args["instanceId"]])["Reservations"][0]["Instances"][0]
    return {
        "id": found["InstanceId"], "ami": found["ImageId"], "instanceType": found["InstanceType"],
        "instanceState": found["State"]["Name"], "privateIp": found["PrivateIpAddress"], "tags": plain(found.get("Tags")),
    }


def type_offerings(calls, args):
    found = [
        one
        for page in calls.ec2.get_paginator("describe_instance_type_offerings").paginate(
            LocationType=args["locationType"], Filters=filters_of(args))
        for one in page["InstanceTypeOfferings"]
    ]
    return {
        "instanceTypes": [one["InstanceType"] for one in found], "locations": [one["Location"] for one in found],
        "locationTypes": [one["LocationType"] for one in found],
    }


def ebs_volumes(calls, args):
    pages = calls.ec2.get_paginator("describe_volumes").paginate(Filters=filters_of(args))
    return {"ids": [one["VolumeId"] for page in pages for one in page["Volumes"]]}


def volume(calls, args):
    found = calls.ec2.describe_volumes(Filters=filters_of(args))["Volumes"]
    if len(found) != 1:
        raise Fault(f"one volume was asked for, and {len(found)} were found")
    return {"id": found[0]["VolumeId"], "volumeId": found[0]["VolumeId"], "size": found[0]["Size"],
            "kmsKeyId": found[0].get("KmsKeyId", ""), "tags": plain(found[0].get("Tags"))}


def parameters_by_path(calls, args):
    pages = calls.ssm.get_paginator("get_parameters_by_path").paginate(Path=args["path"], WithDecryption=True)
    found = [one for page in pages for one in page["Parameters"]]
    return {"names": [one["Name"] for one in found], "values": [one["Value"] for one in found], "id": args["path"]}


functions = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": availability_zones,
    "aws:index/getCallerIdentity:getCallerIdentity": caller_identity,
    "aws:ec2/getAmi:getAmi": ami,
    "aws:ec2/getInstance:getInstance": instance,
    "aws:ec2/getInstances:getInstances": instances,
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": type_offerings,
    "aws:ebs/getVolume:getVolume": volume,
    "aws:ebs/getEbsVolumes:getEbsVolumes": ebs_volumes,
    "aws:ssm/getParametersByPath:getParametersByPath": parameters_by_path,
}
