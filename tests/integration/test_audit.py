# SPDX-License-Identifier: Apache-2.0
"""Exactly one record for everything that knocked; valid whatever the octets; no secrets; nothing lost at a kill."""
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import threading
import time

import pytest

from support import backends
from support.client import Client, request
from support.gateway import Gateway
from support.records import AuditFile, get, parse_line
from support.together import together
from support.wait import wait_for

COUNT = int(os.environ.get("YETT_TEST_RECORDS", "20000"))
CLIENTS = 8


@pytest.fixture(scope="module")
def mixed(launch):
    def change(rules):
        rules["routes"] = [{"hosts": ["app.example.com"], "path": "/app/", "filters": ["bad", "speed"], "backend": "app"},
                           {"hosts": ["app.example.com"], "path": "/gone", "respond": {"status": 410}}]
    return launch(filters={"bad": {"type": "ip_list", "deny": ["127.0.1.0/24"]},
                           "speed": {"type": "rate_limit", "key": ["header.X-Key"], "missing_key": "skip", "rate": "1/1s", "burst": 1}},
                  change=change, limits={"requests_per_connection": 100000})


FATES = [  # request, status, does the connection go on
    (request(target="/app/{}"), 200, True), (request("POST", "/app/{}", body=b"hello"), 200, True),
    (request(target="/app/{}", fields=["X-Key: one"]), None, True), (request(target="/nothing/{}"), 404, True),
    (request(target="/gone/{}"), 410, True), (request(target="/app/{}", host="other.example.com"), 404, True),
    (request("HEAD", "/app/{}"), 200, True), (request(target="/%zz/{}"), 400, False), (request("TRACE", "/app/{}"), 405, False),
    (b"GET /app/{} HTTP/1.1\r\n\r\n", 400, False), (request(target="/app/{}", fields=["Connection: close"]), 200, False)]


def test_requests_of_mixed_fate_leave_one_record_each(mixed):
    """By id: each request carries a number of its own in its target."""
    share = COUNT // CLIENTS

    def work(number):
        dice = random.Random(number)
        sent, left, c = 0, share, None
        while left > 0:
            source = "127.0.1.1" if dice.random() < 0.05 else None
            raw, status, goes_on = FATES[dice.randrange(len(FATES))] if dice.random() < 0.3 else FATES[0]
            if c is None or source:
                if c:
                    c.close()
                c = mixed.connect(source=source)
            mark = b"%d-%d" % (number, sent)
            answer = c.exchange(raw.replace(b"{}", mark), "HEAD" if raw.startswith(b"HEAD") else "GET")
            assert answer is not None, raw
            if source and status in (200, None):
                assert answer.status == 403
            elif status:
                assert answer.status == status, (raw, answer)
            sent, left = sent + 1, left - 1
            if source or not goes_on or answer.get("connection") == b"close":
                c.close()
                c = None
        if c:
            c.close()
        return [b"%d-%d" % (number, n) for n in range(sent)]
    marks = {m.decode() for part in together(CLIENTS, work) for m in part}
    wait_for(lambda: len(mixed.audit.requests()) >= len(marks), lambda: f"{len(marks)} records, have {len(mixed.audit.requests())}", 60)
    records = mixed.audit.requests()
    found = [get(r, "url.original").rsplit("/", 1)[1] for r in records]
    assert len(found) == len(marks) and set(found) == marks
    assert len({get(r, "event.id") for r in records}) == len(records)
    for record in records:
        assert get(record, "event.action") == "request" and get(record, "http.response.status_code")
        assert get(record, "yett.verdict") in ("passed", "denied", "refused")


HOSTILE = [b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b'"\\', b"</script>", b"\xe2\x80\xa8", b"\\u0000", b"%00",
           b"\xf0\x9f\x98\x80", b"{\"a\":1}", b"$(id)", b"\xc2\x85"]


