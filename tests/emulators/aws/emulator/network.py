"""The emulated network as nftables: routing by the machine's kernel, groups, translation. Pure: a text from a view."""
import ipaddress


def ruleset(table, view, outside, api, metadata="169.254.169.254"):
    """`outside`: the bridge on which visitors are; `api`: address at which hosts reach the API."""
    inside = [one.bridge for one in view.subnets]
    head = f"table inet {table}\ndelete table inet {table}\ntable inet {table} {{\n"
    if not inside:
        return f"{head}}}\n"
    both = braces([*inside, outside], quote=True)
    ours = braces(inside, quote=True)
    lines = [
        *chain("source", "type filter hook prerouting priority raw", source_check(view)),
        *chain("to_private", "type nat hook prerouting priority dstnat", to_private(view)),
        *chain("to_private_from_here", "type nat hook output priority -100", to_private(view)),
        *chain("to_public", "type nat hook postrouting priority srcnat", to_public(view, outside)),
        *chain("forward", "type filter hook forward priority filter", [
            f"iifname != {both} oifname != {both} accept",
            # No packet of the emulated world goes out into the real one.
            f'oifname != {both} counter reject with icmpx admin-prohibited comment "there is no internet here"',
            f'iifname != {both} counter drop comment "nobody comes in from the real network"',
            "ct state established,related accept",
            f'iifname "{outside}" ct status & dnat == 0 counter drop comment "out there nobody has a private address"',
            f"iifname {ours} jump leaves",
            f"oifname {ours} jump arrives",
            *no_way_out(view, ours, outside),
        ]),
        *chain("output", "type filter hook output priority filter", [
            # Neighbours of one subnet are told to talk directly, which the groups are to see.
            f"oifname {ours} icmp type redirect drop",
            f"oifname {ours} ct state established,related accept",
            f"oifname {ours} jump arrives",
        ]),
        *chain("input", "type filter hook input priority filter", [
            f"iifname {both} ct state established,related accept",
            f"iifname {ours} ip daddr {metadata} tcp dport 80 accept",
            f"iifname {ours} ip daddr {api} tcp dport 80 jump leaves",
            f"iifname {ours} ip daddr {api} tcp dport 80 accept",
            f'iifname {both} counter reject with icmpx admin-prohibited comment "no business with the machine"',
        ]),
        "    chain leaves {",
        *[f"        {line}" for line in group_rules(view, egress=True)],
        '        counter drop comment "no group lets it leave"',
        "    }",
        "    chain arrives {",
        *[f"        {line}" for line in group_rules(view, egress=False)],
        '        counter drop comment "no group lets it arrive"',
        "    }",
    ]
    return head + "\n".join(lines) + "\n}\n"


def chain(name, hook, rules):
    return [f"    chain {name} {{", f"        {hook}; policy accept;", *[f"        {one}" for one in rules], "    }"]


def source_check(view):
    """Nobody sends from an address that its interface has not, unless it is let off the check."""
    lines = [f"ether saddr {one.mac} accept" for one in view.interfaces if not one.checked]
    pairs = [f"{one.mac} . {address}" for one in view.interfaces for address in one.addresses]
    bridges = braces([one.bridge for one in view.subnets], quote=True)
    if pairs:
        lines.append(f'iifname {bridges} ether saddr . ip saddr != {braces(pairs)} counter drop comment "not its address"')
    lines.append(f"iifname {bridges} meta nfproto ipv6 drop")
    return lines


def to_private(view):
    pairs = [f"{public} : {private}" for public, private in sorted(view.associations.items())]
    return [f"dnat ip to ip daddr map {braces(pairs)}"] if pairs else []


def to_public(view, outside):
    """Who leaves, and who comes back in by a public address, is seen under a public one."""
    lines = []
    pairs = [f"{private} : {public}" for public, private in sorted(view.associations.items())]
    ways = [f'oifname "{outside}"', "ct status dnat"]
    if pairs:
        lines += [f"{way} snat ip to ip saddr map {braces(pairs)}" for way in ways]
    lines += [f"{way} ip saddr {one.cidr} snat ip to {one.nat}" for one in view.subnets if one.nat for way in ways]
    return lines


def no_way_out(view, ours, outside):
    """Out go those with a public address in a subnet with a route there, and those behind a gateway."""
    public = set(view.associations.values())
    free = [
        address
        for subnet in view.subnets if subnet.internet
        for one in view.interfaces if one.subnet == subnet.id
        for address in one.addresses if address in public
    ]
    free += [one.cidr for one in view.subnets if one.nat]
    allowed = f" ip saddr != {braces(free)}" if free else ""
    return [f'iifname {ours} oifname "{outside}"{allowed} counter drop comment "no route out"']


def group_rules(view, egress):
    """
    In nftables' words. One that lets a packet go ends its chain. A peer is seen as EC2 sees it: where a public
    address was dialled, it is that one, and belongs to no group.
    """
    side, other = ("ip saddr", "ct original ip daddr") if egress else ("ip daddr", "ip saddr")
    lines = []
    for rule in sorted((one for one in view.rules if one.egress is egress), key=lambda one: (one.group, one.why)):
        own = members(view, rule.group, arrives=not egress)
        peers = members(view, rule.peer, arrives=egress) if rule.peer else [rule.cidr]
        if not own or not peers:
            continue
        words = [f"{side} {braces(own)}"]
        if peers != ["0.0.0.0/0"]:
            words.append(f"{other} {braces(peers)}")
        if rule.peer and not egress:
            words.append("ct status & dnat == 0")
        lines.append(" ".join([*words, service(rule), "return", f'comment "{comment(rule)}"']).replace("  ", " "))
    return lines


def members(view, group, arrives):
    found = {
        address
        for one in view.interfaces if group in one.groups
        for address in (one.arrives if arrives else one.addresses)
    }
    return sorted(found, key=ipaddress.ip_address)


def service(rule):
    if rule.protocol == "-1":
        return ""
    if rule.protocol in ("tcp", "udp"):
        ports = str(rule.first) if rule.first == rule.last else f"{rule.first}-{rule.last}"
        return f"{rule.protocol} dport {ports}" if rule.first >= 0 else f"meta l4proto {rule.protocol}"
    if rule.protocol == "icmp":
        return f"icmp type {rule.first}" if rule.first >= 0 else "meta l4proto icmp"
    return f"meta l4proto {rule.protocol}"


def comment(rule):
    """nftables takes 128 characters."""
    return "".join(one for one in f"{rule.group} {rule.why}" if one not in '"\\')[:120]


def braces(words, quote=False):
    return "{ " + ", ".join(f'"{one}"' if quote else one for one in words) + " }"
