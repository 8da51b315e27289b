# SPDX-License-Identifier: Apache-2.0
"""What RFC 9113, sections 5 to 8, says a server must refuse, frame by frame: the right code and the right scope. And what a
request of HTTP/2 may say without changing what an HTTP/1.1 backend reads."""
import hashlib
import json
import struct

import pytest

from support import client, h2
from support.h2 import (CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, GOAWAY, HEADERS,
                        PADDED, PING, PRIORITIZED, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE, RST_STREAM, SETTINGS, STREAM_CLOSED,
                        COMPRESSION_ERROR, WINDOW_UPDATE, block, frame, get, headers, settings, window_update)
from support.records import get as field


@pytest.fixture(scope="module")
def front(launch):
    return launch(limits={"head_timeout": "3s"})


@pytest.fixture(scope="module")
def h2_trust(pki):
    return client.tls_context(pki.ca, alpn=["h2"])


@pytest.fixture
def connect(front, h2_trust):
    opened = []

    def start(**options):
        c = h2.H2Client(front.gate.port, h2_trust, **options)
        front.audit.begin_port(c.local_port)
        opened.append(c)
        return c

    yield start
    for c in opened:
        c.close()


def test_announces_what_it_bears(connect):
    c = connect()
    c.send(headers(1, get()))
    assert c.answer(1).status == 200
    assert c.settings[3] == 100 and c.settings[4] == 65536 and c.settings[6] >= 32768
    assert 8 not in c.settings or c.settings[8] == 0


