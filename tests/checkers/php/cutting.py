#!/usr/bin/env python3
"""A proxy that loses connections to SQL.

    cutting.py LISTEN PORT CUT...

Connection number n is closed in place of the CUT[n]-th packet that its client sends (1 is the login); 0, and every
connection after the last CUT: never.
"""
import asyncio
import sys

listen, port, *cuts = map(int, sys.argv[1:])
left = iter(cuts)


async def copy(reader, writer, cut):
    packet = 0
    while data := await reader.read(65536):
        packet += 1
        if packet == cut:
            break
        writer.write(data)
    writer.close()


async def serve(reader, writer):
    server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
    # Whoever ends first ends both.
    _, running = await asyncio.wait(
        [
            asyncio.create_task(copy(reader, server_writer, next(left, 0))),
            asyncio.create_task(copy(server_reader, writer, 0)),
        ],
        return_when=asyncio.FIRST_COMPLETED,
    )
    for task in running:
        task.cancel()
    writer.close()
    server_writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", listen)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
