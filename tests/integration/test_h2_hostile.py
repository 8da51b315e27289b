# SPDX-License-Identifier: Apache-2.0
"""Clients of HTTP/2 that do a lot of what costs them nothing: each is cut off, told why, and recorded, while others are served."""
import contextlib
import socket
import struct
import threading
import time

import pytest

from support import client, h2
from support.h2 import (CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS, PING, PRIORITY, RST_STREAM, SETTINGS,
                        block, frame, get, headers, settings, window_update)
from support.records import get as field
from support.wait import wait_for


@pytest.fixture(scope="module")
def front(launch):
    return launch(limits={"send_timeout": "2s", "idle_timeout": "20s", "http2": {"max_concurrent_streams": 50, "offences": False}})


@pytest.fixture(scope="module")
def h2_trust(pki):
    return client.tls_context(pki.ca, alpn=["h2"])


@contextlib.contextmanager
def others_are_served(front, trust):
    """Somebody asks all along, and gets answers."""
    stop, failures, served = threading.Event(), [], []

    def ask():
        with h2.H2Client(front.gate.port, trust) as c:
            number = 1
            while not stop.is_set() and number < 4000:
                c.send(headers(number, get("/normal")))
                if c.answer(number).status != 200:
                    failures.append(c.fate(number))
                    return
                served.append(number)
                number += 2

    thread = threading.Thread(target=ask)
    thread.start()
    wait_for(lambda: served or failures, "the first answer")
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert not failures and served


def rapid_reset(count):
    return b"".join(headers(n, get("/reset")) + frame(RST_STREAM, 0, n, struct.pack(">I", CANCEL)) for n in range(1, 2 * count, 2))


# Resets that the server is made to send (a window beyond its limit).
def provoked_reset(count):
    return b"".join(headers(n, get("/provoked", method="POST"), end=False) + window_update(n, 0x7fffffff) for n in range(1, 2 * count, 2))


def continuations(count):
    return headers(1, get(), end_headers=False) + frame(CONTINUATION, 0, 1, block([("x", "y")])) * count


def bomb(count):
    """One large field in the dynamic table, then named again and again with an octet each."""
    large = b"\x40" + b"\x01x" + b"\x7f" + bytes([0xa1, 0x1e]) + b"v" * 4000
    return frame(HEADERS, END_HEADERS | END_STREAM, 1, block(get()) + large + b"\xbe" * count)


FLOODS = {
    "rapid reset": (rapid_reset(400), "http2-resets"),
    "provoked resets": (provoked_reset(400), "http2-resets"),
    "continuations": (continuations(50), "http2-continuations"),
    "ping": (frame(PING, 0, 0, bytes(8)) * 2000, "http2-control-frames"),
    "settings": (settings((4, 65535)) * 2000, "http2-control-frames"),
    "priority": (frame(PRIORITY, 0, 7, struct.pack(">IB", 0, 1)) * 2000, "http2-control-frames"),
    "unknown frames": (frame(0x55, 0, 0, b"x") * 2000, "http2-control-frames"),
    "empty data": (headers(1, get("/empty", method="POST"), end=False) + frame(DATA, 0, 1) * 500, "http2-empty-frames"),
    "window updates": (window_update(0, 1) * 5000, "http2-window-updates"),
    "header bomb": (bomb(1000), "http2-header-bomb"),
}


@pytest.mark.parametrize("name", FLOODS)
def test_flood_is_cut_off_and_recorded(front, h2_trust, name):
    octets, reason = FLOODS[name]
    with others_are_served(front, h2_trust):
        c = h2.H2Client(front.gate.port, h2_trust)
        for at in range(0, len(octets), 8192):
            c.send_all(octets[at:at + 8192])
        code = c.end()
        record = front.audit.wait_where(lambda r: field(r, "yett.peer.port") == c.local_port and field(r, "event.action") == "connection")
        c.close()
    assert field(record, "event.reason") == reason, record
    assert "(" in field(record, "yett.reason_text"), record
    assert code in (ENHANCE_YOUR_CALM, None)  # a reset may have overtaken the word


