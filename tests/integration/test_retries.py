# SPDX-License-Identifier: Apache-2.0
"""Second tries: made where nothing can happen twice, on a fresh connection or another server, and nowhere else; and what may
come back into the pool of kept connections."""
import threading

import pytest

from support import backends
from support.client import chunked, request
from support.ports import free_port
from support.records import get
from support.wait import PATIENCE, wait_for

SAFE = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]
UNSAFE = ["POST", "PATCH"]
FILLED = 16 * 1024  # octets of a response that are read in one go, when its head may not be larger


def answers(connection, count):
    """Answers `count` requests in an ordinary way."""
    for _ in range(count):
        message = connection.read_request()
        if not message:
            return
        connection.send(backends.response(body=b"" if message.method == b"HEAD" else b"ok"))


def dies_under_the_second(connection):
    answers(connection, 1)
    if connection.read_request():
        connection.reset()


def attempts(record):
    return [(a["reused"], a.get("failure")) for a in get(record, "yett.attempts")]


@pytest.mark.parametrize("method", SAFE)
def test_idempotent_request_on_a_dead_connection_is_sent_again_on_a_fresh_one(launch, method):
    site = launch(dies_under_the_second, workers=1)
    body = b"whole" if method == "PUT" else b""
    with site.connect() as c:
        c.exchange(request())
        answer = c.exchange(request(method, "/again", body=body), method)
        record = site.audit.wait_port(c.local_port, 2)[1]
    assert answer.status == 200
    assert [(r.target, r.body) for r in site.backend.requests[1:]] == [(b"/again", body)] * 2
    assert [reused for reused, _ in attempts(record)] == [True, False]
    assert attempts(record)[0][1] and not attempts(record)[1][1]


@pytest.mark.parametrize("method", UNSAFE)
def test_other_requests_are_not(launch, method):
    site = launch(dies_under_the_second, workers=1)
    with site.connect() as c:
        c.exchange(request())
        assert c.exchange(request(method, "/once", body=b"x"), method).status == 502
        assert c.exchange(request(target="/next")).status == 200  # the client is still in step
    assert [r.target for r in site.backend.requests if r.method == method.encode()] == [b"/once"]


def test_idempotent_request_whose_body_is_still_coming_is_not_sent_again(launch):
    def script(connection):
        answers(connection, 1)
        if connection.read_head():
            connection.stream.exactly(5, lambda piece: None)
            connection.reset()
    site = launch(script, workers=1)
    with site.connect() as c:
        c.exchange(request())
        c.send(request("PUT", fields=["Content-Length: 50"]) + b"first")
        assert c.final("PUT").status == 502
    assert site.backend.accepted == 1


