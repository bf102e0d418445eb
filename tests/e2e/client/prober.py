#!/usr/bin/env python3
"""Asks a site from outside, open loop: a new TLS connection at every tick, whatever became of the last one.

    prober.py ADDRESS CA NAME=PATH,EVERY_MS...

{n} in a path is another number for each probe: a page that no cache has.

Each probe is a JSON line on standard output: kind, start, end (seconds since the epoch), ok, status,
servedBy, error. Starts no more once standard input ends, waits for those under way, and exits. Nobody
retries here; an answer counts when it is complete and has status 200.
"""
import asyncio
import json
import ssl
import sys
import time

TIMEOUT = 15
# A client that outlives its test must not go on for ever.
LONGEST_RUN = 900


def whole(head, body):
    """Whether nothing of the body is missing."""
    if b"\r\ntransfer-encoding: chunked" in head.lower():
        return body.endswith(b"0\r\n\r\n")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return len(body) == int(value)
    return False


async def ask(address, context, path, result):
    reader, writer = await asyncio.open_connection(address, 443, ssl=context, server_hostname=address)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        answer = await reader.read(-1)
    finally:
        # Not a closing handshake: it would wait for a dead peer.
        writer.transport.abort()
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if len(words) < 3:
        raise ConnectionError("no answer")
    result["status"] = int(words[1])
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"x-served-by:"):
            result["servedBy"] = line.split(b":", 1)[1].strip().decode()
    if result["status"] != 200:
        raise ConnectionError(f"status {result['status']}")
    if not whole(head, body):
        raise ConnectionError("answer cut off")


async def probe(kind, path, address, context):
    result = {"kind": kind, "start": time.time(), "ok": False}
    try:
        await asyncio.wait_for(ask(address, context, path, result), TIMEOUT)
        result["ok"] = True
    except asyncio.TimeoutError:
        result["error"] = f"nothing within {TIMEOUT} s"
    except Exception as error:
        result["error"] = f"{type(error).__name__}: {error}"
    result["end"] = time.time()
    print(json.dumps(result), flush=True)


async def tick(kind, path, every, address, context, ended):
    under_way = set()
    due = time.monotonic()
    until = due + LONGEST_RUN
    number = time.time_ns()
    while not ended.is_set() and time.monotonic() < until:
        task = asyncio.create_task(probe(kind, path.replace("{n}", str(number)), address, context))
        number += 1
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        due += every
        await asyncio.sleep(max(0, due - time.monotonic()))
    if under_way:
        await asyncio.wait(under_way)


async def main():
    address, authority, *kinds = sys.argv[1:]
    context = ssl.create_default_context(cafile=authority)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)))
    ticks = []
    for text in kinds:
        kind, _, rest = text.partition("=")
        path, _, every = rest.rpartition(",")
        ticks.append(tick(kind, path, float(every) / 1000, address, context, ended))
    await asyncio.gather(*ticks)


asyncio.run(main())
