#!/usr/bin/env python3
"""Guesses passwords at both of WordPress' doors in turn, from one address:  guess.py ADDRESS CA OWN_ADDRESS USER COUNT

Four at a time, each over a new connection. Each guess is a JSON line on standard output: kind (form | xmlrpc), start, end,
ok (there was an answer), status, retryAfter (seconds, where the answer says so), error.
"""
import http.client
import json
import ssl
import sys
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

TIMEOUT = 15
address, authority, source, user, count = sys.argv[1:]
context = ssl.create_default_context(cafile=authority)

FORM = ("/wp-login.php", "application/x-www-form-urlencoded",
        lambda password: urllib.parse.urlencode({"log": user, "pwd": password, "testcookie": "1"}))
XMLRPC = ("/xmlrpc.php", "text/xml",
          lambda password: "<?xml version='1.0'?><methodCall><methodName>wp.getUsersBlogs</methodName><params>"
          f"<param><value>{user}</value></param><param><value>{password}</value></param></params></methodCall>")


def guess(number):
    kind, (path, content_type, body) = [("form", FORM), ("xmlrpc", XMLRPC)][number % 2]
    row = {"kind": kind, "start": time.time(), "ok": False}
    connection = http.client.HTTPSConnection(address, timeout=TIMEOUT, context=context, source_address=(source, 0))
    try:
        connection.request("POST", path, body(f"guess-{number}"), {
            "Content-Type": content_type, "Cookie": "wordpress_test_cookie=WP+Cookie+check"})
        answer = connection.getresponse()
        answer.read()
        row.update(ok=True, status=answer.status)
        if answer.getheader("Retry-After"):
            row["retryAfter"] = int(answer.getheader("Retry-After"))
    except (OSError, http.client.HTTPException) as error:
        row["error"] = f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    row["end"] = time.time()
    return row


with ThreadPoolExecutor(4) as people:
    for row in people.map(guess, range(int(count))):
        print(json.dumps(row), flush=True)
