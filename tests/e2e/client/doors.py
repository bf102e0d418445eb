#!/usr/bin/env python3
"""Tries TCP ports from where it runs:  doors.py ADDRESS:PORT...   One JSON line each: target, answer, seconds.

answer: open | refused (somebody said no at once) | silent (nothing within the time limit)
"""
import json
import socket
import sys
import time

for target in sys.argv[1:]:
    address, _, port = target.rpartition(":")
    start = time.monotonic()
    try:
        socket.create_connection((address, int(port)), timeout=2).close()
        answer = "open"
    except TimeoutError:
        answer = "silent"
    except OSError:
        answer = "refused"
    print(json.dumps({"target": target, "answer": answer, "seconds": round(time.monotonic() - start, 3)}))
