# SPDX-License-Identifier: Apache-2.0
"""Slow, silent and greedy clients are cut by total deadlines and minimum rates while an ordinary client is served; so are
backends that stall. Limits are short here to keep the tests so."""
import contextlib
import os
import re
import resource
import socket
import subprocess
import threading
import time
import urllib.request

import pytest

from support import backends
from support.client import Client, request
from support.ports import free_port
from support.records import get
from support.together import together
from support.wait import PATIENCE, wait_for

LIMITS = {"handshake_timeout": "1s", "head_timeout": "1s", "body_timeout": "1s", "send_timeout": "1s", "idle_timeout": "1s",
          "min_body_rate": "2KiB/1s", "min_send_rate": "64KiB/1s", "rate_grace": "1s", "request_body": "1GiB"}
MEBIBYTE = 1 << 20
SLACK = 6  # for a loaded machine; far below what a drip would otherwise last


@pytest.fixture(scope="module")
def front(launch):
    return launch(limits=LIMITS, back={"timeouts": {"connect": "1s", "response": "2s", "idle": "1s"}})


@contextlib.contextmanager
def others_are_served(front):
    """An ordinary client, all the while: requests on connections of their own."""
    over, waits, errors = threading.Event(), [], []

    def ask():
        while not over.is_set() or not waits:
            began = time.monotonic()
            try:
                with front.connect() as c:
                    assert c.exchange(request()).status == 200
            except (OSError, AssertionError) as error:
                errors.append(error)
                return
            waits.append(time.monotonic() - began)
            over.wait(0.05)
    ordinary = threading.Thread(target=ask)
    ordinary.start()
    try:
        yield
    finally:
        over.set()
        ordinary.join()
    assert not errors, errors
    assert max(waits) < SLACK, waits


def drip(c, data, pause, limit=SLACK + 4):
    """Sends octet by octet until the other side closes; returns after how many seconds that was."""
    began = time.monotonic()
    for octet in data:
        try:
            c.send(bytes([octet]))
        except OSError:
            break
        time.sleep(pause)
        if time.monotonic() - began > limit:
            break
    return time.monotonic() - began


@pytest.mark.parametrize("head", [b"GET /" + b"a" * 4000, b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 1000],
                         ids=["request-line", "fields"])
def test_dripping_head_is_cut_by_a_total_deadline(front, head):
    with others_are_served(front), front.connect() as c:
        assert drip(c, head, 0.05) < SLACK
        answer = c.final()
        assert answer is None or answer.status == 408
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "event.reason") == "head-timeout", record


def test_half_a_head_behind_a_whole_one_has_a_deadline_too(front):
    with front.connect() as c:
        began = time.monotonic()
        c.send(request() + b"GET /second HTTP/1.1\r\nHost: a")
        assert c.final().status == 200
        answer = c.final()
        assert answer is None or answer.status == 408
        assert time.monotonic() - began < SLACK
        records = front.audit.wait_port(c.local_port, 2)
    assert get(records[1], "event.reason") == "head-timeout", records


def test_silence_after_the_handshake(front):
    began = time.monotonic()
    with front.connect() as c:
        c.rest()
        assert time.monotonic() - began < SLACK
        assert len(front.audit.wait_port(c.local_port)) == 1


def test_idle_connection_is_closed_without_a_further_record(front):
    with front.connect() as c:
        c.exchange(request())
        began = time.monotonic()
        assert c.rest() == b"" and c.ended == "orderly"
        assert 0.5 < time.monotonic() - began < SLACK
        assert len(front.audit.wait_port(c.local_port)) == 1


HEAD = b"POST / HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize("start", [HEAD, HEAD + b"x" * 100, HEAD.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked") + b"5\r\nhe"],
                         ids=["nothing", "some", "chunk"])
def test_silent_body(front, start):
    with others_are_served(front), front.connect() as c:
        began = time.monotonic()
        c.send(start.replace(b"POST / ", b"POST /silent "))
        answer = c.final()
        assert time.monotonic() - began < SLACK
        assert answer is None or answer.status == 408
        record = front.audit.wait_port(c.local_port)[0]
        assert get(record, "event.reason") == "body-timeout", record
        assert b"/silent" not in [r.target for r in front.backend.requests]


