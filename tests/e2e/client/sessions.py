#!/usr/bin/env python3
"""Visitors with PHP sessions, asked from outside: each has a cookie, and the site counts its visits.

    sessions.py ADDRESS CA PATH VISITORS EVERY_MS

At every tick the next visitor comes over a new TLS connection, unless its last visit is under way: a session is one
person. Each visit is a JSON line on standard output: kind "session", id (the visitor), start, end, ok (status 200),
status, visits (what the site counted, absent where it had no session), lost (why a session that had been counted is gone).
Stops like prober.py. PATH answers `HOST COUNT` as its body, or has a header `X-Visits: COUNT`.
"""
import asyncio
import json
import re
import ssl
import sys
import time

TIMEOUT = 15
LONGEST_RUN = 900


class Visitor:
    def __init__(self, number):
        self.name = f"visitor-{number}"
        self.cookie = None
        self.visits = 0
        self.busy = False


async def ask(address, context, path, cookie):
    reader, writer = await asyncio.open_connection(address, 443, ssl=context, server_hostname=address)
    try:
        line = f"Cookie: PHPSESSID={cookie}\r\n" if cookie else ""
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {address}\r\n{line}Connection: close\r\n\r\n".encode())
        await writer.drain()
        answer = await reader.read(-1)
    finally:
        writer.transport.abort()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode(errors="replace"), body.decode(errors="replace")


async def visit(who, path, address, context):
    row = {"kind": "session", "id": who.name, "start": time.time(), "ok": False}
    who.busy = True
    try:
        head, body = await asyncio.wait_for(ask(address, context, path, who.cookie), TIMEOUT)
        words = head.split(" ", 2)
        if len(words) < 3:
            raise ConnectionError("no answer")
        row["status"] = int(words[1])
        if row["status"] != 200:
            raise ConnectionError(f"status {row['status']}")
        row["ok"] = True
        # A line of its own: the body comes in chunks, each between lines of the transport.
        counted = re.search(r"(?im)^x-visits: (\d+)", head) or re.search(r"(?m)^[a-z]\S* (\d+)\s*$", body)
        given = re.search(r"(?im)^set-cookie: PHPSESSID=([^;\s]+)", head)
        # A cookie given while nothing could be kept stands for no session: who has it is given another one later.
        if given and who.visits and given[1] != who.cookie:
            row["lost"] = "another cookie"
        if counted:
            row["visits"] = int(counted[1])
            if row["visits"] <= who.visits:
                row["lost"] = f"{row['visits']} after {who.visits} visits"
            who.visits = row["visits"]
        if given:
            who.cookie = given[1]
    except asyncio.TimeoutError:
        row["error"] = f"nothing within {TIMEOUT} s"
    except Exception as error:
        row["error"] = f"{type(error).__name__}: {error}"
    who.busy = False
    row["end"] = time.time()
    print(json.dumps(row), flush=True)


async def main():
    address, authority, path, visitors, every = sys.argv[1:]
    context = ssl.create_default_context(cafile=authority)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)))
    people = [Visitor(number) for number in range(int(visitors))]
    under_way = set()
    due = time.monotonic()
    until = due + LONGEST_RUN
    turn = 0
    while not ended.is_set() and time.monotonic() < until:
        who = people[turn % len(people)]
        turn += 1
        if not who.busy:
            task = asyncio.create_task(visit(who, path, address, context))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        due += float(every) / 1000
        await asyncio.sleep(max(0, due - time.monotonic()))
    if under_way:
        await asyncio.wait(under_way)


asyncio.run(main())