# (what is sent behind the greeting, code): the connection ends.
CONNECTION_ERRORS = {
    "data on stream 0": (frame(DATA, 0, 0, b"x"), PROTOCOL_ERROR),
    "data on an idle stream": (frame(DATA, 0, 1, b"x"), PROTOCOL_ERROR),
    "data with too much padding": (headers(1, get(method="POST"), end=False) + frame(DATA, PADDED, 1, b"\x05abc"), PROTOCOL_ERROR),
    "headers on stream 0": (headers(0, get()), PROTOCOL_ERROR),
    "headers on an even stream": (headers(2, get()), PROTOCOL_ERROR),
    "headers on a lower stream": (headers(5, get()) + headers(3, get()), PROTOCOL_ERROR),
    "headers with too much padding": (frame(HEADERS, PADDED | END_HEADERS | END_STREAM, 1, b"\xff" + block(get())), PROTOCOL_ERROR),
    "headers cut by another frame": (headers(1, get(), end_headers=False) + frame(PING, 0, 0, bytes(8)), PROTOCOL_ERROR),
    "headers cut by another stream": (headers(1, get(), end_headers=False) + headers(3, get()), PROTOCOL_ERROR),
    "a broken block": (frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xff\xff\xff\xff\xff\xff\xff"), COMPRESSION_ERROR),
    "an index beyond the table": (frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\xfe"), COMPRESSION_ERROR),
    "a dynamic table beyond the limit": (frame(HEADERS, END_HEADERS | END_STREAM, 1, b"\x3f\xe1\xff\x07" + block(get())), COMPRESSION_ERROR),
    "continuation of nothing": (frame(CONTINUATION, END_HEADERS, 1, block(get())), PROTOCOL_ERROR),
    "continuation of what was complete": (headers(1, get()) + frame(CONTINUATION, END_HEADERS, 1, b""), PROTOCOL_ERROR),
    "priority on stream 0": (frame(PRIORITY, 0, 0, bytes(5)), PROTOCOL_ERROR),
    "reset of stream 0": (frame(RST_STREAM, 0, 0, bytes(4)), PROTOCOL_ERROR),
    "reset of an idle stream": (frame(RST_STREAM, 0, 1, bytes(4)), PROTOCOL_ERROR),
    "reset of a wrong size": (headers(1, get(method="POST"), end=False) + frame(RST_STREAM, 0, 1, bytes(3)), FRAME_SIZE_ERROR),
    "settings on a stream": (frame(SETTINGS, 0, 1, b""), PROTOCOL_ERROR),
    "settings of a wrong size": (frame(SETTINGS, 0, 0, bytes(5)), FRAME_SIZE_ERROR),
    "acknowledged settings with content": (frame(SETTINGS, h2.ACK, 0, bytes(6)), FRAME_SIZE_ERROR),
    "enable_push of 2": (settings((2, 2)), PROTOCOL_ERROR),
    "a window beyond 2^31-1": (settings((4, 1 << 31)), FLOW_CONTROL_ERROR),
    "a frame size below the least": (settings((5, 100)), PROTOCOL_ERROR),
    "a frame size beyond the most": (settings((5, 1 << 24)), PROTOCOL_ERROR),
    "a push by a client": (headers(1, get(method="POST"), end=False) + frame(PUSH_PROMISE, END_HEADERS, 1, b"\0\0\0\2" + block(get())), PROTOCOL_ERROR),
    "ping on a stream": (frame(PING, 0, 1, bytes(8)), PROTOCOL_ERROR),
    "ping of a wrong size": (frame(PING, 0, 0, bytes(7)), FRAME_SIZE_ERROR),
    "goaway on a stream": (frame(GOAWAY, 0, 1, bytes(8)), PROTOCOL_ERROR),
    "window update of 0": (window_update(0, 0), PROTOCOL_ERROR),
    "window update of a wrong size": (frame(WINDOW_UPDATE, 0, 0, bytes(3)), FRAME_SIZE_ERROR),
    "window update of an idle stream": (window_update(1, 1), PROTOCOL_ERROR),
    "the window beyond 2^31-1": (window_update(0, 0x7fffffff), FLOW_CONTROL_ERROR),
    "a frame longer than allowed": (headers(1, get(method="POST"), end=False) + frame(DATA, 0, 1, bytes(16385)), FRAME_SIZE_ERROR),
    "a head longer than a frame may be": (frame(HEADERS, END_HEADERS | END_STREAM, 1, bytes(16385)), FRAME_SIZE_ERROR),
    "more data than the connection's window": (b"".join(headers(1 + 2 * i, get(method="POST"), end=False) for i in range(20))
                                               + b"".join(frame(DATA, 0, 1 + 2 * i, bytes(16384)) * 4 for i in range(20)), None),
}


@pytest.mark.parametrize("name", CONNECTION_ERRORS)
def test_connection_error(connect, front, name):
    octets, code = CONNECTION_ERRORS[name]
    c = connect()
    c.send_all(octets)
    if code is None:
        c.send(headers(41, get()))
        assert c.answer(41).status == 200  # what is taken as it comes overruns nothing
        return
    assert c.end() == code
    record = front.audit.wait_where(lambda r: field(r, "yett.peer.port") == c.local_port and field(r, "event.action") == "connection")
    assert field(record, "event.reason").startswith("http2-"), record


# (fields, whether a body follows, its frames): the stream alone ends, and the backend has not seen it.
MALFORMED = {
    "upper case": get("/", ("X-Upper", "1")),
    "an empty name": get("/", ("", "1")),
    "a blank in a name": get("/", ("a b", "1")),
    "a colon in a name": get("/", ("a:b", "1")),
    "a line end in a name": get("/", ("a\r\nb", "1")),
    "a line end in a value": get("/", ("a", "1\r\nx-smuggled: 1")),
    "NUL in a value": get("/", ("a", "1\0")),
    "a control in a value": get("/", ("a", "1\x01")),
    "a blank before a value": get("/", ("a", " 1")),
    "a blank behind a value": get("/", ("a", "1 ")),
    "a pseudo-field behind fields": [(":method", "GET"), (":scheme", "https"), ("x", "1"), (":authority", "localhost"), (":path", "/")],
    "an unknown pseudo-field": get("/", (":unknown", "1")),
    "a pseudo-field of responses": get("/", (":status", "200")),
    "no method": get()[1:],
    "no scheme": [f for f in get() if f[0] != ":scheme"],
    "no path": [f for f in get() if f[0] != ":path"],
    "an empty path": get(""),
    "two methods": [(":method", "POST"), *get()],
    "two paths": [(":path", "/admin"), *get()],
    "two authorities": [(":authority", "other"), *get()],
    "two schemes": [(":scheme", "https"), *get()],
    "another scheme": get(scheme="http"),
    "a protocol without connect": get("/", (":protocol", "websocket")),
    "connection": get("/", ("connection", "keep-alive")),
    "keep-alive": get("/", ("keep-alive", "1")),
    "proxy-connection": get("/", ("proxy-connection", "close")),
    "transfer-encoding": get("/", ("transfer-encoding", "chunked")),
    "upgrade": get("/", ("upgrade", "h2c")),
    "http2-settings": get("/", ("http2-settings", "AAMAAABk")),
    "te": get("/", ("te", "trailers, deflate")),
    "another host": get("/", ("host", "other.example")),
    "a relative path": get("index.html"),
    "an absolute path": get("https://localhost/"),
    "a blank in the path": get("/a b"),
    "a line in the path": get("/ HTTP/1.1\r\nHost: other\r\n\r\nGET /x"),
    "a fragment": get("/#a"),
    "a length without a body": get("/", ("content-length", "1")),
    "a length that is none": get("/", ("content-length", "+0")),
    "two lengths": get("/", ("content-length", "0"), ("content-length", "0")),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_request(connect, front, name):
    c = connect()
    marker = f"marker-{abs(hash(name))}"
    c.send(headers(1, MALFORMED[name] + [("x-marker", marker)]) + headers(3, get("/fine")))
    assert c.fate(1) == ("reset", PROTOCOL_ERROR)
    assert c.answer(3).status == 200
    assert all(marker not in str(r.fields) for r in front.backend.requests)
    record = front.audit.wait_port(c.local_port, 2)[0]
    assert field(record, "event.reason") and field(record, "yett.verdict") == "refused", record
    assert field(record, "http.version") == "2"


ANSWERED = {
    "a method that nobody knows": (get(method="BREW"), 405),
    "connect": ([(":method", "CONNECT"), (":authority", "localhost:443")], 405),
    "trace": (get(method="TRACE"), 405),
    "a user in the authority": (get(authority="user@localhost"), 400),
    "a path in the authority": (get(authority="localhost/x"), 400),
    "an encoded slash": (get("/a%2fb"), 400),
    "an encoded line end": (get("/a%0d%0ab"), 400),
    "above the root": (get("/../../x"), 400),
    "too long a path": (get("/" + "a" * 9000), 414),
    "too many fields": (get("/", *((f"x-{i}", "1") for i in range(120))), 431),
    "too large fields": (get("/", *((f"x-{i}", "v" * 2000) for i in range(20))), 431),
    "an expectation": (get("/", ("expect", "miracles")), 417),
    "no authority": ([f for f in get() if f[0] != ":authority"], 400),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_refused_with_an_answer(connect, front, name):
    fields, status = ANSWERED[name]
    octets = block(fields)
    pieces = [octets[i:i + 16384] for i in range(0, len(octets), 16384)]
    c = connect()
    c.send(frame(HEADERS, END_STREAM | (END_HEADERS if len(pieces) == 1 else 0), 1, pieces[0]))
    for i, piece in enumerate(pieces[1:], 2):
        c.send(frame(CONTINUATION, END_HEADERS if i == len(pieces) else 0, 1, piece))
    assert c.fate(1) == ("status", status)
    c.send(headers(3, get("/still-here")))
    assert c.answer(3).status == 200


# (content-length, DATA frames): the body is not as long as announced.
MISMATCHES = {
    "short": ("5", [(b"abc", True)]),
    "long": ("3", [(b"abcd", True)]),
    "long by a second frame": ("3", [(b"abc", False), (b"d", True)]),
    "zero": ("0", [(b"a", True)]),
    "nothing came": ("3", [(b"", True)]),
    "short, with trailers": ("5", [(b"abc", None)]),
}


@pytest.mark.parametrize("name", MISMATCHES)
def test_length_mismatch_is_never_a_complete_message(connect, front, name):
    length, pieces = MISMATCHES[name]
    c = connect()
    path = f"/mismatch-{abs(hash(name))}"
    c.send(headers(1, get(path, ("content-length", length), method="POST"), end=False))
    for data, end in pieces:
        c.send_all(frame(DATA, END_STREAM if end else 0, 1, data))
        if end is None:
            c.send_all(headers(1, [("x-trailer", "1")]))
    assert c.fate(1) == ("reset", PROTOCOL_ERROR)
    record = front.audit.wait_port(c.local_port)[0]
    assert field(record, "event.reason") == "content-length-mismatch"
    assert all(path.encode() not in r.target for r in front.backend.requests), "the backend read it to its end"


def test_bodies_without_length_are_chunked_for_every_method(connect, front):
    c = connect()
    for i, method in enumerate(("POST", "GET", "DELETE", "OPTIONS")):
        number = 1 + 2 * i
        c.send(headers(number, get(f"/chunked-{method}", method=method), end=False) + frame(DATA, 0, number, b"abc")
               + frame(DATA, END_STREAM, number, b"def"))
        assert c.answer(number).status == 200
        seen = next(r for r in front.backend.requests if r.target == f"/chunked-{method}".encode())
        assert seen.get("transfer-encoding") == b"chunked" and seen.get("content-length") is None
        assert json.loads(c.of(number).body)["size"] == 6


def test_padding_is_no_body(connect, front):
    c = connect()
    c.send(headers(1, get("/padded", ("content-length", "3"), method="POST"), end=False)
           + frame(DATA, PADDED, 1, b"\x03ab" + bytes(3)) + frame(DATA, PADDED | END_STREAM, 1, b"\x01c\0"))
    assert c.answer(1).status == 200
    assert json.loads(c.of(1).body)["sha256"] == hashlib.sha256(b"abc").hexdigest()


def test_cookie_crumbs_are_one_field(connect, front):
    c = connect()
    c.send(headers(1, get("/crumbs", ("cookie", "a=1"), ("cookie", "b=2"))))
    assert c.answer(1).status == 200
    seen = next(r for r in front.backend.requests if r.target == b"/crumbs")
    assert seen.get("cookie") == b"a=1; b=2"


def test_request_trailers_are_taken(connect, front):
    c = connect()
    c.send(headers(1, get("/trailers", method="POST"), end=False) + frame(DATA, 0, 1, b"abc") + headers(1, [("x-checksum", "1")]))
    assert c.answer(1).status == 200
    assert json.loads(c.of(1).body)["sha256"] == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize("fields, end", [([(":path", "/x")], True), ([("x", "1")], False), ([("content-length", "3")], True),
                                         ([("host", "x")], True), ([("X", "1")], True)])
def test_bad_trailers(connect, front, fields, end):
    c = connect()
    c.send(headers(1, get("/bad-trailers", method="POST"), end=False) + frame(DATA, 0, 1, b"abc"))
    c.send_all(headers(1, fields, end=end))
    assert c.fate(1) == ("reset", PROTOCOL_ERROR)
    assert all(b"/bad-trailers" not in r.target for r in front.backend.requests)


def test_frames_on_a_closed_stream(connect):
    c = connect()
    c.send(headers(1, get()))
    assert c.answer(1).status == 200
    c.send_all(frame(DATA, END_STREAM, 1, b"x"))
    c.wait(lambda: c.goaway or c.of(1).reset is not None)
    assert (c.goaway and c.goaway[1] == STREAM_CLOSED) or c.of(1).reset == STREAM_CLOSED


def test_unknown_frames_and_settings_are_ignored(connect):
    c = connect()
    c.send(frame(0x77, 0xff, 0, b"whatever") + settings((0x7777, 1)) + frame(0x77, 0, 1, b""))
    c.send(headers(1, get()))
    assert c.answer(1).status == 200


def test_priority_in_headers_and_alone(connect):
    c = connect()
    c.send(frame(PRIORITY, 0, 9, struct.pack(">IB", 0, 10)))
    c.send(frame(HEADERS, END_HEADERS | END_STREAM | PRIORITIZED, 1, struct.pack(">IB", 0, 10) + block(get())))
    assert c.answer(1).status == 200


def test_head_octet_by_octet(connect):
    c = connect()
    c.send_slowly(headers(1, get("/slowly", ("x-a", "b"))))
    assert c.answer(1).status == 200


def test_head_that_does_not_end(connect, front):
    c = connect()
    c.wait(lambda: c.settings)
    c.send(headers(1, get("/unended"), end_headers=False))
    c.end()
    record = front.audit.wait_where(lambda r: field(r, "yett.peer.port") == c.local_port and field(r, "event.reason") == "head-timeout")
    assert field(record, "url.original") == "/unended"


def test_no_preface(connect, front):
    c = connect(greet=False)
    c.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    c.end()
    record = front.audit.wait_where(lambda r: field(r, "yett.peer.port") == c.local_port)
    assert field(record, "event.reason") == "http2-no-preface"


def test_no_http2_without_tls_or_alpn(launch):
    plain = launch(listen={"tls": None}, change=lambda p: p["listeners"][0].pop("tls"))
    with plain.connect(plain=True) as c:
        c.send(h2.PREFACE + settings())
        assert c.response().status == 400
    with plain.connect(plain=True) as c:
        c.send(b"GET /h2c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n")
        assert c.response().status == 200
    seen = next(r for r in plain.backend.requests if r.target == b"/h2c")
    assert seen.get("upgrade") is None and seen.get("http2-settings") is None


def test_reset_reaches_the_record(connect, front):
    c = connect()
    c.send(headers(1, get("/reset-by-client", method="POST"), end=False) + frame(DATA, 0, 1, b"abc"))
    front.backend.wait_requests(1)
    c.send(frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)))
    record = front.audit.wait_where(lambda r: field(r, "yett.peer.port") == c.local_port)
    assert field(record, "event.reason") == "stream-reset" and field(record, "yett.verdict") == "aborted"