@pytest.mark.parametrize("octets", HOSTILE, ids=range(len(HOSTILE)))
def test_records_are_valid_whatever_the_octets(mixed, octets):
    with mixed.connect() as c:
        c.send(b"GET /app/?a=" + octets + b" HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: " + octets + b"\r\nX-" + octets + b"\r\n\r\n")
        c.final()
        record = mixed.audit.wait_port(c.local_port)[0]  # parsing is strict
    assert get(record, "event.action") == "request"
    with mixed.connect() as c:
        c.send(b"GET /app/ HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: " + octets + b"\r\nReferer: " + octets + b"\r\n\r\n")
        assert c.final().status == 200
        record = mixed.audit.wait_port(c.local_port)[0]
    if octets.isascii():
        assert get(record, "user_agent.original") == octets.decode()
    assert get(record, "user_agent.original")


def test_a_huge_request_makes_one_line(mixed):
    with mixed.connect() as c:
        c.send(b"GET /app/?" + b"%41" * 2600 + b" HTTP/1.1\r\nHost: app.example.com\r\nUser-Agent: " + b"\xff" * 7000 + b"\r\n\r\n")
        c.final()
        record = mixed.audit.wait_port(c.local_port)[0]
    assert len(json.dumps(record)) < 65536


SECRETS = ["s3cr3t-authorization", "s3cr3t-cookie", "s3cr3t-query", "s3cr3t-token", "s3cr3t-proxy", "s3cr3t-escaped"]


def test_secrets_never_appear(launch, tmp_path):
    rules = {"rules": [{"id": "secret-hunter", "description": "matches secrets", "targets": ["headers.*", "cookies.*", "query.*", "body.*"],
                        "match": {"contains": "s3cr3t"}, "action": "score", "score": 1}]}
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    site = launch(filters={"waf": {"type": "rules", "files": [str(tmp_path / "rules.json")], "threshold": 100}},
                  audit={"redact": ["password", "token"], "request_headers": ["referer", "x-plain"]})
    with site.connect() as c:
        answer = c.exchange(request("POST", "/?password=s3cr3t-query&p%61ssword=s3cr3t-escaped&TOKEN=s3cr3t-token&plain=visible", fields=[
            "Authorization: Bearer s3cr3t-authorization", "Cookie: sid=s3cr3t-cookie; b=s3cr3t-cookie",
            "Proxy-Authorization: Basic s3cr3t-proxy", "Content-Type: application/x-www-form-urlencoded", "X-Plain: shown"],
            body=b"password=s3cr3t-query&token=s3cr3t-token"))
        assert answer.status == 200
        record = site.audit.wait_port(c.local_port)[0]
    text = site.audit.raw()
    for secret in SECRETS:
        assert secret.encode() not in text, secret
    assert b"visible" in text and b"shown" in text
    assert {m["rule"] for m in get(record, "yett.matches")} == {"secret-hunter"}


HIDDEN = [  # requests whose secrets stand in odd places, good and bad ones
    request(target="/?PASSWORD=s3cr3t"), request(target="/?a;password=s3cr3t"), request(target="/?user[password]=s3cr3t;x"),
    request(target="/?p%61ssword=s3cr3t&password=&password=s3cr3t"), request(target="/%zz?password=s3cr3t"),
    request(target="http://user:s3cr3t@app.example.com/"), b"user=x&password=s3cr3t HTTP/1.1\r\n\r\n",
    request(fields=["Host: again", "Authorization: Basic s3cr3t"]), request(fields=["Cookie: a=s3cr3t\x01"]),
    request(fields=["Bad Name: x", "Cookie: a=s3cr3t"]), request(fields=["Referer: https://x/?token=s3cr3t"]),
    request(fields=["Authorization : Bearer s3cr3t"]), request(fields=["X-Long: " + "x" * 40000, "Cookie: a=s3cr3t"]),
    request("TRACE", fields=["Authorization: Bearer s3cr3t"]), b"GET /?password=s3cr3t HTTP/9.9\r\n\r\n",
    b"GET /?password=s3cr3t\r\n\r\n", b"GET /?token=s3cr3t HTTP/1.1 x\r\n\r\n", b"password=s3cr3t\r\n\r\n",
    request("POST", fields=["Content-Type: application/x-www-form-urlencoded"], body=b"password=s3cr3t&user.token=s3cr3t"),
    request("POST", fields=["Content-Type: application/json"], body=b'{"password":"s3cr3t"}'),
    request("POST", fields=["Content-Length: x"], body=b"password=s3cr3t"),
    request("POST", fields=["Content-Type: application/x-www-form-urlencoded", "Transfer-Encoding: chunked"], body=b"zz\r\npassword=s3cr3t"),
]


