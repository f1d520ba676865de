#!/usr/bin/env python3
"""A requester: connects standard input and output to a device, like nc.

Usage: requester.py URL DEVICE [REQUEST_DATA]        needs Debian's python3-websockets, or: pip install websockets
"""

import asyncio
import json
import sys
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.legacy.client import connect

PIECE = 16 * 1024


async def upload(socket):
    loop = asyncio.get_running_loop()
    while piece := await loop.run_in_executor(None, sys.stdin.buffer.read1, PIECE):
        await socket.send(piece)
    await socket.send(b"")  # half-close: nothing more will follow


def write(message):
    sys.stdout.buffer.write(message.encode() if isinstance(message, str) else message)
    sys.stdout.buffer.flush()


async def download(socket):
    loop = asyncio.get_running_loop()
    async for message in socket:
        if message == b"":  # the device's half-close
            return
        await loop.run_in_executor(None, write, message)  # it may block, and must not hold up the other direction


async def main(url, device, data=""):
    url += f"/bridge/connect?deviceId={quote(device, safe='')}&requestData={quote(data, safe='')}"
    async with connect(url, subprotocols=["wsbridge.v1"], max_size=None, compression=None) as socket:
        try:
            if json.loads(await socket.recv())["type"] != "established":
                return "not the message of a node"
            await asyncio.gather(upload(socket), download(socket))
            await socket.close()
        except ConnectionClosed:
            pass  # the code says why
        return 0 if socket.close_code == 1000 else f"closed with {socket.close_code} {socket.close_reason}"


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    try:
        sys.exit(asyncio.run(main(*sys.argv[1:])))
    except (OSError, InvalidHandshake) as e:
        sys.exit(str(e))
