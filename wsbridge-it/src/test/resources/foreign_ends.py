"""Requester and device written with the package "websockets" alone, without the subprotocol.

Usage: foreign_ends.py CONNECT_BASE LISTEN_BASE

The requester connects to the first base URL. The device listens at the second one and opens the accept URLs that it
receives. The program counts the checks that pass; the first that fails ends it with a traceback.
"""

import asyncio
import hashlib
import json
import sys
import urllib.parse

import websockets
from websockets.legacy.client import connect as websocket  # exists in old and new releases of the package

from raw_websocket import CLOSE, Closed, RawWebSocket

SIZES = [0, 1, 125, 126, 127, 16384, 65535, 65536, 1 << 20, 64 << 20]
CLOSES = [(1000, "done"), (1001, "going"), (3000, "registered"), (4999, "private, with ümlaut"), (1000, "")]
DEVICE = "python device/ä +&=%"
DEADLINE = 120

passed = 0


def check(condition, what):
    global passed
    if not condition:
        raise AssertionError(what)
    passed += 1


def content(size):
    block = hashlib.sha256(str(size).encode()).digest() * 1024
    return (block * (size // len(block) + 1))[:size]


def connect(url):
    return websocket(url, max_size=None, compression=None, ping_interval=5, ping_timeout=60)


class Device:
    """Listens, and puts each accepted bridge into a queue."""

    def __init__(self, base):
        self.url = base + "/bridge/listen?deviceId=" + urllib.parse.quote(DEVICE, safe="")
        self.accepted = asyncio.Queue()
        self.ready = asyncio.Event()

    async def listen(self):
        async with connect(self.url) as socket:
            self.ready.set()
            async for message in socket:
                invitation = json.loads(message)
                if invitation["type"] != "invitation":
                    check(invitation["type"] == "withdraw", "type of a message")  # of one that leaves early
                elif invitation["requestData"] == "reject me":
                    token = invitation["bridgeToken"]
                    await socket.send(json.dumps(
                        {"type": "reject", "bridgeToken": token, "code": 77, "reason": "no, not now"}))
                elif invitation["requestData"] == "reject me by URL":
                    rejecting = await connect(
                        invitation["acceptUrl"] + "&rejectCode=78&rejectReason=" + urllib.parse.quote("nö"))
                    await rejecting.wait_closed()
                    check(rejecting.close_code == 1000, "a rejection is accepted")
                else:
                    await self.accepted.put((invitation, await self.accept(invitation)))

    @staticmethod
    async def accept(invitation):
        if invitation["requestData"] == "raw":
            return await asyncio.to_thread(RawWebSocket, invitation["acceptUrl"])
        if invitation["requestData"] == "later":
            return None
        return await connect(invitation["acceptUrl"])


async def bridge(base, device, data="ssh & more/ä"):
    query = "deviceId=" + urllib.parse.quote(DEVICE, safe="") + "&requestData=" + urllib.parse.quote(data, safe="")
    url = base + "/bridge/connect?" + query
    requester = await (asyncio.to_thread(RawWebSocket, url) if data == "raw" else connect(url))
    invitation, accepted = await asyncio.wait_for(device.accepted.get(), DEADLINE)
    check(invitation["requestData"] == data, "request data arrives unchanged")
    return requester, accepted


async def carry(sender, receiver, message, what, pieces=None):
    _, got = await asyncio.wait_for(asyncio.gather(sender.send(pieces or message), receiver.recv()), DEADLINE)
    check(type(got) is type(message) and got == message, what)


def pieces(message, count):
    size = max(1, len(message) // count)
    return [message[i:i + size] for i in range(0, len(message), size)]


async def messages(base, device):
    requester, accepted = await bridge(base, device)
    for sender, receiver, way in ((requester, accepted, "up"), (accepted, requester, "down")):
        for size in SIZES:
            await carry(sender, receiver, content(size), f"binary of {size} bytes, {way}")
            if size:
                await carry(
                    sender, receiver, content(size), f"fragmented {size} bytes, {way}", pieces(content(size), 100))
        await asyncio.gather(
            carry(sender, receiver, content(16 << 20), f"big at the same time, {way}"),
            carry(receiver, sender, content(17 << 20), f"big at the same time, against {way}"))
        text = "a€😀ü" * 50_000
        await carry(sender, receiver, text, f"text, {way}")
        await carry(sender, receiver, "", f"empty text, {way}")
        await carry(sender, receiver, text, f"fragmented text, {way}", pieces(text, 37))
        await carry(sender, receiver, content(1 << 20), f"fragmented binary, {way}", pieces(content(1 << 20), 1000))
        for i in range(1000):
            await sender.send(str(i))
        got = [await asyncio.wait_for(receiver.recv(), DEADLINE) for _ in range(1000)]
        check(got == [str(i) for i in range(1000)], f"a thousand small messages in order, {way}")
    pong = await requester.ping()
    await asyncio.wait_for(pong, DEADLINE)
    await requester.close()
    await asyncio.wait_for(accepted.wait_closed(), DEADLINE)


async def closes(base, device):
    for code, reason in CLOSES:
        for from_requester in (True, False):
            requester, accepted = await bridge(base, device)
            closing, other = (requester, accepted) if from_requester else (accepted, requester)
            await closing.send("last words")
            await closing.close(code, reason)
            check(await asyncio.wait_for(other.recv(), DEADLINE) == "last words", "data before the close arrives")
            await asyncio.wait_for(other.wait_closed(), DEADLINE)
            check((other.close_code, other.close_reason) == (code, reason),
                  f"close {code} {reason!r} arrived as {other.close_code} {other.close_reason!r}")


async def vanishing(base, device):
    for device_goes in (True, False):
        for meanwhile in (None, "nothing read", "inside a message"):
            requester, accepted = await bridge(base, device)
            going, other = (accepted, requester) if device_goes else (requester, accepted)
            await carry(requester, accepted, "hello", "the bridge is established")
            if meanwhile == "nothing read":
                flood = asyncio.ensure_future(other.send(content(32 << 20)))
            elif meanwhile == "inside a message":
                await carry(going, other, "the last whole message", "the last whole message")
                await going.write_frame(False, 2, b"half a message")
            going.transport.abort()
            await asyncio.wait_for(other.wait_closed(), DEADLINE)
            check(other.close_code == 4000, f"device goes {device_goes}, {meanwhile}: {other.close_code}")
            if meanwhile == "nothing read":
                await asyncio.gather(flood, return_exceptions=True)


async def leaving_early(base, device):
    """The requester leaves before the device accepts."""
    query = "deviceId=" + urllib.parse.quote(DEVICE, safe="") + "&requestData=later"
    for close in (True, False):
        requester = await connect(base + "/bridge/connect?" + query)
        invitation, _ = await asyncio.wait_for(device.accepted.get(), DEADLINE)
        if close:
            await requester.close(3001, "changed my mind")
        else:
            requester.transport.abort()
        accepted = await connect(invitation["acceptUrl"])
        await asyncio.wait_for(accepted.wait_closed(), DEADLINE)
        # The accept may reach the node before it notices the loss.
        check(accepted.close_code == 4410 or not close and accepted.close_code == 4000,
              f"accept after the requester has gone: {accepted.close_code} {accepted.close_reason!r}")
    requester = await connect(base + "/bridge/connect?" + query)
    invitation, _ = await asyncio.wait_for(device.accepted.get(), DEADLINE)
    await requester.send("sent before the accept")
    accepted = await connect(invitation["acceptUrl"])
    check(await asyncio.wait_for(accepted.recv(), DEADLINE) == "sent before the accept", "early data arrives")
    again = await connect(invitation["acceptUrl"])
    await asyncio.wait_for(again.wait_closed(), DEADLINE)
    check(again.close_code == 4410, f"a token can be used once: {again.close_code}")
    await carry(requester, accepted, "still there", "a second accept does not affect the first")
    await requester.close()
    await asyncio.wait_for(accepted.wait_closed(), DEADLINE)


async def raw(base, device):
    """Checks what is visible in single frames only."""
    for from_requester in (True, False):
        requester, accepted = await bridge(base, device, "raw")
        closing, other = (requester, accepted) if from_requester else (accepted, requester)

        def empty_close():
            check(closing.subprotocol is None, "no subprotocol unless offered")
            closing.send(content(70_000), 1_000)
            check(other.receive() == content(70_000), "a message in many frames, with pings in between")
            closing.frame(CLOSE)
            closed = other.end()
            check(closed.code is None, f"an empty close arrives as an empty close, not {closed}")
            try:
                closing.receive()
            except Closed as answer:
                check(answer.code is None, f"an empty close is answered by one, not {answer}")
            closing.disconnect()

        await asyncio.wait_for(asyncio.to_thread(empty_close), DEADLINE)
        for leave in (RawWebSocket.reset, RawWebSocket.disconnect):
            requester, accepted = await bridge(base, device, "raw")
            going, other = (requester, accepted) if from_requester else (accepted, requester)
            requester.send("hello")
            check(await asyncio.to_thread(accepted.receive) == "hello", "the bridge is established")
            leave(going)
            closed = await asyncio.wait_for(asyncio.to_thread(other.end), DEADLINE)
            check(closed.code == 4000, f"{leave.__name__} gives {closed}")


async def refusals(base, device):
    for data, reason in (("reject me", "77 no, not now"), ("reject me by URL", "78 nö")):
        query = "deviceId=" + urllib.parse.quote(DEVICE, safe="") + "&requestData=" + urllib.parse.quote(data)
        requester = await connect(base + "/bridge/connect?" + query)
        await asyncio.wait_for(requester.wait_closed(), DEADLINE)
        check((requester.close_code, requester.close_reason) == (4403, reason),
              f"{data}: {requester.close_code} {requester.close_reason!r}")
    requester = await connect(base + "/bridge/connect?deviceId=nobody")
    await asyncio.wait_for(requester.wait_closed(), DEADLINE)
    check(requester.close_code == 4404, f"unknown device: {requester.close_code}")
    for path, status in (("/bridge/connect", 400), ("/bridge/else", 404), ("/bridge/accept?bridgeToken=!", 400)):
        try:
            await connect(base + path)
            check(False, f"{path} was not refused")
        except websockets.InvalidStatusCode as refusal:
            check(refusal.status_code == status, f"{path}: {refusal.status_code}")
    forged = await connect(base + "/bridge/accept?bridgeToken=" + "A" * 120)
    await asyncio.wait_for(forged.wait_closed(), DEADLINE)
    check(forged.close_code == 4410, f"forged token: {forged.close_code}")


async def main():
    connect_base, listen_base = sys.argv[1:3]
    device = Device(listen_base)
    listening = asyncio.ensure_future(device.listen())
    await asyncio.wait_for(device.ready.wait(), DEADLINE)
    for scenario in (messages, closes, vanishing, leaving_early, raw, refusals):
        await scenario(connect_base, device)
        if listening.done():
            listening.result()
    listening.cancel()
    print(f"{passed} passed, 0 failed")


asyncio.run(main())