def test_secrets_appear_neither_in_refusals_nor_in_what_rules_hit(launch, tmp_path):
    targets = ["path.raw", "query", "query.*", "headers.*", "cookies.*", "body", "body.*"]
    (tmp_path / "rules.json").write_text(json.dumps({"rules": [
        {"id": "all", "description": "matches all", "targets": targets, "match": {"regex": ".*s3cr3t.*"}, "action": "score", "score": 1}]}))
    site = launch(filters={"waf": {"type": "rules", "files": [str(tmp_path / "rules.json")], "threshold": 100}},
                  audit={"redact": ["password", "token"], "request_headers": ["referer"]})
    for raw in HIDDEN:
        with site.connect() as c:
            c.send(raw)
            c.end_sending()
            c.rest()
            site.audit.wait_port(c.local_port)
    assert b"s3cr3t" not in site.audit.raw() and "s3cr3t" not in site.gate.log


def test_record_of_an_ordinary_request(mixed):
    with mixed.connect(source="127.0.0.21") as c:
        c.exchange(request("POST", "/app/x%20y?a=b", fields=["User-Agent: test/1.0"], body=b"hello"))
        record = mixed.audit.wait_port(c.local_port)[0]
        port = c.local_port
    expected = {
        "event.kind": "event", "event.action": "request", "event.outcome": "success", "client.ip": "127.0.0.21",
        "client.address": "127.0.0.21", "client.port": port, "http.version": "1.1", "http.request.method": "POST",
        "http.request.body.bytes": 5, "http.response.status_code": 200, "url.original": "/app/x%20y?a=b", "url.domain": "app.example.com",
        "url.path": "/app/x y", "url.query": "a=b", "user_agent.original": "test/1.0", "tls.version": "1.3", "yett.verdict": "passed",
        "yett.backend": "app", "yett.listener": "public"}
    for name, value in expected.items():
        assert get(record, name) == value, (name, get(record, name))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", record["@timestamp"])
    assert get(record, "ecs.version") and get(record, "event.duration") > 0
    assert get(record, "event.id") == get(record, "http.request.id")
    timings = get(record, "yett.timings")
    assert timings["total"] >= timings["backend_first_byte"] > 0


def test_nothing_answered_is_lost_at_a_kill_and_no_line_is_torn(launch):
    """kill -9 under load: whoever got an answer has a record after the next start; nobody has two."""
    site = launch()
    for _ in range(3):
        answered, lock, stop = [], threading.Lock(), threading.Event()

        def work(number):
            turn = 0
            while not stop.is_set():
                try:
                    with site.connect() as c:
                        while not stop.is_set():
                            mark = f"{os.getpid()}-{number}-{turn}-{random.getrandbits(32):x}"
                            turn += 1
                            answer = c.exchange(request(target=f"/{mark}"))
                            if answer is None or not answer.is_complete:
                                break
                            with lock:
                                answered.append(mark)
                except Exception:  # noqa: BLE001 - the gateway was killed
                    return
        threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        wait_for(lambda: len(answered) > 300, "some load")
        site.gate.kill()
        stop.set()
        for thread in threads:
            thread.join()
        site.gate.start()
        assert site.ask()[0].status == 200
        wait_for(lambda: set(answered) <= {get(r, "url.original", "")[1:] for r in site.audit.records()},
                 lambda: f"records of {set(answered) - {get(r, 'url.original', '')[1:] for r in site.audit.records()}}")
    ids = [get(r, "event.id") for r in site.audit.records()]
    assert len(ids) == len(set(ids))
    site.gate.stop()
    assert site.audit.raw().endswith(b"\n")
    left = [p.name for p in site.gate.folder.iterdir() if p.name not in ("policy.json", "audit.jsonl")]
    assert not left, f"ring files of dead processes: {left}"


