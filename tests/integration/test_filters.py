# SPDX-License-Identifier: Apache-2.0
"""Each filter passes and refuses as documented, with eight clients at once and two workers; what it decided is in the record."""
import base64
import json
import math
import subprocess
import threading
import time

import pytest

from support import mmdb
from support.client import request
from support.records import get
from support.together import together

CLIENTS = 8
pytestmark = pytest.mark.threads


def field(answer, name):
    return [v for n, v in json.loads(answer.body)["fields"] if n.lower() == name]


def denied(record, name, reason=None):
    assert get(record, "yett.verdict") == "denied", record
    assert get(record, "yett.filter") == name, record
    assert get(record, "event.outcome") == "failure"
    if reason:
        assert get(record, "event.reason") == reason, record


# ip_list

@pytest.fixture(scope="module")
def listed(launch, tmp_path_factory):
    names = tmp_path_factory.mktemp("lists") / "deny.txt"
    names.write_text("# comment\n127.0.1.0/24 ; more\n\n127.0.2.9\n2001:db8::/32\n")
    return launch(filters={"bad": {"type": "ip_list", "deny": [str(names), "127.0.3.0/24"], "allow": ["127.0.1.128/25"]}})


ADDRESSES = {"127.0.0.1": 200, "127.0.1.5": 403, "127.0.1.200": 200, "127.0.2.9": 403, "127.0.2.8": 200, "127.0.3.77": 403,
             "127.0.4.1": 200, "127.0.0.200": 200}


def test_ip_list(listed):
    def work(number):
        for turn in range(6):
            source, status = list(ADDRESSES.items())[(number + turn) % len(ADDRESSES)]
            answer, record = listed.ask(source=source)
            assert answer.status == status, (source, answer)
            assert get(record, "client.address") == source
            if status == 403:
                denied(record, "bad", "ip-denied")
    together(CLIENTS, work)


def test_ip_list_at_the_listener_closes_before_tls(launch):
    site = launch(filters={"bad": {"type": "ip_list", "deny": ["127.0.1.0/24"]}}, chain=[], listen={"filters": ["bad"]})
    for _ in range(4):
        with pytest.raises(OSError):
            site.connect(source="127.0.1.5")
    record = site.audit.wait_where(lambda r: get(r, "client.address") == "127.0.1.5", "the record of a refused address")
    assert get(record, "event.action") == "connection"
    denied(record, "bad", "ip-denied")
    assert site.ask(source="127.0.0.5")[0].status == 200


# geo

@pytest.fixture(scope="module")
def worldwide(launch, tmp_path_factory):
    database = tmp_path_factory.mktemp("geo") / "country.mmdb"
    mmdb.write(str(database), {
        "127.0.1.0/24": {"country": "KP", "continent": "AS"}, "127.0.2.0/24": {"country": "CH", "continent": "EU"},
        "127.0.3.0/24": {"country": "FR", "continent": "EU"}, "127.0.4.0/24": {"country": "BR", "continent": "SA"}})
    return launch(filters={
        "countries": {"type": "geo", "database": str(database), "deny_countries": ["KP"], "deny_continents": ["SA"],
                      "unknown": "deny"}})


def test_geo(worldwide):
    cases = [("127.0.1.1", 403, "KP"), ("127.0.2.1", 200, "CH"), ("127.0.3.1", 200, "FR"), ("127.0.4.1", 403, "BR"),
             ("127.0.9.1", 403, None)]

    def work(number):
        for turn in range(5):
            source, status, country = cases[(number + turn) % len(cases)]
            answer, record = worldwide.ask(source=source)
            assert answer.status == status, (source, answer)
            assert get(record, "client.geo.country_iso_code") == country
            if status == 403:
                denied(record, "countries")
    together(CLIENTS, work)


# rate_limit

RATE, BURST = 20, 50


def limited(launch, **more):
    return launch(filters={"speed": {"type": "rate_limit", "rate": f"{RATE}/1s", "burst": BURST, **more}})


