#!/usr/bin/env python3
"""Tries doors from the host that it runs on, each with one certificate, and says what came back.

Standard input is a JSON list of tries:
    id                  given back
    address, port       where to
    name                what the far side's certificate must say
    ca                  PEM that the far side's certificate is checked with; a path, or the text itself
    certificate, key    what is shown: paths, or the texts themselves; null shows nothing
    plain               true: no TLS at all
    probe               http | fcgi | mysql | redis | galera | peers | gluster: what is said, and what counts as an answer
    path, host, open    for http: what is asked for, of which site, and which statuses mean that the door is open

One JSON line each: id, answer, detail, ends.  answer: open (the far side spoke to us) | refused | unreachable (no TCP
connection: that says nothing of TLS). With TLS 1.3 a refused certificate shows at the first read, not in the handshake.
ends: end of the far side's certificate, where there was a handshake.
"""
import json
import os
import socket
import ssl
import struct
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

# Seconds. Where silence may be the answer it is waited for; whoever else is slow starts a program to answer with.
CONNECT, SILENCE, ANSWER = 3, 3, 10


def http(door):
    text = f"GET {door['path']} HTTP/1.1\r\nHost: {door['host']}\r\nConnection: close\r\n\r\n"
    return text.encode()


def gluster():
    # An RPC that asks for nothing: program "GlusterFS Handshake", procedure 0, no credentials.
    call = struct.pack(">10I", 1, 0, 2, 14398633, 2, 0, 0, 0, 0, 0)
    return struct.pack(">I", 0x80000000 | len(call)) + call


# MySQL and Galera speak first.
SAID = {
    "http": http,
    "fcgi": lambda door: struct.pack(">BBHHBx", 1, 9, 0, 17, 7) + b"\x0f\x00FCGI_MPXS_CONNS" + bytes(7),
    "mysql": lambda door: b"",
    "redis": lambda door: b"PING\r\n",
    "galera": lambda door: b"",
    # Of a peer that nobody knows: the answer is a number, and nothing is shared.
    "peers": lambda door: b"HAProxyS 2.1\nnobody\nnobody 1 1\n",
    "gluster": lambda door: gluster(),
}


def judge(door, answer):
    """Whether the far side spoke as to one of its own, and in what words."""
    shown = answer[:60].decode("latin1").replace("\r\n", " ")
    if not answer:
        return False, "closed without a word"
    if door["probe"] == "http":
        words = answer.split(b" ", 2)
        status = int(words[1]) if len(words) > 2 and words[1].isdigit() else 0
        return status in door["open"], f"status {status}" if status else shown
    if door["probe"] == "mysql":
        return len(answer) > 5 and answer[4] == 10, f"{len(answer)} bytes"
    if door["probe"] == "redis":
        return answer.startswith((b"-NOAUTH", b"+PONG")), shown
    if door["probe"] == "peers":
        return answer[:3].isdigit(), shown
    return True, f"{len(answer)} bytes"


def file_of(text, folder, name):
    if not text.startswith("-----BEGIN"):
        return text
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(text)
    return path


def context_of(door, folder):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(file_of(door["ca"], folder, f"{door['id']}.ca"))
    if door["certificate"] is not None:
        context.load_cert_chain(
            file_of(door["certificate"], folder, f"{door['id']}.pem"),
            file_of(door["key"], folder, f"{door['id']}.key"),
        )
    return context


def read(stream, door):
    """The first words. HAProxy and nginx may send more; an answer that has begun is one."""
    may_be_silent = door["plain"] or door["probe"] in ("galera", "gluster")
    stream.settimeout(SILENCE if may_be_silent else ANSWER)
    try:
        return stream.recv(4096)
    except socket.timeout:
        # Who keeps the connection open and waits for better questions has let us in.
        return b"(silence)" if door["probe"] in ("galera", "gluster") and not door["plain"] else b""


def try_door(door, folder):
    result = {"id": door["id"], "answer": "refused", "detail": "", "ends": None}
    try:
        raw = socket.create_connection((door["address"], door["port"]), timeout=CONNECT)
    except OSError as error:
        return {**result, "answer": "unreachable", "detail": str(error)}
    raw.settimeout(CONNECT)
    try:
        if door["plain"]:
            stream = raw
        else:
            stream = context_of(door, folder).wrap_socket(raw, server_hostname=door["name"])
            result["ends"] = stream.getpeercert().get("notAfter")
        said = SAID[door["probe"]](door)
        # In plain something must be said where the far side would only wait for a handshake.
        if door["plain"] and not said:
            said = b"\x00" * 16
        if said:
            stream.sendall(said)
        good, result["detail"] = judge(door, read(stream, door))
        result["answer"] = "open" if good else "refused"
    except (OSError, ssl.SSLError) as error:
        result["detail"] = f"{type(error).__name__}: {error}"[:200]
    finally:
        raw.close()
    return result


def main():
    doors = json.load(sys.stdin)
    os.umask(0o077)
    with tempfile.TemporaryDirectory(dir="/run") as folder, ThreadPoolExecutor(6) as pool:
        for result in pool.map(lambda door: try_door(door, folder), doors):
            print(json.dumps(result))


main()