def test_torn_last_line_of_an_earlier_life_is_ended(launch):
    site = launch()
    site.gate.stop()
    with open(site.audit.path, "ab") as file:
        file.write(b'{"torn": "li')
    site.gate.start()
    with site.connect() as c:
        c.exchange(request())
    lines = wait_for(lambda: [line for line in site.audit.raw().splitlines() if line.startswith(b'{"@')], "a record")
    assert all(json.loads(line) for line in lines)
    torn = [line for line in site.audit.raw().split(b"\n") if line.startswith(b'{"torn')]
    assert torn == [b'{"torn": "li']


def test_records_of_connections_without_a_request(mixed):
    before = len(mixed.audit.records())
    ports = []
    for _ in range(5):
        with mixed.connect(plain=True) as c:
            ports.append(c.local_port)
    for port in ports:
        record = mixed.audit.wait_port(port)[0]
        assert get(record, "event.action") == "connection" and get(record, "event.reason")
    assert len(mixed.audit.records()) == before + 5


def test_moved_log_is_opened_anew(launch):
    site = launch()
    site.ask()
    moved = site.audit.path.with_suffix(".1")
    os.rename(site.audit.path, moved)
    site.gate.signal(signal.SIGUSR1)
    wait_for(site.audit.path.exists, "a new file")
    site.audit.__init__(site.audit.path)
    site.ask(target="/second")
    assert moved.read_bytes().count(b"\n") + site.audit.raw().count(b"\n") == 2


@pytest.mark.threads
def test_rotation_under_load_loses_doubles_and_tears_nothing(launch):
    site = launch()
    stop = threading.Event()

    def work(number):
        sent = []
        with site.connect() as c:
            while not stop.is_set():
                sent.append(f"/{number}-{len(sent)}")
                assert c.exchange(request(target=sent[-1])).status == 200
        return sent
    moved = []

    def rotate(_):
        try:
            for turn in range(10):
                moved.append(site.audit.path.with_suffix(f".{turn}"))
                os.rename(site.audit.path, moved[-1])
                site.gate.signal(signal.SIGUSR1)
                wait_for(site.audit.path.exists, "a new file")
                ended = moved[-1].stat().st_size
                time.sleep(0.1)
                assert moved[-1].stat().st_size == ended  # nothing comes behind the answer
        finally:
            stop.set()
    sent = {t for part in together(4, lambda n: work(n) if n else rotate(n)) for t in part or ()}
    site.gate.stop()
    lines = [line for path in (*moved, site.audit.path) for line in path.read_bytes().splitlines(keepends=True)]
    assert all(line.endswith(b"\n") for line in lines)
    found = [get(parse_line(line), "url.original") for line in lines]
    assert len(found) == len(set(found)) and set(found) == sent


class SmallDisk:
    """A file system of its own for the log, full after a few hundred records until make_room()."""

    def __init__(self, folder):
        self.folder = folder
        self.audit = AuditFile(folder / "audit.jsonl")

    def make_room(self):
        subprocess.run(["mount", "-o", "remount,size=64m", self.folder], check=True)

    def is_full(self):
        return os.statvfs(self.folder).f_bavail == 0


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "yett-test", tmp_path],
                                           capture_output=True).returncode != 0:
        pytest.skip("a small disk can be made by root alone")
    yield SmallDisk(tmp_path)
    subprocess.run(["umount", "-l", tmp_path], check=True)


def on_small_disk(launch, disk, spool, when_full, **options):
    return launch(**options, audit={"sinks": [{"type": "file", "path": str(disk.audit.path)}], "spool": str(spool), "ring_size": "256KiB",
                         "when_full": when_full})


def targets_of(audit):
    return [get(r, "url.original") for r in audit.requests()]


