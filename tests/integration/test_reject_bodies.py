# SPDX-License-Identifier: Apache-2.0
"""Request bodies that break their framing: the client gets the status or a broken connection, the backend never sees a
complete message, the record has the reason, and nothing behind the fault is read as a request."""
import time

import pytest

from support import backends, client
from support.records import get

HEAD = (b"POST /upload HTTP/1.1\r\nHost: app.example.com\r\nTransfer-Encoding: chunked\r\n\r\n")
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: app.example.com\r\n\r\n"

CHUNKED = {
    "bad-chunk-size": (400, [
        b"\r\nhello\r\n", b"g\r\nhello\r\n", b"0x5\r\nhello\r\n", b"+5\r\nhello\r\n", b"-5\r\nhello\r\n", b" 5\r\nhello\r\n",
        b"5 \r\nhello\r\n", b"5\t\r\nhello\r\n", b"5,5\r\nhello\r\n", b"5_\r\nhello\r\n", b";a=b\r\nhello\r\n", b"\xb2\r\nhello\r\n",
        b"8000000000000000\r\nhello\r\n", b"10000000000000005\r\nhello\r\n", b"0" * 64 + b"5\r\nhello\r\n", b"\0\r\n"]),
    "bare-lf": (400, [b"5\nhello\r\n", b"5;a=b\nhello\r\n", b"5\r\nhello\r\n0\r\nA: b\n\r\n", b"5\r\nhello\r\n0\r\n\n",
                      b"5;a=\"b\nhello\r\n"]),
    "bare-cr": (400, [b"5\rhello\r\n", b"5;a\rb\r\nhello\r\n", b"5\r\nhello\r\n0\r\r\n"]),
    "bad-chunk-extension": (400, [
        b"5;\r\nhello\r\n", b"5;a=\r\nhello\r\n", b"5;a=b c\r\nhello\r\n", b"5;=b\r\nhello\r\n", b"5;a\0\r\nhello\r\n",
        b"5;a=\"b\r\nhello\r\n", b"5;a=b\x01\r\nhello\r\n", b"5;\xe4\r\nhello\r\n", b"5;a=\"b\"c\r\nhello\r\n", b"5; \r\nhello\r\n",
        b"5;a \r\nhello\r\n"]),
    "chunk-extension-too-long": (400, [b"5;a=" + b"b" * 300 + b"\r\nhello\r\n", b"5;a=" + b"b" * 20000,
                                       b"1;aaaa=" + b"b" * 200 + b"\r\nx\r\n" + (b"1;aaaa=" + b"b" * 200 + b"\r\nx\r\n") * 40]),
    "bad-chunk-end": (400, [
        b"5\r\nhello!\r\n0\r\n\r\n", b"5\r\nhelloX", b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello\r\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n"]),
    "bad-trailer": (400, [
        b"0\r\nA\r\n\r\n", b"0\r\n: a\r\n\r\n", b"0\r\nA : b\r\n\r\n", b"0\r\n A: b\r\n\r\n", b"0\r\nA: b\r\n c\r\n\r\n",
        b"0\r\nA: \x01\r\n\r\n", b"0\r\nContent-Length: 5\r\n\r\n", b"0\r\nHost: evil\r\n\r\n",
        b"0\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\nAuthorization: Basic eA==\r\n\r\n"]),
    "trailers-too-large": (431, [
        b"0\r\n" + b"A: b\r\n" * 40 + b"\r\n", b"0\r\nA: " + b"b" * 5000 + b"\r\n\r\n", b"0\r\nA: " + b"b" * 20000]),
    "body-too-large": (413, [b"200000\r\nhello\r\n", b"5\r\nhello\r\nfffffff\r\n"]),
}


@pytest.fixture(scope="module")
def front(launch):
    return launch(limits={"request_body": "1MiB"}, route={"limits": {"request_body": "1MiB"}})


def check_refused(front, c, word, status, must_answer=True):
    complete = len(front.backend.requests)
    answer = c.final()
    if answer is not None or must_answer:
        assert answer is not None and answer.status == status, answer
        assert answer.get("connection") == b"close"
    assert c.is_closed()
    record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "event.reason") == word, record
    assert get(record, "yett.verdict") == "refused"
    assert len(front.audit.of_port(c.local_port)) == 1
    assert len(front.backend.requests) == complete, front.backend.requests[complete:]


@pytest.mark.parametrize("word, status, raw", [
    pytest.param(word, status, raw, id=f"{word}-{number}")
    for word, (status, bodies) in CHUNKED.items() for number, raw in enumerate(bodies)])
def test_refuses_chunked_body(front, word, status, raw):
    with front.connect() as c:
        try:
            c.send(HEAD + raw + SMUGGLED)
        except OSError:
            pass
        check_refused(front, c, word, status)


@pytest.mark.parametrize("word, status, raw", [
    pytest.param(word, status, bodies[0], id=word) for word, (status, bodies) in CHUNKED.items()])
def test_fault_behind_forwarded_octets_breaks_off_the_backend(front, word, status, raw):
    """The backend has half of the body already: it must not see an end."""
    with front.connect() as c:
        c.send(HEAD + b"6\r\nfirst,\r\n")
        opened = len(front.backend.connections)
        c.send(raw + SMUGGLED)
        check_refused(front, c, word, status, must_answer=False)
    assert not [r for r in front.backend.requests if b"smuggled" in r.start], opened


@pytest.mark.parametrize("length", [1048577, 2 ** 40, 2 ** 63 - 1])
def test_too_long_a_body_is_refused_before_it_is_read(front, length):
    received = len(front.backend.received)
    with front.connect() as c:
        c.send(b"POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: %d\r\n\r\n" % length)
        check_refused(front, c, "body-too-large", 413)
    assert len(front.backend.received) == received


def test_largest_body_is_served(front):
    with front.connect() as c:
        answer = c.exchange(client.request("POST", "/", body=bytes(1048576)), "POST")
        assert answer.status == 200 and b'"size": 1048576' in answer.body


@pytest.mark.parametrize("message", [
    b"POST /part HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 10\r\n\r\nhello",
    HEAD + b"5\r\nhello\r\n", HEAD + b"5\r\nhel", HEAD + b"5\r\nhello\r\n0\r\n", HEAD,
], ids=["length", "chunked", "inside-chunk", "before-last-line", "nothing"])
@pytest.mark.parametrize("end", ["end_sending", "close", "reset"])
def test_body_that_ends_early_is_never_complete(front, message, end):
    complete = len(front.backend.requests)
    with front.connect() as c:
        c.send(message)
        getattr(c, end)()
        if end == "end_sending":
            c.rest()
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "yett.verdict") in ("refused", "aborted"), record
    if end == "end_sending":
        assert get(record, "event.reason") == "body-incomplete"
    assert len(front.backend.requests) == complete


