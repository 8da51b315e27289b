# SPDX-License-Identifier: Apache-2.0
"""WebSocket: a tunnel opens where the route allows it, behind a valid 101 and not an octet before."""
import asyncio
import base64
import hashlib
import json
import ssl
import threading

import pytest
import websockets

from support import h2
from support.client import request, tls_context
from support.records import get
from support.together import together

KEY = b"dGhlIHNhbXBsZSBub25jZQ=="


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"
ASK = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + KEY.decode()]


class EchoServer:
    """Echoes messages over TLS, in a thread of its own."""

    def __init__(self, certificate):
        self.loop = asyncio.new_event_loop()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        started = threading.Event()

        async def echo(socket):
            async for message in socket:
                await socket.send(message)

        async def serve():
            self.server = await websockets.serve(echo, "127.0.0.1", 0, ssl=context, max_size=None)
            self.port = self.server.sockets[0].getsockname()[1]
            started.set()

        def run():
            asyncio.set_event_loop(self.loop)
            self.loop.run_until_complete(serve())
            self.loop.run_forever()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        assert started.wait(10)
        self.url = f"https://127.0.0.1:{self.port}"

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


@pytest.fixture(scope="module")
def echo_front(launch, pki):
    server = EchoServer(pki.backend())
    yield launch(backend=server, route={"websocket": {"idle_timeout": "2s"}},
                 filters={"slow": {"type": "rate_limit", "key": ["client.address"], "rate": "100000/1s", "burst": 100000}})
    server.stop()


def script(connection):
    """Answers what the path asks for."""
    while True:
        asked = connection.read_request()
        if asked is None:
            return
        accept = accept_of(asked.get("sec-websocket-key") or b"")
        if asked.target == b"/half":  # speaks when the client has ended
            connection.send(SWITCH % accept + b"\r\n")
            heard = []
            connection.stream.until_end(heard.append)
            connection.send(b"heard " + b"".join(heard))
            return
        if asked.target == b"/chatty":
            connection.send(SWITCH % accept + b"\r\n")
            while not connection.stopping.is_set():
                connection.send(b"tick")
                connection.sleep(0.05)
            return
        if asked.target == b"/101":
            connection.send(SWITCH % accept + b"\r\nhello from the other side")
            return
        answers = {
            b"/bad-key": SWITCH % b"c29tZXRoaW5nIGVsc2UgYWx0b2c=" + b"\r\n",
            b"/no-key": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
            b"/no-upgrade": b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n" % accept,
            b"/other": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n" % accept,
            b"/framed": SWITCH % accept + b"Transfer-Encoding: chunked\r\n\r\n",
            b"/extension": SWITCH % accept + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n",
            b"/protocol": SWITCH % accept + b"Sec-WebSocket-Protocol: chat\r\n\r\n",
        }
        connection.send(answers.get(asked.target, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))


@pytest.fixture(scope="module")
def front(launch):
    return launch(script, route={"websocket": True})


async def _converse(front, pki, connections, messages, size):
    context = ssl.create_default_context(cafile=pki.ca)

    async def one(number):
        async with websockets.connect(f"wss://localhost:{front.gate.port}/{number}", ssl=context, max_size=None) as socket:
            for i in range(messages):
                text = f"{number}:{i}:" + "x" * size
                await socket.send(text)
                assert await socket.recv() == text

    await asyncio.gather(*[one(n) for n in range(connections)])


@pytest.mark.threads
def test_a_thousand_echoes_over_a_hundred_connections(echo_front, pki):
    asyncio.run(_converse(echo_front, pki, 100, 10, 20))
    record = echo_front.audit.wait_where(lambda r: get(r, "url.path") == "/99")
    assert get(record, "http.response.status_code") == 101 and get(record, "yett.verdict") == "passed"
    assert get(record, "event.outcome") == "success"
    assert get(record, "http.request.body.bytes") > 50 and get(record, "http.response.body.bytes") > 50


def test_large_messages(echo_front, pki):
    asyncio.run(_converse(echo_front, pki, 4, 2, 3_000_000))


