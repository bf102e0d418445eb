#!/usr/bin/env python3
"""Slow clients, all from one address:  slow.py ADDRESS CA OWN_ADDRESS HEADERS BODIES

Keeps so many connections open that send one header line a second and never the last, and so many whose body comes byte by
byte. One that is ended is opened again a second later. Each is a JSON line on standard output: kind (headers | body),
start, end, ok (it was let in: TLS was made), status (what it was ended with, absent where with nothing). The last line is
kind "held": most, how many were let in at once. Stops like prober.py.
"""
import asyncio
import json
import resource
import ssl
import sys
import time

LONGEST_RUN = 180
# Handshakes at once: the client is to be slow, not to be a flood that costs the machine its processors.
STARTING = asyncio.Semaphore(20)
held = {"now": 0, "most": 0}


def first_bytes(kind, address):
    if kind == "headers":
        return f"GET / HTTP/1.1\r\nHost: {address}\r\n"
    return f"POST /wp-comments-post.php HTTP/1.1\r\nHost: {address}\r\nContent-Length: 1000000\r\n\r\n"


async def trickle(kind, writer):
    while True:
        await asyncio.sleep(1)
        writer.write(b"X-Slow: 1\r\n" if kind == "headers" else b"x")
        await writer.drain()


async def connection(kind, address, source, context, row):
    async with STARTING:
        reader, writer = await asyncio.open_connection(
            address, 443, ssl=context, server_hostname=address, local_addr=(source, 0))
    row["ok"] = True
    held["now"] += 1
    held["most"] = max(held["most"], held["now"])
    try:
        writer.write(first_bytes(kind, address).encode())
        sending = asyncio.create_task(trickle(kind, writer))
        try:
            answer = await reader.read(4096)
        finally:
            sending.cancel()
        words = answer.split(b" ", 2)
        if len(words) > 2:
            row["status"] = int(words[1])
    finally:
        held["now"] -= 1
        writer.transport.abort()


async def slow(kind, address, source, context, until):
    while time.monotonic() < until:
        row = {"kind": kind, "start": time.time(), "ok": False}
        try:
            await connection(kind, address, source, context, row)
        except OSError as error:
            row["error"] = type(error).__name__
        row["end"] = time.time()
        print(json.dumps(row), flush=True)
        await asyncio.sleep(1)


async def main():
    address, authority, source, headers, bodies = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    context = ssl.create_default_context(cafile=authority)
    until = time.monotonic() + LONGEST_RUN
    all_slow = [asyncio.create_task(slow(kind, address, source, context, until))
                for kind, count in (("headers", headers), ("body", bodies)) for _ in range(int(count))]
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for one in all_slow:
        one.cancel()
    await asyncio.gather(*all_slow, return_exceptions=True)
    print(json.dumps({"kind": "held", "start": time.time(), "end": time.time(), "ok": True, "most": held["most"]}))


asyncio.run(main())
