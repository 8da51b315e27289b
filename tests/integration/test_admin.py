# SPDX-License-Identifier: Apache-2.0
"""The admin listener: health, readiness, counters. Loopback only, nothing but GET."""
import http.client
import json
import re
import socket
import ssl
import subprocess
import urllib.parse
import urllib.request

import pytest

from support import client
from support.gateway import run_yett
from support.ports import free_port
from support.wait import wait_for

pytestmark = pytest.mark.threads


def launch_watched(launch, **settings):
    """A site whose admin listener answers, which it does a moment after the others."""
    site = launch(admin={"bind": f"127.0.0.1:{free_port()}"}, **settings)
    wait_for(lambda: "admin is served" in site.gate.log, "the admin listener")
    return site


@pytest.fixture(scope="module")
def site(launch):
    return launch_watched(launch)


def ask(site, method, path, **fields):
    port = int(site.gate.policy["admin"]["bind"].rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in fields.items()})
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def metrics(site):
    answer, body = ask(site, "GET", "/metrics")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = re.findall(r"^(\w+) (\d+)$", body, re.M)
    assert body.count("# TYPE ") == body.count("# HELP ")
    return {name: int(value) for name, value in samples}


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/healthz", 200), ("GET", "/readyz", 200), ("GET", "/nothing", 404), ("POST", "/healthz", 405), ("DELETE", "/metrics", 405)])
def test_paths_and_methods(site, method, path, status):
    assert ask(site, method, path)[0].status == status


@pytest.mark.parametrize("host, status", [
    ("localhost:1", 200), ("127.0.0.1", 200), ("127.5.6.7:80", 200), ("[::1]:9901", 200), ("rebound.example", 421), ("192.0.2.1", 421),
    ("localhost.example:9901", 421), ("[2001:db8::1]", 421)])
def test_answers_to_names_of_this_machine_alone(site, host, status):
    assert ask(site, "GET", "/metrics", Host=host)[0].status == status
    assert ask(site, "GET", "/bans", Host=host)[0].status == status


def test_pages_change_nothing(site):
    for fields in ({"Origin": "https://page.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-origin"}):
        assert ask(site, "POST", "/bans", **fields)[0].status == 403
    assert ask(site, "GET", "/bans", Sec_Fetch_Site="cross-site")[0].status == 200  # which no page can read


def test_stays_where_it_was_when_its_next_place_is_taken(launch):
    site = launch_watched(launch)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        before = site.gate.policy
        site.gate.reload({**before, "admin": {"bind": f"127.0.0.1:{taken.getsockname()[1]}"}})
        site.gate.policy = before
        wait_for(lambda: "stays as it was" in site.gate.log, "the complaint")
        assert ask(site, "GET", "/healthz")[0].status == 200
    complaints = site.gate.log.count("stays as it was")
    site.gate.reload(before)
    assert ask(site, "GET", "/healthz")[0].status == 200 and site.gate.log.count("stays as it was") == complaints
    fresh = {**before, "admin": {"bind": f"127.0.0.1:{free_port()}"}}
    site.gate.reload(fresh)
    assert ask(site, "GET", "/healthz")[0].status == 200


def test_counters_follow_what_happens(site):
    before = metrics(site)
    for _ in range(3):
        assert site.ask()[0].status == 200
    wait_for(lambda: metrics(site)["yett_audit_records_total"] >= before["yett_audit_records_total"] + 3, "the records")
    after = metrics(site)
    assert after["yett_requests_total"] == before["yett_requests_total"] + 3
    assert after["yett_accepted_total"] == before["yett_accepted_total"] + 3
    assert after["yett_audit_dropped_total"] == 0


def test_garbage_and_silence_harm_nobody(site):
    port = int(site.gate.policy["admin"]["bind"].rsplit(":", 1)[1])
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(4)]
    with socket.create_connection(("127.0.0.1", port)) as s:
        s.sendall(b"\x16\x03\x01garbage\r\n\r\n")
        assert s.recv(100).startswith(b"HTTP/1.1 400")
    assert ask(site, "GET", "/healthz")[0].status == 200
    for s in silent:
        s.close()


def test_silent_connections_take_no_place_from_a_newcomer(site):
    port = int(site.gate.policy["admin"]["bind"].rsplit(":", 1)[1])
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(40)]
    assert ask(site, "GET", "/healthz")[0].status == 200
    for s in silent:
        s.close()