def test_more_streams_than_were_announced_end_the_connection(front, h2_trust):
    with h2.H2Client(front.gate.port, h2_trust) as c:
        c.wait(lambda: c.settings)
        c.send(b"".join(headers(n, get("/many", method="POST"), end=False) for n in range(1, 2 * 60, 2)))
        assert c.end() == h2.PROTOCOL_ERROR
        record = front.audit.wait_where(lambda r: field(r, "yett.peer.port") == c.local_port and field(r, "event.action") == "connection")
    assert field(record, "event.reason") == "http2-protocol-error"


def test_a_window_kept_shut_holds_nobody_else_and_ends(front, h2_trust):
    with h2.H2Client(front.gate.port, h2_trust, own_settings=[(4, 0)]) as c:
        front.audit.begin_port(c.local_port)
        c.send(headers(1, get("/bytes/3000000")))
        c.send(headers(3, get("/none/") + [("x-a", "b")]))
        c.wait(lambda: c.of(1).fields)
        assert c.answer(1).reset == CANCEL
        record = front.audit.wait_where(lambda r: field(r, "yett.peer.port") == c.local_port and field(r, "url.path") == "/bytes/3000000")
    assert field(record, "event.reason") == "send-timeout" and field(record, "yett.response_complete") is False


def test_a_stalled_stream_hinders_no_other(front, h2_trust):
    with h2.H2Client(front.gate.port, h2_trust, own_settings=[(4, 1000)]) as c:
        c.send(headers(1, get("/bytes/1000000")))
        c.wait(lambda: len(c.of(1).body) == 1000)
        for n in range(3, 43, 2):
            c.send(headers(n, get("/bytes/500")))
            assert c.answer(n).status == 200 and len(c.of(n).body) == 500
        assert len(c.of(1).body) == 1000


def test_an_upload_that_stalls_hinders_no_other(front, h2_trust):
    with h2.H2Client(front.gate.port, h2_trust) as c:
        c.send(headers(1, get("/stalled", ("content-length", "100000"), method="POST"), end=False) + frame(DATA, 0, 1, bytes(1000)))
        for n in range(3, 23, 2):
            c.send(headers(n, get("/other")))
            assert c.answer(n).status == 200


def test_draining_finishes_what_runs(launch, h2_trust):
    front = launch()
    with h2.H2Client(front.gate.port, h2_trust) as c:
        c.send(headers(1, get("/slow-upload", ("content-length", "4"), method="POST"), end=False) + frame(DATA, 0, 1, b"ab"))
        front.backend.wait_requests(0)
        c.wait(lambda: c.settings)
        front.gate.process.terminate()
        c.wait(lambda: c.goaway)
        c.send(frame(DATA, END_STREAM, 1, b"cd"))
        c.wait(lambda: c.of(1).ended)
        assert c.of(1).status == 200
        assert c.end() == 0
    assert front.gate.process.wait(10) == 0


def test_buffers_that_are_used_up_fail_streams_and_say_so(launch, h2_trust):
    """What waits for shut windows is bounded over all connections, and the record does not blame the client's reset."""
    front = launch(workers=1, limits={"http2": {"buffer_memory": "1MiB"}})
    with h2.H2Client(front.gate.port, h2_trust, own_settings=[(4, 0)]) as c:
        c.send(b"".join(headers(n, get("/bytes/1000000")) for n in range(1, 60, 2)))
        record = front.audit.wait_where(lambda r: field(r, "event.reason") == "buffer-memory")
    assert field(record, "yett.verdict") == "refused" and field(record, "yett.response_complete") is False
    with h2.H2Client(front.gate.port, h2_trust) as c:
        c.send(headers(1, get("/bytes/1000000")) + window_update(0, 1 << 24) + window_update(1, 1 << 24))
        assert len(c.answer(1).body) == 1000000


