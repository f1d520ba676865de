#!/usr/bin/env python3
"""A device: sends back all bytes of the bridges with the request data "echo", and rejects others.

Usage: device.py URL DEVICE                          needs Debian's python3-websockets, or: pip install websockets
"""

import asyncio
import json
import random
import sys
from urllib.parse import quote

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatusCode
from websockets.legacy.client import connect

TRIES = 5


def open_socket(url):
    return connect(url, subprotocols=["wsbridge.v1"], max_size=None, compression=None)


async def accept(invitation):
    """Opens the accept URL, again if the bridge did not come about: the token is used up only by a bridge."""
    for attempt in range(TRIES):
        try:
            async with open_socket(invitation["acceptUrl"]) as socket:
                established = json.loads(await socket.recv())
                if established.get("principal") != invitation.get("principal"):
                    await socket.close(1008, "another requester than that of the invitation")
                    return
                await echo(socket)
            return
        except InvalidStatusCode as e:
            if e.status_code not in (429, 503):
                return print("refused with", e.status_code, file=sys.stderr)
        except ConnectionClosed as e:
            if e.code != 1006:  # a node's close, such as 4410: the requester has gone
                return
        except (OSError, InvalidHandshake, asyncio.TimeoutError):
            pass
        await asyncio.sleep(random.uniform(0.2, 0.5) * 2**attempt)


async def echo(socket):
    try:
        async for message in socket:
            if message == b"":  # the requester's half-close
                break
            if message:  # an empty text message is no half-close, and none must become one
                await socket.send(message.encode() if isinstance(message, str) else message)
        await socket.send(b"")
        await socket.close()
    except ConnectionClosed:
        pass


async def listen(url, tasks, listening):
    """Serves one listen socket until it ends; returns its close code."""
    async with connect(url) as socket:
        listening()
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "invitation" and message["requestData"] == "echo":
                task = asyncio.create_task(accept(message))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            elif message["type"] == "invitation":
                no = {"type": "reject", "bridgeToken": message["bridgeToken"], "code": 404, "reason": "no such target"}
                await socket.send(json.dumps(no))
            elif message["type"] == "move":
                # Another listen socket first; only then is this one closed.
                moved = asyncio.get_running_loop().create_future()
                task = asyncio.create_task(keep_listening(url, tasks, lambda: moved.done() or moved.set_result(None)))
                tasks.add(task)
                await moved
                asyncio.get_running_loop().call_later(1, lambda: tasks.add(asyncio.ensure_future(socket.close())))
    return socket.close_code


async def keep_listening(url, tasks, listening):
    wait = 0.5
    while True:
        code = None
        try:
            code = await listen(url, tasks, listening)
            wait = 0.5
        except (OSError, InvalidHandshake, ConnectionClosed, asyncio.TimeoutError) as e:
            print(e, file=sys.stderr)
        if code == 1000:  # this program's own close, after a move
            return
        if code == 4409:  # another listener with this id
            wait = 30
        await asyncio.sleep(random.uniform(wait, 2 * wait))
        wait = min(2 * wait, 30)


async def main(base, device):
    url = f"{base}/bridge/listen?deviceId={quote(device, safe='')}"
    tasks = set()
    tasks.add(asyncio.create_task(keep_listening(url, tasks, lambda: print("listening", flush=True))))
    await asyncio.Event().wait()  # for ever: after a move, another task listens


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    asyncio.run(main(*sys.argv[1:]))