def test_full_disk_with_drop_goes_on_and_tells_the_exact_loss(launch, small_disk, tmp_path_factory):
    site = on_small_disk(launch, small_disk, tmp_path_factory.mktemp("spool"), "drop")
    share, clients = 400, 4
    together(clients, lambda n: ask_many(site, [f"/{n}-{i}" for i in range(share)]))
    assert small_disk.is_full()
    wait_for(lambda: "cannot write audit records" in site.gate.log, "a word about the disk")
    before = small_disk.audit.path.read_bytes()
    small_disk.make_room()
    sent = [f"/{n}-{i}" for n in range(clients) for i in range(share)]

    def goes_on():
        sent.append(f"/later-{len(sent)}")
        ask_many(site, sent[-1:])
        return any(t.startswith("/later") for t in targets_of(small_disk.audit))
    wait_for(goes_on, "records after the loss")
    site.gate.stop()
    found = targets_of(small_disk.audit)
    losses = [get(r, "yett.lost") for r in small_disk.audit.records() if get(r, "event.action") == "audit-loss"]
    assert len(found) == len(set(found)) and set(found) < set(sent)
    assert sum(losses) == len(sent) - len(found)
    assert small_disk.audit.raw().startswith(before)  # the line that the disk tore was completed, not repeated


def ask_many(site, targets):
    with site.connect() as c:
        for target in targets:
            assert c.exchange(request(target=target)).status == 200


def test_full_disk_with_wait_lets_nothing_pass_unaudited_and_recovers_by_itself(launch, small_disk, tmp_path_factory):
    # One worker, since each has a ring of its own to fill.
    site = on_small_disk(launch, small_disk, tmp_path_factory.mktemp("spool"), "wait", workers=1)
    share, clients = 1000, 4
    answered, lock = [], threading.Lock()

    def work(number):
        with site.connect() as c:
            for turn in range(share):
                answer = c.exchange(request(target=f"/{number}-{turn}"))
                assert answer.status == 200 and answer.is_complete
                with lock:
                    answered.append(f"/{number}-{turn}")
    threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()

    def has_stopped():
        count = len(answered)
        time.sleep(1)
        return count == len(answered) > 0
    wait_for(has_stopped, "the gateway to hold back", 60)
    assert len(answered) < share * clients and small_disk.is_full()
    with site.connect(timeout=1) as c, pytest.raises(TimeoutError):
        c.exchange(request(target="/newcomer"))  # gone before its record has room: recorded all the same
    small_disk.make_room()
    for thread in threads:
        thread.join()
    assert len(answered) == share * clients
    wait_for(lambda: len(targets_of(small_disk.audit)) >= len(answered) + 1, "all records", 60)
    found = targets_of(small_disk.audit)
    assert len(found) == len(set(found)) and set(found) == {*answered, "/newcomer"}
    assert not [r for r in small_disk.audit.records() if get(r, "event.action") == "audit-loss"]


def test_nothing_new_begins_while_records_wait_for_room(launch, small_disk, tmp_path_factory):
    """A client that breaks off before its end was sent costs room for a record; that may not go on and on."""
    site = on_small_disk(launch, small_disk, tmp_path_factory.mktemp("spool"), "wait", workers=1)
    sent = fill_up(site, reset=True)
    with site.connect() as c:
        c.send(request(target="/later"))
        time.sleep(0.5)
        assert b"/later" not in [r.target for r in site.backend.requests]
        small_disk.make_room()
        assert c.final().status == 200
    site.gate.stop()
    assert sorted(targets_of(small_disk.audit)) == sorted([*sent, "/later"])


def nothing_comes(c):
    with pytest.raises(TimeoutError):
        c.receive()


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_response_that_is_only_a_head_waits_for_its_record_too(launch, small_disk, tmp_path_factory, method):
    def script(connection):
        while message := connection.read_request():
            connection.send(b"HTTP/1.1 304 Not Modified\r\n\r\n" if message.target == b"/held" else backends.OK)
    site = on_small_disk(launch, small_disk, tmp_path_factory.mktemp("spool"), "wait", script=script, workers=1)
    fill_up(site)
    with site.connect(timeout=1) as c:
        c.send(request(method, "/held"))
        nothing_comes(c)
        c.socket.settimeout(10)
        small_disk.make_room()
        assert c.final(method).status == 304


