# SPDX-License-Identifier: Apache-2.0
"""Responses that are malformed, truncated, doubly framed or too large: 502, or a connection broken off so that the part is
not taken for the whole; the record says so."""
import pytest

from support import backends
from support.client import request
from support.records import get

OK = b"HTTP/1.1 200 OK\r\n"
BODY = b"Content-Length: 2\r\n\r\nok"


def head(*lines):
    return OK + b"".join(line + b"\r\n" for line in lines) + b"\r\nok"


MALFORMED = {
    "bad-status-line": [
        b"hello\r\n", b"HTTP/0.9 200 OK\r\n" + BODY, b"HTTP/2.0 200 OK\r\n" + BODY, b"HTTP/1.1  200 OK\r\n" + BODY,
        b"HTTP/1.1 20 OK\r\n" + BODY, b"HTTP/1.1 2000 OK\r\n" + BODY, b"HTTP/1.1 abc OK\r\n" + BODY, b"http/1.1 200 OK\r\n" + BODY,
        b"HTTP/1.10 200 OK\r\n" + BODY, b"HTTP/1.1\t200 OK\r\n" + BODY, b"\r\nHTTP/1.1 200 OK\r\n" + BODY, b"200 OK\r\n" + BODY,
        b"<html>no head at all</html>\r\n\r\n", b"HTTP/1.1 200" + b"x" * 70000],
    "bad-status-code": [b"HTTP/1.1 099 X\r\n" + BODY, b"HTTP/1.1 600 X\r\n" + BODY, b"HTTP/1.1 000 X\r\n" + BODY],
    "bare-lf": [b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", OK + b"A: b\n" + BODY],
    "bare-cr": [OK + b"A: b\rc\r\n" + BODY, OK + b"A: b\r\r\n" + BODY],
    "nul-octet": [OK + b"A: \0\r\n" + BODY],
    "control-octet": [OK + b"A: \x01\r\n" + BODY, OK + b"A: \x7f\r\n" + BODY],
    "folded-field": [OK + b"A: b\r\n c\r\n" + BODY, OK + b" A: b\r\n" + BODY],
    "bad-field-name": [OK + b"A\r\n" + BODY, OK + b": b\r\n" + BODY, OK + b"A(: b\r\n" + BODY],
    "blank-before-colon": [OK + b"A : b\r\n" + BODY, OK + b"Content-Length : 2\r\n\r\nok"],
    "field-too-long": [OK + b"A: " + b"b" * 70000 + b"\r\n" + BODY, OK + b"A: " + b"b" * 200000],
    "too-many-fields": [OK + b"A: b\r\n" * 300 + BODY],
    "fields-too-large": [OK + b"".join(b"A: " + b"b" * 4000 + b"\r\n" for _ in range(30)) + BODY],
    "bad-content-length": [head(b"Content-Length: " + v) for v in (b"+2", b"-2", b"0x2", b"2,2", b"two", b"", b"9223372036854775808")],
    "content-length-repeated": [head(b"Content-Length: 2", b"Content-Length: 3"), head(b"Content-Length: 2", b"Content-Length: 2")],
    "transfer-encoding-with-length": [
        head(b"Transfer-Encoding: chunked", b"Content-Length: 2"), head(b"Content-Length: 2", b"Transfer-Encoding: chunked")],
    "bad-transfer-encoding": [head(b"Transfer-Encoding: gzip, chunked"), head(b"Transfer-Encoding: chunked, chunked"),
                              head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked")],
    "transfer-encoding-unknown": [head(b"Transfer-Encoding: gzip"), head(b"Transfer-Encoding: identity")],
    "transfer-encoding-http10": [b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
    "transfer-encoding-unwanted": [b"HTTP/1.1 204 X\r\nContent-Length: 2\r\n\r\nok",
                                   b"HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
                                   b"HTTP/1.1 103 X\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n" + BODY],
    "unasked-101": [b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nx"],
    "too-many-1xx": [b"HTTP/1.1 103 X\r\nLink: a\r\n\r\n" * 40 + OK + BODY],
}


@pytest.fixture(scope="module")
def stage():
    return backends.Stage()


@pytest.fixture(scope="module")
def front(launch, stage):
    return launch(stage, back={"timeouts": {"response": "1s", "idle": "1s"}})


def failed(record, word=None):
    assert get(record, "yett.verdict") == "failed", record
    assert get(record, "event.outcome") == "failure", record
    if word:
        assert get(record, "event.reason") == word, record
    return True


@pytest.mark.parametrize("word, raw", [
    pytest.param(word, raw, id=f"{word}-{number}") for word, answers in MALFORMED.items() for number, raw in enumerate(answers)])
def test_malformed_head_is_a_bad_gateway(front, stage, word, raw):
    stage.play(backends.once(raw, "stay"))
    with front.connect() as c:
        answer = c.exchange(request("POST", "/", body=b"x"), "POST")
        assert answer.status == 502, answer
        assert answer.is_complete and b"ok" not in answer.body
        record = front.audit.wait_port(c.local_port)[0]
        assert failed(record, word)
        stage.current = backends.echo
        assert c.exchange(request(target="/next")).status == 200  # the client is still in step
    assert front.backend.connections[-1].requests[-1].target == b"/next"


CUT = {
    "length-short": OK + b"Content-Length: 100\r\n\r\nhello",
    "chunk-short": OK + b"Transfer-Encoding: chunked\r\n\r\n64\r\nhello",
    "no-last-chunk": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    "no-last-line": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
}
BROKEN = {
    "chunk-size": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n",
    "chunk-end": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
    "chunk-lf": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\n\n",
    "chunk-huge": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nffffffffffffffffff\r\n",
    "trailer": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA : b\r\n\r\n",
}


def must_not_be_complete(front, record_port, answer):
    """Either a bad gateway, when nothing had gone out, or a visible break."""
    assert answer is None or answer.status == 502 or not answer.is_complete, answer
    failed(front.audit.wait_port(record_port)[0])


@pytest.mark.parametrize("raw", CUT.values(), ids=CUT)
@pytest.mark.parametrize("end", ["close", "cut", "reset"])
def test_truncated_body_never_looks_complete(front, stage, raw, end):
    stage.play(backends.once(raw, end))
    with front.connect() as c:
        must_not_be_complete(front, c.local_port, c.exchange(request("POST"), "POST"))


@pytest.mark.parametrize("raw", CUT.values(), ids=CUT)
def test_client_to_whom_the_end_of_the_connection_ends_the_body_sees_no_orderly_end(front, stage, raw):
    """HTTP/1.0 has no other sign of completeness."""
    stage.play(backends.once(raw, "close"))
    with front.connect() as c:
        answer = c.exchange(request(version="1.0"))
        assert answer is None or answer.status == 502 or not answer.is_complete or c.ended in ("cut", "reset"), answer
        failed(front.audit.wait_port(c.local_port)[0])


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
def test_broken_body_never_looks_complete(front, stage, raw):
    stage.play(backends.once(raw, "stay"))
    with front.connect() as c:
        must_not_be_complete(front, c.local_port, c.exchange(request("POST"), "POST"))


@pytest.mark.parametrize("raw", [CUT["length-short"], CUT["no-last-chunk"], OK + b"\r\nhello"],
                         ids=["length", "chunked", "close-delimited"])
def test_body_that_stops_is_cut_at_the_deadline(front, stage, raw):
    stage.play(backends.once(raw, "stay"))
    with front.connect() as c:
        must_not_be_complete(front, c.local_port, c.exchange(request("POST"), "POST"))


@pytest.mark.parametrize("end, is_complete", [("close", True), ("cut", False), ("reset", False)])
def test_close_delimited_body_is_complete_only_by_an_orderly_close(front, stage, end, is_complete):
    """A FIN without close_notify can be forged by anybody on the way (the truncation attack)."""
    stage.play(backends.once(OK + b"\r\n" + b"part" * 10, end))
    with front.connect() as c:
        answer = c.exchange(request("POST"), "POST")
        if is_complete:
            assert (answer.is_complete, answer.body) == (True, b"part" * 10)
        else:
            must_not_be_complete(front, c.local_port, answer)


@pytest.mark.parametrize("end", ["close", "cut", "reset"])
@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 2", OK, OK + b"Content-Le", OK + b"Content-Length: 2\r\n"],
                         ids=["nothing", "status-line", "line", "field", "fields"])
def test_end_before_the_head_is_complete(front, stage, raw, end):
    stage.play(backends.once(raw, end))
    with front.connect() as c:
        answer = c.exchange(request("POST", body=b"x"), "POST")
        assert answer.status == 502 and answer.is_complete
        failed(front.audit.wait_port(c.local_port)[0])


def test_silent_backend_is_a_timeout(front, stage):
    stage.play(lambda connection: (connection.read_request(), connection.wait_end()))
    with front.connect() as c:
        assert c.exchange(request("POST", body=b"x"), "POST").status == 504
        failed(front.audit.wait_port(c.local_port)[0])


def test_head_that_trickles_is_a_timeout(front, stage):
    def drip(connection):
        connection.read_request()
        for octet in OK + b"A: " + b"b" * 1000:
            connection.send(bytes([octet]))
            connection.sleep(0.1)
    stage.play(drip)
    with front.connect() as c:
        assert c.exchange(request("POST", body=b"x"), "POST").status == 504


def test_surplus_octets_reach_nobody(front, stage):
    """What follows a response is no answer to the next request."""
    stage.play(backends.once(backends.OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison", "stay"))
    with front.connect() as c:
        assert c.exchange(request()).body == b"ok"
        stage.current = backends.echo
        for _ in range(3):
            answer = c.exchange(request(target="/clean"))
            assert answer.status == 200 and b"/clean" in answer.body


def test_body_behind_head_204_304_reaches_nobody(front, stage):
    for raw, method in ((b"HTTP/1.1 304 X\r\nContent-Length: 6\r\n\r\npoison", "GET"),
                        (b"HTTP/1.1 204 X\r\n\r\npoison", "GET"), (OK + b"Content-Length: 6\r\n\r\npoison", "HEAD")):
        stage.play(backends.once(raw, "stay"))
        with front.connect() as c:
            answer = c.exchange(request(method), method)
            assert answer.status in (200, 204, 304) and answer.body == b""
            stage.current = backends.echo
            assert b"/clean" in c.exchange(request(target="/clean")).body


def test_longer_body_than_declared_is_cut_to_its_length(front, stage):
    stage.play(backends.once(OK + b"Content-Length: 5\r\n\r\nhello world", "stay"))
    with front.connect() as c:
        assert c.exchange(request()).body == b"hello"


def test_unreachable_backend_is_a_bad_gateway(launch):
    site = launch()
    site.backend.stop()
    with site.connect() as c:
        answer = c.exchange(request())
        assert answer.status in (502, 503)
        record = site.audit.wait_port(c.local_port)[0]
    assert failed(record)
    body = answer.body + b"".join(v for _, v in answer.fields)
    assert str(site.backend.port).encode() not in body and b"127.0.0.1" not in body