def test_requests_taken_back_at_once_cost_the_backend_nothing(launch, h2_trust):
    """A request and its reset in one write: recorded, but nobody is connected to for its sake."""
    site = launch(workers=1, limits={"http2": {"resets": False}})
    with h2.H2Client(site.gate.port, h2_trust) as c:
        c.send_all(rapid_reset(100))
        c.send(headers(1001, get("/kept")))
        assert c.answer(1001).status == 200
    resets = wait_for(lambda: [r for r in site.audit.records() if field(r, "event.reason") == "stream-reset"][99:] and site.audit.records(),
                      "the records")
    assert all(field(r, "client.ip") == "127.0.0.1" for r in resets)
    assert [r.target for r in site.backend.requests] == [b"/kept"] and site.backend.accepted == 1


def offend(site, h2_trust):
    with h2.H2Client(site.gate.port, h2_trust, source="127.0.0.9") as c:
        c.send_all(rapid_reset(100))
        assert c.end() == ENHANCE_YOUR_CALM
        return c.local_port


@pytest.mark.parametrize("hold", [0, 1], ids=["closed", "held"])
def test_who_offends_again_and_again_is_not_let_in(launch, h2_trust, hold):
    site = launch(limits={"http2": {"resets": "10/10s", "offences": "2/20s", "offence_hold": f"{hold}s"}})
    for _ in range(2):
        assert field(site.audit.wait_port(offend(site, h2_trust))[-1], "event.reason") is not None
    began = time.monotonic()
    with pytest.raises(OSError):
        h2.H2Client(site.gate.port, h2_trust, source="127.0.0.9")
    assert time.monotonic() - began >= hold
    site.audit.wait_where(lambda r: field(r, "event.reason") == "http2-offences" and field(r, "client.ip") == "127.0.0.9")
    with h2.H2Client(site.gate.port, h2_trust, source="127.0.0.10") as c:
        c.send(headers(1, get("/")))
        assert c.answer(1).status == 200


def told(records):
    return sum(field(r, "yett.count") or 1 for r in records)


def test_refused_connections_are_told_in_sums(launch, h2_trust):
    """Of a crowd that comes in vain one record for each worker at once, then sums; a stop in between loses nothing."""
    site = launch(workers=2, limits={"http2": {"resets": "10/10s", "offences": "1/300s", "offence_hold": "0s"}})
    offend(site, h2_trust)
    for _ in range(500):
        with socket.create_connection(("127.0.0.1", site.gate.port), source_address=("127.0.0.9", 0)) as s:
            with contextlib.suppress(ConnectionResetError):
                assert s.recv(1) == b""
    site.gate.stop()
    refused = [r for r in site.audit.records() if field(r, "event.reason") == "http2-offences"]
    assert told(refused) == 500
    assert 2 <= len(refused) < 100
    sums = [r for r in refused if field(r, "yett.count")]
    assert sums and all(field(r, "client.ip") == "127.0.0.9" and field(r, "yett.listener") and field(r, "yett.verdict") == "refused"
                        for r in sums)


def test_refused_connections_that_wait_hinder_nobody(launch, h2_trust):
    """More of them than may wait; what they send is not read; others are served; and a stop does not wait for them."""
    site = launch(workers=1, limits={"http2": {"resets": "10/10s", "offences": "1/60s", "offence_hold": "60s"}})
    offend(site, h2_trust)
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection(("127.0.0.1", site.gate.port), source_address=("127.0.0.9", 0)))
                for _ in range(260)]

        def refused():
            return [r for r in site.audit.records() if field(r, "event.reason") == "http2-offences"]
        wait_for(lambda: told(refused()) == len(held), "all of them to be told")
        assert len(refused()) < 10, "most of them in sums"
        for s in held[-4:]:
            with pytest.raises(ConnectionResetError):
                s.recv(1)
        held[0].sendall(b"x" * 1000)
        held[0].setblocking(False)
        with pytest.raises(BlockingIOError):
            held[0].recv(1)
        held[1].close()
        with h2.H2Client(site.gate.port, h2_trust, source="127.0.0.10") as c:
            c.send(headers(1, get("/")))
            assert c.answer(1).status == 200
        began = time.monotonic()
        site.gate.stop()
        assert time.monotonic() - began < 30
