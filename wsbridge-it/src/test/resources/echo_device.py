"""A device that echoes messages, written with the package "websockets" at its defaults.

Usage: echo_device.py BASE DEVICE [MAX_SIZE]

It listens at the base URL, and accepts there, whatever the accept URL's own base is. MAX_SIZE is the longest message,
in bytes; the package's default is 1 MiB.
"""

import asyncio
import json
import sys

from websockets.legacy.client import connect
from websockets.exceptions import ConnectionClosed

BASE, DEVICE = sys.argv[1:3]
OPTIONS = {"max_size": int(sys.argv[3])} if len(sys.argv) > 3 else {}


async def echo(invitation):
    url = invitation["acceptUrl"]
    try:
        async with connect(BASE + url[url.index("/bridge/accept") :], **OPTIONS) as socket:
            async for message in socket:
                await socket.send(message)
    except (ConnectionClosed, OSError):
        pass


async def listen():
    tasks = set()
    async with connect(BASE + "/bridge/listen?deviceId=" + DEVICE) as socket:
        print("listening", flush=True)
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "invitation":
                task = asyncio.create_task(echo(message))
                tasks.add(task)
                task.add_done_callback(tasks.discard)


asyncio.run(listen())
