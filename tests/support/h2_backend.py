# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 backend: frames and flow control by a library, what it says by a handler, right or wrong."""
import hashlib
import json
import queue
import ssl
import threading

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from . import backends
from .wait import PATIENCE


def server_context(certificate, protocols=("h2",), client_ca=None):
    context = backends.server_context(certificate, client_ca)
    context.set_alpn_protocols(list(protocols))
    return context


class Stream:
    """One request, and the means to answer it."""

    def __init__(self, connection, number, fields):
        self.connection, self.number = connection, number
        self.fields = fields
        self.body, self.trailers, self.ended, self.reset = b"", None, False, None
        self.rest, self.rest_last, self.rest_trailers = b"", False, None

    def get(self, name):
        return dict(self.fields).get(name)

    def head(self, *fields, status="200", last=False):
        self.connection.h2.send_headers(self.number, [(":status", status), *fields], end_stream=last)

    def send(self, data=b"", last=False, trailers=None):
        """As fast as flow control lets it; what it does not let go follows later."""
        self.rest += data
        self.rest_last, self.rest_trailers = self.rest_last or last or bool(trailers), trailers or self.rest_trailers
        self.push()

    def push(self):
        h = self.connection.h2
        while self.rest:
            room = min(h.local_flow_control_window(self.number), h.max_outbound_frame_size, len(self.rest))
            if room <= 0:
                return
            last = self.rest_last and room == len(self.rest) and not self.rest_trailers
            h.send_data(self.number, self.rest[:room], end_stream=last)
            self.rest = self.rest[room:]
            if last:
                self.rest_last = False
        if self.rest_trailers:
            h.send_headers(self.number, self.rest_trailers, end_stream=True)
            self.rest_trailers, self.rest_last = None, False
        elif self.rest_last:
            h.send_data(self.number, b"", end_stream=True)
            self.rest_last = False

    def answer(self, body=b"", *fields, status="200", trailers=None):
        self.head(*fields, status=status, last=not body and not trailers)
        if body or trailers:
            self.send(body, True, trailers)

    def later(self, act):
        """Runs act(self) in the connection's thread, and waits for it."""
        done = threading.Event()
        self.connection.actions.put((act, self, done))
        assert done.wait(PATIENCE)

    def cancel(self, code=h2.errors.ErrorCodes.CANCEL):
        self.connection.h2.reset_stream(self.number, code)


class Connection:
    """Lives in a thread of the backend."""

    def __init__(self, raw, owner):
        self.raw, self.owner = raw, owner
        self.streams = {}
        self.actions = queue.SimpleQueue()
        self.consume = owner.consume
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="latin-1", validate_outbound_headers=False, normalize_outbound_headers=False))
        if owner.max_streams:
            self.h2.local_settings = h2.settings.Settings(
                client=False, initial_values={h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: owner.max_streams})
        self.h2.initiate_connection()

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.raw.send(data)

    def act(self):
        while not self.actions.empty():
            act, stream, done = self.actions.get()
            act(stream)
            self.flush()
            done.set()

    def receive(self):
        while not self.raw.stopping.is_set():
            self.act()
            self.raw.socket.settimeout(0.02)
            try:
                return self.raw.socket.recv(65536)
            except (TimeoutError, ssl.SSLWantReadError):
                continue
            except OSError:
                break
        return b""

    def run(self):
        self.flush()
        while True:
            data = self.receive()
            if not data:
                return
            try:
                events = self.h2.receive_data(data)
            except h2.exceptions.ProtocolError as error:
                self.owner.errors.append(error)
                self.flush()
                return
            for event in events:
                self.handle(event)
            self.flush()
            if self.raw.stopping.is_set():
                return

    def handle(self, event):
        number = getattr(event, "stream_id", None)
        stream = self.streams.get(number)
        if isinstance(event, h2.events.RequestReceived):
            stream = self.streams[number] = Stream(self, number, event.headers)
            with self.owner.lock:
                self.owner.streams.append(stream)
            self.owner.on_head(stream)
        elif isinstance(event, h2.events.DataReceived):
            stream.body += event.data
            if self.consume and event.flow_controlled_length:
                self.h2.acknowledge_received_data(event.flow_controlled_length, number)
            self.owner.on_data(stream, event.data)
        elif isinstance(event, h2.events.TrailersReceived):
            stream.trailers = event.headers
        elif isinstance(event, h2.events.StreamEnded):
            stream.ended = True
            self.owner.on_request(stream)
        elif isinstance(event, h2.events.StreamReset):
            stream.reset = int(event.error_code)
        elif isinstance(event, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
            for each in self.streams.values():
                if each.reset is None:
                    each.push()


def echo(stream):
    """GET /bytes/N: that many octets. Others: JSON of what was received."""
    path = stream.get(":path")
    if path.startswith("/bytes/"):
        size = int(path.split("/")[2].split("?")[0])
        body = (backends.PATTERN * (size // len(backends.PATTERN) + 1))[:size]
        stream.answer(body, ("content-length", str(size)))
        return
    seen = {"fields": stream.fields, "size": len(stream.body), "sha256": hashlib.sha256(stream.body).hexdigest(),
            "trailers": stream.trailers}
    stream.answer(json.dumps(seen).encode(), ("content-type", "application/json"))


class H2Backend:
    """`on_request(stream)` when a request is complete, `on_head` and `on_data` before; all in the connection's thread."""

    def __init__(self, certificate=None, on_request=echo, *, on_head=None, on_data=None, protocols=("h2",), consume=True,
                 max_streams=None, client_ca=None):
        self.on_request = on_request
        self.on_head = on_head or (lambda stream: None)
        self.on_data = on_data or (lambda stream, data: None)
        self.consume, self.max_streams = consume, max_streams
        self.streams, self.errors, self.connections = [], [], []
        self.lock = threading.Lock()
        context = server_context(certificate, protocols, client_ca) if certificate else None
        self.raw = backends.Backend(context=context, script=self._serve)

    def _serve(self, raw):
        if isinstance(raw.socket, ssl.SSLSocket) and raw.socket.selected_alpn_protocol() != "h2":
            return
        connection = Connection(raw, self)
        self.connections.append(connection)
        connection.run()

    @property
    def url(self):
        return self.raw.url

    @property
    def accepted(self):
        return self.raw.accepted

    def stop(self):
        self.raw.stop()
        errors, self.errors = self.errors, []
        assert not errors, errors

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
