# SPDX-License-Identifier: Apache-2.0
"""Who is refused too often is banned: for a time, over all workers, through reload, restart and crash."""
import copy
import http.client
import json
import re
import time

import pytest

from support import h2
from support.client import Client, request, tls_context
from support.ports import free_port
from support.records import get
from support.wait import wait_for

pytestmark = pytest.mark.threads

RULES = {"rules": [
    {"id": name, "description": name, "targets": ["path"], "match": {"contains": f"/{name}"}, "action": "deny",
     "tags": [f"attack-{name}"]} for name in ("evil", "odd")]}


@pytest.fixture
def rule_file(tmp_path):
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(RULES))
    return str(path)


def waf(rule_file, **ban):
    return {"waf": {"type": "rules", "files": [rule_file], "ban": {"after": "3/10m", "for": "10m", **ban}}}


NO_HOLD = {"http2": {"offence_hold": "0s"}}


def status(site, target, source, **options):
    with site.connect(source=source, **options) as c:
        return c.exchange(request(target=target)).status


def is_turned_away(site, source):
    """Closed before a word was said in TLS."""
    try:
        with Client(site.gate.port, site.context, source=source):
            return False
    except OSError:
        return True


def earn(site, source, count=3, target="/evil"):
    for _ in range(count):
        assert status(site, target, source) == 403


def told(records):
    return sum(get(r, "yett.count") or 1 for r in records)


def test_denials_ban_their_client_and_nobody_else(launch, rule_file):
    site = launch(filters=waf(rule_file), limits=NO_HOLD)
    earn(site, "127.0.0.2", 2)
    assert status(site, "/", "127.0.0.2") == 200
    earn(site, "127.0.0.3", 2)
    earn(site, "127.0.0.2", 1)
    assert all(is_turned_away(site, "127.0.0.2") for _ in range(20))
    assert status(site, "/", "127.0.0.3") == 200 and status(site, "/", "127.0.0.4") == 200
    record = site.audit.wait_where(lambda r: get(r, "yett.ban.added"))
    assert get(record, "yett.ban.address") == "127.0.0.2" and get(record, "yett.ban.times") == 1
    assert get(record, "yett.filter") == "waf" and get(record, "rule.id") == "evil"
    assert get(record, "yett.ban.until") > get(record, "@timestamp")
    site.gate.stop()
    refused = [r for r in site.audit.records() if get(r, "event.reason") == "banned"]
    assert told(refused) == 20 and len(refused) < 20
    assert all(get(r, "client.ip") == "127.0.0.2" and get(r, "event.action") == "connection" and
               get(r, "yett.verdict") == "refused" and get(r, "yett.ban.until") == get(record, "yett.ban.until")
               for r in refused)


def test_open_connections_of_the_banned_end(launch, rule_file):
    site = launch(filters=waf(rule_file, after="1/1m"), limits=NO_HOLD)
    with site.connect(source="127.0.0.2") as kept, site.connect(source="127.0.0.2") as guilty:
        assert kept.exchange(request()).status == 200
        last = guilty.exchange(request(target="/evil"))
        assert last.status == 403 and last.get("connection") == b"close"
        banned = kept.exchange(request())
        assert banned.status == 403 and banned.get("connection") == b"close"
        record = site.audit.wait_port(kept.local_port, 2)[-1]
    assert get(record, "event.reason") == "banned" and get(record, "http.response.status_code") == 403
    assert len(site.backend.requests) == 1


def test_banned_clients_can_be_answered(launch, rule_file, pki):
    site = launch(filters=waf(rule_file, after="1/1m"), bans={"answer": "deny", "status": 429})
    earn(site, "127.0.0.2", 1)
    for _ in range(3):
        assert status(site, "/", "127.0.0.2") == 429
    with h2.H2Client(site.gate.port, tls_context(pki.ca, alpn=["h2"]), source="127.0.0.2") as c:
        c.send(h2.headers(1, h2.get("/")) + h2.headers(3, h2.get("/")))
        assert [c.answer(1).status, c.answer(3).status] == [429, 429]


