"""Sessions with the HTTP/2 library "h2", written from docs/protocol.md. The other end is the project's own.

Usage: session_h2.py requester BASE DEVICE    opens streams to the project's device and checks the results
       session_h2.py device BASE DEVICE       is a device for the project's sessions until standard input ends

A stream's request data tells the device what to do, on both sides:

    echo              echoes everything, and half-closes after the other side
    no CODE WORDS     rejects
    reset             accepts, reads something, and resets with CONNECT_ERROR
    close CODE        accepts, reads something, and closes with a code for which HTTP/2 has none
"""

import json
import sys
import threading
import urllib.parse

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    RequestReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    WindowUpdated,
)
from h2.settings import SettingCodes

from raw_websocket import Closed, RawWebSocket
from wsbridge_v1 import Stream, check, content

CLOSE_CODES = 0x57420000


def authority(data):
    return "%2D" if data == "-" else urllib.parse.quote(data, safe="-._~!$&'()*+,;=:[]") or "-"


def request_data(field):
    return "" if field == "-" else urllib.parse.unquote(field, errors="strict")


def text(headers):
    return {name.decode(): value.decode() for name, value in headers}


class Session:
    """HTTP/2 over a bridge; one thread does everything."""

    def __init__(self, bridge, client):
        self.bridge = bridge
        # Its validation knows no CONNECT, which has no :path.
        self.http = H2Connection(
            H2Configuration(
                client_side=client, header_encoding=None, validate_inbound_headers=False, validate_outbound_headers=False
            )
        )
        self.http.initiate_connection()
        self.http.update_settings({SettingCodes.INITIAL_WINDOW_SIZE: 1 << 20})
        self.http.increment_flow_control_window((1 << 30) - 65535)
        self.unsent = {}  # by stream: data, and whether END_STREAM follows
        self.flush()

    def flush(self):
        data = self.http.data_to_send()
        if data:
            self.bridge.write(data)

    def send(self, stream, data, end=False):
        before, _ = self.unsent.get(stream, (b"", False))
        self.unsent[stream] = (before + data, end)
        self.pump()

    def pump(self):
        for stream, (data, end) in list(self.unsent.items()):
            while data:
                size = min(self.http.local_flow_control_window(stream), self.http.max_outbound_frame_size, len(data))
                if size == 0:
                    break
                self.http.send_data(stream, data[:size])
                data = data[size:]
            if data:
                self.unsent[stream] = (data, end)
            else:
                del self.unsent[stream]
                if end:
                    self.http.end_stream(stream)
        self.flush()

    def events(self):
        """Returns the events of the next message; raises Closed at the end."""
        events = self.http.receive_data(self.bridge.socket.receive())
        for event in events:
            if isinstance(event, DataReceived) and event.flow_controlled_length:
                self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, WindowUpdated):
                self.pump()
        self.flush()
        return events


class Seen:
    def __init__(self):
        self.fields = {}
        self.data = b""
        self.ended = False
        self.reset = None

    def over(self):
        return self.ended or self.reset is not None


def requester(base, device):
    query = "deviceId=" + urllib.parse.quote(device, safe="") + "&requestData=session%2Fh2"
    session = Session(Stream(base + "/bridge/connect?" + query).established(), True)
    streams = {}

    def open_stream(data):
        stream = session.http.get_next_available_stream_id()
        session.http.send_headers(stream, [(":method", "CONNECT"), (":authority", authority(data))])
        session.flush()
        streams[stream] = Seen()
        return stream

    def until(condition):
        while not condition():
            for event in session.events():
                stream = getattr(event, "stream_id", None)
                if isinstance(event, ResponseReceived):
                    streams[stream].fields = text(event.headers)
                elif isinstance(event, DataReceived):
                    streams[stream].data += event.data
                elif isinstance(event, StreamEnded):
                    streams[stream].ended = True
                elif isinstance(event, StreamReset):
                    streams[stream].reset = event.error_code

    def result(stream):
        until(lambda: streams[stream].over())
        return streams[stream]

    many = [open_stream("echo") for _ in range(50)]
    for stream in many:
        until(lambda: ":status" in streams[stream].fields)
        session.send(stream, b"stream %d" % stream, True)
    for stream in many:
        seen = result(stream)
        check(seen.fields[":status"] == "200", f"accepted: {seen.fields}")
        check(seen.data == b"stream %d" % stream, f"echo: {seen.data}")
    bulk = open_stream("echo")
    session.send(bulk, content(8 << 20), True)
    check(result(bulk).data == content(8 << 20), "8 MiB are echoed")
    for code, status, own in ((404, "404", None), (502, "502", None), (1234, "403", "1234")):
        seen = result(open_stream(f"no {code} näin/%"))
        check(seen.fields[":status"] == status, f"status of {code}: {seen.fields}")
        check(seen.fields.get("wsbridge-code") == own, f"code of {code}: {seen.fields}")
        check(seen.data.decode() == "näin/%", f"words of {code}: {seen.data}")
    for data, error in (("reset", int(ErrorCodes.CONNECT_ERROR)), ("close 4999", CLOSE_CODES + 4999)):
        stream = open_stream(data)
        session.send(stream, b"something")
        check(result(stream).reset == error, f"{data}: {streams[stream].reset}")
    session.http.close_connection()
    session.flush()
    session.bridge.socket.close(1000, "")


def device(base, name):
    listening = RawWebSocket(base + "/bridge/listen?deviceId=" + urllib.parse.quote(name, safe=""))
    print("device ready", flush=True)
    threading.Thread(target=listen, args=(listening,), daemon=True).start()
    sys.stdin.read()


def listen(listening):
    while True:
        invitation = json.loads(listening.receive())
        if invitation["type"] == "invitation":
            check(invitation["requestData"] == "session/h2", f"a session: {invitation['requestData']}")
            threading.Thread(target=serve, args=(invitation,), daemon=True).start()


def serve(invitation):
    session = Session(Stream(invitation["acceptUrl"]).established(), False)
    commands = {}
    try:
        while True:
            for event in session.events():
                if isinstance(event, ConnectionTerminated):
                    return
                react(session, commands, event)
    except Closed:
        pass


def react(session, commands, event):
    stream = getattr(event, "stream_id", None)
    if isinstance(event, RequestReceived):
        fields = text(event.headers)
        check(fields[":method"] == "CONNECT", f"method: {fields}")
        command, _, arguments = request_data(fields[":authority"]).partition(" ")
        commands[stream] = command, arguments
        if command == "no":
            code, _, words = arguments.partition(" ")
            status = code if 400 <= int(code) <= 599 else "403"
            more = [] if status == code else [("wsbridge-code", code)]
            session.http.send_headers(stream, [(":status", status)] + more)
            session.send(stream, words.encode(), True)
        else:
            session.http.send_headers(stream, [(":status", "200")])
        session.flush()
    elif isinstance(event, DataReceived):
        command, arguments = commands[stream]
        if command == "echo":
            session.send(stream, event.data)
        elif command == "reset":
            session.http.reset_stream(stream, ErrorCodes.CONNECT_ERROR)
            session.flush()
        elif command == "close":
            session.http.reset_stream(stream, CLOSE_CODES + int(arguments))
            session.flush()
    elif isinstance(event, StreamEnded) and commands[stream][0] == "echo":
        session.send(stream, b"", True)


if __name__ == "__main__":
    {"requester": requester, "device": device}[sys.argv[1]](*sys.argv[2:])
    print("all is well", flush=True)
