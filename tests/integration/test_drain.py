# SPDX-License-Identifier: Apache-2.0
"""SIGTERM: listeners close, idle connections end at once, running exchanges finish within the drain time, exit 0."""
import signal
import threading
import time

import pytest

from support import backends
from support.client import Client, request
from support.records import get
from support.wait import wait_for

pytestmark = pytest.mark.threads


def held(event):
    """Answers /hold when the event is set, everything else at once."""
    def script(connection):
        while message := connection.read_request():
            if message.target == b"/hold":
                event.wait(30)
            connection.send(backends.OK)
    return script


def stops_accepting(site):
    def refused():
        try:
            Client(site.gate.port, timeout=1).close()
            return False
        except OSError:
            return True
    wait_for(refused, "the listeners to close")


def test_running_exchanges_finish_and_idle_ones_end(launch):
    event = threading.Event()
    site = launch(held(event), limits={"drain_timeout": "20s"})
    with site.connect() as busy, site.connect() as idle:
        idle.exchange(request())
        busy.send(request(target="/hold"))
        site.backend.wait_requests(2)
        site.gate.signal(signal.SIGTERM)
        assert idle.rest() == b"" and idle.ended == "orderly"
        stops_accepting(site)
        assert site.gate.process.poll() is None
        event.set()
        answer = busy.final()
        assert (answer.status, answer.get("connection")) == (200, b"close")
        assert site.gate.wait() == 0
        assert len(site.audit.wait_count(2)) == 2


def test_connections_that_have_said_nothing_end_at_once(launch):
    site = launch(limits={"drain_timeout": "60s", "handshake_timeout": "60s", "head_timeout": "60s"})
    with Client(site.gate.port) as mute, site.connect() as shaken:
        site.ask()
        site.gate.signal(signal.SIGTERM)
        assert mute.rest() == b"" and shaken.rest() == b"" and shaken.ended == "orderly"
        assert site.gate.wait(10) == 0


def test_upload_and_download_finish(launch):
    site = launch(limits={"drain_timeout": "20s", "request_body": "100MiB"})
    with site.connect() as up, site.connect(receive_buffer=16384) as down:
        up.send(b"POST /up HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 100000\r\n\r\n" + bytes(50000))
        down.send(request(target="/bytes/20000000"))
        wait_for(lambda: len(site.backend.connections) == 2, "both to be on their way")
        site.gate.signal(signal.SIGTERM)
        stops_accepting(site)
        up.send(bytes(50000))
        assert b'"size": 100000' in up.final().body
        size = [0]
        down.stream.keep = False
        answer = down.response(sink=lambda piece: size.__setitem__(0, size[0] + len(piece)))
        assert answer.is_complete and size[0] == 20000000
        assert site.gate.wait(10) == 0  # does not wait for a next request


def test_drain_timeout_breaks_off_what_never_ends(launch):
    site = launch(held(threading.Event()), limits={"drain_timeout": "1s"})
    with site.connect() as c:
        c.send(request(target="/hold"))
        site.backend.wait_requests(1)
        began = time.monotonic()
        site.gate.signal(signal.SIGTERM)
        answer = c.final()
        assert answer is None or answer.status == 503
        assert site.gate.wait() == 0
        assert time.monotonic() - began < 10
        record = site.audit.wait_port(c.local_port)[0]
    assert get(record, "event.reason") == "drain-timeout", record


def test_second_signal_means_now(launch):
    site = launch(held(threading.Event()), limits={"drain_timeout": "60s"})
    with site.connect() as c:
        c.send(request(target="/hold"))
        site.backend.wait_requests(1)
        site.gate.signal(signal.SIGTERM)
        stops_accepting(site)
        began = time.monotonic()
        site.gate.signal(signal.SIGTERM)
        site.gate.wait()
        assert time.monotonic() - began < 10
        assert site.audit.wait_port(c.local_port)


def test_sigint_drains_too(launch):
    site = launch()
    site.ask()
    site.gate.signal(signal.SIGINT)
    assert site.gate.wait() == 0


def test_drain_under_load_loses_no_answer(launch):
    """Every request that got an answer has its record; no answer is cut."""
    site = launch()
    complete, cut = [], []

    def work(number):
        turn = 0
        while True:
            try:
                with site.connect() as c:
                    while True:
                        turn += 1
                        answer = c.exchange(request(target=f"/{number}-{turn}"))
                        if answer is None:
                            break
                        (complete if answer.is_complete else cut).append(f"/{number}-{turn}")
            except OSError:
                return
    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(complete) > 200, "some load")
    site.gate.signal(signal.SIGTERM)
    assert site.gate.wait() == 0
    for thread in threads:
        thread.join()
    assert not cut
    assert set(complete) <= {get(r, "url.original") for r in site.audit.records()}