def test_dripping_body(front):
    """One octet now and then keeps no connection alive."""
    with others_are_served(front), front.connect() as c:
        c.send(HEAD)
        assert drip(c, bytes(4000), 0.1) < SLACK + 2
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "event.reason") == "body-too-slow", record


def test_dripping_chunks(front):
    with front.connect() as c:
        c.send(HEAD.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked"))
        assert drip(c, b"1\r\nx\r\n" * 700, 0.03) < SLACK + 2
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "event.reason") == "body-too-slow", record


def test_client_that_does_not_read(launch):
    # Without a rate: it would be missed within a tick of the same moment.
    front = launch(limits={**LIMITS, "min_send_rate": False})
    with others_are_served(front), front.connect(receive_buffer=4096) as c:
        c.send(request(target="/bytes/100000000"))
        record = front.audit.wait_port(c.local_port)[0]
        assert get(record, "event.reason") == "send-timeout", record
        assert get(record, "yett.verdict") == "aborted" and get(record, "yett.response_complete") is False
    assert get(record, "event.duration") < (SLACK + 2) * 1e9


def test_client_that_reads_a_trickle(front):
    with others_are_served(front), front.connect(receive_buffer=4096) as c:
        c.send(request(target="/bytes/100000000"))
        began = time.monotonic()
        while not front.audit.of_port(c.local_port) and time.monotonic() - began < SLACK + 6:
            if c.socket.recv(200) == b"":
                break
            time.sleep(0.05)
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "event.reason") in ("send-too-slow", "send-timeout"), record


def test_pipelining_client_that_never_reads(front):
    """Bounded: the gateway stops taking requests when answers are not taken, and cuts who takes none."""
    def answers():
        return sum(r.target == b"/bytes/20000" for r in front.backend.requests)
    with others_are_served(front), front.connect(receive_buffer=4096) as c:
        c.socket.settimeout(2)
        with contextlib.suppress(OSError):
            for _ in range(3000):
                c.send(request(target="/bytes/20000"))
        assert answers() * 20000 < 8 * MEBIBYTE, f"{answers()} answers in memory"  # of the kernel most of it
        last = wait_for(lambda: [r for r in front.audit.of_port(c.local_port) if get(r, "event.reason")], "the cut")[-1]
    assert get(last, "event.reason") in ("send-timeout", "send-too-slow"), last


def test_client_that_reads_slowly_but_fast_enough_is_kept(launch):
    """A kernel full of octets asks for more only after a long time; what counts is what the client takes. Its buffer is small
    against what it takes in a second, but holds some segments: a smaller one drops them now and then, and the retries take seconds."""
    site = launch(limits={"send_timeout": "5s", "min_send_rate": "2KiB/1s", "rate_grace": "1s"})
    rate, seconds = 32768, 8  # two records a second
    with site.connect(receive_buffer=16384) as c:
        c.send(request(target="/bytes/50000000"))
        began, taken = time.monotonic(), 0
        while time.monotonic() - began < seconds:
            try:
                taken += len(c.socket.recv(2048))
            except OSError as error:
                records = wait_for(lambda: site.audit.of_port(c.local_port), "the record of the cut")
                raise AssertionError(f"cut after {taken} octets: {get(records[-1], 'event.reason')}") from error
            time.sleep(max(0.0, taken / rate - (time.monotonic() - began)))
        assert not site.audit.of_port(c.local_port)