def test_body_of_a_refused_request_is_not_read_as_a_request(launch):
    """An early answer leaves the declared body unread: it is thrown away, or the connection ends."""
    site = launch(route={"path": "/only/"})
    smuggled = b"GET /only/smuggled HTTP/1.1\r\nHost: app.example.com\r\n\r\n"
    with site.connect() as c:
        c.send(b"POST /elsewhere HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: %d\r\n\r\n" % len(smuggled) + smuggled +
               client.request(target="/only/next"))
        assert c.final().status == 404
        following = c.final()
        if following is not None:
            assert b"/only/next" in following.body
    assert not [r for r in site.backend.requests if b"smuggled" in r.target]


def early(end):
    """Answers behind the head, reads nothing more, and ends the connection: what the gateway still sends is met by a reset."""
    def script(connection):
        if connection.read_head():
            connection.send(backends.response(413, body=b"too much"))
            getattr(connection, end)()
    return script


@pytest.mark.parametrize("end", ["close", "cut"])
@pytest.mark.parametrize("size", [1000, 8 << 20])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_early_answer_of_the_backend_reaches_the_client(launch, size, chunked, end):
    """The answer came before the reset: a write that fails must not throw it away."""
    site = launch(early(end))
    head = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % (9 << 20)
    for _ in range(5):
        with site.connect() as c:
            c.send(b"POST / HTTP/1.1\r\nHost: app.example.com\r\n" + head + b"\r\n\r\n")
            try:
                c.send(client.chunked(bytes(size))[:-5] if chunked else bytes(size))
            except OSError:
                pass  # refused before all of it was sent
            answer = c.final()
            assert (answer.status, answer.body) == (413, b"too much")
            record = site.audit.wait_port(c.local_port)[0]
        assert get(record, "http.response.status_code") == 413
        assert get(record, "yett.verdict") == "passed"


def test_client_that_ends_inside_a_body_nobody_wants_gets_the_whole_answer(launch):
    """Earlier answers fill its window, each time one more: once the last one does not fit when the client's end comes."""
    text = b"no" * 30_000

    def change(p):
        p["listeners"][0].pop("tls")
        p["routes"].insert(0, {"path": "/no", "respond": {"status": 403, "body": text.decode()}})
    site = launch(change=change)
    for earlier in range(8):
        with site.connect(receive_buffer=4096) as c:
            c.send(client.request(target="/no") * earlier + client.request("POST", "/no", ["Content-Length: 50000"]) + b"first")
            c.raw_shutdown()
            time.sleep(0.2)
            for _ in range(earlier + 1):
                assert c.final().body == text


def test_early_answer_does_not_keep_the_connection_to_the_backend(launch):
    """The rest of that body would be read as the next request."""
    def script(connection):
        while head := connection.read_head():
            connection.send(backends.response(200 if head.start.startswith(b"GET") else 413))
    site = launch(script)
    with site.connect() as c:
        c.send(b"POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 2000\r\n\r\n" + bytes(1000))
        assert c.final().status == 413
        c.send(bytes(1000))
        assert c.exchange(client.request()).status == 200
    assert site.backend.accepted == 2


def test_answer_that_begins_before_the_upload_has_ended(launch):
    """Head and a part of the body early, the end behind the request: both directions go on, longer than either may be idle."""
    def script(connection):
        head = connection.read_head()
        if not head:
            return
        connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + client.chunked(b"early")[:-5])
        connection.stream.exactly(3000, lambda piece: None)
        connection.send(client.chunked(b"late"))
    site = launch(script, back={"timeouts": {"idle": "600ms"}})
    with site.connect() as c:
        c.send(b"POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 3000\r\n\r\n")
        for _ in range(10):
            c.send(bytes(300))
            time.sleep(0.15)  # 1.5 s altogether, each step well within the limit
        answer = c.final()
    assert answer.is_complete and answer.body == b"earlylate"
