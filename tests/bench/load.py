#!/usr/bin/env python3
"""Visitors for the benchmark; what to do comes as JSON on standard input.

    {"kind": "page" | "login" | "upload", "mode": "open" | "closed", "address", "port", "host", "ca", "seconds",
     "rate" (open: a second), "workers" (closed), "path", "user", "password", "sources": [own addresses], "picture"}

Open loop: a visit at every tick over a new TLS connection, whatever became of the last one. Closed loop: each worker makes
a visit after the other. {n} in a path is another number each time. The answer is one JSON line: "visits" with seconds
of each, [connect, request] (an upload has a third, the first fetch of its picture), "errors" with counts, "seconds".
"""
import collections
import http.client
import itertools
import json
import socket
import ssl
import sys
import threading
import time
import urllib.parse

TIMEOUT = 15
order = json.load(sys.stdin)
context = ssl.create_default_context(cafile=order["ca"])
numbers = itertools.count(time.time_ns())
sources = itertools.cycle(order.get("sources") or [""])
lock = threading.Lock()
visits = []
errors = collections.Counter()
session = {}


class Wrong(Exception):
    pass


class Visit:
    """One connection, and how long it took to make it."""

    def __init__(self):
        with lock:
            source = next(sources)
        begin = time.perf_counter()
        raw = socket.create_connection((order["address"], order["port"]), TIMEOUT, (source, 0) if source else None)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = http.client.HTTPConnection(order["host"], timeout=TIMEOUT)
        self.connection.sock = context.wrap_socket(raw, server_hostname=order["host"])
        self.connected = time.perf_counter() - begin

    def ask(self, method, path, status, body=None, headers=None):
        begin = time.perf_counter()
        self.connection.request(method, path, body, {"Host": order["host"], **(headers or {})})
        answer = self.connection.getresponse()
        content = answer.read()
        took = time.perf_counter() - begin
        if answer.status != status:
            raise Wrong(f"{method} {path.split('?')[0]}: status {answer.status}")
        return answer, content, took

    def close(self):
        self.connection.sock.close()


def once(work):
    visit = Visit()
    try:
        return work(visit)
    finally:
        visit.close()


def number():
    with lock:
        return next(numbers)


def page():
    path = order["path"].replace("{n}", str(number()))
    return once(lambda visit: [visit.connected, visit.ask("GET", path, 200, headers={"Accept-Encoding": "gzip"})[2]])


def login(visit):
    form = urllib.parse.urlencode({"log": order["user"], "pwd": order["password"], "testcookie": "1"})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "wordpress_test_cookie=WP+Cookie+check"}
    answer, _, took = visit.ask("POST", "/wp-login.php", 302, form, headers)
    cookies = [value.split(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie"]
    if not any(cookie.startswith("wordpress_logged_in_") for cookie in cookies):
        raise Wrong("nobody was logged in")
    return cookies, took


def logins():
    return once(lambda visit: [visit.connected, login(visit)[1]])


def prepare_uploads():
    cookies, _ = once(login)
    session["headers"] = {"Cookie": "; ".join(cookies)}
    nonce = once(lambda visit: visit.ask("GET", "/wp-admin/admin-ajax.php?action=rest-nonce", 200, headers=session["headers"])[1])
    session["headers"]["X-WP-Nonce"] = nonce.decode()
    with open(order["picture"], "rb") as file:
        session["picture"] = file.read()


def upload():
    headers = {**session["headers"], "Content-Type": "image/jpeg",
               "Content-Disposition": f'attachment; filename="bench-{number()}.jpg"'}

    def send(visit):
        _, content, took = visit.ask("POST", "/index.php?rest_route=/wp/v2/media", 201, session["picture"], headers)
        return visit.connected, json.loads(content), took

    connected, made, took = once(send)
    times = [connected, took]
    try:
        path = urllib.parse.urlsplit(made["source_url"]).path
        _, content, fetched = once(lambda visit: visit.ask("GET", path, 200))
        if not content.startswith(b"\xff\xd8"):
            raise Wrong("the picture is another one")
        times.append(fetched)
    finally:
        once(lambda visit: visit.ask("DELETE", f"/index.php?rest_route=/wp/v2/media/{made['id']}&force=1", 200, headers=session["headers"]))
    return times


def attempt():
    try:
        times = {"page": page, "login": logins, "upload": upload}[order["kind"]]()
        with lock:
            visits.append(times)
    except (OSError, Wrong, http.client.HTTPException) as error:
        with lock:
            errors[f"{type(error).__name__}: {error}" if not isinstance(error, Wrong) else str(error)] += 1


def open_loop():
    due = begin = time.monotonic()
    under_way = []
    while due < begin + order["seconds"]:
        time.sleep(max(0, due - time.monotonic()))
        thread = threading.Thread(target=attempt)
        thread.start()
        under_way.append(thread)
        due += 1 / order["rate"]
    for thread in under_way:
        thread.join()


def closed_loop():
    end = time.monotonic() + order["seconds"]

    def work():
        while time.monotonic() < end:
            attempt()

    workers = [threading.Thread(target=work) for _ in range(order["workers"])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if order["kind"] == "upload":
    prepare_uploads()
started = time.monotonic()
open_loop() if order["mode"] == "open" else closed_loop()
print(json.dumps({"visits": visits, "errors": errors, "seconds": time.monotonic() - started}))
