#!/usr/bin/env python3
"""Writes and reads files as PHP does for its visitors: on a host that runs it, as its user.

    files.py FOLDER PREFIX EVERY_MS

Open loop: at every tick one new file, written, flushed and named last, and one file of before, read back whole. Each
is a JSON line on standard output: kind (write or read), id, start, end (seconds since the epoch), ok, error. Stops
like prober.py.
"""
import hashlib
import json
import os
import pwd
import sys
import threading
import time

LONGEST_RUN = 900
# A stall of seconds shows in this many; more would only be a load.
MOST_UNDER_WAY = 40
SIZE = 32 * 1024


def content(name):
    return hashlib.sha256(name.encode()).digest() * (SIZE // 32)


def write(folder, name):
    part = f"{folder}/.{name}"
    with open(part, "xb") as file:
        file.write(content(name))
        file.flush()
        os.fsync(file.fileno())
    os.rename(part, f"{folder}/{name}")


def read(folder, name):
    with open(f"{folder}/{name}", "rb") as file:
        if file.read() != content(name):
            raise OSError("content differs")


written = []


def attempt(kind, folder, name):
    row = {"kind": kind, "id": name, "start": time.time(), "ok": False}
    try:
        (write if kind == "write" else read)(folder, name)
        row["ok"] = True
        if kind == "write":
            written.append(name)
    except OSError as error:
        row["error"] = f"{type(error).__name__}: {error.strerror or error}"
    row["end"] = time.time()
    print(json.dumps(row) + "\n", end="", flush=True)


def main():
    folder, prefix, every = sys.argv[1], sys.argv[2], float(sys.argv[3]) / 1000
    user = pwd.getpwnam("www-data")
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.makedirs(folder, exist_ok=True)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    under_way = []
    begin = time.monotonic()
    number = 0
    while not ended.is_set() and time.monotonic() - begin < LONGEST_RUN:
        tasks = [("write", f"{prefix}-{number}")]
        if written:
            tasks.append(("read", written[number % len(written)]))
        for kind, name in tasks if len(under_way) < MOST_UNDER_WAY else []:
            thread = threading.Thread(target=attempt, args=(kind, folder, name), daemon=True)
            thread.start()
            under_way.append(thread)
        under_way = [thread for thread in under_way if thread.is_alive()]
        number += 1
        ended.wait(max(0, begin + number * every - time.monotonic()))
    for thread in under_way:
        thread.join(60)


main()