def test_refusal_that_the_client_does_not_take_has_a_time_limit_too(launch):
    """The body does not come, and the answer that says so does not go: what was sent before fills the client's window."""
    site = launch(limits=LIMITS, workers=1, change=lambda p: p["routes"].insert(0, {
        "path": "/stall", "backend": "app", "response_headers": {"set": {f"X-{i}": "x" * 8000 for i in range(8)}}}))

    def reasons(c):
        return [get(r, "event.reason") for r in site.audit.of_port(c.local_port)]
    with site.connect(receive_buffer=4096) as c:
        c.send(request(target="/bytes/20000") * 1000)
        wait_for(lambda: any(reasons(c)), "the cut")
        taken = reasons(c).count(None)
    with site.connect(receive_buffer=4096) as c:
        c.send(request(target="/bytes/20000") * (taken - 1) + request("POST", "/stall", ["Content-Length: 10"]))
        wait_for(lambda: "body-timeout" in reasons(c), "the refusal")
        wait_for(lambda: reasons(c)[-1] in ("send-timeout", "send-too-slow"), "the cut")


@pytest.mark.parametrize("half_close", [False, True], ids=["open", "half-closed"])
def test_last_answer_waits_for_a_client_that_takes_its_time(launch, half_close):
    """The end of a connection comes after the last octet was taken, however the client idles within its limits. Sizes differ so
    that some answers end just where the kernel takes no more and the gateway has to keep the rest."""
    site = launch()
    sizes = range(MEBIBYTE // 2, 5 * MEBIBYTE, MEBIBYTE // 6)
    clients = [site.connect() for _ in sizes]
    for c, size in zip(clients, sizes):
        c.send(request(target=f"/bytes/{size}", fields=["Connection: close"]))
        if half_close:
            c.end_sending()
    time.sleep(3)
    for c, size in zip(clients, sizes):
        c.stream.keep = False
        taken = len(c.final().body)
        assert taken == size
        assert c.rest() == b"" and c.ended == "orderly"
        c.close()


def test_backend_that_stops_reading(launch):
    def script(connection):
        connection.read_head()
        connection.sleep(PATIENCE)
    site = launch(script, limits={"request_body": "1GiB"}, back={"timeouts": {"idle": "1s", "response": "30s"}})
    with site.connect() as c:
        began = time.monotonic()
        c.send(HEAD.replace(b"100000", b"1000000000"))
        c.socket.settimeout(0.5)
        with contextlib.suppress(OSError):
            while time.monotonic() - began < SLACK:
                c.send(bytes(65536))
        record = site.audit.wait_port(c.local_port)[0]
    assert get(record, "event.reason") == "backend-send-timeout", record
    assert get(record, "http.response.status_code") in (504, None)


def test_backend_that_reads_slowly_is_not_one_that_stopped(launch, pki):
    """Every second some of it is read, but a portion takes longer than the limit of silence."""
    def script(connection):
        connection.read_head()
        connection.stream.keep = False
        while connection.stream.fill():  # a record each
            connection.stream.pending = b""
            connection.sleep(0.2)
    # Small from the start: what a large buffer took in one go, the script would read for seconds without asking for more.
    with backends.Backend(pki.backend(), script, receive_buffer=4096) as backend:
        site = launch(backend=backend, limits={"request_body": "1GiB"},
                      back={"timeouts": {"idle": "1s", "response": "30s"}})
        with site.connect() as c:
            began = time.monotonic()
            c.send(HEAD.replace(b"100000", b"1000000000"))
            c.socket.settimeout(0.5)
            with contextlib.suppress(OSError):
                while time.monotonic() - began < SLACK:
                    c.send(bytes(65536))
            time.sleep(max(0.0, SLACK - (time.monotonic() - began)))
            assert [get(r, "event.reason") for r in site.audit.of_port(c.local_port)] == []


def test_client_gone_cancels_the_work_at_the_backend(launch):
    ended = []

    def script(connection):
        connection.read_request()
        began = time.monotonic()
        connection.wait_end()
        ended.append(time.monotonic() - began)
    site = launch(script)
    with site.connect() as c:
        c.send(request())
        site.backend.wait_requests(1)
        port = c.local_port
        c.reset()
    record = site.audit.wait_port(port)[0]
    assert get(record, "yett.verdict") == "aborted"
    wait_for(lambda: ended, "the backend to be told")


def test_descriptors_come_back_after_aborts_at_every_stage(front):
    for _ in range(3):
        front.ask()
    wait_for(lambda: front.gate.open_files() < 60, "connections of other tests to go")
    before = front.gate.open_files()
    stages = [b"", b"GET", request()[:-2], request(), HEAD, HEAD + b"x" * 1000, request(target="/bytes/10000000")]

    def work(number):
        for stage in stages:
            c = front.connect()
            if stage:
                c.send(stage)
            if number % 2:
                c.reset()
            else:
                c.close()
    together(8, work)
    wait_for(lambda: front.gate.open_files() <= before + 4, lambda: f"{before} descriptors, have {front.gate.open_files()}")


def test_full_connection_table_lets_a_newcomer_in(launch):
    site = launch(workers=1, limits={"connections": 20, "idle_timeout": "60s", "head_timeout": "60s", "handshake_timeout": "60s"})
    held = []
    for number in range(30):  # more than there is room for: idle ones, half heads, nothing at all
        try:
            if number % 3 == 0:
                held.append(Client(site.gate.port))
                continue
            c = site.connect()
            held.append(c)
            c.send(request() if number % 3 == 1 else b"GET / HT")
        except OSError:
            pass
    began = time.monotonic()
    with site.connect() as c:
        assert c.exchange(request()).status == 200
    assert time.monotonic() - began < SLACK
    for c in held:
        c.close()


def test_limit_of_connections_per_client(launch):
    site = launch(limits={"connections_per_client": 5})
    held = [site.connect(source="127.0.0.50") for _ in range(5)]
    for c in held:
        assert c.exchange(request()).status == 200
    with pytest.raises((OSError, AssertionError)):
        with site.connect(source="127.0.0.50") as c:
            assert c.exchange(request()).status == 200
    assert site.ask(source="127.0.0.51")[0].status == 200
    held.pop().close()

    def again():
        with contextlib.suppress(OSError), site.connect(source="127.0.0.50") as c:
            answer = c.exchange(request())
            return answer is not None and answer.status == 200
    wait_for(again, "a place to be free again")
    for c in held:
        c.close()


def test_a_worker_finds_a_place_that_another_holds(launch):
    """The only place is a silent client's, whose worker half of the newcomers do not come to."""
    port = free_port()
    limits = {"connections": 1, "idle_timeout": "60s", "handshake_timeout": "60s"}
    site = launch(workers=2, limits=limits, admin={"bind": f"127.0.0.1:{port}"})
    wait_for(lambda: "admin is served" in site.gate.log, "the admin listener")

    def connections():
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            return int(re.search(r"^yett_connections (\d+)$", answer.read().decode(), re.M)[1])
    for _ in range(12):
        wait_for(lambda: connections() == 0, "the last client to be gone")
        with socket.create_connection(("127.0.0.1", site.gate.port)):
            wait_for(lambda: connections() == 1, "the silent client to be let in")
            assert site.ask()[0].status == 200


def test_few_descriptors(launch, pki):
    """Asked for more connections than descriptors allow, it says so, serves, and recovers."""
    site = launch(limits={"connections": 20000})
    site.gate.stop()

    def lower():
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    popen = subprocess.Popen
    try:
        subprocess.Popen = lambda *a, **k: popen(*a, **{**k, "preexec_fn": lower})
        site.gate.start()
    finally:
        subprocess.Popen = popen
    assert "descriptor" in site.gate.log.lower() or "connections" in site.gate.log.lower()
    held = []
    for _ in range(300):
        with contextlib.suppress(OSError):
            held.append(socket.create_connection(("127.0.0.1", site.gate.port), 1))
    assert site.ask()[0].status == 200
    began = site.gate.cpu_seconds()
    time.sleep(1)
    assert site.gate.cpu_seconds() - began < 0.5, "it spins"
    for sock in held:
        sock.close()
    assert site.ask()[0].status == 200
    assert (soft, hard) == resource.getrlimit(resource.RLIMIT_NOFILE)


def test_descriptors_run_out_while_it_runs(launch):
    """The limit is lowered under it, below what it reckoned with at the start."""
    def script(connection):
        while connection.read_request():
            connection.sleep(0.3)
            connection.send(backends.OK)
    site = launch(script, workers=1)
    assert site.ask()[0].status == 200
    soft, hard = resource.prlimit(site.gate.pid, resource.RLIMIT_NOFILE)
    highest = max(int(name) for name in os.listdir(f"/proc/{site.gate.pid}/fd"))
    resource.prlimit(site.gate.pid, resource.RLIMIT_NOFILE, (highest + 4, hard))
    began = site.gate.cpu_seconds()

    def work(_):
        with contextlib.suppress(OSError), site.connect(timeout=10) as c:
            answer = c.exchange(request())
            return answer and answer.status
    statuses = together(12, work)
    assert 200 in statuses and set(statuses) <= {200, 503, None}, statuses
    held = [socket.create_connection(("127.0.0.1", site.gate.port)) for _ in range(30)]
    time.sleep(1)
    assert site.gate.cpu_seconds() - began < 1, "it spins"
    for sock in held:
        sock.close()
    resource.prlimit(site.gate.pid, resource.RLIMIT_NOFILE, (soft, hard))
    assert site.ask()[0].status == 200


@pytest.mark.bulk
def test_memory_returns_after_a_crowd(launch):
    """Silent, idle, half-headed, stalled and deaf clients, a thousand at once, again and again."""
    site = launch(limits={"request_body": "1GiB"})
    site.ask()
    before = site.gate.status_of_process("VmRSS")
    openings = [None, b"", b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 4000, HEAD + bytes(50000), request(target="/bytes/10000000")]

    def arrive(number):
        held = []
        for turn in range(100):
            source, opening = f"127.{number + 1}.{turn}.1", openings[turn % len(openings)]
            if opening is None:
                held.append(Client(site.gate.port, source=source))
                continue
            held.append(site.connect(source=source, receive_buffer=4096))
            held[-1].send(opening)
        return held
    after = []
    for _ in range(3):
        for c in sum(together(10, arrive), []):
            c.close()
        wait_for(lambda: site.gate.open_files() < 100, "the crowd to go")
        time.sleep(1.5)
        after.append(site.gate.status_of_process("VmRSS"))
    assert max(after) < before + 24 * 1024, f"{before} kB before, {after} after"


def test_idle_gateway_costs_nothing(front):
    with front.connect() as c:
        c.exchange(request())
        time.sleep(0.1)
        began = front.gate.cpu_seconds()
        time.sleep(1)
        assert front.gate.cpu_seconds() - began < 0.1


def test_garbage_flood_fills_no_log_and_hurts_nobody(front):
    before = len(front.gate.log)

    def work(number):
        for turn in range(25):
            with contextlib.suppress(OSError), Client(front.gate.port) as c:
                c.send(bytes([number, turn]) * 200)
                c.rest()
    with others_are_served(front):
        together(8, work)
    assert len(front.gate.log) - before < 20000


@pytest.mark.parametrize("what", ["1-octet-chunks", "small-pipelined"])
def test_floods_take_linear_time(front, what):
    with others_are_served(front), front.connect() as c:
        began = time.monotonic()
        if what == "1-octet-chunks":
            c.send(HEAD.replace(b"Content-Length: 100000", b"Transfer-Encoding: chunked") + b"1\r\nx\r\n" * 200000 + b"0\r\n\r\n")
            assert b'"size": 200000' in c.final().body
        else:
            for _ in range(20):
                c.send(request() * 40)
                for _ in range(40):
                    assert c.final().status == 200
        assert time.monotonic() - began < PATIENCE


def test_slow_backend_holds_up_nobody_else(launch):
    def script(connection):
        while message := connection.read_request():
            if message.target == b"/slow":
                connection.sleep(2)
            connection.send(backends.OK)
    site = launch(script, workers=1)
    with site.connect() as slow, site.connect() as quick:
        slow.send(request(target="/slow"))
        began = time.monotonic()
        for _ in range(10):
            assert quick.exchange(request()).status == 200
        assert time.monotonic() - began < 1.5
        assert slow.final().status == 200