def test_response_to_an_upload_that_waits_for_its_record_outlives_the_time_limits(launch, small_disk, tmp_path_factory):
    def script(connection):
        while head := connection.read_head():
            connection.send(backends.OK)
            if head.start.startswith(b"POST"):
                connection.wait_end()
    site = on_small_disk(launch, small_disk, tmp_path_factory.mktemp("spool"), "wait", script=script, workers=1,
                         back={"timeouts": {"idle": "200ms"}}, limits={"body_timeout": "500ms"})
    fill_up(site)
    with site.connect() as c:
        c.send(request("POST", "/held", ["Content-Length: 60000"]) + b"first")
        wait_for(lambda: site.backend.received.endswith(b"first"), "the request at the backend")
        for _ in range(15):
            c.send(b"more")
            time.sleep(0.1)
        small_disk.make_room()
        assert c.final().status == 200
    site.gate.stop()
    assert targets_of(small_disk.audit).count("/held") == 1


def test_refusal_of_a_body_waits_for_its_record_in_peace(launch, small_disk, tmp_path_factory):
    site = on_small_disk(launch, small_disk, tmp_path_factory.mktemp("spool"), "wait", workers=1)
    fill_up(site)
    with site.connect(timeout=1) as c:
        c.send(request("POST", "/held", ["Transfer-Encoding: chunked"]) + b"zz\r\n")
        nothing_comes(c)
        spent = site.gate.cpu_seconds()
        nothing_comes(c)
        assert site.gate.cpu_seconds() - spent < 0.3
        c.socket.settimeout(10)
        small_disk.make_room()
        assert c.final().status == 400
    site.gate.stop()
    assert targets_of(small_disk.audit).count("/held") == 1


def fill_up(site, reset=False):
    """One client asks until it is held back, and leaves; returns what it asked for."""
    sent = []
    with site.connect(timeout=1) as c:
        with contextlib.suppress(TimeoutError):
            while True:
                sent.append(f"/{len(sent)}")
                c.exchange(request(target=sent[-1]))
        if reset:
            c.reset()
    return sent


@pytest.mark.parametrize("when", ["while it ends", "before the next start"])
def test_stop_on_a_full_disk_keeps_account_of_what_it_breaks_off(launch, small_disk, tmp_path_factory, when):
    """Space comes back: whoever was held back, broken off or not, is in the log or in the loss that it tells."""
    site = on_small_disk(launch, small_disk, tmp_path_factory.mktemp("spool"), "wait", limits={"drain_timeout": "100ms"})
    sent = fill_up(site)
    held = []
    for _ in range(20):
        held.append(site.connect())
        sent.append(f"/{len(sent)}")
        held[-1].send(request(target=sent[-1]))
    site.backend.wait_requests(len(sent))
    site.gate.signal(signal.SIGTERM)
    if when == "while it ends":
        time.sleep(1.5)
        small_disk.make_room()
        site.gate.stop()
    else:
        site.gate.stop()
        assert len(targets_of(small_disk.audit)) < len(sent)
        small_disk.make_room()
        site.gate.start()
        site.gate.stop()
    for c in held:
        c.close()
    found = targets_of(small_disk.audit)
    lost = sum(get(r, "yett.lost") for r in small_disk.audit.records() if get(r, "event.action") == "audit-loss")
    assert len(found) == len(set(found)) and set(found) <= set(sent)
    assert len(found) + lost == len(sent)


@pytest.mark.threads
def test_records_under_many_threads(launch):
    site = launch(workers=4)

    def work(number):
        for turn in range(25):
            with site.connect() as c:
                assert c.exchange(request(target=f"/{number}-{turn}")).status == 200
    together(CLIENTS, work)
    site.audit.wait_count(CLIENTS * 25)
    assert len({get(r, "url.original") for r in site.audit.requests()}) == CLIENTS * 25


def test_start_after_kill_needs_no_cleaning(launch):
    site = launch()
    for _ in range(3):
        site.gate.kill()
        site.gate.start()
        assert site.ask()[0].status == 200


def test_two_processes_share_a_spool(launch, tmp_path_factory):
    """An old process that drains and a new one that starts: neither takes the other's records."""
    site = launch()
    site.ask(target="/old")
    rules = json.loads(json.dumps(site.gate.policy))
    from support.ports import free_port
    rules["listeners"][0]["bind"] = f"127.0.0.1:{free_port()}"
    other = Gateway(site.gate.folder, rules)
    with other:
        with Client(other.port, site.context) as c:
            assert c.exchange(request(target="/new")).status == 200
        site.ask(target="/old-again")
    wait_for(lambda: len(site.audit.records()) >= 3, "three records")
    assert sorted(get(r, "url.original") for r in site.audit.records()) == ["/new", "/old", "/old-again"]


