# SPDX-License-Identifier: Apache-2.0
"""Connections kept and closed, pipelines, Expect, HTTP/1.0 clients, responses without a body, interim responses."""
import json
import random

import pytest

from support import backends
from support.client import chunked, request
from support.records import get
from support.together import together


@pytest.fixture(scope="module")
def stage():
    return backends.Stage()


@pytest.fixture(scope="module")
def front(launch, stage):
    return launch(stage)


@pytest.fixture(autouse=True)
def echo_again(stage):
    yield
    stage.play(backends.echo)


def closes(c):
    return c.is_closed()


@pytest.mark.parametrize("fields, version", [
    (["Connection: close"], "1.1"), (["Connection: CLOSE"], "1.1"), (["Connection: x, Close ,y"], "1.1"),
    (["Connection: keep-alive, close"], "1.1"), (["Connection: x", "connection: close"], "1.1"), ([], "1.0"),
    (["Connection: close"], "1.0")])
def test_nothing_is_processed_after_the_last_request(front, fields, version):
    with front.connect() as c:
        c.send(request(fields=fields, version=version) + request(target="/late"))
        answer = c.final()
        assert answer.status == 200 and answer.get("connection") == b"close"
        assert closes(c)
        assert len(front.audit.wait_port(c.local_port)) == 1
    assert not [r for r in front.backend.requests if r.target == b"/late"]


@pytest.mark.parametrize("fields, version", [([], "1.1"), (["Connection: keep-alive"], "1.0"), (["Connection: Keep-Alive, x"], "1.0")])
def test_connection_is_kept(front, fields, version):
    with front.connect() as c:
        for number in range(3):
            answer = c.exchange(request(target=f"/{number}", fields=fields, version=version))
            assert json.loads(answer.body)["target"] == f"/{number}"
        assert len(front.audit.wait_port(c.local_port, 3)) == 3


def test_http10_client_gets_neither_chunks_nor_interim_responses(front, stage):
    stage.play(backends.always(b"HTTP/1.1 103 X\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
                               chunked(b"hello ", b"world")))
    with front.connect() as c:
        c.send(request(version="1.0", fields=["Connection: keep-alive"]))
        answer = c.response()
        assert (answer.status, answer.body) == (200, b"hello world")
        assert not answer.all("transfer-encoding")
        assert c.ended  # only the end of the connection could end it


def test_gateway_speaks_http11_to_the_backend_and_to_old_clients(front):
    with front.connect() as c:
        answer = c.exchange(request(version="1.0"))
        assert answer.start.startswith(b"HTTP/1.1 200")
    assert front.backend.requests[-1].start.endswith(b" HTTP/1.1")


def test_chunks_are_the_gateways_own(front, stage):
    """Sizes, extensions and trailers of the backend do not come through; the octets do."""
    stage.play(backends.always(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
                               b"0003;a=b\r\nfoo\r\n1\r\nb\r\n2\r\nar\r\n0;x\r\nX-T: 1\r\n\r\n"))
    with front.connect() as c:
        answer = c.exchange(request())
        assert answer.body == b"foobar" and answer.all("transfer-encoding") == [b"chunked"]
        assert not answer.all("trailer") and not answer.all("x-t")
        assert c.exchange(request()).body == b"foobar"


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_statuses_without_body_keep_the_connection_in_step(front, status, method):
    with front.connect() as c:
        answer = c.exchange(request(method, f"/status/{status}"), method)
        assert answer.status == status and not answer.all("transfer-encoding")
        if status == 204:
            assert not answer.all("content-length")
        assert c.exchange(request()).status == 200


@pytest.mark.parametrize("answer", [b"HTTP/1.1 304 X\r\nContent-Length: 100\r\nETag: \"a\"\r\n\r\n",
                                    b"HTTP/1.1 304 X\r\nETag: \"a\"\r\n\r\n"])
def test_304_may_tell_the_length_it_does_not_send(front, stage, answer):
    stage.play(backends.always(answer))
    with front.connect() as c:
        for _ in range(2):
            found = c.exchange(request())
            assert found.status == 304 and found.get("etag") == b'"a"' and found.body == b""


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n", b"HTTP/1.1 200 X\r\n\r\n",
                                    b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 404 X\r\nContent-Length: 9\r\n\r\n"])
def test_head_has_no_body_and_keeps_the_connection(front, stage, answer):
    stage.play(backends.always(answer))
    with front.connect() as c:
        for _ in range(3):
            found = c.exchange(request("HEAD"), "HEAD")
            assert found.status in (200, 404)
            if b"Content-Length" in answer:
                assert found.get("content-length") in answer


