# SPDX-License-Identifier: Apache-2.0
"""The admin listener: health, readiness, counters. Loopback only, nothing but GET."""
import http.client
import re
import socket
import ssl
import subprocess

import pytest

from support.gateway import run_yett
from support.ports import free_port
from support.wait import wait_for

pytestmark = pytest.mark.threads


@pytest.fixture(scope="module")
def site(launch):
    site = launch(admin={"bind": f"127.0.0.1:{free_port()}"})
    wait_for(lambda: "admin is served" in site.gate.log, "the admin listener")
    return site


def ask(site, method, path):
    port = int(site.gate.policy["admin"]["bind"].rsplit(":", 1)[1])
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer, body


def metrics(site):
    answer, body = ask(site, "GET", "/metrics")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    samples = re.findall(r"^(\w+) (\d+)$", body, re.M)
    families = {name for name in re.findall(r"^(\w+)(?:\{.*\})? \d+$", body, re.M)}
    assert len(families) == body.count("# TYPE ") == body.count("# HELP ")
    return {name: int(value) for name, value in samples}


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/healthz", 200), ("GET", "/readyz", 200), ("GET", "/nothing", 404), ("POST", "/healthz", 405), ("DELETE", "/metrics", 405)])
def test_paths_and_methods(site, method, path, status):
    assert ask(site, method, path)[0].status == status


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
    site = launch(admin={"bind": f"127.0.0.1:{free_port()}"},
                  back={"tls": {"certificate": {"chain": str(own.chain), "key": str(own.key)}}})
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
