#!/usr/bin/env python3
"""Asks for everything that anybody listens on:  knock.py JSON   One JSON document: how it was answered.

JSON: {"source": own address, "mark": source port of every packet, "targets": [address], "ports": [port],
       "vrrp": [address that gets an empty packet of that protocol]}
Answer: {"tried": number, "seconds": longest wait for a no after the last question of hundreds, "open" | "refused" | "silent": ["tcp ADDRESS PORT"]}

open      somebody took the connection
refused   somebody said no, or this host's own firewall did
silent    nothing within the time limit: for UDP the usual thing, also where it arrived

Whether a packet got through is for its receiver to say (flows.ts); all of them come from the port `mark`.
"""
import errno
import json
import selectors
import socket
import struct
import sys
import time

LIMIT = 1.0
AT_ONCE = 600
order = json.loads(sys.argv[1])
answers = {"open": [], "refused": [], "silent": []}
slowest = 0.0


def begin(kind, address, port):
    """A socket that has asked, or the error with which it may not."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM)
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if kind == "tcp":
        # Closed by a reset: the port is free for the next one at once.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.bind((order["source"], order["mark"]))
    try:
        code = sock.connect_ex((address, port))
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "")
        if kind == "udp":
            sock.send(b"\n")
    except OSError:
        sock.close()
        return None
    return sock


def knock(doors):
    global slowest
    selector = selectors.DefaultSelector()
    asked = {}
    for door in doors:
        sock = begin(*door)
        if sock is None:
            answers["refused"].append("%s %s %d" % door)
            continue
        # A datagram may always be written; an error makes its socket readable.
        event = selectors.EVENT_WRITE if door[0] == "tcp" else selectors.EVENT_READ
        selector.register(sock, event, door)
        asked[sock] = door
    # Hundreds of questions take their time too; an answer is late after the last of them.
    start = time.monotonic()
    while asked:
        left = start + LIMIT - time.monotonic()
        ready = selector.select(max(0, left))
        # Whoever was stopped himself meanwhile finds the answers now.
        if left <= 0 and not ready:
            break
        for key, _ in ready:
            failed = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0
            if failed:
                slowest = max(slowest, time.monotonic() - start)
            answers["refused" if failed else "open"].append("%s %s %d" % key.data)
            selector.unregister(key.fileobj)
            del asked[key.fileobj]
            key.fileobj.close()
    for sock, door in asked.items():
        answers["silent"].append("%s %s %d" % door)
        sock.close()
    selector.close()


tries = [
    (kind, address, port)
    for address in order["targets"]
    for kind in ("tcp", "udp")
    for port in order["ports"]
]
for first in range(0, len(tries), AT_ONCE):
    knock(tries[first : first + AT_ONCE])

with socket.socket(socket.AF_INET, socket.SOCK_RAW, 112) as raw:
    raw.bind((order["source"], 0))
    for address in order["vrrp"]:
        try:
            raw.sendto(b"", (address, 0))
        except OSError:
            answers["refused"].append("vrrp %s 0" % address)

print(json.dumps({"tried": len(tries), "seconds": round(slowest, 3), **answers}))