def test_error_answers_to_head_have_no_body(front):
    with front.connect() as c:
        c.send(b"HEAD /%zz HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = c.response("HEAD")
        assert answer.status == 400
        assert closes(c)


def test_interim_responses_come_before_the_final_one_and_leave_nothing_in_it(front, stage):
    stage.play(backends.always(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nX-Interim: 1\r\n\r\n" * 3 + backends.OK))
    with front.connect() as c:
        c.send(request())
        seen = []
        while (answer := c.response()).status < 200:
            seen.append(answer)
        assert (answer.status, answer.body) == (200, b"ok")
        assert not answer.all("x-interim") and not answer.all("link")
        assert all(i.status in (100, 102, 103) and not i.all("content-length") for i in seen)
        assert c.exchange(request()).status == 200


def test_expect_with_waiting(front):
    with front.connect() as c:
        c.send(request("POST", fields=["Expect: 100-continue", "Content-Length: 5"]))
        assert c.response().status == 100
        c.send(b"hello")
        assert json.loads(c.final().body)["size"] == 5
        assert json.loads(c.exchange(request()).body)["size"] == 0


@pytest.mark.parametrize("spelling", ["100-continue", "100-Continue"])
def test_expect_without_waiting(front, spelling):
    with front.connect() as c:
        c.send(request("POST", fields=[f"Expect: {spelling}"], body=b"hello") + request(target="/next"))
        assert json.loads(c.final().body)["size"] == 5
        assert json.loads(c.final().body)["target"] == "/next"


def test_expect_without_a_body(front):
    with front.connect() as c:
        assert c.exchange(request(fields=["Expect: 100-continue"])).status == 200
        assert c.exchange(request(target="/next")).status == 200


def test_refusal_instead_of_continue(launch):
    site = launch(filters={"none": {"type": "ip_list", "deny": ["0.0.0.0/0"]}})
    with site.connect() as c:
        c.send(request("POST", fields=["Expect: 100-continue", "Content-Length: 50"]))
        assert c.response().status == 403
        # Either the connection ends, or the body still belongs to that request.
        try:
            c.send(b"GET /smuggled HTTP/1.1\r\nHost: app.example.com\r\n\r\n"[:50])
            assert c.final() is None
        except OSError:
            pass
        assert len(site.audit.wait_port(c.local_port)) == 1
    assert site.backend.accepted == 0


def test_backend_closing_does_not_close_the_client(front, stage):
    stage.play(backends.once(backends.response(fields=["Connection: close"])))
    with front.connect() as c:
        for _ in range(4):
            answer = c.exchange(request())
            assert answer.status == 200 and b"close" not in answer.get("connection", b"")


def test_half_closed_client_gets_its_answer(front, stage):
    """An end of sending behind a whole request is no abort."""
    def slow(connection):
        while connection.read_request():
            connection.sleep(0.3)
            connection.send(backends.OK)
    stage.play(slow)
    with front.connect() as c:
        c.send(request())
        c.end_sending()
        answer = c.final()
        assert answer.status == 200 and answer.body == b"ok"


def test_early_answer_to_a_pipelined_post_keeps_order(launch):
    site = launch(route={"path": "/app/"})
    with site.connect() as c:
        c.send(request("POST", "/nowhere", body=b"x" * 1000) + request(target="/app/a") + request("POST", "/nowhere", body=b"y"))
        assert c.final().status == 404
        second = c.final()
        if second is not None:  # a gateway may also close behind an early answer
            assert json.loads(second.body)["target"] == "/app/a"
            assert c.final().status == 404


def test_post_is_never_sent_twice(front, stage):
    """A pooled connection that dies under a POST: it may have been processed."""
    seen = []

    def dies_on_second(connection):
        if connection.read_request():
            connection.send(backends.OK)
        message = connection.read_request()
        if message:
            seen.append(message.body)
            connection.reset()
    stage.play(dies_on_second)
    statuses = []
    with front.connect() as c:
        for number in range(6):
            statuses.append(c.exchange(request("POST", body=b"%d" % number), "POST").status)
    assert len(seen) == len(set(seen))
    bodies = [r.body for r in front.backend.requests if r.body in [b"%d" % n for n in range(6)]]
    assert len(bodies) == len(set(bodies))
    assert 200 in statuses


def test_dead_pooled_connection_costs_a_get_nothing(front, stage):
    stage.play(backends.once(backends.OK))  # keeps alive by its words, closes by its deeds
    with front.connect() as c:
        for _ in range(10):
            assert c.exchange(request()).status == 200


def test_connections_to_the_backend_are_reused(launch):
    site = launch(workers=1)
    with site.connect() as c:
        for _ in range(20):
            assert c.exchange(request()).status == 200
        assert site.backend.accepted == 1
        record = site.audit.wait_port(c.local_port, 20)[-1]
    assert get(record, "yett.attempts")[0]["reused"] is True


@pytest.mark.threads
def test_many_clients_at_once(front):
    def work(number):
        with front.connect() as c:
            for turn in range(10):
                body = b"x" * (number * 37 + turn)
                seen = json.loads(c.exchange(request("POST", f"/{number}/{turn}", body=body), "POST").body)
                assert (seen["target"], seen["size"]) == (f"/{number}/{turn}", len(body))
    together(16, work)


def test_limit_of_requests_on_a_connection(launch):
    site = launch(limits={"requests_per_connection": 3})
    with site.connect() as c:
        c.send(request() * 5)
        answers = [c.final() for _ in range(3)]
        assert [a.status for a in answers] == [200] * 3
        assert answers[2].get("connection") == b"close"
        assert closes(c)


def test_forty_pipelined_chunked_bodies_cut_anywhere(front):
    """What follows a last chunk is the next request, wherever the octets are cut."""
    message = b"".join(request("POST", f"/{i}", fields=["Transfer-Encoding: chunked"],
                               body=chunked(*[b"x" * (i + 1)] * 3)) + request(target=f"/after/{i}") for i in range(20))
    dice = random.Random(7)
    with front.connect() as c:
        while message:
            cut = dice.randrange(1, 200)
            c.send(message[:cut])
            message = message[cut:]
        for i in range(20):
            first, second = json.loads(c.final().body), json.loads(c.final().body)
            assert (first["target"], first["size"], second["target"]) == (f"/{i}", 3 * (i + 1), f"/after/{i}")


@pytest.mark.parametrize("size", [0, 300_000])
def test_half_closed_client_gets_all_of_a_long_answer(front, size):
    with front.connect() as c:
        c.send(request("POST", "/bytes/3000000", body=bytes(size)))
        c.end_sending()
        answer = c.final()
        assert answer.is_complete and len(answer.body) == 3_000_000


def test_expect_ends_here(front):
    """The gateway has said 100 itself and the body follows at once: the backend has nothing to decide."""
    with front.connect() as c:
        seen = json.loads(c.exchange(request("POST", fields=["Expect: 100-continue"], body=b"x"), "POST").body)
    assert "expect" not in [n.lower() for n, _ in seen["fields"]]


@pytest.mark.parametrize("version", ["1.2", "1.9"])
def test_later_minor_version_is_served_as_1_1(front, version):
    with front.connect() as c:
        answer = c.exchange(request(version=version))
        assert answer.status == 200 and answer.start.startswith(b"HTTP/1.1 ")
        assert c.exchange(request()).status == 200
    assert front.backend.requests[-2].start.endswith(b" HTTP/1.1")


def test_http10_client_without_host_gets_the_default(launch):
    site = launch(listen={"default_host": "fallback.example.com"})
    with site.connect() as c:
        answer = c.exchange(b"GET / HTTP/1.0\r\n\r\n")
        assert answer.status == 200
        assert [v for n, v in json.loads(answer.body)["fields"] if n.lower() == "host"] == ["fallback.example.com"]
    with site.connect() as c:
        assert c.exchange(b"GET / HTTP/1.1\r\n\r\n").status == 400


@pytest.mark.parametrize("status_line", [b"HTTP/1.1 200", b"HTTP/1.1 200 ", b"HTTP/1.1 200 B\xe4d words", b"HTTP/1.0 200 OK"])
def test_status_lines_that_are_right(front, stage, status_line):
    stage.play(backends.always(status_line + b"\r\nContent-Length: 2\r\n\r\nok"))
    with front.connect() as c:
        answer = c.exchange(request())
        assert (answer.start, answer.body) == (b"HTTP/1.1 200 OK", b"ok")


@pytest.mark.parametrize("kind", ["bytes", "chunked"])
def test_client_that_leaves_inside_an_answer_ends_the_connection_to_the_backend(launch, kind):
    site = launch(workers=1)
    with site.connect(receive_buffer=4096) as c:
        c.send(request(target=f"/{kind}/50000000"))
        c.stream.exactly(1000, lambda piece: None)
        c.reset()
        record = site.audit.wait_port(c.local_port)[0]
    assert get(record, "yett.verdict") == "aborted" and get(record, "event.reason") == "client-gone"
    with site.connect() as c:
        assert c.exchange(request()).status == 200
    assert site.backend.accepted == 2