class Flood:
    """Eight clients ask as fast as they can for `seconds`, and what came of it."""

    def __init__(self, site, seconds, source=None):
        self._site, self._source = site, source
        self._stop = time.monotonic() + seconds
        self._turns = []  # of each request: when it was sent, when it was answered
        self.admitted = sum(together(CLIENTS, self._ask))

    def _ask(self, _):
        admitted = 0
        with self._site.connect(source=self._source) as c:
            while True:
                start = time.monotonic()
                answer = c.exchange(request())
                self._turns.append((start, time.monotonic()))
                assert answer.status in (200, 429)
                admitted += answer.status == 200
                if time.monotonic() > self._stop:
                    return admitted

    def assert_exact(self):
        """No more than was due in the longest time it can have taken from the first judgement to the last, no less than in
        the shortest, or than was asked for."""
        first, last = min(self._turns), max(self._turns)
        shortest, longest = last[0] - first[1], last[1] - first[0]
        least = min(math.floor(BURST + RATE * shortest) - 1, len(self._turns))
        assert least <= self.admitted <= math.floor(BURST + RATE * longest) + 1, (self.admitted, len(self._turns), shortest, longest)


def test_rate_limit_admits_exactly_burst_and_rate_over_all_workers(launch):
    flood = Flood(limited(launch, key=["client.address"]), 2.5)
    flood.assert_exact()


def test_rate_limit_counts_each_key_on_its_own(launch):
    site = limited(launch, key=["client.address"])
    for flood in together(3, lambda n: Flood(site, 1.0, source=f"127.0.5.{n + 1}")):
        flood.assert_exact()


def test_rate_limit_says_when_to_come_back(launch):
    site = limited(launch, key=["client.address"])
    with site.connect() as c:
        for _ in range(BURST + 40):
            answer = c.exchange(request())
            if answer.status == 429:
                break
        assert answer.status == 429 and int(answer.get("retry-after")) >= 1
        assert answer.get("ratelimit") or answer.get("ratelimit-remaining")
        record = site.audit.wait_where(lambda r: get(r, "http.response.status_code") == 429)
        denied(record, "speed", "rate-exceeded")
        wait = int(answer.get("retry-after"))
        time.sleep(min(wait, 2))
        assert c.exchange(request()).status == 200


def test_rate_limit_by_header(launch):
    site = limited(launch, key=["header.X-Api-Key"])
    with site.connect() as c:
        statuses = [c.exchange(request(fields=["X-Api-Key: one"])).status for _ in range(BURST + 30)]
        assert 429 in statuses
        assert c.exchange(request(fields=["X-Api-Key: two"])).status == 200


def test_concurrency(launch):
    from support import backends
    gate = threading.Event()

    def hold(connection):
        while connection.read_request():
            gate.wait(20)
            connection.send(backends.OK)
    site = launch(hold, filters={"few": {"type": "rate_limit", "key": ["client.address"], "concurrency": 3}})
    clients = [site.connect() for _ in range(3)]
    for c in clients:
        c.send(request())
    site.backend.wait_requests(3)
    answer, record = site.ask()
    assert answer.status == 429
    denied(record, "few", "concurrency-exceeded")
    gate.set()
    for c in clients:
        assert c.final().status == 200
        c.close()
    assert site.ask()[0].status == 200


# rules

