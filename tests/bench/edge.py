#!/usr/bin/env python3
"""What TLS costs at the edge:  edge.py ADDRESS HOST CA ROUNDS

Two answers that HAProxy gives by itself and no web host sees: over http the redirect, over https a refusal. What differs
between them is TLS. One after the other, in turn: a new connection with one answer, and one more answer on a connection that
stays. One JSON line: seconds of each, {"http"|"https": {"connect", "handshake", "first", "kept"}}, "version", "cipher".
"""
import json
import socket
import ssl
import sys
import time

address, host, authority, rounds = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)
found = {kind: {"connect": [], "handshake": [], "first": [], "kept": []} for kind in ("http", "https")}


def ask(connection):
    begin = time.perf_counter()
    connection.sendall(f"GET /-/health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += receive(connection)
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    if status not in (301, 404):
        raise SystemExit(f"/-/health answers {status}: a redirect or a refusal is expected of the balancer itself")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += receive(connection)
    return time.perf_counter() - begin


def receive(connection):
    part = connection.recv(65536)
    if not part:
        raise SystemExit("the balancer closes a connection that is to stay")
    return part


def visit(kind):
    times = found[kind]
    begin = time.perf_counter()
    connection = socket.create_connection((address, 80 if kind == "http" else 443), 15)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected = time.perf_counter()
    times["connect"].append(connected - begin)
    if kind == "https":
        connection = context.wrap_socket(connection, server_hostname=host)
        found["version"], found["cipher"] = connection.version(), connection.cipher()[0]
    times["handshake"].append(time.perf_counter() - connected)
    times["first"].append(ask(connection))
    times["kept"].append(ask(connection))
    connection.close()


for _ in range(int(rounds)):
    visit("http")
    visit("https")
print(json.dumps(found))
