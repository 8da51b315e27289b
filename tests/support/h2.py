# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 client that sends any frame it is told to, right or wrong, and collects what comes back."""
import struct

import hpack

from .client import Client

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 32
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, FLOW_CONTROL_ERROR, SETTINGS_TIMEOUT, STREAM_CLOSED, FRAME_SIZE_ERROR = range(7)
REFUSED_STREAM, CANCEL, COMPRESSION_ERROR, CONNECT_ERROR, ENHANCE_YOUR_CALM = 7, 8, 9, 10, 11


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """`length`: another one than the payload has."""
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def block(fields):
    """A field section without the dynamic table: any octets may stand in it, and no connection state is needed."""
    out = b""
    for name, value in fields:
        name, value = (x.encode("latin-1") if isinstance(x, str) else x for x in (name, value))
        out += b"\0" + _text(name) + _text(value)
    return out


def _text(octets):
    if len(octets) < 127:
        return bytes([len(octets)]) + octets
    rest, out = len(octets) - 127, b"\x7f"
    while rest >= 128:
        out += bytes([rest % 128 + 128])
        rest //= 128
    return out + bytes([rest]) + octets


def get(path="/", *more, method="GET", authority="localhost", scheme="https"):
    return [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path), *more]


def headers(stream, fields, end=True, end_headers=True):
    flags = (END_STREAM if end else 0) | (END_HEADERS if end_headers else 0)
    return frame(HEADERS, flags, stream, block(fields))


def settings(*pairs):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window_update(stream, octets):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", octets))


class Answer:
    def __init__(self):
        self.fields, self.trailers, self.body, self.ended, self.reset = [], [], b"", False, None

    @property
    def status(self):
        return int(dict(self.fields)[":status"]) if self.fields else None


class H2Client(Client):
    def __init__(self, port, context, *, greet=True, own_settings=(), **options):
        super().__init__(port, context, **options)
        assert self.socket.selected_alpn_protocol() == "h2"
        self.decoder = hpack.Decoder()
        self.streams, self.settings, self.goaway, self.pings, self.updates = {}, {}, None, 0, {}
        self._buffer, self._head = b"", b""
        if greet:
            self.send(PREFACE + settings(*own_settings))

    def send_all(self, octets):
        """To somebody who may have hung up already; what he said is still there to be read."""
        try:
            self.send(octets)
        except OSError:
            pass

    def of(self, number):
        return self.streams.setdefault(number, Answer())

    def wait(self, condition):
        """Reads frames until `condition()`; False when the connection ended before."""
        while not condition():
            while not self._take_frame():
                octets = self.receive()
                if not octets:
                    return bool(condition())
                self._buffer += octets
        return True

    def answer(self, number):
        self.wait(lambda: self.of(number).ended or self.of(number).reset is not None or self.goaway is not None)
        return self.of(number)

    def fate(self, number):
        """("reset", code), ("goaway", code), ("status", code) or ("end",): what became of a stream."""
        s = self.of(number)
        self.wait(lambda: s.ended or s.reset is not None or self.goaway is not None)
        if s.reset is not None:
            return ("reset", s.reset)
        if s.ended:
            return ("status", s.status)
        return ("goaway", self.goaway[1]) if self.goaway else ("end",)

    def end(self):
        """Reads to the end of the connection; the GOAWAY's code or None."""
        self.wait(lambda: False)
        return self.goaway[1] if self.goaway else None

    def _take_frame(self):
        if len(self._buffer) < 9:
            return False
        size, kind, flags = int.from_bytes(self._buffer[:3], "big"), self._buffer[3], self._buffer[4]
        if len(self._buffer) < 9 + size:
            return False
        number = int.from_bytes(self._buffer[5:9], "big") & 0x7fffffff
        payload, self._buffer = self._buffer[9:9 + size], self._buffer[9 + size:]
        self._on_frame(kind, flags, number, payload)
        return True

    def _on_frame(self, kind, flags, number, payload):
        if kind in (HEADERS, CONTINUATION):
            self._head += payload
            if kind == HEADERS and flags & END_STREAM:
                self.of(number).ended = True
            if flags & END_HEADERS:
                fields = [(n if isinstance(n, str) else n.decode(), v if isinstance(v, str) else v.decode()) for n, v in
                          self.decoder.decode(self._head)]
                self._head = b""
                s = self.of(number)
                if s.fields and s.status >= 200:
                    s.trailers = fields
                else:
                    s.fields = fields
        elif kind == DATA:
            self.of(number).body += payload
            self.of(number).ended |= bool(flags & END_STREAM)
        elif kind == RST_STREAM:
            self.of(number).reset = int.from_bytes(payload, "big")
        elif kind == SETTINGS and not flags & ACK:
            self.settings.update(struct.iter_unpack(">HI", payload))
            self.send_all(frame(SETTINGS, ACK))
        elif kind == PING and flags & ACK:
            self.pings += 1
        elif kind == GOAWAY:
            self.goaway = struct.unpack(">II", payload[:8])
        elif kind == WINDOW_UPDATE:
            self.updates[number] = self.updates.get(number, 0) + int.from_bytes(payload, "big")
