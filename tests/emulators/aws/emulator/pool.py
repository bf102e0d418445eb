"""Addresses of the emulated internet. moto gives elastic addresses of 127.0.0.0/8, which no container could be asked at."""
import ipaddress
import threading


class Pool:
    def __init__(self, network):
        self.network = ipaddress.ip_network(network)
        self.lock = threading.Lock()
        self.given = set()

    def __call__(self, calls):
        """The first address that is nobody's."""
        with self.lock:
            used = {one["PublicIp"] for one in calls.ec2.describe_addresses()["Addresses"]}
            # One that was given a moment ago is on its way.
            self.given = {one for one in self.given if one not in used}
            free = next(str(one) for one in list(self.network.hosts())[9:] if str(one) not in used | self.given)
            self.given.add(free)
            return free