def test_only_hits_with_the_tag_count(launch, rule_file):
    site = launch(filters=waf(rule_file, tags=["attack-evil"]), limits=NO_HOLD)
    earn(site, "127.0.0.2", 6, "/odd")
    earn(site, "127.0.0.2", 3, "/evil")
    assert is_turned_away(site, "127.0.0.2")


@pytest.mark.parametrize("change", [
    lambda rules: rules["filters"]["waf"].update(mode="detect"),
    lambda rules: rules["routes"][0].update(mode="detect"),
    lambda rules: rules["filters"]["waf"]["ban"].update(dry_run=True),
    lambda rules: rules.update(bans={"never": ["127.0.0.0/30"]}),
    lambda rules: rules["listeners"][0].update(trusted_proxies=["127.0.0.2"], client_address_from="x-forwarded-for")],
    ids=["detecting", "watched route", "dry run", "never", "trusted proxy"])
def test_who_is_not_banned(launch, rule_file, change):
    site = launch(filters=waf(rule_file), limits=NO_HOLD, change=change)
    for _ in range(7):
        status(site, "/evil", "127.0.0.2")
    assert status(site, "/", "127.0.0.2") == 200
    records = site.audit.wait_count(8)
    dry = [get(r, "yett.ban") for r in records if get(r, "yett.ban")]
    if site.gate.policy["filters"]["waf"]["ban"].get("dry_run"):
        assert dry == 2 * [{"address": "127.0.0.2", "added": False, "dry_run": True}]
    else:
        assert not dry


def test_a_challenge_is_no_offence_and_a_wrong_password_is(launch, tmp_path):
    users = tmp_path / "users"
    users.write_text("a:$2y$05$abcdefghijklmnopqrstuuLvQKXFv1FqvO5QWwGJ0dvd7BCmYZhWe\n")
    users.chmod(0o600)
    site = launch(filters={"staff": {"type": "basic_auth", "realm": "x", "users": str(users),
                                     "ban": {"after": "2/1m", "for": "1m"}}}, limits=NO_HOLD)
    for _ in range(5):
        assert status(site, "/", "127.0.0.2") == 401
    for _ in range(2):
        with site.connect(source="127.0.0.2") as c:
            assert c.exchange(request(fields=["Authorization: Basic YTpi"])).status == 401
    assert is_turned_away(site, "127.0.0.2")


def test_bans_end_and_grow(launch, rule_file):
    site = launch(filters=waf(rule_file, after="1/1s", **{"for": "1s", "max": "1h"}), bans={"answer": "deny", "status": 429})
    for times, least in ((1, 1), (2, 2)):
        began = time.monotonic()
        earn(site, "127.0.0.2", 1)
        wait_for(lambda: status(site, "/", "127.0.0.2") == 200, "the end of the ban")
        assert time.monotonic() - began >= least
        assert site.audit.wait_where(lambda r, n=times: get(r, "yett.ban.added") and get(r, "yett.ban.times") == n)


def test_filters_of_a_listener_ban_too(launch):
    site = launch(filters={"calm": {"type": "rate_limit", "key": ["client.address"], "rate": "1/1h",
                                    "ban": {"after": "2/1m", "for": "10m"}}}, chain=[],
                  listen={"filters": ["calm"]}, limits=NO_HOLD)
    assert status(site, "/", "127.0.0.2") == 200
    assert is_turned_away(site, "127.0.0.2") and is_turned_away(site, "127.0.0.2")
    record = site.audit.wait_where(lambda r: get(r, "yett.ban.added"))
    assert get(record, "event.action") == "connection" and get(record, "event.reason") == "rate-exceeded"
    assert is_turned_away(site, "127.0.0.2")
    assert site.audit.wait_where(lambda r: get(r, "event.reason") == "banned")


