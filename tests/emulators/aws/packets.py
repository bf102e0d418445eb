"""
The rules of emulator/network.py under real packets, in a network namespace of its own:
  unshare --net --mount --propagation private python packets.py
Hosts are namespaces on bridges as World and Machines make them. A JSON line for each question: what was asked, and
what came of it (the address that the other end saw, or "closed").
"""
import json
import subprocess
import sys

from emulator.network import ruleset
from emulator.view import Interface, Rule, Subnet, View

OUTSIDE, API = "out", "198.51.100.1"
SERVER = """
import socket, sys
listening = socket.create_server(("", int(sys.argv[1])), backlog=20)
print("listens", flush=True)
while True:
    connection, peer = listening.accept()
    connection.sendall(peer[0].encode())
    connection.close()
"""
CLIENT = """
import socket, sys
try:
    connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=2)
    print(connection.recv(100).decode() or "empty")
except OSError as error:
    print("refused" if isinstance(error, (ConnectionRefusedError, PermissionError)) else "closed")
"""
started = []


def sh(text, check=True):
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=False)
    if check and done.returncode:
        sys.exit(f"{text}\n{done.stderr}")
    return done.stdout.strip()


def bridge(name, address):
    sh(f"""ip link add {name} type bridge && ip addr add {address} dev {name} && ip link set {name} up
        sysctl -qw net.ipv4.conf.{name}.proxy_arp_pvlan=1 net.ipv4.conf.{name}.forwarding=1 net.ipv4.conf.{name}.send_redirects=0
        sysctl -qw net.ipv4.neigh.{name}.proxy_delay=0""")


def host(name, parent, mac, addresses, prefix, gateway, isolated=True):
    sh(f"""ip netns add {name}
        ip link add v-{name} type veth peer name eth0 netns {name} address {mac}
        ip link set v-{name} master {parent} up
        {f'bridge link set dev v-{name} isolated on' if isolated else 'true'}
        ip -n {name} link set lo up && ip -n {name} addr add {addresses[0]}/{prefix} dev eth0 && ip -n {name} link set eth0 up
        ip -n {name} route add default via {gateway}""")
    for more in addresses[1:]:
        sh(f"ip -n {name} addr add {more}/32 dev eth0")