def test_tells_when_certificates_end(launch, pki):
    own = pki.site()  # any certificate will do: the backend does not ask
    site = launch_watched(launch, back={"tls": {"certificate": {"chain": str(own.chain), "key": str(own.key)}}})
    assert site.ask()[0].status == 200
    text = ask(site, "GET", "/metrics")[1]
    found = {m[1]: int(m[3]) for m in re.finditer(
        r'^yett_certificate_expiry_timestamp_seconds\{kind="([^"]+)",owner="([^"]+)",name="[^"]+"\} (\d+)$', text, re.M)}
    for kind, certificate in (("listener", pki.site()), ("backend-client", own), ("backend-server", pki.backend())):
        told = subprocess.run(["openssl", "x509", "-in", certificate.chain, "-noout", "-enddate"], capture_output=True, text=True,
                              check=True).stdout.strip().split("=")[1]
        assert found[kind] == ssl.cert_time_to_seconds(told), (kind, text)
    result = run_yett("check", site.gate.policy_path)
    assert re.search(r"^  listener public, .*site.*: \d+ days$", result.stdout, re.M), result.stdout
    assert re.search(r"^  backend-client app, https://\S+: \d+ days$", result.stdout, re.M), result.stdout


def labelled(site, family):
    """The samples of a family by the values of their labels."""
    text = ask(site, "GET", "/metrics")[1]
    return {tuple(re.findall(r'"([^"]*)"', labels)): float(value)
            for labels, value in re.findall(rf"^{family}\{{(.*)\}} (\S+)$", text, re.M)}


def test_counts_by_route_filter_and_server(launch, tmp_path):
    (tmp_path / "deny.txt").write_text("127.0.0.77\n")
    site = launch_watched(launch, filters={"known-bad": {"type": "ip_list", "deny": [str(tmp_path / "deny.txt")]}},
                          change=lambda p: p["routes"][0].update(name="front-door"))
    for _ in range(3):
        assert site.ask()[0].status == 200
    with site.connect(source="127.0.0.77") as c:
        assert c.exchange(client.request()).status == 403
    server = site.gate.policy["backends"]["app"]["servers"][0]["url"]
    wait_for(lambda: labelled(site, "yett_route_requests_total").get(("front-door", "denied")) == 1, "the denied one")
    assert labelled(site, "yett_route_requests_total")[("front-door", "passed")] == 3
    assert labelled(site, "yett_filter_denied_total")[("known-bad",)] == 1
    assert labelled(site, "yett_backend_attempts_total")[("app", server)] == 3
    assert labelled(site, "yett_backend_attempts_failed_total")[("app", server)] == 0
    assert labelled(site, "yett_responses_total")[("4xx",)] == 1
    buckets = labelled(site, "yett_request_duration_seconds_bucket")
    assert buckets[("+Inf",)] == 4 and sorted(buckets.values()) == list(buckets.values())
    assert labelled(site, "yett_tls_handshake_seconds_bucket")[("+Inf",)] >= 1
    # A reload goes on counting.
    site.gate.reload({**site.gate.policy, "limits": {"idle_timeout": "9s"}})
    assert site.ask()[0].status == 200
    wait_for(lambda: labelled(site, "yett_route_requests_total")[("front-door", "passed")] == 4, "one more")