def test_silence_ends_the_tunnel(echo_front, pki):
    async def wait():
        context = ssl.create_default_context(cafile=pki.ca)
        async with websockets.connect(f"wss://localhost:{echo_front.gate.port}/silent", ssl=context, ping_interval=None) as socket:
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 20)

    asyncio.run(wait())
    record = echo_front.audit.wait_where(lambda r: get(r, "url.path") == "/silent")
    assert get(record, "event.reason") == "tunnel-idle" and get(record, "yett.tunnel.end") == "tunnel-idle"
    assert get(record, "yett.verdict") == "passed" and get(record, "event.outcome") == "success"
    assert get(record, "yett.tunnel.duration") >= 1_990_000_000  # the clock of the loop is read once a turn


def test_octets_behind_the_101_and_the_end(front):
    with front.connect() as c:
        c.send(request(target="/101", fields=ASK))
        answer = c.response()
        assert answer.status == 101 and answer.get("sec-websocket-accept") == accept_of(KEY) and answer.get("upgrade") == b"websocket"
        assert c.receive() == b"hello from the other side"
        assert c.rest() == b"" and c.ended == "orderly"
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "yett.tunnel.end") == "backend-closed" and get(record, "http.response.body.bytes") == 25


def test_the_clients_end_goes_on_to_the_backend_which_may_speak_on(front):
    with front.connect() as c:
        c.send(request(target="/half", fields=ASK))
        assert c.response().status == 101
        c.send(b"these octets")
        c.end_sending()
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "yett.tunnel.end") == "client-closed" and get(record, "yett.response_complete") is True
    assert get(record, "http.request.body.bytes") == 12 and get(record, "http.response.body.bytes") == len(b"heard these octets")


def test_octets_that_came_early_go_on_when_the_tunnel_is_open(front):
    with front.connect() as c:
        c.send(request(target="/half", fields=ASK) + b"early")
        assert c.response().status == 101
        c.send(b" and late")
        c.end_sending()
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "http.request.body.bytes") == 14 and get(record, "http.response.body.bytes") == 20


def test_a_tunnel_lives_no_longer_than_it_may(launch):
    site = launch(script, route={"websocket": {"max_duration": "1s"}})
    with site.connect() as c:
        c.send(request(target="/chatty", fields=ASK))
        assert c.response().status == 101
        assert c.rest().replace(b"tick", b"") == b"" and c.ended == "orderly"
        record = site.audit.wait_port(c.local_port)[0]
    assert get(record, "yett.tunnel.end") == "tunnel-max-duration" and get(record, "yett.tunnel.duration") >= 900_000_000


def test_a_client_that_resets(front):
    with front.connect() as c:
        c.send(request(target="/chatty", fields=ASK))
        assert c.response().status == 101 and c.receive().startswith(b"tick")
        c.reset()
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "yett.tunnel.end") == get(record, "event.reason") == "client-gone" and get(record, "yett.verdict") == "aborted"


@pytest.mark.parametrize("target", ["/bad-key", "/no-key", "/no-upgrade", "/other", "/framed", "/protocol", "/extension"])
def test_an_invalid_101_opens_nothing(front, target):
    with front.connect() as c:
        c.send(request(target=target, fields=ASK) + b"\x81\x85early")
        assert c.response().status == 502
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "event.reason") in ("bad-websocket-accept", "transfer-encoding-unwanted", "bad-connection"), record