@pytest.mark.parametrize("raw", [b"H", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 103 X\r\n\r\n"])
def test_nothing_is_sent_again_once_an_octet_was_answered(launch, raw):
    def script(connection):
        answers(connection, 1)
        if connection.read_request():
            connection.send(raw)
    site = launch(script, workers=1)
    with site.connect() as c:
        c.exchange(request())
        assert c.exchange(request(target="/once")).status == 502
    assert [r.target for r in site.backend.requests].count(b"/once") == 1


def test_tries_end(launch):
    """A server that drops every connection is not tried for ever."""
    site = launch(lambda connection: connection.read_request() and connection.reset(), workers=1)
    with site.connect() as c:
        assert c.exchange(request()).status == 502
        record = site.audit.wait_port(c.local_port)[0]
    assert len(site.backend.requests) == len(attempts(record)) <= 4


def two_servers(launch, script=backends.echo, **back):
    """The first of two servers refuses connections."""
    return launch(script, workers=1, back=back, change=lambda p: p["backends"]["app"]["servers"].insert(
        0, {"url": f"https://127.0.0.1:{free_port()}"}))


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("size", [0, 100, 500_000])
def test_another_server_is_tried_when_one_does_not_listen(launch, method, size):
    """Nothing was sent yet, so any method may go there, body and all."""
    site = two_servers(launch)
    with site.connect() as c:
        for _ in range(4):
            answer = c.exchange(request(method, body=bytes(size)))
            assert answer.status == 200 and b'"size": %d,' % size in answer.body
        record = site.audit.wait_port(c.local_port, 4)[0]
    assert [failure for _, failure in attempts(record)] in ([None], ["connect-refused", None])
    assert get(record, "yett.verdict") == "passed"


def test_a_backup_is_asked_only_when_no_other_server_is_well(launch, pki):
    def with_backup(url, **back):
        return launch(workers=1, back=back, change=lambda p: p["backends"]["app"]["servers"].insert(0, {"url": url, "backup": True}))
    with backends.Backend(pki.backend(), backends.echo) as backup:
        site = with_backup(backup.url)
        with site.connect() as c:
            assert [c.exchange(request()).status for _ in range(6)] == [200] * 6
        assert len(site.backend.requests) == 6 and not backup.requests
        site.backend.stop()
        with site.connect() as c:
            assert [c.exchange(request("POST", body=b"x")).status for _ in range(3)] == [200] * 3
        assert len(backup.requests) == 3


def test_no_retry_where_none_is_allowed(launch):
    site = two_servers(launch, retries=0)
    with site.connect() as c:
        statuses = [c.exchange(request()).status for _ in range(4)]
        records = site.audit.wait_port(c.local_port, 4)
    assert statuses.count(502) == 1 and statuses.count(200) == 3  # passed over once it was found ill
    assert all(len(attempts(r)) == 1 for r in records)


def test_silence_is_no_dead_connection(launch):
    """A kept connection on which the answer does not come in time: the server is slow, and asking again makes it slower."""
    silent = threading.Event()

    def script(connection):
        while connection.read_request():
            if silent.is_set():
                connection.wait_end()
                return
            connection.send(backends.OK)
    site = launch(script, workers=1, back={"timeouts": {"response": "500ms"}, "retries": 0})
    with site.connect() as c:
        c.exchange(request())
        silent.set()
        assert c.exchange(request(target="/slow")).status == 504
    assert [r.target for r in site.backend.requests].count(b"/slow") == 1


# What comes back into the pool.

def test_octets_on_an_idle_connection_end_it(launch):
    """Sent when nobody asked: they must not become the answer to the next request."""
    spoken = threading.Event()

    def script(connection):
        answers(connection, 1)
        connection.sleep(0.2)
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        spoken.set()
        connection.wait_end()
    site = launch(script, workers=1)
    with site.connect() as c:
        for method in ("GET", "POST", "GET"):
            spoken.clear()
            assert c.exchange(request(method)).body == b"ok"
            assert spoken.wait(10)
    assert site.backend.accepted == 3


@pytest.mark.parametrize("raw, kept", [
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", True),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"ok"), True),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"ok") + b"x", False),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", False),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: x, Close\r\n\r\nok", False),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", False),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", True),
], ids=["length", "chunked", "chunked-and-more", "close", "close-in-a-list", "1.0", "1.0-kept"])
def test_connection_is_kept_only_if_both_sides_say_so_and_nothing_is_left(launch, raw, kept):
    site = launch(backends.always(raw), workers=1)
    with site.connect() as c:
        for _ in range(3):
            assert c.exchange(request()).body == b"ok"
    assert site.backend.accepted == (1 if kept else 3)


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_octets_behind_a_response_that_fills_a_read_reach_nobody(launch, pki, tls):
    """The read ends exactly with the response, so that nothing tells of what is still in the socket."""
    poison = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
    sizes = iter(range(FILLED - 3, FILLED + 4))
    sent = threading.Semaphore(0)  # octets that come behind the next request would be its answer for anybody

    def script(connection):
        if connection.read_request():
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %05d\r\n\r\n"
            length = next(sizes) - len(head % 0)
            connection.send(head % length + bytes(length) + poison)
            sent.release()
            connection.wait_end()
    with backends.Backend(pki.backend() if tls else None, script) as backend:
        site = launch(backend=backend, workers=1, back={"limits": {"header_bytes": "1KiB", "header_line": "1KiB"}},
                      change=lambda p: None if tls else p["backends"]["app"].pop("tls"))
        with site.connect() as c:
            for _ in range(7):
                assert not c.exchange(request()).body.strip(b"\0")
                assert sent.acquire(timeout=PATIENCE)
    assert backend.accepted == 7


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("end", ["reset", "end_sending"])
def test_client_that_leaves_inside_its_body_breaks_the_connection_to_the_backend(launch, framing, end):
    ended = threading.Event()

    def script(connection):
        if connection.read_head():
            connection.wait_end()
            ended.set()
    site = launch(script, workers=1)
    with site.connect() as c:
        fields = ["Transfer-Encoding: chunked"] if framing == "chunked" else ["Content-Length: 50"]
        c.send(request("POST", fields=fields) + (b"5\r\nfirst\r\n" if framing == "chunked" else b"first"))
        wait_for(lambda: site.backend.received.endswith((b"first", b"first\r\n")), "the first octets at the backend")
        getattr(c, end)()
        assert ended.wait(10)
        record = site.audit.wait_port(c.local_port)[0]
    assert get(record, "yett.verdict") == "aborted"
    assert not site.backend.received.endswith(b"0\r\n\r\n")
