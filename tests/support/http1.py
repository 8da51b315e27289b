# SPDX-License-Identifier: Apache-2.0
"""A small strict reader of HTTP/1.1 messages for both ends of a test: what the gateway writes must be exact, so nothing is
forgiven here either."""
import dataclasses
import re

FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*\Z", re.S)


class Incomplete(Exception):
    """The connection ended inside a message."""


class Malformed(Exception):
    pass


class Stream:
    """Takes octets from `receive(n)`, which returns b"" at the end, and keeps all of them in `seen`."""

    def __init__(self, receive):
        self._receive = receive
        self.pending = b""
        self.seen = bytearray()
        self.keep = True  # False for bodies too large to keep

    def fill(self):
        data = self._receive(65536)
        if self.keep:
            self.seen += data
        self.pending += data
        return bool(data)

    def line(self):
        while b"\n" not in self.pending:
            if not self.fill():
                raise Incomplete(f"inside a line: {self.pending[:200]!r}")
        line, self.pending = self.pending.split(b"\n", 1)
        if not line.endswith(b"\r") or b"\r" in line[:-1]:
            raise Malformed(f"line end: {line!r}")
        return line[:-1]

    def exactly(self, count, sink):
        while count > 0:
            if not self.pending and not self.fill():
                raise Incomplete(f"{count} octets short")
            piece, self.pending = self.pending[:count], self.pending[count:]
            count -= len(piece)
            sink(piece)

    def until_end(self, sink):
        while True:
            sink(self.pending)
            self.pending = b""
            if not self.fill():
                return


@dataclasses.dataclass
class Head:
    start: bytes
    fields: list  # of (name, value) as they came

    def all(self, name):
        return [value for key, value in self.fields if key.lower() == name.lower().encode()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default


@dataclasses.dataclass
class Message(Head):
    body: bytes = b""
    is_complete: bool = True
    chunks: list = dataclasses.field(default_factory=list)  # sizes, for chunked ones
    raw: bytes = b""

    # of responses
    @property
    def status(self):
        return int(self.start.split(b" ")[1])

    # of requests
    @property
    def method(self):
        return self.start.split(b" ")[0]

    @property
    def target(self):
        return self.start.split(b" ")[1]


def read_head(stream):
    """None when the connection ended before the first octet."""
    if not stream.pending and not stream.fill():
        return None
    start = stream.line()
    fields = []
    while True:
        line = stream.line()
        if not line:
            return Head(start, fields)
        match = FIELD.match(line)
        if not match:
            raise Malformed(f"field line: {line!r}")
        fields.append((match[1], match[2]))


def read_body(stream, message, kind, length, sink=None):
    """Reads into message.body, or hands pieces to `sink`. Sets is_complete."""
    parts = []
    take = sink or parts.append
    try:
        if kind == "length":
            stream.exactly(length, take)
        elif kind == "chunked":
            _read_chunks(stream, message, take)
        elif kind == "close":
            stream.until_end(take)
    except Incomplete:
        message.is_complete = False
    message.body = b"".join(parts)


def _read_chunks(stream, message, take):
    while True:
        line = stream.line()
        if not re.fullmatch(rb"[0-9a-fA-F]{1,16}", line):
            raise Malformed(f"chunk size: {line!r}")
        size = int(line, 16)
        message.chunks.append(size)
        if size == 0:
            if stream.line():
                raise Malformed("a trailer")
            return
        stream.exactly(size, take)
        if stream.line():
            raise Malformed("octets behind chunk data")


def _framing(head):
    lengths, encodings = head.all("content-length"), head.all("transfer-encoding")
    if len(lengths) + len(encodings) > 1:
        raise Malformed(f"framing: {head.fields}")
    if encodings:
        if encodings[0].lower() != b"chunked":
            raise Malformed(f"framing: {encodings}")
        return "chunked", 0
    if lengths:
        if not lengths[0].isdigit():
            raise Malformed(f"framing: {lengths}")
        return "length", int(lengths[0])
    return None, 0


def read_request(stream, sink=None):
    """None at the end of the connection. The body is read too."""
    began = len(stream.seen) - len(stream.pending)
    head = read_head(stream)
    if head is None:
        return None
    message = Message(head.start, head.fields)
    kind, length = _framing(head)
    read_body(stream, message, kind or "none", length, sink)
    message.raw = bytes(stream.seen[began:len(stream.seen) - len(stream.pending)])
    return message


def read_response(stream, method="GET", sink=None):
    """A final response with its body, or an interim one; None at the end of the connection."""
    head = read_head(stream)
    if head is None:
        return None
    if not re.fullmatch(rb"HTTP/1\.1 [1-5][0-9]{2} [ -~]*", head.start):
        raise Malformed(f"status line: {head.start!r}")
    message = Message(head.start, head.fields)
    kind, length = _framing(head)
    if method == "HEAD" or message.status < 200 or message.status in (204, 304):
        kind = "none"
    read_body(stream, message, kind or "close", length, sink)
    return message