def test_another_answer_is_relayed_and_ends_the_connection(front):
    with front.connect() as c:
        c.send(request(target="/ordinary", fields=ASK) + b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = c.response()
        assert answer.status == 200 and answer.get("connection") == b"close"
        assert c.receive() == b""
    assert b"/smuggled" not in [r.target for r in front.backend.requests]


@pytest.mark.parametrize("change, status", [
    ({"Sec-WebSocket-Version: 13": "Sec-WebSocket-Version: 8"}, 426), ({"Sec-WebSocket-Version: 13": "X-A: b"}, 426),
    ({ASK[3]: "X-A: b"}, 400), ({ASK[3]: "Sec-WebSocket-Key: c2hvcnQ="}, 400), ({ASK[3]: ASK[3] + "\r\n" + ASK[3]}, 400),
    ({"Upgrade: websocket": "Upgrade: websocket\r\nUpgrade: websocket"}, 400)])
def test_an_invalid_handshake_is_refused(front, change, status):
    with front.connect() as c:
        c.send(request(target="/invalid", fields=[change.get(f, f) for f in ASK]))
        answer = c.response()
        assert answer.status == status
        assert answer.get("sec-websocket-version") == (b"13" if status == 426 else None)
        assert answer.get("upgrade") == (b"websocket" if status == 426 else None)
    assert b"/invalid" not in [r.target for r in front.backend.requests]


def test_post_is_no_handshake(front):
    with front.connect() as c:
        c.send(request("POST", target="/invalid", fields=ASK, body=b"x"))
        assert c.response().status == 400


@pytest.mark.parametrize("upgrade", ["h2c", "websocket, h2c", "h2c, websocket", "TLS/1.0"])
def test_other_upgrades_are_ordinary_requests(front, upgrade):
    with front.connect() as c:
        fields = [f"Upgrade: {upgrade}" if f.startswith("Upgrade") else f for f in ASK] + ["HTTP2-Settings: AAMAAABk"]
        c.send(request(target="/plain", fields=fields))
        assert c.response().status == 200
    seen = [r for r in front.backend.requests if r.target == b"/plain"][-1]
    assert seen.get("upgrade") is None and seen.get("connection") is None and seen.get("http2-settings") is None


def test_a_route_that_does_not_allow_it(launch):
    shut = launch(script)
    with shut.connect() as c:
        c.send(request(target="/101", fields=ASK))
        assert c.response().status == 502  # a 101 that nobody asked for
    assert shut.backend.requests[0].get("upgrade") is None


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize("target, fields, status", [("/bad-key", ASK, 502), ("/invalid", ASK[:3], 400)])
def test_no_answer_but_a_tunnel_keeps_the_connection(front, target, fields, status):
    with front.connect() as c:
        c.send(request(target=target, fields=fields) + SMUGGLED)
        answer = c.response()
        assert answer.status == status and answer.get("connection") == b"close"
        assert c.receive() == b""
    assert b"/smuggled" not in [r.target for r in front.backend.requests]


def test_a_tunnel_that_filters_refuse_never_opens(launch, tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"rules": [
        {"id": "no-tunnel", "description": "a response of that kind", "targets": ["response.status"], "match": {"equals": "101"},
         "action": "deny"}]}))
    site = launch(script, route={"websocket": True}, filters={"waf": {"type": "rules", "files": [str(rules)]}})
    with site.connect() as c:
        c.send(request(target="/101", fields=ASK) + SMUGGLED)
        answer = c.response()
        assert answer.status == 403 and answer.get("connection") == b"close" and b"other side" not in answer.body
        assert c.receive() == b""
        record = site.audit.wait_port(c.local_port)[0]
    assert get(record, "yett.tunnel") is None and get(record, "rule.id") == "no-tunnel"


# --- over HTTP/2 (RFC 8441)

CONNECT = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":authority", "app.example.com"),
           ("sec-websocket-version", "13")]
ENABLE_CONNECT_PROTOCOL = 8


@pytest.fixture(scope="module")
def h2_trust(pki):
    return tls_context(pki.ca, alpn=["h2"])


def ask(c, stream, path, *more, without=None):
    fields = [f for f in CONNECT if f[0] != without] + [(":path", path)]
    fields.sort(key=lambda f: not f[0].startswith(":"))
    c.send(h2.headers(stream, [*fields, *more], end=False))


def message(payload):
    """A masked text message."""
    assert len(payload) < 126
    return b"\x81" + bytes([0x80 | len(payload)]) + b"\0\0\0\0" + payload


def test_it_is_offered_where_a_route_allows_it(front, launch, h2_trust):
    with h2.H2Client(front.gate.port, h2_trust) as c:
        c.wait(lambda: c.settings)
        assert c.settings[ENABLE_CONNECT_PROTOCOL] == 1
    with h2.H2Client(launch(script).gate.port, h2_trust) as c:
        c.wait(lambda: c.settings)
        assert ENABLE_CONNECT_PROTOCOL not in c.settings
        ask(c, 1, "/101")
        assert c.fate(1) == ("status", 405)


