#!/usr/bin/env python3
"""Writes keys into the sessions' Redis as PHP does: from its host, through its loopback proxy.

    redis.py PREFIX EVERY_MS         open loop: at every tick a new connection and one SET
    redis.py PREFIX --present        reads names of keys on standard input, prints those that are not there

Each write is a JSON line on standard output: id, start, end (seconds since the epoch), ok, error. `ok` is Redis' word
that it has taken the key. Stops like prober.py. The account is the one of PHP's own session handler.
"""
import asyncio
import json
import re
import sys
import time
import urllib.parse

TIMEOUT = 15
LONGEST_RUN = 900
SETTINGS = "/etc/php/8.4/fpm/conf.d/90-testudo.ini"


def account():
    text = open(SETTINGS, encoding="utf8").read()
    place = re.search(r'(?m)^session\.save_path *= *"?([^"\n]+)"?', text)[1]
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(place).query)
    values = query.get("auth[]") or [query["auth[user]"][0], query["auth[pass]"][0]]
    return values[0], values[1]


def command(*words):
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


async def line(reader):
    text = await reader.readline()
    if not text.endswith(b"\r\n"):
        raise ConnectionError("connection closed")
    if text.startswith(b"-"):
        raise ConnectionError(text[1:].decode().strip())
    return text[:-2]


async def set_key(key):
    # As it is now: passwords change while this runs.
    who = account()
    reader, writer = await asyncio.open_connection("127.0.0.1", 6379)
    try:
        writer.write(command("AUTH", *who))
        await line(reader)
        writer.write(command("SET", key, "1", "EX", "900"))
        await line(reader)
    finally:
        writer.close()


async def write(name):
    row = {"kind": "redis", "id": name, "start": time.time(), "ok": False}
    try:
        await asyncio.wait_for(set_key(f"session:{name}"), TIMEOUT)
        row["ok"] = True
    except asyncio.TimeoutError:
        row["error"] = f"nothing within {TIMEOUT} s"
    except Exception as error:
        row["error"] = f"{type(error).__name__}: {error}"
    row["end"] = time.time()
    print(json.dumps(row), flush=True)


async def absent():
    who = account()
    reader, writer = await asyncio.open_connection("127.0.0.1", 6379)
    writer.write(command("AUTH", *who))
    await line(reader)
    for name in sys.stdin.read().split():
        writer.write(command("GET", f"session:{name}"))
        if (await line(reader)) == b"$-1":
            print(name)
        else:
            await line(reader)
    writer.close()


async def main():
    prefix, every = sys.argv[1:]
    if every == "--present":
        await absent()
        return
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.run_in_executor(None, lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)))
    under_way = set()
    due = time.monotonic()
    until = due + LONGEST_RUN
    number = 0
    while not ended.is_set() and time.monotonic() < until:
        task = asyncio.create_task(write(f"{prefix}-{number}"))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        number += 1
        due += float(every) / 1000
        await asyncio.sleep(max(0, due - time.monotonic()))
    if under_way:
        await asyncio.wait(under_way)


asyncio.run(main())