def listen(where, port):
    words = ["ip", "netns", "exec", where, "python3", "-c", SERVER, str(port)]
    started.append(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
    started[-1].stdout.readline()


def ask(what, where, address, port):
    prefix = f"ip netns exec {where} " if where else ""
    answer = sh(f"{prefix}python3 -c '{CLIENT}' {address} {port}", check=False)
    print(json.dumps([what, answer]), flush=True)


def main():
    sh("mount -t tmpfs tmpfs /run && mkdir /run/netns && sysctl -qw net.ipv4.ip_forward=1 && ip link set lo up")
    bridge("pa", "10.94.0.1/26")
    bridge("pb", "10.94.0.65/26")
    bridge("va", "10.94.1.1/26")
    bridge(OUTSIDE, f"{API}/24")
    sh(f"ip route add 203.0.113.0/24 dev {OUTSIDE} src {API}; ip route add unreachable 10.94.0.0/16 metric 4278198272")
    lb1 = Interface("eni-lb1", "02:00:00:00:00:11", "pa", ["10.94.0.11", "10.94.0.9"], ["lb"], True)
    lb2 = Interface("eni-lb2", "02:00:00:00:00:12", "pb", ["10.94.0.76", "10.94.0.73"], ["lb"], True)
    web = Interface("eni-web", "02:00:00:00:00:21", "va", ["10.94.1.21"], ["web"], True)
    db = Interface("eni-db", "02:00:00:00:00:41", "va", ["10.94.1.41"], ["db"], True)
    for name, link, parent, gateway in (
        ("lb1", lb1, "pa", "10.94.0.1"), ("lb2", lb2, "pb", "10.94.0.65"),
        ("web", web, "va", "10.94.1.1"), ("db", db, "va", "10.94.1.1"),
    ):
        host(name, parent, link.mac, link.addresses, 26, gateway)
    host("visitor", OUTSIDE, "02:00:00:00:00:99", ["198.51.100.50"], 24, API, isolated=False)
    for where, port in (("lb1", 443), ("lb2", 443), ("lb1", 22), ("web", 80), ("db", 3306), ("visitor", 443), ("lb2", 9)):
        listen(where, port)
    rules = [
        Rule(False, "lb", "tcp", 443, 443, cidr="0.0.0.0/0"), Rule(True, "lb", "tcp", 443, 443, cidr="0.0.0.0/0"),
        Rule(False, "lb", "tcp", 22, 22, cidr=f"{API}/32"),
        Rule(True, "lb", "tcp", 80, 80, peer="web"), Rule(False, "web", "tcp", 80, 80, peer="lb"),
        Rule(True, "web", "tcp", 3306, 3306, peer="db"), Rule(False, "db", "tcp", 3306, 3306, peer="web"),
        Rule(True, "web", "tcp", 443, 443, cidr="0.0.0.0/0"),
        # One end only: nothing passes.
        Rule(True, "lb", "tcp", 3306, 3306, peer="db"), Rule(False, "lb", "tcp", 9, 9, peer="lb"),
        Rule(True, "lb", "112", -1, -1, peer="lb"), Rule(True, "lb", "icmp", 8, -1, peer="lb"),
    ]
    subnets = [
        Subnet("pa", "10.94.0.0/26", "pa", internet=True), Subnet("pb", "10.94.0.64/26", "pb", internet=True),
        Subnet("va", "10.94.1.0/26", "va", nat="203.0.113.20"),
    ]
    leads = {"203.0.113.10": "10.94.0.9", "203.0.113.11": "10.94.0.11", "203.0.113.12": "10.94.0.76"}

    def load(associations):
        subprocess.run(["nft", "-f", "-"], input=ruleset("t", View(subnets, [lb1, lb2, web, db], rules, associations), OUTSIDE, API),
                       text=True, check=True)

    load(leads)
    ask("visitor → site", "visitor", "203.0.113.10", 443)
    ask("visitor → sshd", "visitor", "203.0.113.11", 22)
    ask("visitor → private address", "visitor", "10.94.0.11", 443)
    ask("operator → sshd", "", "203.0.113.11", 22)
    ask("balancer → web", "lb1", "10.94.1.21", 80)
    ask("web → db in one subnet", "web", "10.94.1.41", 3306)
    ask("db → web in one subnet", "db", "10.94.1.21", 80)
    ask("balancer → db, which does not let it in", "lb1", "10.94.1.41", 3306)
    ask("balancer → balancer, which it may not leave for", "lb1", "10.94.0.76", 9)
    ask("balancer → visitor, by its own address", "lb1", "198.51.100.50", 443)
    ask("web → visitor, by the gateway", "web", "198.51.100.50", 443)
    ask("second balancer → site by the public address", "lb2", "203.0.113.10", 443)
    ask("web → site by the public address", "web", "203.0.113.10", 443)
    ask("balancer → the real internet", "lb1", "192.0.2.1", 443)
    # The address moves.
    load({**leads, "203.0.113.10": "10.94.0.73"})
    sh("ip netns exec lb1 ip link set eth0 down")
    ask("visitor → site, moved", "visitor", "203.0.113.10", 443)
    # Somebody else's address.
    sh("ip netns exec db ip addr add 10.94.1.77/32 dev eth0; ip netns exec db ip route replace default via 10.94.1.1 src 10.94.1.77")
    ask("db → visitor from an address that is not its own", "db", "198.51.100.50", 443)
    dropped = sh("nft list chain inet t source")
    print(json.dumps(["packets dropped for it", "some" if " packets 0 " not in dropped else "none"]))


try:
    main()
finally:
    for one in started:
        one.kill()
