"""The subprotocol wsbridge.v1 on a plain socket, written from docs/protocol.md. The other end is the project's own.

Usage: wsbridge_v1.py requester BASE DEVICE    requests bridges to the project's device and checks the results
       wsbridge_v1.py device BASE DEVICE       is a device for the project's client until standard input ends

The request data tells the device what to do: a command and its arguments, separated by spaces. Both sides support

    digest             reads to the half-close, answers with length and SHA-256, half-closes
    source N           sends N bytes and half-closes at once, then reads to the half-close
    echo               echoes all messages, and half-closes after the other side
    close CODE WORDS   closes at once
    closed             reads to the end
    reset              resets the connection inside a message
"""

import hashlib
import json
import re
import sys
import threading
import urllib.parse

from raw_websocket import BINARY, DEADLINE, PING, RawWebSocket

PROTOCOL = "wsbridge.v1"
SIZES = [0, 1, 125, 126, 65535, 65536, 1 << 20, 64 << 20]
CLOSES = [(1000, "done"), (1001, "going"), (3000, "registered"), (4999, "private, with ümlaut"), (1000, "")]

passed = 0


def check(condition, what):
    global passed
    if not condition:
        raise AssertionError(what)
    passed += 1


def content(size):
    block = hashlib.sha256(str(size).encode()).digest() * 1024
    return (block * (size // len(block) + 1))[:size]


def summary(data):
    return f"{len(data)} {hashlib.sha256(data).hexdigest()}".encode()


class Stream:
    """A byte stream over wsbridge.v1."""

    def __init__(self, url):
        self.socket = RawWebSocket(url, PROTOCOL)
        check(self.socket.subprotocol == PROTOCOL, "the subprotocol is agreed on")
        self.bridge = None

    def established(self):
        """Waits for the node's message that the bridge is established."""
        message = self.socket.receive()
        check(isinstance(message, str), "established is a text message")
        message = json.loads(message)
        check(message["type"] == "established", f"established: {message}")
        check(re.fullmatch("[0-9a-f]{32}", message["bridgeId"]), f"established: {message}")
        self.bridge = message["bridgeId"]
        return self

    def write(self, data, piece=16384, fragment=None):
        for i in range(0, len(data), piece):
            self.socket.send(data[i:i + piece], fragment)

    def finish(self):
        self.socket.send(b"")

    def read(self):
        """Returns everything up to the half-close."""
        parts = []
        while True:
            part = self.socket.receive()
            if part == b"":
                return b"".join(parts)
            parts.append(part.encode() if isinstance(part, str) else part)

    def end(self):
        return self.socket.end()


def expect_end(closed, code, reason, what):
    check((closed.code, closed.reason) == (code, reason), f"{what}: {closed}, not {code} {reason!r}")


def requester(base, device):
    def bridge(data):
        query = "deviceId=" + urllib.parse.quote(device, safe="") + "&requestData=" + urllib.parse.quote(data, safe="")
        stream = Stream(base + "/bridge/connect?" + query).established()
        print(f"after {passed} checks: {data} over {stream.bridge}", flush=True)
        return stream

    for size in SIZES:
        for piece, fragment in ((16384, None), (max(1, size), None), (max(1, size), max(1, size // 37))):
            up = bridge("digest")
            up.write(content(size), piece, fragment)
            up.finish()
            check(up.read() == summary(content(size)), f"{size} bytes up in messages of {piece}, frames of {fragment}")
            expect_end(up.end(), 1000, "", "both directions have ended")
        down = bridge(f"source {size}")
        check(down.read() == content(size), f"{size} bytes down")
        down.write(b"thanks")
        down.finish()
        expect_end(down.end(), 1000, "", "both directions have ended")
    text = bridge("digest")
    text.socket.send("a€😀ü", 1)
    text.socket.send("")
    text.socket.send("more")
    text.finish()
    check(text.read() == summary("a€😀ümore".encode()), "text arrives as bytes, and empty text is no half-close")
    text.end()
    fragmented = bridge("digest")
    fragmented.socket.frame(BINARY, b"", fin=False)
    fragmented.socket.frame(PING, b"x" * 125)
    fragmented.socket.frame(0, b"", fin=False)
    fragmented.socket.frame(0, b"")
    check(fragmented.read() == summary(b""), "an empty message in three frames is a half-close")
    fragmented.end()
    echo(bridge("echo"))

    for code, reason in CLOSES:
        expect_end(bridge(f"close {code} {reason}").end(), code, reason, "the device's close")
        closing = bridge("closed")
        closing.write(b"last words")
        expect_end(closing.socket.close(code, reason), code, reason, "the answer to a close")
    expect_end(bridge("closed").socket.close(), None, "", "the answer to an empty close")
    bridge("closed").socket.reset()
    bridge("closed").socket.disconnect()
    amid = bridge("closed")
    amid.socket.frame(BINARY, b"half a message", fin=False)
    amid.socket.reset()
    gone(bridge("reset"))
    print(f"{passed} passed, 0 failed")


def gone(stream):
    closed = stream.end()
    check(closed.code == 4000, f"a device that resets its connection gives {closed}")


def echo(stream):
    """Sends more than all buffers hold, so that it works only if both directions run concurrently."""
    data = content(32 << 20)
    writing = threading.Thread(target=lambda: (stream.write(data, 100_000), stream.finish()), daemon=True)
    writing.start()
    check(stream.read() == data, "the echo")
    writing.join(DEADLINE)
    expect_end(stream.end(), 1000, "", "both directions have ended")


def device(base, name):
    listening = RawWebSocket(base + "/bridge/listen?deviceId=" + urllib.parse.quote(name, safe=""))
    print("device ready", flush=True)
    threading.Thread(target=listen, args=(listening,), daemon=True).start()
    sys.stdin.read()


def listen(listening):
    while True:
        invitation = json.loads(listening.receive())
        if invitation["type"] == "invitation":
            threading.Thread(target=serve, args=(invitation,), daemon=True).start()


def serve(invitation):
    word, _, arguments = invitation["requestData"].partition(" ")
    stream = Stream(invitation["acceptUrl"]).established()
    check(stream.bridge == invitation["bridgeId"], "the bridge id is that of the invitation")
    if word == "digest":
        stream.write(summary(stream.read()))
        stream.finish()
        ended(stream, stream.end())
    elif word == "source":
        size = int(arguments)
        stream.write(content(size), max(1, size), max(1, size // 37))
        stream.finish()
        stream.read()
        ended(stream, stream.end())
    elif word == "echo":
        while (part := stream.socket.receive()) != b"":
            stream.socket.send(part)
        stream.finish()
        ended(stream, stream.end())
    elif word == "text":
        for piece in ("a€😀ü", "", "more"):
            stream.socket.send(piece, 3)
        stream.finish()
        stream.read()
        ended(stream, stream.end())
    elif word == "close":
        code, _, reason = arguments.partition(" ")
        ended(stream, stream.socket.close(int(code) if code != "empty" else None, reason))
    elif word == "closed":
        ended(stream, stream.end())
    elif word == "reset":
        stream.socket.frame(BINARY, b"half a message", fin=False)
        stream.socket.reset()
    elif word == "disconnect":
        stream.socket.disconnect()


def ended(stream, closed):
    print(f"{stream.bridge} ended {closed.code} {closed.reason}", flush=True)


if __name__ == "__main__":
    {"requester": requester, "device": device}[sys.argv[1]](*sys.argv[2:])
