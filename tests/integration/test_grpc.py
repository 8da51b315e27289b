# SPDX-License-Identifier: Apache-2.0
"""gRPC through the gateway with filters in the way: a real client, a real server, all kinds of calls."""
import concurrent.futures
import json
import threading

import grpc
import pytest

from support.client import request, tls_context
from support.h2 import H2Client, get as h2_get, headers
from support.ports import free_port
from support.records import get
from support.wait import PATIENCE, wait_for

SERVICE = "test.Echo"
RULES = {"rules": [{"id": "bad-metadata", "targets": ["headers.x-check"], "match": {"contains": "evil"}, "action": "deny"},
                   {"id": "bad-body", "targets": ["body"], "match": {"contains": "message"}, "action": "deny"}]}


class Server:
    """Messages are plain octets."""

    def __init__(self, certificate):
        self.cancelled = threading.Event()
        self.seen = []
        handlers = {
            "Unary": grpc.unary_unary_rpc_method_handler(self.unary),
            "Down": grpc.unary_stream_rpc_method_handler(self.down),
            "Up": grpc.stream_unary_rpc_method_handler(self.up),
            "Both": grpc.stream_stream_rpc_method_handler(self.both),
            "Greet": grpc.stream_stream_rpc_method_handler(self.greet),
            "Fail": grpc.unary_unary_rpc_method_handler(self.fail),
            "Hang": grpc.unary_unary_rpc_method_handler(self.hang),
        }
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(16))
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        self.port = free_port()
        credentials = grpc.ssl_server_credentials([(certificate.key.read_bytes(), certificate.chain.read_bytes())])
        assert self.server.add_secure_port(f"127.0.0.1:{self.port}", credentials) == self.port
        self.server.start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def unary(self, message, context):
        self.seen.append(dict(context.invocation_metadata()))
        context.send_initial_metadata((("x-first", "1"),))
        context.set_trailing_metadata((("x-last", "2"),))
        return b"you said " + message

    def down(self, message, context):
        for number in range(int(message)):
            yield b"%d" % number

    def up(self, messages, context):
        return b"%d octets" % sum(len(m) for m in messages)

    def both(self, messages, context):
        for message in messages:
            yield message.upper()

    def greet(self, messages, context):
        yield b"hello"  # before anything was asked
        yield from messages

    def fail(self, message, context):
        context.set_trailing_metadata((("x-why", "because"),))
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today")

    def hang(self, message, context):
        context.add_callback(self.cancelled.set)
        self.cancelled.wait(PATIENCE)
        return b""

    def stop(self):
        self.server.stop(0).wait(PATIENCE)


@pytest.fixture(scope="module")
def server(pki):
    server = Server(pki.backend())
    yield server
    server.stop()


@pytest.fixture(scope="module")
def site(launch, server, tmp_path_factory):
    rules = tmp_path_factory.mktemp("rules") / "rules.json"
    rules.write_text(json.dumps(RULES))
    filters = {"bad": {"type": "ip_list", "deny": ["192.0.2.0/24"]},
               "rate": {"type": "rate_limit", "key": ["client.address"], "rate": "1000/1s", "burst": 1000},
               "waf": {"type": "rules", "files": [str(rules)]}}
    return launch(backend=server, back={"protocol": "h2"}, filters=filters, route={"grpc": True},
                  limits={"body_timeout": "1s"})


@pytest.fixture
def channel(site, pki):
    credentials = grpc.ssl_channel_credentials(pki.ca.read_bytes())
    with grpc.secure_channel(f"localhost:{site.gate.port}", credentials) as channel:
        yield channel


def path(method):
    return f"/{SERVICE}/{method}"


def test_unary(channel, site, server):
    answer, call = channel.unary_unary(path("Unary")).with_call(b"message", metadata=(("x-mine", "7"),), timeout=PATIENCE)
    assert answer == b"you said message"
    assert ("x-first", "1") in call.initial_metadata() and ("x-last", "2") in call.trailing_metadata()
    assert server.seen[-1]["x-mine"] == "7" and server.seen[-1]["x-forwarded-for"] == "127.0.0.1"
    record = site.audit.wait_where(lambda r: get(r, "url.path") == path("Unary"))
    assert get(record, "http.version") == "2" and get(record, "http.response.status_code") == 200


def test_server_streaming(channel):
    answers = list(channel.unary_stream(path("Down"))(b"1000", timeout=PATIENCE))
    assert answers == [b"%d" % number for number in range(1000)]


def test_client_streaming(channel):
    answer = channel.stream_unary(path("Up"))((bytes(10_000) for _ in range(100)), timeout=PATIENCE)
    assert answer == b"1000000 octets"


def test_in_lockstep_both_ways(channel):
    """Each message waits for the answer to the one before: nothing is held back on the way."""
    turn = threading.Semaphore(1)

    def messages():
        for number in range(50):
            assert turn.acquire(timeout=PATIENCE)
            yield b"message %d" % number
    for number, answer in enumerate(channel.stream_stream(path("Both"))(messages(), timeout=PATIENCE)):
        assert answer == b"MESSAGE %d" % number
        turn.release()
    assert number == 49


def test_a_server_that_speaks_first(channel):
    """The client is silent for longer than a body may be."""
    greeted = threading.Event()

    def messages():
        assert greeted.wait(PATIENCE)
        threading.Event().wait(2)
        yield b"thanks"
    answers = channel.stream_stream(path("Greet"))(messages(), timeout=PATIENCE)
    assert next(answers) == b"hello"
    greeted.set()
    assert list(answers) == [b"thanks"]


def test_errors_come_with_their_trailers(channel):
    with pytest.raises(grpc.RpcError) as error:
        channel.unary_unary(path("Fail"))(b"", timeout=PATIENCE)
    assert error.value.code() == grpc.StatusCode.FAILED_PRECONDITION and error.value.details() == "not today"
    assert ("x-why", "because") in error.value.trailing_metadata()


def test_an_unknown_method_is_the_servers_word(channel):
    with pytest.raises(grpc.RpcError) as error:
        channel.unary_unary(path("Nothing"))(b"", timeout=PATIENCE)
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED and "Method not found" in error.value.details()


def test_a_deadline_cancels_the_work(channel, server):
    server.cancelled.clear()
    with pytest.raises(grpc.RpcError) as error:
        channel.unary_unary(path("Hang"))(b"", timeout=0.5)
    assert error.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
    wait_for(server.cancelled.is_set, "the server to hear of it")


def test_rules_see_metadata_as_headers(channel, site):
    with pytest.raises(grpc.RpcError) as error:
        channel.unary_unary(path("Unary"))(b"", metadata=(("x-check", "evil"),), timeout=PATIENCE)
    assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED
    record = site.audit.wait_where(lambda r: get(r, "rule.id") == "bad-metadata")
    assert get(record, "http.response.status_code") == 403


@pytest.mark.parametrize("fields", [[("content-type", "application/json")], [], [("content-type", "application/grpcx")]])
def test_nothing_else_passes_a_route_for_grpc(site, pki, fields):
    with H2Client(site.gate.port, tls_context(pki.ca, alpn=["h2"])) as c:
        c.send(headers(1, h2_get(path("Unary"), *fields, method="POST", authority="app.example.com")))
        assert c.answer(1).status == 415


def test_not_over_http1(site):
    response, record = site.ask("POST", path("Unary"), ["Content-Type: application/grpc"], b"message")
    assert response.status == 415 and get(record, "event.reason") == "not-grpc"