def test_a_thousand_echoes_over_a_hundred_streams(echo_front, h2_trust):
    def one(number):
        with h2.H2Client(echo_front.gate.port, h2_trust) as c:
            for stream in range(1, 21, 2):
                ask(c, stream, f"/h2/{number}/{stream}")
            for stream in range(1, 21, 2):
                c.wait(lambda: c.of(stream).fields)
                assert c.of(stream).status == 200 and "sec-websocket-accept" not in dict(c.of(stream).fields)
            for i in range(10):
                for stream in range(1, 21, 2):
                    c.send(h2.frame(h2.DATA, 0, stream, message(b"%d" % i)))
                for stream in range(1, 21, 2):
                    want = b"".join(b"\x81\x01%d" % n for n in range(i + 1))
                    c.wait(lambda: len(c.of(stream).body) >= len(want))
                    assert c.of(stream).body == want
    together(10, one)
    record = echo_front.audit.wait_where(lambda r: get(r, "url.path") == "/h2/9/19")
    assert get(record, "http.request.method") == "GET" and get(record, "http.response.status_code") == 200
    assert get(record, "yett.verdict") in ("aborted", "passed") and get(record, "yett.tunnel.duration") > 0


def test_each_side_may_end_first_over_http2(front, h2_trust):
    with h2.H2Client(front.gate.port, h2_trust) as c:
        ask(c, 1, "/half")
        c.send(h2.frame(h2.DATA, 0, 1, b"these ") + h2.frame(h2.DATA, h2.END_STREAM, 1, b"octets"))
        assert c.answer(1).body == b"heard these octets" and c.of(1).ended
        ask(c, 3, "/101")
        assert c.answer(3).body == b"hello from the other side" and c.of(3).ended
    record = front.audit.wait_where(lambda r: get(r, "url.path") == "/half" and get(r, "http.version") == "2")
    assert get(record, "yett.tunnel.end") == "client-closed" and get(record, "http.request.body.bytes") == 12


@pytest.mark.parametrize("target", ["/bad-key", "/no-key", "/other", "/framed", "/protocol", "/ordinary"])
def test_nothing_else_opens_a_tunnel_over_http2(front, h2_trust, target):
    with h2.H2Client(front.gate.port, h2_trust) as c:
        ask(c, 1, target)
        c.send(h2.frame(h2.DATA, 0, 1, SMUGGLED))
        assert c.fate(1) == ("status", 502)
    assert b"/smuggled" not in [r.target for r in front.backend.requests]


@pytest.mark.parametrize("without, more, fate", [
    ("sec-websocket-version", [], ("status", 426)), (":protocol", [], ("status", 405)), (":scheme", [], ("reset", 1)),
    (None, [("content-length", "3")], ("reset", 1)), (None, [("upgrade", "websocket")], ("reset", 1))])
def test_an_invalid_connect_is_refused(front, h2_trust, without, more, fate):
    with h2.H2Client(front.gate.port, h2_trust) as c:
        ask(c, 1, "/invalid", *more, without=without)
        assert c.fate(1) == fate
    assert b"/invalid" not in [r.target for r in front.backend.requests]


def test_other_protocols_are_not_connected(front, h2_trust):
    with h2.H2Client(front.gate.port, h2_trust) as c:
        c.send(h2.headers(1, [(":method", "CONNECT"), (":protocol", "connect-udp"), (":scheme", "https"),
                              (":authority", "app.example.com"), (":path", "/101")], end=False))
        assert c.fate(1) == ("status", 405)


def test_the_backend_gets_a_key_of_the_gateway(front):
    with front.connect() as c:
        c.send(request(target="/ordinary", fields=ASK))
        c.response()
    keys = [r.get("sec-websocket-key") for r in front.backend.requests if r.target == b"/ordinary"]
    assert KEY not in keys and len(set(keys)) == len(keys) and all(len(k) == 24 for k in keys)
