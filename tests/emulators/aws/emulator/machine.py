"""
An instance as an Incus container: its address and its disks from the API, everything else by its own cloud-init from
its own user-data. A volume is a storage volume; that it is a disk, and has a file system, is played by guest/.
"""
import pathlib
import threading

from .kinds_machines import described, named
from .shell import run

guest = pathlib.Path(__file__).resolve().parent.parent / "guest"

# Where a volume lies in a container until the instance's own script has mounted it.
SHELF = "/var/lib/ebs"


class Machines:
    """`settings`: project, pool, image, interface (its name in the guest), bridge_of (subnet → bridge)."""

    def __init__(self, settings, calls, bridge_of):
        self.calls, self.bridge_of = calls, bridge_of
        self.project, self.pool = settings["project"], settings["pool"]
        self.image, self.interface = settings["image"], settings["interface"]
        self.names = {}
        self.addresses = {}
        self.volumes = set()
        # Of one machine or volume only one thing happens at a time.
        self.guard = threading.Lock()
        self.locks = {}

    def lock(self, thing):
        with self.guard:
            return self.locks.setdefault(thing, threading.Lock())

    def incus(self, *words, **more):
        return run("incus", *words, "--project", self.project, **more)

    def name(self, instance):
        if instance not in self.names:
            self.names[instance] = named(self.calls, described(self.calls, instance))
        return self.names[instance]

    def at(self, address):
        """The instance whose interface has an address."""
        return self.addresses.get(address)

    # Machines.

    def start_new(self, instance):
        with self.lock(instance):
            now = described(self.calls, instance)
            name, link = self.name(instance), now["NetworkInterfaces"][0]
            subnet = self.calls.ec2.describe_subnets(SubnetIds=[link["SubnetId"]])["Subnets"][0]["CidrBlock"]
            self.addresses[now["PrivateIpAddress"]] = instance
            root = next(one for one in now["BlockDeviceMappings"] if one["DeviceName"] == now["RootDeviceName"])
            size = self.calls.ec2.describe_volumes(VolumeIds=[root["Ebs"]["VolumeId"]])["Volumes"][0]["Size"]
            self.incus(
                "init", self.image, name, "--quiet", "--no-profiles", "--storage", self.pool,
                "--device", f"root,size={size}GiB", "--config", "security.nesting=true",
                "--config", f"user.aws.instance={instance}", "--config", f"user.testudo.image={self.image}")
            self.incus(
                "config", "device", "add", name, self.interface, "nic", "--quiet", "nictype=bridged",
                f"parent={self.bridge_of(link['SubnetId'])}", f"name={self.interface}", f"hwaddr={link['MacAddress']}",
                # Neighbours too are to meet at the groups, which the machine enforces.
                "security.port_isolation=true")
            for path in sorted(one for one in guest.rglob("*") if one.is_file()):
                self.put(name, f"/{path.relative_to(guest)}", path.read_text(), "0755" if "sbin" in path.parts else "0644")
            self.put(name, "/etc/network/interfaces", interfaces(self.interface, now["PrivateIpAddress"], subnet), "0644")
            self.incus("start", name)

    def put(self, name, path, text, mode):
        command = ("file", "push", "-", f"{name}{path}", "--quiet", "--create-dirs", "--uid", "0", "--gid", "0", "--mode", mode)
        try:
            self.incus(*command, stdin=text)
        except RuntimeError:
            # Incus' file server of an instance ends when nobody has asked for a while; who connects just then gets EOF.
            self.incus(*command, stdin=text)

    def stop(self, instance):
        with self.lock(instance):
            name = self.name(instance)
            # As the platform does: the system is told, and cut off if it does not listen. One that is off says so.
            self.incus("stop", name, "--timeout", "45", check=False, seconds=90)
            self.incus("stop", name, "--force", check=False)

    def start(self, instance):
        with self.lock(instance):
            self.incus("start", self.name(instance))

    def end(self, instance):
        self.stop(instance)
        with self.lock(instance):
            self.incus("delete", self.name(instance), "--force", "--quiet", check=False)
            self.addresses = {address: one for address, one in self.addresses.items() if one != instance}

    # Volumes.

    def make_volume(self, volume):
        with self.lock(volume):
            size = self.calls.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"]
            # Shifted as it is mounted: any other way Incus can't mount into a container whose systemd runs already.
            self.incus("storage", "volume", "create", self.pool, volume, "--quiet", f"size={size}GiB", "security.shifted=true")
            self.volumes.add(volume)

    def grow_volume(self, volume, size):
        with self.lock(volume):
            self.incus("storage", "volume", "set", self.pool, volume, f"size={size}GiB")

    def remove_volume(self, volume):
        with self.lock(volume):
            # Root disks are the containers' own.
            if volume in self.volumes:
                self.incus("storage", "volume", "delete", self.pool, volume)
                self.volumes.discard(volume)

    def attach(self, volume, instance):
        with self.lock(instance):
            self.incus("config", "device", "add", self.name(instance), volume, "disk", "--quiet",
                       f"pool={self.pool}", f"source={volume}", f"path={SHELF}/{volume}")

    def detach(self, volume, instance):
        with self.lock(instance):
            self.incus("config", "device", "remove", self.name(instance), volume, "--quiet")


def interfaces(link, address, subnet):
    """By hand and not by DHCP: docs/aws-proof.md."""
    base, _, prefix = subnet.partition("/")
    gateway = ".".join([*base.split(".")[:3], str(int(base.split(".")[3]) + 1)])
    return (
        f"auto lo\niface lo inet loopback\n\nauto {link}\niface {link} inet static\n"
        f"    address {address}/{prefix}\n    gateway {gateway}\n")