def test_status_tells_it_all(launch, tmp_path):
    rules = {"rules": [{"id": "no-evil", "targets": ["query.*"], "match": {"contains": "evil"}, "action": "deny",
                        "tests": {"hit": ["GET /?a=evil"], "miss": ["GET /?a=good"]}}]}
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    site = launch_watched(launch, filters={"waf": {"type": "rules", "files": [str(tmp_path / "rules.json")]}},
                          change=lambda p: p["routes"][0].update(name="front-door"))
    for _ in range(3):
        assert site.ask()[0].status == 200
    assert site.ask(target="/?a=evil")[0].status == 403

    def status():
        answer, text = ask(site, "GET", "/status")
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
        return json.loads(text)
    wait_for(lambda: status()["requests"] == 4, "four requests")
    s = status()
    assert s["pid"] > 0 and s["uptime_s"] < 300 and not s["draining"] and s["version"]
    assert s["policy"]["path"] == str(site.gate.policy_path) and s["policy"]["reloads_failed"] == 0 and "last_failure" not in s["policy"]
    assert {"name": "front-door", "passed": 3, "denied": 1, "refused": 0, "failed": 0, "aborted": 0} in s["routes"]
    assert s["filters"] == [{"name": "waf", "denied": 1, "would_deny": 0}] and s["rules"] == [{"name": "no-evil", "hits": 1}]
    assert s["servers"][0]["backend"] == "app" and (s["servers"][0]["attempts"], s["servers"][0]["failed"]) == (3, 0)
    assert s["clients"] == [{"address": "127.0.0.1", "requests": 4}]
    assert s["responses"]["2xx"] == 3 and sum(s["times"]["request"]["buckets"]) == 4
    assert len(s["times"]["bounds_us"]) + 1 == len(s["times"]["request"]["buckets"])
    assert any(c["kind"] == "listener" and c["days"] >= 0 for c in s["certificates"])
    assert s["bans"] == 0 and s["audit"]["lost"] == 0
    site.gate.reload("{", well=False)
    s = status()
    assert s["policy"]["reloads_failed"] == 1 and s["policy"]["last_failure_report"]["problems"]
    assert labelled(site, "yett_rule_hits_total")[("no-evil",)] == 1
    assert metrics(site)["process_start_time_seconds"] > 1.7e9


def test_tells_how_servers_are(launch):
    gone = f"https://127.0.0.1:{free_port()}"
    site = launch_watched(launch, change=lambda p: p["backends"]["app"]["servers"].append({"url": gone}))
    well = site.gate.policy["backends"]["app"]["servers"][0]["url"]
    assert wait_for(lambda: labelled(site, "yett_backend_well"), "the gauges") == {("app", well): 1, ("app", gone): 1}
    for _ in range(20):
        assert site.ask()[0].status == 200
    wait_for(lambda: labelled(site, "yett_backend_well")[("app", gone)] == 0, "the ejection")
    assert labelled(site, "yett_backend_well")[("app", well)] == 1
    assert labelled(site, "yett_backend_outstanding") == {("app", well): 0, ("app", gone): 0}
    servers = {s["name"]: s for s in json.loads(ask(site, "GET", "/status")[1])["servers"]}
    assert servers[well]["well_for"] == servers[well]["workers"] and servers[well]["ejected_until_s"] == 0
    assert servers[gone]["ejected_until_s"] > 1.7e9
    # A server that the policy has no more is neither well nor ill; what it did stays counted.
    policy = site.gate.policy
    site.gate.reload({**policy, "backends": {"app": {**policy["backends"]["app"], "servers": [{"url": well}]}}})
    wait_for(lambda: labelled(site, "yett_backend_well") == {("app", well): 1}, "the removal")
    assert labelled(site, "yett_backend_attempts_total")[("app", gone)] >= 1


def test_counts_handshakes_that_fail(site):
    before = metrics(site)["yett_tls_handshakes_failed_total"]
    with site.connect(plain=True) as c:
        c.send(b"\x16\x03\x01\x00\x02xx")
    wait_for(lambda: metrics(site)["yett_tls_handshakes_failed_total"] == before + 1, "the handshake that failed")


def test_promtool_has_nothing_to_say(site):
    site.ask()
    result = subprocess.run(["promtool", "check", "metrics"], input=ask(site, "GET", "/metrics")[1], capture_output=True, text=True,
                            timeout=60)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_prometheus_scrapes_it(site, tmp_path):
    port, site_port = free_port(), site.gate.policy["admin"]["bind"].rsplit(":", 1)[1]
    site.ask()
    (tmp_path / "prometheus.yml").write_text(json.dumps({  # JSON is YAML
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "yett", "static_configs": [{"targets": [f"127.0.0.1:{site_port}"]}]}]}))

    def query(expression):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression}),
                                    timeout=5) as answer:
            return json.load(answer)["data"]["result"]

    def scraped():
        try:
            return [r for r in query("yett_requests_total") if float(r["value"][1]) >= 1] and query('up{job="yett"}')
        except OSError:
            return None
    command = ["prometheus", f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
               f"--web.listen-address=127.0.0.1:{port}"]
    with open(tmp_path / "log", "wb") as log, subprocess.Popen(command, stdout=log, stderr=log, cwd=tmp_path) as process:
        try:
            assert wait_for(scraped, lambda: (tmp_path / "log").read_text())[0]["value"][1] == "1"
            assert query("histogram_quantile(0.99, yett_request_duration_seconds_bucket)")
        finally:
            process.terminate()