RULES = {"rules": [
    {"id": "no-union", "description": "select from another table", "targets": ["query.*", "body.*", "cookies.*", "!cookies.free"],
     "transforms": ["url_decode", "lowercase", "compress_whitespace"], "match": {"regex": "union (all )?select"}, "action": "deny"},
    {"id": "odd-agent", "description": "a scanner", "targets": ["headers.user-agent"], "match": {"contains": "sqlmap"},
     "action": "score", "score": 3},
    {"id": "odd-path", "description": "a dump", "targets": ["path"], "match": {"contains": "dump"}, "action": "score", "score": 2},
    {"id": "watch-me", "description": "only noted", "targets": ["query.*"], "match": {"equals": "watch"}, "action": "log"},
]}
CASES = [
    ({"target": "/?q=oregon"}, 200, None), ({"target": "/?q=1%20UNION%20%20select"}, 403, "no-union"),
    ({"target": "/?a=1&b=x%2520union%2520select"}, 403, "no-union"), ({"target": "/?q=unions+selected"}, 200, None),
    ({"fields": ["Cookie: a=union select"]}, 403, "no-union"), ({"fields": ["Cookie: free=union select"]}, 200, None),
    ({"method": "POST", "fields": ["Content-Type: application/x-www-form-urlencoded"], "body": b"q=1+union+select"}, 403, "no-union"),
    ({"method": "POST", "fields": ["Content-Type: application/x-www-form-urlencoded"], "body": b"q=reunion"}, 200, None),
    ({"fields": ["User-Agent: sqlmap/1"]}, 200, None), ({"target": "/dump", "fields": ["User-Agent: sqlmap/1"]}, 403, None),
    ({"target": "/dump"}, 200, None), ({"target": "/?q=watch"}, 200, None),
]


def rule_file(tmp_path_factory, rules=None):
    path = tmp_path_factory.mktemp("rules") / "rules.json"
    path.write_text(json.dumps(rules or RULES))
    return str(path)


@pytest.fixture(scope="module")
def ruled(launch, tmp_path_factory):
    return launch(filters={"waf": {"type": "rules", "files": [rule_file(tmp_path_factory)], "mode": "block", "threshold": 5}})


def test_rules(ruled):
    def work(number):
        for turn in range(len(CASES)):
            options, status, rule = CASES[(number + turn) % len(CASES)]
            answer, record = ruled.ask(**options)
            assert answer.status == status, (options, answer)
            if status == 403:
                denied(record, "waf", "rule-denied" if rule else "score-threshold")
            if rule:
                assert get(record, "rule.id") == rule
    together(CLIENTS, work)


def test_rule_hits_are_told_in_the_record(ruled):
    _, record = ruled.ask(target="/dump?q=watch", fields=["User-Agent: sqlmap/1"])
    hits = {m["rule"]: m for m in get(record, "yett.matches")}
    assert {"odd-agent", "odd-path", "watch-me"} <= set(hits)
    assert (hits["odd-agent"]["score"], hits["odd-path"]["score"]) == (3, 2)
    assert get(record, "yett.score") == 5
    assert "sqlmap" in hits["odd-agent"]["value"] and hits["odd-path"]["target"] == "path"


def test_denied_body_does_not_reach_the_backend(ruled):
    complete = len(ruled.backend.requests)
    answer, _ = ruled.ask(**CASES[6][0])
    assert answer.status == 403 and len(ruled.backend.requests) == complete


def test_rules_in_detect_mode_note_and_pass(launch, tmp_path_factory):
    site = launch(filters={"waf": {"type": "rules", "files": [rule_file(tmp_path_factory)], "mode": "detect", "threshold": 5}})
    answer, record = site.ask(target="/?q=union%20select")
    assert answer.status == 200 and get(record, "yett.verdict") == "passed"
    assert [m["mode"] for m in get(record, "yett.matches")] == ["detect"]


def test_body_over_the_limit_of_the_rules(launch, tmp_path_factory):
    """What cannot be seen whole is not let through."""
    site = launch(filters={"waf": {"type": "rules", "files": [rule_file(tmp_path_factory)], "threshold": 5, "body_limit": "1KiB"}})
    form = ["Content-Type: application/x-www-form-urlencoded"]
    assert site.ask("POST", fields=form, body=b"q=" + b"x" * 900)[0].status == 200
    answer, record = site.ask("POST", fields=form, body=b"q=" + b"x" * 2000 + b"&r=union+select")
    assert answer.status in (403, 413)
    assert get(record, "yett.filter") == "waf"


# basic_auth

PASSWORD = "correct horse: battery"


@pytest.fixture(scope="module")
def users(tmp_path_factory):
    def digest(text, *args):
        return subprocess.run(["openssl", "passwd", *args, text], capture_output=True, text=True, check=True).stdout.strip()
    path = tmp_path_factory.mktemp("users") / "staff"
    path.write_text(f"alice:{digest(PASSWORD, '-6')}\nbob:{digest('bobs', '-5')}\n")
    path.chmod(0o600)
    return str(path)