@pytest.mark.parametrize("named_by", ["x-forwarded-for", "proxy-protocol"])
def test_behind_a_proxy_only_the_request_is_refused(launch, rule_file, named_by):
    """The client that is named is banned; the proxy's connection, and its other clients, are not."""
    is_field = named_by == "x-forwarded-for"
    listen = {"trusted_proxies": ["127.0.0.1"],
              **({"client_address_from": "x-forwarded-for"} if is_field else {"proxy_protocol": "on"})}
    site = launch(filters=waf(rule_file), listen=listen, limits=NO_HOLD)

    def ask(client, target, count=1, kept=None):
        fields = [f"X-Forwarded-For: {client}"] if is_field else []
        before = b"" if is_field else f"PROXY TCP4 {client} 192.0.2.99 1000 443\r\n".encode()
        with site.connect(before_tls=before) as c:
            answers = [c.exchange(request(target=target, fields=fields)) for _ in range(count)]
            assert all(a.get("connection") is None for a in answers)
            return [a.status for a in answers]

    assert ask("203.0.113.5", "/evil", 3) == [403, 403, 403]
    assert ask("203.0.113.5", "/", 3) == [403, 403, 403]
    assert ask("203.0.113.6", "/", 2) == [200, 200]
    banned = site.audit.wait_where(lambda r: get(r, "event.reason") == "banned")
    assert get(banned, "client.ip") == "203.0.113.5" and get(banned, "event.action") == "request"


def test_ipv6_clients_are_their_network(launch, rule_file):
    site = launch(filters=waf(rule_file, after="2/1m"), listen={"trusted_proxies": ["127.0.0.1"],
                                                               "client_address_from": "x-forwarded-for"})

    def ask(client, target="/"):
        return site.ask(target=target, fields=[f"X-Forwarded-For: {client}"])[0].status
    assert ask("2001:db8::1", "/evil") == 403 and ask("2001:db8::2:3", "/evil") == 403
    assert ask("2001:db8::9") == 403 and ask("2001:db8:0:1::9") == 200
    assert get(site.audit.wait_where(lambda r: get(r, "yett.ban.added")), "yett.ban.address") == "2001:db8::/64"


# ---- through changes

def keeping(tmp_path, **more):
    return {"state_file": str(tmp_path / "bans.state"), **more}


def in_file(tmp_path):
    path = tmp_path / "bans.state"
    return [json.loads(line)["prefix"] for line in path.read_text().splitlines()[1:]] if path.exists() else []


def test_reload_and_restart_keep_bans(launch, rule_file, tmp_path):
    site = launch(filters=waf(rule_file), limits=NO_HOLD, bans=keeping(tmp_path))
    earn(site, "127.0.0.2", 2)
    policy = copy.deepcopy(site.gate.policy)
    policy["limits"]["idle_timeout"] = "50s"
    site.gate.reload(policy)
    earn(site, "127.0.0.2", 1)
    site.gate.reload(copy.deepcopy(policy))
    assert is_turned_away(site, "127.0.0.2")
    earn(site, "127.0.0.3", 3)
    site.gate.stop()
    assert sorted(in_file(tmp_path)) == ["127.0.0.2/32", "127.0.0.3/32"]
    site.gate.start()
    assert is_turned_away(site, "127.0.0.2") and is_turned_away(site, "127.0.0.3")
    assert status(site, "/", "127.0.0.4") == 200
    policy["bans"]["never"] = ["127.0.0.2"]
    site.gate.reload(policy)
    assert status(site, "/", "127.0.0.2") == 200 and is_turned_away(site, "127.0.0.3")


def test_a_crash_keeps_all_but_the_last_second(launch, rule_file, tmp_path):
    site = launch(filters=waf(rule_file), limits=NO_HOLD, bans=keeping(tmp_path))
    for n in range(2, 6):
        earn(site, f"127.0.0.{n}")
    wait_for(lambda: len(in_file(tmp_path)) == 4, "the file")
    site.gate.kill()
    site.gate.start()
    assert all(is_turned_away(site, f"127.0.0.{n}") for n in range(2, 6))
    assert status(site, "/", "127.0.0.7") == 200


