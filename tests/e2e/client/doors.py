#!/usr/bin/env python3
"""Tries TCP ports from where it runs:  doors.py ADDRESS:PORT...   One JSON line each: target, answer, seconds.

answer: open | refused (somebody said no at once) | silent (nothing within the time limit)
"""
import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor

def knock(target):
    address, _, port = target.rpartition(":")
    start = time.monotonic()
    try:
        socket.create_connection((address, int(port)), timeout=2).close()
        answer = "open"
    except TimeoutError:
        answer = "silent"
    except OSError:
        answer = "refused"
    return {"target": target, "answer": answer, "seconds": round(time.monotonic() - start, 3)}


with ThreadPoolExecutor(8) as pool:
    for door in pool.map(knock, sys.argv[1:]):
        print(json.dumps(door))