@pytest.fixture(scope="module")
def guarded(launch, users):
    return launch(filters={"staff": {"type": "basic_auth", "realm": "Staff \"only\"", "users": users, "max_failures": 1000,
                                     "max_failures_per_client": 1000}})


def basic(user, password):
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_basic_auth(guarded):
    cases = [(basic("alice", PASSWORD), 200, "alice"), (basic("bob", "bobs"), 200, "bob"), (basic("alice", "wrong"), 401, None),
             (basic("nobody", PASSWORD), 401, None), (basic("alice", ""), 401, None), (None, 401, None), ("Authorization: Basic", 401, None),
             ("Authorization: Basic ====", 401, None), ("Authorization: Bearer abc", 401, None), ("authorization: basic YWxpY2U=", 401, None)]

    def work(number):
        for turn in range(len(cases)):
            credentials, status, user = cases[(number + turn) % len(cases)]
            fields = ["X-Authenticated-User: forged"] + ([credentials] if credentials else [])
            answer, record = guarded.ask(fields=fields)
            assert answer.status == status, (credentials, answer)
            assert get(record, "user.name") == user
            if status == 401:
                assert answer.get("www-authenticate").startswith(b'Basic realm="Staff \\"only\\""')
                denied(record, "staff")
            else:
                assert field(answer, "x-authenticated-user") == [user]
                assert not field(answer, "authorization")
    together(CLIENTS, work)


def test_body_that_came_while_a_password_was_hashed_holds_up_nothing(guarded):
    """Refused, it is read off at once: no further octets will tell of it."""
    with guarded.connect() as c:
        began = time.monotonic()
        for _ in range(4):
            c.send(request("POST", fields=[basic("nobody", "x")], body=bytes(60_000)) + request(fields=[basic("alice", PASSWORD)]))
            assert [c.final().status, c.final().status] == [401, 200]
        assert time.monotonic() - began < 3


def test_credentials_never_appear_in_the_records(guarded):
    guarded.ask(fields=[basic("alice", PASSWORD)])
    guarded.ask(fields=[basic("alice", "a-very-secret-guess")])
    text = guarded.audit.raw()
    for secret in (PASSWORD, "a-very-secret-guess", basic("alice", PASSWORD).split()[-1], basic("alice", "a-very-secret-guess").split()[-1]):
        assert secret.encode() not in text


def test_basic_auth_locks_out_after_failures(launch, users):
    site = launch(filters={"staff": {"type": "basic_auth", "realm": "x", "users": users, "max_failures": 3, "lockout": "2s",
                                     "failure_window": "10s"}})
    statuses = [site.ask(fields=[basic("alice", f"guess {n}")])[0].status for n in range(6)]
    assert statuses[:3] == [401] * 3 and statuses[-1] == 429
    answer, record = site.ask(fields=[basic("alice", PASSWORD)])
    assert answer.status == 429, "the right password is of no use while locked out"
    denied(record, "staff", "auth-locked-out")
    assert site.ask(fields=[basic("bob", "bobs")])[0].status == 200
    assert site.ask(source="127.0.0.77", fields=[basic("alice", PASSWORD)])[0].status == 200
    time.sleep(2.2)
    assert site.ask(fields=[basic("alice", PASSWORD)])[0].status == 200