@pytest.mark.parametrize("content", [b"", b"garbage\n", b"\0" * 100, None], ids=["empty", "garbage", "zeros", "cut"])
def test_a_bad_file_is_told_and_set_aside(launch, rule_file, tmp_path, content):
    path = tmp_path / "bans.state"
    if content is None:
        site = launch(filters=waf(rule_file, after="1/1m"), limits=NO_HOLD, bans=keeping(tmp_path))
        earn(site, "127.0.0.2", 1)
        site.gate.stop()
        content = path.read_bytes()[:-5]
    path.write_bytes(content)
    site = launch(filters=waf(rule_file, after="1/1m"), limits=NO_HOLD, bans=keeping(tmp_path))
    assert site.gate.log.count("bans: ") == 1 and "nobody is banned" in site.gate.log
    assert path.with_suffix(".state.bad").read_bytes() == content
    assert status(site, "/", "127.0.0.2") == 200
    earn(site, "127.0.0.2", 1)
    wait_for(lambda: in_file(tmp_path) == ["127.0.0.2/32"], "a new file")


def test_a_file_that_cannot_be_written_is_told(launch, rule_file, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    site = launch(filters=waf(rule_file, after="1/1m"), limits=NO_HOLD, bans={"state_file": str(folder / "bans")})
    folder.rename(tmp_path / "away")
    earn(site, "127.0.0.2", 1)
    wait_for(lambda: "bans are not kept" in site.gate.log, "the line")
    assert is_turned_away(site, "127.0.0.2")
    (tmp_path / "away").rename(folder)
    site.gate.stop()
    assert (folder / "bans").exists()


def test_what_takes_a_restart_is_refused(launch, rule_file, tmp_path):
    site = launch(filters=waf(rule_file), bans=keeping(tmp_path))
    policy = copy.deepcopy(site.gate.policy)
    policy["bans"]["table_size"] = 100
    site.gate.reload(policy, well=False)
    assert "takes a restart" in site.gate.log


def test_a_full_table_bans_on(launch, rule_file):
    """What ends first makes room; nobody who was never banned is refused."""
    site = launch(filters=waf(rule_file, after="1/1m"), limits=NO_HOLD, bans={"table_size": 16})
    for n in range(2, 42):
        earn(site, f"127.0.1.{n}", 1)
    assert is_turned_away(site, "127.0.1.41")
    assert sum(is_turned_away(site, f"127.0.1.{n}") for n in range(2, 42)) == 16
    assert status(site, "/", "127.0.0.9") == 200


# ---- by hand

@pytest.fixture
def admin(launch, rule_file, tmp_path):
    site = launch(filters=waf(rule_file, after="1/1m"), limits=NO_HOLD, admin={"bind": f"127.0.0.1:{free_port()}"},
                  bans=keeping(tmp_path, never=["192.0.2.0/24"]))
    wait_for(lambda: "admin is served" in site.gate.log, "the admin listener")
    return site


def order(site, method, path, body=None, fields=None, slowly=False):
    port = int(site.gate.policy["admin"]["bind"].rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    text = json.dumps(body) if isinstance(body, dict) else body
    if slowly:
        connection.putrequest(method, path)
        connection.putheader("Content-Length", str(len(text)))
        connection.endheaders()
        for octet in text.encode():
            connection.send(bytes([octet]))
    else:
        connection.request(method, path, text, fields or {})
    answer = connection.getresponse()
    content = answer.read().decode()
    connection.close()
    is_json = answer.headers["Content-Type"] == "application/json"
    return answer.status, json.loads(content) if is_json else content


def metric(site, name):
    return int(re.search(rf"^{name} (\d+)$", order(site, "GET", "/metrics")[1], re.M)[1])


def test_the_list_shows_bans(admin):
    assert order(admin, "GET", "/bans") == (200, {"in_force": 0, "bans": []})
    earn(admin, "127.0.0.2", 1)
    for _ in range(3):
        assert is_turned_away(admin, "127.0.0.2")
    answer, shown = order(admin, "GET", "/bans")
    assert answer == 200 and shown["in_force"] == 1 and len(shown["bans"]) == 1
    ban = shown["bans"][0]
    assert (ban["address"], ban["by"], ban["reason"], ban["times"], ban["refused"]) == ("127.0.0.2", "waf", "rule-denied", 1, 3)
    assert ban["since"] < ban["until"]
    assert metric(admin, "yett_bans") == 1 and metric(admin, "yett_bans_added_total") == 1
    assert metric(admin, "yett_banned_total") == 3


def test_bans_by_hand(admin, tmp_path):
    assert status(admin, "/", "127.0.0.5") == 200
    code, ban = order(admin, "POST", "/bans", {"address": "127.0.0.5", "for": "1h", "reason": "ticket \u00e4 4711"})
    assert code == 201 and (ban["by"], ban["reason"], ban["times"]) == ("admin", "ticket \u00e4 4711", 1)
    assert is_turned_away(admin, "127.0.0.5")
    assert order(admin, "POST", "/bans", json.dumps({"address": "2001:db8::1", "for": "1s"}), slowly=True)[1]["address"] == "2001:db8::/64"
    assert order(admin, "DELETE", "/bans/127.0.0.5") == (200, {"lifted": "127.0.0.5"})
    assert status(admin, "/", "127.0.0.5") == 200
    assert order(admin, "DELETE", "/bans/127.0.0.5")[0] == 404
    order(admin, "POST", "/bans", {"address": "127.0.0.6", "for": "1h"})
    admin.gate.stop()
    assert "127.0.0.6/32" in in_file(tmp_path) and "127.0.0.5/32" not in in_file(tmp_path)


@pytest.mark.parametrize("method, path, body, fields, code, says", [
    ("POST", "/bans", {"address": "192.0.2.9", "for": "1h"}, None, 409, "never"),
    ("POST", "/bans", {"address": "127.0.0.5"}, None, 400, '"for" is missing'),
    ("POST", "/bans", {"for": "1h"}, None, 400, '"address" is missing'),
    ("POST", "/bans", {"address": "127.0.0.0/8", "for": "1h"}, None, 400, "no address"),
    ("POST", "/bans", {"address": "localhost", "for": "1h"}, None, 400, "no address"),
    ("POST", "/bans", {"address": "127.0.0.5", "for": "0s"}, None, 400, "$.for"),
    ("POST", "/bans", {"address": "127.0.0.5", "for": "1h", "until": "x"}, None, 400, "unknown key"),
    ("POST", "/bans", {"address": "127.0.0.5", "for": "1h", "reason": "x" * 200}, None, 400, "128"),
    ("POST", "/bans", "[]", None, 400, "expected an object"),
    ("POST", "/bans", "{", None, 400, ""),
    ("POST", "/bans", None, None, 400, ""),
    ("POST", "/bans", {"address": "127.0.0.5", "for": "1h"}, {"Origin": "http://127.0.0.1:9901"}, 403, "browsers"),
    ("DELETE", "/bans/127.0.0.5", None, {"Origin": "null"}, 403, "browsers"),
    ("DELETE", "/bans/x", None, None, 400, "no address"),
    ("DELETE", "/bans", None, None, 405, "POST"),
    ("GET", "/bans/127.0.0.5", None, None, 405, "DELETE"),
    ("GET", "/bans?from=x", None, None, 400, "from=NEXT"),
    ("POST", "/bans", "x" * 66000, None, 413, "too large")])
def test_orders_that_are_refused(admin, method, path, body, fields, code, says):
    answer, content = order(admin, method, path, body, fields)
    assert answer == code, content
    assert says in (content["error"] if isinstance(content, dict) else content)
    assert order(admin, "GET", "/bans")[1]["bans"] == []


def test_a_long_list_comes_in_pages(admin):
    for n in range(1205):
        assert order(admin, "POST", "/bans", {"address": f"198.51.{n // 250}.{n % 250}", "for": "1h"})[0] == 201
    shown = order(admin, "GET", "/bans")[1]
    assert shown["in_force"] == 1205 and len(shown["bans"]) == 1000
    rest = order(admin, "GET", f"/bans?from={shown['next']}")[1]
    assert len({b["address"] for b in shown["bans"] + rest["bans"]}) == 1205 and "next" not in rest
