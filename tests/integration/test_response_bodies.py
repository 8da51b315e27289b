# SPDX-License-Identifier: Apache-2.0
"""Responses whose bodies rules want to see: held until they are judged, then passed on as they are, or not at all."""
import gzip
import json
import time

import pytest

from support import backends
from support.client import request, tls_context
from support.h2 import H2Client, get as h2_get, headers, window_update
from support.records import get

RULES = {"rules": [
    {"id": "leak", "targets": ["response.body"], "match": {"contains": "SECRET"}, "action": "deny"},
    {"id": "points", "targets": ["response.body"], "match": {"contains": "half"}, "action": "score", "score": 4},
    {"id": "size", "targets": ["response.body_length"], "match": {"greater_than": 3000000}, "action": "deny"}]}
LIMIT = 100_000
BODIES = {
    "/good": ("text/html; charset=utf-8", b"<p>fine</p>"), "/leak": ("text/html", b"<p>SECRET</p>"),
    "/score": ("application/json", b"half of it"), "/other": ("image/png", b"SECRET"), "/none": ("text/html", b""),
    "/late": ("text/plain", b"x" * LIMIT + b"SECRET"), "/edge": ("text/plain", b"x" * (LIMIT - 6) + b"SECRET"),
    "/large": ("text/plain", backends.PATTERN * (3_000_000 // len(backends.PATTERN))),
    "/upper": ("Text/HTML", b"SECRET"),
}


def script(connection):
    while True:
        asked = connection.read_request()
        if asked is None:
            return
        path = asked.target.decode().split("?")[0]
        if path == "/events":
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
            connection.send(b"e\r\ndata: SECRET\n\n\r\n")
            connection.wait_end()
            return
        if path == "/exact":  # as long as the limit, and its end comes later
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n" +
                            b"%x\r\n" % LIMIT + b"x" * LIMIT + b"\r\n")
            time.sleep(0.1)
            connection.send(b"0\r\n\r\n")
            continue
        kind, body = BODIES[path]
        fields = f"Content-Type: {kind}\r\n".encode()
        if b"gzip" in asked.target:
            body = gzip.compress(body)
            fields += b"Content-Encoding: gzip\r\n"
        if b"chunked" in asked.target:
            pieces = [body[i:i + 5000] for i in range(0, len(body), 5000)]
            connection.send(b"HTTP/1.1 200 OK\r\n" + fields + b"Transfer-Encoding: chunked\r\n\r\n" + backends.chunked(*pieces))
        else:
            connection.send(b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: %d\r\n\r\n" % len(body)
                            + (b"" if asked.method == b"HEAD" else body))


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "rules.json"
    path.write_text(json.dumps(RULES))
    return str(path)


@pytest.fixture(scope="module")
def front(launch, rules):
    return launch(script, filters={"waf": {"type": "rules", "files": [rules], "response_body_limit": LIMIT}})


@pytest.mark.parametrize("framing", ["", "?chunked"], ids=["length", "chunked"])
@pytest.mark.parametrize("path, status", [
    ("/good", 200), ("/leak", 403), ("/score", 403), ("/other", 200), ("/none", 200), ("/late", 200), ("/edge", 403),
    ("/large", 200), ("/upper", 403)])
def test_bodies_are_judged_before_anything_goes_on(front, path, status, framing):
    response, record = front.ask("GET", path + framing)
    assert response.status == status and response.is_complete
    assert get(record, "http.response.status_code") == status
    if status == 200:
        assert response.body == BODIES[path][1] and get(record, "http.response.body.bytes") == len(response.body)
        if path == "/good" and not framing:
            assert response.get("content-length") == b"11"
    else:
        assert b"SECRET" not in response.body and get(record, "yett.verdict") == "denied"


def test_over_http2(front, pki):
    with H2Client(front.gate.port, tls_context(pki.ca, alpn=["h2"])) as c:
        for stream, (path, status) in enumerate([("/good", 200), ("/leak", 403), ("/large", 200)]):
            number = 2 * stream + 1
            c.send(headers(number, h2_get(path, authority="app.example.com")))
            c.send(window_update(0, 4_000_000) + window_update(number, 4_000_000))
            answer = c.answer(number)
            assert answer.status == status
            assert status != 200 or answer.body == BODIES[path][1]


def test_head_has_no_body_to_judge(front):
    response, _ = front.ask("HEAD", "/leak")
    assert response.status == 200 and response.get("content-length") == b"13"


def test_a_stream_of_another_type_passes_as_it_comes(front):
    with front.connect() as c:
        c.send(request("GET", "/events"))
        got = b""
        while b"data: SECRET" not in got:
            got += c.receive()


def test_backends_are_not_asked_to_compress(front):
    response, record = front.ask("GET", "/good", ["Accept-Encoding: gzip, br"])
    assert response.status == 200
    assert front.backend.requests[-1].get("accept-encoding") is None
    response, record = front.ask("GET", "/good?gzip")  # and what they compress all the same nobody can read
    assert response.status == 503 and get(record, "event.reason") == "response-encoded"


def test_longer_bodies_may_be_refused(launch, rules):
    site = launch(script, filters={"waf": {"type": "rules", "files": [rules], "response_body_limit": LIMIT,
                                           "response_over_limit": "deny", "response_types": ["text/plain"]}})
    assert site.ask("GET", "/leak")[0].status == 200
    response, record = site.ask("GET", "/large")
    assert response.status == 403 and get(record, "event.reason") == "response-over-limit"
    response, record = site.ask("GET", "/exact")
    assert response.status == 200 and len(response.body) == LIMIT, record
