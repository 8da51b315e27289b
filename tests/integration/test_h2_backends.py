# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 to backends: the same requests and answers, over streams of few connections."""
import hashlib
import json
import struct
import threading

import h2.errors
import pytest

from support import backends
from support.client import request, tls_context
from support.h2 import CANCEL, DATA, END_STREAM, GOAWAY, H2Client, frame, get as h2_get, headers
from support.h2_backend import H2Backend
from support.records import get
from support.together import together
from support.wait import wait_for

H2 = {"protocol": "h2"}


@pytest.fixture(scope="module")
def h2_trust(pki):
    return tls_context(pki.ca, alpn=["h2"])


@pytest.fixture
def serve(launch, pki):
    """serve(on_request, ...) -> Site whose backend speaks HTTP/2."""
    made = []

    def start(*args, back=None, tls=True, site=None, change=None, **options):
        backend = H2Backend(pki.backend() if tls else None, *args, **options)
        made.append(backend)
        return launch(backend=backend, back={**H2, **(back or {})}, change=change, **(site or {}))
    yield start
    for backend in made:
        backend.stop()


def seen(answer):
    return json.loads(answer.body)


def test_a_request_arrives_as_it_would_over_http1(serve):
    site = serve()
    with site.connect() as c:
        c.send(request("POST", "/a/b?c=d", ["X-One: 1", "Cookie: a=b"], b"hello"))
        fields = dict(map(tuple, seen(c.final())["fields"]))
    assert fields[":method"] == "POST" and fields[":path"] == "/a/b?c=d" and fields[":scheme"] == "https"
    assert fields[":authority"] == "app.example.com" and fields["content-length"] == "5" and fields["x-one"] == "1"
    assert fields["x-forwarded-for"] == "127.0.0.1" and fields["x-forwarded-proto"] == "https"
    assert not {"connection", "host", "transfer-encoding", "upgrade", "te"} & set(fields)


def test_in_plain_text_with_prior_knowledge(serve):
    site = serve(tls=False, change=lambda policy: policy["backends"]["app"].pop("tls"))
    fields = dict(map(tuple, seen(site.ask()[0])["fields"]))
    assert fields[":scheme"] == "http"