def test_hashing_does_not_hold_up_other_clients(launch, tmp_path_factory):
    """A hash of most of a second is computed off the loop."""
    from support.gateway import run_yett
    file = tmp_path_factory.mktemp("slow") / "users"
    run_yett("passwd", "-s", "sha512", "-B", "400000", file, "alice", stdin=PASSWORD + "\n")
    def change(rules):
        rules["routes"].insert(0, {"hosts": ["*"], "path": "/open/", "backend": "app"})
    site = launch(filters={"staff": {"type": "basic_auth", "realm": "x", "users": str(file)}}, workers=1, change=change)
    with site.connect() as slow, site.connect() as quick:
        quick.exchange(request(target="/open/"))
        slow.send(request(fields=[basic("alice", PASSWORD)]))
        slowest = 0
        for _ in range(20):
            start = time.monotonic()
            assert quick.exchange(request(target="/open/")).status == 200
            slowest = max(slowest, time.monotonic() - start)
        assert slow.final().status == 200
        began = time.monotonic()
        assert slow.exchange(request(fields=[basic("alice", PASSWORD)])).status == 200
        assert time.monotonic() - began < 0.5  # remembered
    assert slowest < 0.5


def test_stop_while_a_password_is_hashed(launch, tmp_path_factory):
    """The hash outlives the exchange it is for, and the loop that waits for it."""
    from support.gateway import run_yett
    file = tmp_path_factory.mktemp("slow") / "users"
    run_yett("passwd", "-s", "sha512", "-B", "1500000", file, "alice", stdin=PASSWORD + "\n")
    site = launch(filters={"staff": {"type": "basic_auth", "realm": "x", "users": str(file)}}, limits={"drain_timeout": "50ms"})
    clients = [site.connect() for _ in range(6)]
    for c in clients:
        c.send(request(fields=[basic("alice", PASSWORD)]))
    time.sleep(0.2)
    site.gate.stop()
    records = site.audit.requests()
    assert len(records) == len(clients) and {get(r, "event.reason") for r in records} == {"drain-timeout"}
    for c in clients:
        c.close()


# The chain

def test_chain_stops_at_the_first_refusal(launch, users, tmp_path_factory):
    site = launch(filters={
        "first": {"type": "ip_list", "deny": ["127.0.1.0/24"]}, "second": {"type": "basic_auth", "realm": "x", "users": users},
        "third": {"type": "rules", "files": [rule_file(tmp_path_factory)], "threshold": 5}})
    bad = {"target": "/?q=union%20select"}
    assert get(site.ask(source="127.0.1.1", **bad)[1], "yett.filter") == "first"
    assert get(site.ask(**bad)[1], "yett.filter") == "second"
    assert get(site.ask(fields=[basic("alice", PASSWORD)], **bad)[1], "yett.filter") == "third"
    answer, record = site.ask(fields=[basic("alice", PASSWORD)])
    assert answer.status == 200 and get(record, "yett.filter") is None

def test_variables_of_a_policy_outlive_its_text(launch, tmp_path):
    """The policy's JSON is gone when the first request comes."""
    rules = tmp_path / "vars.json"
    rules.write_text(json.dumps({"vars": {"most": 1}, "rules": [
        {"id": "note", "description": "a variable that a rule sets is looked up at each request", "targets": ["query.other"],
         "match": {"always": True}, "set": [{"var": "most", "to": "9"}], "action": "pass"},
        {"id": "number", "description": "a number above the limit", "targets": ["query.n"],
         "match": {"greater_than": "%{vars.most}"}, "action": "deny"}]}))
    site = launch(filters={"waf": {"type": "rules", "files": [str(rules)], "vars": {"most": "5"}}})
    assert site.ask(target="/?n=4")[0].status == 200
    assert site.ask(target="/?n=6")[0].status == 403


def test_a_threshold_for_a_category_that_no_rule_has_costs_a_warning(launch, tmp_path):
    rules = tmp_path / "categories.json"
    rules.write_text(json.dumps({"rules": [
        {"id": "adds", "description": "two points for a category", "targets": ["query.n"], "match": {"always": True}, "action": "score",
         "score": 2, "category": "numbers"}]}))
    site = launch(filters={"waf": {"type": "rules", "files": [str(rules)], "threshold": 100, "thresholds": {"numbers": 2, "nubmers": 5}}})
    assert "$.filters.waf.thresholds.nubmers: no rule that is in force scores in this category" in site.gate.log
    assert "thresholds.numbers" not in site.gate.log
    assert site.ask(target="/?n=1")[0].status == 403 and site.ask(target="/?m=1")[0].status == 200
