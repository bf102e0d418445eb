"""
The world behind the API: bridges, containers, volumes and nftables on this machine follow what the API has taken.
Nothing is asked of the provider or of the program: whoever calls, it happens.
"""
import logging
import re
import threading
import time

from . import api, network, view
from .machine import Machines
from .metadata import Metadata
from .shell import run

log = logging.getLogger("world")
METADATA = "169.254.169.254"
# Marks the fences as ours, as the stack on Incus does: platform/removal.sh.
METRIC = "4278198272"
# The caller waits until packets go another way: what it asks next is then true.
AWAITED = {"AssociateAddress", "DisassociateAddress", "ReplaceRoute", "AssignPrivateIpAddresses"}


class World:
    """
    `settings`: stack, project, pool, image, interface, supernet, addresses (of the emulated internet), outside (the
    machine's address with prefix among the visitors, where the API listens too).
    """

    def __init__(self, settings, calls, callers, application):
        self.settings, self.calls = settings, calls
        self.table = settings["project"]
        self.outside = f"td{settings['stack']}-out"
        self.api = settings["outside"].split("/")[0]
        self.machines = Machines(settings, calls, self.bridge_of)
        self.reader = view.Reader(calls.ec2, self.bridge_of)
        self.turn = threading.Condition()
        self.bridges = threading.Lock()
        self.stale, self.asked, self.done, self.text = set(), 0, 0, ""
        self.routed = set()
        self.fences()
        self.project()
        self.bridge(self.outside, settings["outside"])
        run("ip", "route", "replace", settings["addresses"], "dev", self.outside, "src", self.api)
        run("ip", "address", "replace", f"{METADATA}/32", "dev", "lo")
        api.serve(application, self.api, 80)
        # cloud-init takes a container for no machine of Amazon's, and asks as in the days before tokens.
        asked = Metadata(calls, callers, lambda address, _: self.machines.at(address), lenient=("Cloud-Init/",))
        api.serve(asked, METADATA, 80)
        threading.Thread(target=self.follow, daemon=True, name="network").start()

    def bridge_of(self, subnet):
        """Linux allows 15 characters."""
        stack = self.settings["stack"]
        return f"td{stack}-{subnet[-(15 - len(stack) - 3):]}"

    # What is there before the first call, and what is left after the last one.

    def fences(self):
        for place in (self.settings["supernet"], self.settings["addresses"], f"{METADATA}/32"):
            run("ip", "route", "replace", "unreachable", place, "metric", METRIC)

    def project(self):
        project = self.settings["project"]
        if run("incus", "project", "show", project, check=False) == "":
            run("incus", "project", "create", project, "--quiet", "-c", "features.images=false", "-c", "features.networks=false",
                "-c", "features.profiles=true", "-c", "features.storage.volumes=true")

    def bridge(self, name, address):
        run("incus", "network", "create", name, "--quiet", f"ipv4.address={address}", "ipv4.nat=false", "ipv4.dhcp=false",
            "ipv4.firewall=false", "ipv6.address=none", "ipv6.firewall=false", "dns.mode=none",
            f"user.testudo.stack={self.settings['stack']}", f"user.testudo.supernet={self.settings['supernet']}")
        # Containers of one subnet do not see each other: the machine answers for their neighbours, and forwards.
        # Its answer comes at once: by default it waits for up to 0.8 s.
        for key, value in (("conf", "proxy_arp_pvlan=1"), ("conf", "forwarding=1"), ("conf", "send_redirects=0"), ("neigh", "proxy_delay=0")):
            run("sysctl", "-qw", f"net.ipv4.{key}.{name}.{value}")

    def close(self):
        """Containers and volumes go with their calls; the rest goes here. `platform/sweep STACK` takes what is left."""
        run("nft", "delete", "table", "inet", self.table, check=False)
        run("ip", "address", "delete", f"{METADATA}/32", "dev", "lo", check=False)
        run("incus", "network", "delete", self.outside, check=False)
        run("incus", "project", "delete", self.settings["project"], check=False)
        for place in (self.settings["supernet"], self.settings["addresses"], f"{METADATA}/32"):
            run("ip", "route", "delete", "unreachable", place, "metric", METRIC, check=False)

    # What a call does.

    def after(self, who, service, action, parameters, answer):
        if service != "ec2":
            return
        effect = getattr(self, f"on_{action}", None)
        if effect is not None:
            effect(parameters, answer.decode())
        parts = view.PARTS.get(action)
        if parts is not None:
            self.change(parts, action in AWAITED)

    def on_CreateSubnet(self, parameters, answer):
        base, _, prefix = parameters["CidrBlock"].partition("/")
        first, last = base.rsplit(".", 1)
        subnet = re.search(r"<subnetId>(subnet-[0-9a-f]+)", answer)[1]
        self.bridge(self.bridge_of(subnet), f"{first}.{int(last) + 1}/{prefix}")

    def on_DeleteSubnet(self, parameters, answer):
        # Incus looks at all bridges when it deletes one, and fails where another one vanishes meanwhile.
        with self.bridges:
            run("incus", "network", "delete", self.bridge_of(parameters["SubnetId"]))

    def on_RunInstances(self, parameters, answer):
        for instance in sorted(set(re.findall(r"<instanceId>(i-[0-9a-f]+)", answer))):
            self.machines.start_new(instance)

    def on_TerminateInstances(self, parameters, answer):
        for instance in listed(parameters, "InstanceId"):
            self.machines.end(instance)

    def on_StopInstances(self, parameters, answer):
        for instance in listed(parameters, "InstanceId"):
            self.machines.stop(instance)

    def on_StartInstances(self, parameters, answer):
        for instance in listed(parameters, "InstanceId"):
            self.machines.start(instance)

    def on_CreateVolume(self, parameters, answer):
        self.machines.make_volume(re.search(r"<volumeId>(vol-[0-9a-f]+)", answer)[1])

    def on_ModifyVolume(self, parameters, answer):
        self.machines.grow_volume(parameters["VolumeId"], parameters["Size"])

    def on_DeleteVolume(self, parameters, answer):
        self.machines.remove_volume(parameters["VolumeId"])

    def on_AttachVolume(self, parameters, answer):
        self.machines.attach(parameters["VolumeId"], parameters["InstanceId"])

    def on_DetachVolume(self, parameters, answer):
        self.machines.detach(parameters["VolumeId"], parameters["InstanceId"])

    # The network follows in a thread of its own: a hundred rules in a row are one change.

    def change(self, parts, wait):
        with self.turn:
            self.stale |= parts
            self.asked += 1
            mine = self.asked
            self.turn.notify_all()
            if wait and not self.turn.wait_for(lambda: self.done >= mine, timeout=15):
                raise RuntimeError("the machine's network has not followed for 15 s; see the log")

    def follow(self):
        while True:
            with self.turn:
                self.turn.wait_for(lambda: self.asked > self.done)
                upto, stale, self.stale = self.asked, self.stale, set()
            try:
                self.apply(stale)
                with self.turn:
                    self.done = upto
                    self.turn.notify_all()
            except Exception:
                log.exception("the network does not follow; again in a second")
                time.sleep(1)
                with self.turn:
                    self.stale |= stale

    def apply(self, stale):
        seen = self.reader.read(stale)
        text = network.ruleset(self.table, seen, self.outside, self.api)
        if text != self.text:
            run("nft", "--file", "-", stdin=text)
            self.text = text
            log.info("%d rules for %d interfaces, %s", len(seen.rules), len(seen.interfaces), seen.associations)
        self.lead(seen)

    def lead(self, seen):
        """Routes to addresses outside of all subnets; and no neighbour is remembered where an address has moved."""
        wanted = {(destination, one.addresses[0]) for one in seen.interfaces for destination in one.routed}
        for destination, through in sorted(wanted - self.routed):
            run("ip", "route", "replace", destination, "via", through)
        for destination in {each for each, _ in self.routed} - {each for each, _ in wanted}:
            run("ip", "route", "delete", destination, check=False)
        self.routed = wanted
        for one in seen.interfaces:
            for address in one.addresses[1:]:
                run("ip", "neighbour", "flush", "to", address, check=False)


def listed(parameters, key):
    return [value for name, value in sorted(parameters.items()) if name.startswith(f"{key}.")]