@pytest.mark.parametrize("size", [0, 1, 1000, 100_000, 5_000_000])
def test_bodies_both_ways(serve, size):
    site = serve()
    body = (backends.PATTERN * (size // len(backends.PATTERN) + 1))[:size]
    with site.connect() as c:
        c.send(request("POST", "/up", body=body))
        up = seen(c.final())
        assert (up["size"], up["sha256"]) == (size, hashlib.sha256(body).hexdigest())
        c.send(request("GET", f"/bytes/{size}"))
        down = c.final()
    assert down.status == 200 and down.body == body


def test_streams_share_few_connections(serve):
    gate = threading.Barrier(20, timeout=20)
    waiting = []

    def hold(stream):
        waiting.append(stream)
    site = serve(hold, site={"workers": 1})
    results = []

    def ask():
        gate.wait()
        results.append(site.ask()[0].status)
    threads = [threading.Thread(target=ask) for _ in range(20)]
    for t in threads:
        t.start()
    wait_for(lambda: len(waiting) == 20, "all requests to be there at once")
    assert site.backend.accepted == 1
    for stream in list(waiting):
        stream.later(lambda s: s.answer(b"ok"))
    for t in threads:
        t.join()
    assert results == [200] * 20


def test_a_server_may_allow_fewer_streams(serve):
    site = serve(max_streams=2, site={"workers": 1})
    assert together(12, lambda _: site.ask()[0].status) == [200] * 12


def test_a_server_that_does_not_take_http2_is_refused(launch, pki):
    with backends.Backend(pki.backend(), backends.echo) as backend:
        site = launch(backend=backend, back=H2)
        response, record = site.ask()
        assert response.status == 502 and get(record, "event.reason") == "no-http2"
        assert not backend.requests


@pytest.mark.parametrize("answer, word", [
    (lambda s: s.head(("bad name", "1")), "bad-field-name"),
    (lambda s: s.head(("connection", "close")), "connection-specific-field"),
    (lambda s: s.head(status="101"), "unasked-101"),
    (lambda s: s.head(status="abc"), "bad-status-code"),
    (lambda s: s.head(("x", "a\x01b")), "control-octet"),
    (lambda s: s.cancel(), "backend-stream-reset"),
], ids=["name", "connection", "101", "status", "control", "reset"])
def test_no_response_is_502(serve, answer, word):
    site = serve(answer)
    response, record = site.ask()
    assert response.status == 502 and get(record, "event.reason") == word, record


def test_a_response_cut_off_is_broken_off(serve):
    begun = []

    def begin(stream):
        stream.head(("content-length", "10"))
        stream.send(b"12345")
        begun.append(stream)
    site = serve(begin)
    with site.connect() as c:
        port = c.local_port
        c.send(request())
        got = b""
        while not got.endswith(b"12345"):
            got += c.receive()
        begun[0].later(lambda s: s.cancel(h2.errors.ErrorCodes.INTERNAL_ERROR))
        assert c.rest() == b""
    assert get(site.audit.wait_port(port)[0], "event.reason") == "backend-stream-reset"


def test_a_response_cut_off_before_any_of_it_went_on_is_502(serve):
    def cut(stream):
        stream.head(("content-length", "10"))
        stream.send(b"12345")
        stream.cancel(h2.errors.ErrorCodes.INTERNAL_ERROR)
    response, record = serve(cut).ask()
    assert response.status == 502 and get(record, "event.reason") == "backend-stream-reset"


def test_a_refused_stream_is_tried_again_whatever_the_method(serve):
    tries = []

    def refuse_once(stream):
        tries.append(stream.get(":method"))
        if len(tries) == 1:
            stream.cancel(h2.errors.ErrorCodes.REFUSED_STREAM)
        else:
            stream.answer(b"ok")
    site = serve(refuse_once)
    with site.connect() as c:
        c.send(request("POST", "/", body=b"once"))
        assert c.final().status == 200
    assert tries == ["POST", "POST"]


def test_a_reset_post_is_not_sent_twice(serve):
    tries = []

    def reset(stream):
        tries.append(1)
        stream.cancel(h2.errors.ErrorCodes.INTERNAL_ERROR)
    site = serve(reset)
    with site.connect() as c:
        c.send(request("POST", "/", body=b"once"))
        assert c.final().status == 502
    assert len(tries) == 1


def test_goaway_lets_running_streams_finish(serve):
    running = []

    def handle(stream):
        if stream.get(":path") == "/slow":
            running.append(stream)
            stream.connection.raw.send(frame(GOAWAY, payload=struct.pack(">II", stream.number, 0)))
        else:
            stream.answer(b"ok")
    site = serve(handle, site={"workers": 1})
    with site.connect() as slow:
        slow.send(request("GET", "/slow"))
        wait_for(lambda: running, "the request")
        assert site.ask()[0].body == b"ok"  # on another connection
        assert site.backend.accepted == 2
        running[0].later(lambda s: s.answer(b"late"))
        assert slow.final().body == b"late"


def test_a_client_that_leaves_cancels_its_stream_alone(serve):
    held = []
    site = serve(lambda s: held.append(s) if s.get(":path") == "/hold" else s.answer(b"ok"), site={"workers": 1})
    with site.connect() as c:
        c.send(request("GET", "/hold"))
        wait_for(lambda: held, "the request")
        c.reset()
    wait_for(lambda: held[0].reset is not None, "the reset")
    assert held[0].reset == CANCEL
    assert site.ask()[0].status == 200 and site.backend.accepted == 1


def test_a_stream_that_stalls_hinders_no_other(serve):
    """A client that takes nothing stops its stream at the window; others go on over the same connection."""
    site = serve(site={"workers": 1})
    with site.connect() as stalled:
        stalled.send(request("GET", "/bytes/50000000"))
        wait_for(lambda: site.backend.streams, "the request")
        for _ in range(5):
            assert len(site.ask("GET", "/bytes/300000")[0].body) == 300000
        assert len(site.backend.streams[0].rest) > 30_000_000
    assert site.backend.accepted == 1


def test_a_backend_that_takes_no_body_stops_the_client(serve):
    site = serve(consume=False, back={"timeouts": {"idle": "1s"}}, site={"limits": {"request_body": "1GiB"}})
    with site.connect() as c:
        port = c.local_port
        c.send(b"POST /up HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 100000000\r\n\r\n")
        c.socket.settimeout(5)
        try:
            for _ in range(1000):
                c.send(bytes(65536))
        except OSError:
            pass
    assert get(site.audit.wait_port(port)[0], "event.reason") == "backend-send-timeout"
    assert len(site.backend.streams[0].body) <= 65535


def test_both_sides_over_http2(serve, h2_trust):
    site = serve()
    with H2Client(site.gate.port, h2_trust) as c:
        c.send(headers(1, h2_get("/up", method="POST", authority="app.example.com"), end=False))
        c.send(frame(DATA, END_STREAM, 1, b"abc"))
        assert json.loads(c.answer(1).body)["size"] == 3


def grpc_route(site_options=None):
    return {"route": {"grpc": True, "request_headers": {"set": {"X-Gate": "yett"}}}, **(site_options or {})}


GRPC = ("content-type", "application/grpc")


def test_trailers_go_both_ways_for_grpc(serve, h2_trust):
    site = serve(lambda s: s.answer(json.dumps(s.trailers).encode(), GRPC, trailers=[("grpc-status", "0")]), site=grpc_route())
    with H2Client(site.gate.port, h2_trust) as c:
        c.send(headers(1, h2_get("/x.Y/Z", GRPC, method="POST", authority="app.example.com"), end=False))
        c.send(frame(DATA, 0, 1, b"abc") + headers(1, [("x-sum", "7"), ("x-gate", "forged")]))
        answer = c.answer(1)
    assert json.loads(answer.body) == [["x-sum", "7"]]  # what the gateway sets nobody else may
    assert answer.trailers == [("grpc-status", "0")]
    assert dict(site.backend.streams[0].fields)["te"] == "trailers"


def test_a_call_without_octets_may_end_in_trailers(serve, h2_trust):
    site = serve(lambda s: s.answer(b"", GRPC, trailers=[("grpc-status", "5")]), site=grpc_route())
    with H2Client(site.gate.port, h2_trust) as c:
        c.send(headers(1, h2_get("/x.Y/Z", GRPC, method="POST", authority="app.example.com"), end=False))
        c.send(headers(1, [("x-sum", "7")]))
        answer = c.answer(1)
    assert answer.body == b"" and answer.trailers == [("grpc-status", "5")]
    assert site.backend.streams[0].trailers == [("x-sum", "7")]


def test_trailers_of_other_requests_go_no_further(serve, h2_trust):
    site = serve(lambda s: s.answer(json.dumps(s.trailers).encode(), trailers=[("x-sum", "7"), ("server", "x"), ("set-cookie", "a=b")]))
    with H2Client(site.gate.port, h2_trust) as c:
        c.send(headers(1, h2_get("/", method="POST", authority="app.example.com"), end=False))
        c.send(frame(DATA, 0, 1, b"abc") + headers(1, [("x-sum", "7")]))
        answer = c.answer(1)
    assert answer.body == b"null" and answer.trailers == [("x-sum", "7")]
    response, _ = site.ask()  # HTTP/1.1: complete, without
    assert response.status == 200 and response.body == b"null" and response.is_complete


@pytest.mark.parametrize("code, heard", [(11, 11), (8, 8), (2, 2), (1, 2), (7, 7)],
                         ids=["calm", "cancel", "internal", "protocol", "refused"])
def test_how_a_backend_ends_a_stream_its_client_hears(serve, h2_trust, code, heard):
    def begin(stream):
        stream.head(GRPC)
        stream.send(b"12345")
        begun.append(stream)
    begun = []
    site = serve(on_head=begin, on_request=lambda s: None)
    with H2Client(site.gate.port, h2_trust) as c:
        c.send(headers(1, h2_get("/", authority="app.example.com")))
        c.wait(lambda: c.of(1).body == b"12345")
        begun[0].later(lambda s: s.cancel(code))
        assert c.fate(1) == ("reset", heard)


def test_a_grpc_client_hears_of_a_reset_before_any_answer(serve, h2_trust):
    site = serve(lambda s: s.cancel(11), site=grpc_route())
    with H2Client(site.gate.port, h2_trust) as c:
        c.send(headers(1, h2_get("/x.Y/Z", GRPC, method="POST", authority="app.example.com")))
        assert c.fate(1) == ("reset", 11)


def test_health_checks_speak_http2_too(serve):
    site = serve(back={"health_check": {"path": "/health", "interval": "100ms"}})
    wait_for(lambda: [s for s in site.backend.streams if s.get(":path") == "/health"], "a check")
    assert site.ask()[0].status == 200


def test_nginx_as_a_backend(launch, pki, tmp_path_factory):
    files = {"small": b"hello\n", "large": bytes(3_000_000)}
    with backends.Nginx(tmp_path_factory.mktemp("nginx"), pki.backend(), files, listen="ssl http2") as nginx:
        site = launch(backend=nginx, back=H2)
        assert site.ask("GET", "/small")[0].body == b"hello\n"
        response, record = site.ask("GET", "/large")
        assert len(response.body) == 3_000_000
        assert get(record, "http.response.body.bytes") == 3_000_000
