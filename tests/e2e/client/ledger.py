#!/usr/bin/env python3
"""Writes rows into the site's database as PHP does: from its host, through its loopback proxy.

    ledger.py PREFIX EVERY_MS [COUNT]

Open loop: at every tick a new connection, one INSERT, autocommit. Each write is a JSON line on standard
output: id, start, end (seconds since the epoch), ok, error. `ok` is the server's word that the row is
committed. The row keeps the name of the member that took it, and when. Stops like prober.py.
Speaks the few packets of MySQL's protocol that this needs: web hosts have no client for Python, and
processes of the PHP client could not keep an open loop while a commit hangs.
"""
import asyncio
import hashlib
import json
import re
import struct
import sys
import time

TIMEOUT = 15
LONGEST_RUN = 900
TABLE = "testudo_e2e_ledger"
# LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH
CAPABILITIES = 0x1 | 0x8 | 0x200 | 0x2000 | 0x8000 | 0x80000


def account():
    text = open("/etc/testudo/wp-config.php", encoding="utf8").read()
    return {name: re.search(rf"define\('DB_{name}', '([^']*)'\)", text)[1] for name in ("USER", "PASSWORD", "NAME")}


def scramble(password, nonce):
    first = hashlib.sha1(password.encode()).digest()
    second = hashlib.sha1(nonce + hashlib.sha1(first).digest()).digest()
    return bytes(a ^ b for a, b in zip(first, second))


async def receive(reader):
    head = await reader.readexactly(4)
    body = await reader.readexactly(int.from_bytes(head[:3], "little"))
    if body[:1] == b"\xff":
        raise ConnectionError(f"SQL error {struct.unpack('<H', body[1:3])[0]}: {body[9:].decode(errors='replace')}")
    return head[3], body


def send(writer, sequence, body):
    writer.write(len(body).to_bytes(3, "little") + bytes([sequence]) + body)


async def log_in(reader, writer, who):
    _, hello = await receive(reader)
    rest = hello[hello.index(b"\0") + 1 :]
    nonce = rest[4:12] + rest[31:43]
    token = scramble(who["PASSWORD"], nonce)
    send(
        writer,
        1,
        struct.pack("<IIB23x", CAPABILITIES, 1 << 24, 45)
        + who["USER"].encode() + b"\0"
        + bytes([len(token)]) + token
        + who["NAME"].encode() + b"\0mysql_native_password\0",
    )
    sequence, answer = await receive(reader)
    if answer[:1] == b"\xfe":
        send(writer, sequence + 1, scramble(who["PASSWORD"], answer.split(b"\0", 1)[1][:20]))
        await receive(reader)


async def insert(row):
    # As it is now: passwords change while this runs.
    who = account()
    reader, writer = await asyncio.open_connection("127.0.0.1", 3306)
    try:
        await log_in(reader, writer, who)
        # NOW is the moment at which the member begins the statement, whatever the connection waited before.
        sql = f"INSERT INTO {TABLE} (id, taken, member) VALUES ('{row['id']}', UNIX_TIMESTAMP(NOW(6)), @@wsrep_node_name)"
        send(writer, 0, b"\x03" + sql.encode())
        await receive(reader)
        row["ok"] = True
        send(writer, 0, b"\x01")
    finally:
        writer.close()


async def write(name):
    row = {"kind": "write", "id": name, "start": time.time(), "ok": False}
    try:
        await asyncio.wait_for(insert(row), TIMEOUT)
    except asyncio.TimeoutError:
        row["error"] = f"nothing within {TIMEOUT} s"
    except asyncio.IncompleteReadError:
        row["error"] = "connection closed"
    except Exception as error:
        row["error"] = f"{type(error).__name__}: {error}"
    row["end"] = time.time()
    print(json.dumps(row), flush=True)


async def main():
    prefix, every = sys.argv[1], float(sys.argv[2]) / 1000
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1 << 30
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    if count == 1 << 30:
        loop.run_in_executor(None, lambda: (sys.stdin.read(), loop.call_soon_threadsafe(ended.set)))
    under_way = set()
    due = time.monotonic()
    until = due + LONGEST_RUN
    number = 0
    while number < count and not ended.is_set() and time.monotonic() < until:
        task = asyncio.create_task(write(f"{prefix}-{number}"))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        number += 1
        due += every
        await asyncio.sleep(max(0, due - time.monotonic()))
    if under_way:
        await asyncio.wait(under_way)


asyncio.run(main())
