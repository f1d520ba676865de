"""A WebSocket client on a plain socket, written from RFC 6455. Tests control every frame and how a connection ends."""

import base64
import hashlib
import os
import socket
import struct
import threading
import urllib.parse

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
VANISHED = -1
DEADLINE = 120


class Closed(Exception):
    """The end of a connection. The code is None for an empty close frame, and VANISHED without a close frame."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason!r}")
        self.code = code
        self.reason = reason


class Refused(Exception):
    def __init__(self, status):
        super().__init__(f"refused with {status}")
        self.status = status


def masked(payload, key):
    size = len(payload)
    pad = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")


class RawWebSocket:
    """One connection. One thread may send while another receives; a receiver answers pings."""

    def __init__(self, url, subprotocol=None):
        where = urllib.parse.urlsplit(url)
        self.socket = socket.create_connection((where.hostname, where.port), DEADLINE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.input = self.socket.makefile("rb", 65536)
        self.sending = threading.Lock()
        key = base64.b64encode(os.urandom(16)).decode()
        request = [
            f"GET {where.path}?{where.query} HTTP/1.1",
            f"Host: {where.netloc}",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {key}",
        ]
        if subprotocol:
            request.append(f"Sec-WebSocket-Protocol: {subprotocol}")
        self.socket.sendall(("\r\n".join(request) + "\r\n\r\n").encode())
        status = int(self.input.readline().split()[1])
        headers = {}
        while (line := self.input.readline().strip().decode()):
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        if status != 101:
            self.socket.close()
            raise Refused(status)
        digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        assert headers["sec-websocket-accept"] == base64.b64encode(digest).decode(), "Sec-WebSocket-Accept"
        self.subprotocol = headers.get("sec-websocket-protocol")

    def frame(self, opcode, payload=b"", fin=True):
        key = os.urandom(4)
        size = len(payload)
        head = bytes([opcode | (0x80 if fin else 0)])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 65536:
            head += struct.pack(">BH", 0x80 | 126, size)
        else:
            head += struct.pack(">BQ", 0x80 | 127, size)
        with self.sending:
            self.socket.sendall(head + key + masked(payload, key))

    def send(self, message, fragment=None):
        """Sends one frame, or frames of `fragment` bytes with pings in between and an empty last frame."""
        opcode = TEXT if isinstance(message, str) else BINARY
        payload = message.encode() if isinstance(message, str) else message
        if fragment is None:
            self.frame(opcode, payload)
            return
        for i in range(0, len(payload), fragment):
            self.frame(opcode, payload[i:i + fragment], fin=False)
            opcode = CONTINUATION
            if i % (16 * fragment) == 0:
                self.frame(PING, b"between")
        self.frame(opcode, b"")

    def receive(self):
        """Returns the next message, reassembled; raises Closed at the end."""
        kind, parts = None, []
        while True:
            fin, opcode, payload = self.next_frame()
            if opcode == CLOSE:
                if len(payload) < 2:
                    raise Closed(None)
                raise Closed(struct.unpack(">H", payload[:2])[0], payload[2:].decode())
            if opcode == PING:
                self.frame(PONG, payload)
            elif opcode != PONG:
                assert (opcode == CONTINUATION) == (kind is not None), f"opcode {opcode} in the wrong place"
                kind = kind or opcode
                parts.append(payload)
                if fin:
                    whole = b"".join(parts)
                    return whole.decode() if kind == TEXT else whole

    def next_frame(self):
        first, second = self.read(2)
        assert not first & 0x70, "reserved bits"
        assert not second & 0x80, "a server must not mask"
        size = second & 0x7F
        if size == 126:
            size, = struct.unpack(">H", self.read(2))
        elif size == 127:
            size, = struct.unpack(">Q", self.read(8))
        return bool(first & 0x80), first & 0x0F, self.read(size)

    def read(self, size):
        try:
            data = self.input.read(size)
        except ConnectionError:
            raise Closed(VANISHED) from None
        if len(data) < size:
            raise Closed(VANISHED)
        return data

    def end(self):
        """Drops all messages until the end, answers the close frame, and returns the end."""
        try:
            while True:
                self.receive()
        except Closed as closed:
            self.answer(closed)
            return closed

    def answer(self, closed):
        try:
            if closed.code != VANISHED:
                code = b"" if closed.code is None else struct.pack(">H", closed.code)
                self.frame(CLOSE, code + closed.reason.encode())
        except ConnectionError:
            pass  # the peer has already disconnected
        self.disconnect()

    def close(self, code=None, reason=""):
        """Sends a close frame, empty without a code, and returns the answer."""
        self.frame(CLOSE, b"" if code is None else struct.pack(">H", code) + reason.encode())
        try:
            while True:
                self.receive()
        except Closed as closed:
            self.disconnect()
            return closed

    def reset(self):
        """Resets the TCP connection, without a close frame."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.disconnect()

    def disconnect(self):
        """Ends the TCP stream."""
        self.input.close()
        self.socket.close()