def test_full_disk_with_shed_turns_away_what_it_could_not_record(launch, small_disk, tmp_path_factory):
    """Nothing reaches the backend unrecorded; who is turned away is recorded or counted; afterwards it goes on by itself."""
    site = on_small_disk(launch, small_disk, tmp_path_factory.mktemp("spool"), "shed", workers=1)
    share, clients = 1000, 4

    def work(number):
        with site.connect() as c:
            answers = [c.exchange(request(target=f"/{number}-{n}")) for n in range(share)]
        return [a.status for a in answers]
    statuses = [s for part in together(clients, work) for s in part]
    assert set(statuses) == {200, 503} and small_disk.is_full()
    small_disk.make_room()

    def passes():
        with site.connect() as c:
            return c.exchange(request(target="/later")).status == 200
    wait_for(passes, "requests to pass again")
    site.gate.stop()
    records = small_disk.audit.records()
    passed = [r for r in records if get(r, "yett.verdict") == "passed"]
    turned_away = [r for r in records if get(r, "event.reason") == "audit-full"]
    lost = sum(get(r, "yett.lost") for r in records if get(r, "event.action") == "audit-loss")
    assert sorted(get(r, "url.original") for r in passed) == sorted(r.target.decode() for r in site.backend.requests)
    assert len(passed) == statuses.count(200) + 1 and {get(r, "http.response.status_code") for r in turned_away} == {503}
    later = sum(get(r, "url.original") == "/later" for r in turned_away)
    assert len(turned_away) - later + lost >= statuses.count(503) and lost > 0


def test_each_sink_takes_the_records_it_asks_for(launch):
    def change(rules):
        rules["routes"][0:0] = [{"path": "/gone", "respond": {"status": 410}}, {"path": "/not", "filters": ["bad"], "respond": {"status": 200}}]
    sinks = [{"type": "file", "path": "audit.jsonl"}, {"type": "file", "path": "denied.jsonl", "what": "denied"},
             {"type": "file", "path": "rest.jsonl", "what": ["passed", "failed", "aborted"]}]
    site = launch(filters={"bad": {"type": "ip_list", "deny": ["127.0.0.0/8"]}}, chain=[], change=change, audit={"sinks": sinks}, workers=1)
    targets = [f"{path}?{n}" for n in range(200) for path in ("/", "/gone", "/not", "/%zz")]

    def work(number):
        for target in targets[number::4]:
            site.ask(target=target)
    together(4, work)
    site.gate.stop()
    folder = site.audit.path.parent
    every, denied, rest = (AuditFile(folder / name).records() for name in ("audit.jsonl", "denied.jsonl", "rest.jsonl"))
    assert len(every) >= len(targets) and {get(r, "yett.verdict") for r in every} == {"passed", "denied", "refused"}
    assert denied == [r for r in every if get(r, "yett.verdict") in ("denied", "refused")]
    assert rest == [r for r in every if get(r, "yett.verdict") == "passed"]


def test_sinks_with_filters_lose_and_double_nothing_at_a_kill(launch):
    sinks = [{"type": "file", "path": "audit.jsonl"}, {"type": "file", "path": "denied.jsonl", "what": "denied"}]
    site = launch(filters={"bad": {"type": "rate_limit", "key": ["header.X-Key"], "missing_key": "skip", "rate": "1/1h", "burst": 1}},
                  audit={"sinks": sinks})
    for turn in range(4):
        for number in range(40):
            site.ask(target=f"/{turn}-{number}", fields=["X-Key: one"] if number % 3 else [])
        site.gate.kill()
        site.gate.start()
    site.gate.stop()
    every, denied = (AuditFile(site.audit.path.parent / name).requests() for name in ("audit.jsonl", "denied.jsonl"))
    assert len({get(r, "event.id") for r in every}) == len(every) == 160
    assert denied == [r for r in every if get(r, "yett.verdict") == "denied"]
