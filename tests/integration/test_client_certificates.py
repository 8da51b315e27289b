# SPDX-License-Identifier: Apache-2.0
"""Clients that have to show who they are: in the handshake, and then to filters, backend and record."""
import hashlib
import json
import ssl
import subprocess

import pytest

from support import pki as pki_module, policy
from support.client import Client, request, tls_context
from support.paths import YETT
from support.records import get

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """An authority of its own for people, and people of every kind."""
    folder = tmp_path_factory.mktemp("people")
    authority = pki_module.Authority(folder, "people", "People")

    def person(name, **options):
        return authority.issue(name, [f"{name}.people"], usage=options.pop("usage", "clientAuth"), **options)
    made = {
        "alice": person("alice"), "mallory": person("mallory"), "server": person("server", usage="serverAuth"),
        "old": person("old", start="20200101000000Z", end="20210101000000Z"),
        "future": person("future", start="20990101000000Z", end="21000101000000Z"),
        "stranger": pki_module.Authority(folder / "s", "s", "Strangers").issue("stranger", ["x"], usage="clientAuth"),
    }
    authority.revoke(made["mallory"])
    return authority, made


def context_of(pki, certificate=None, version=V13):
    context = tls_context(pki.ca, minimum=version, maximum=version)
    if certificate:
        context.load_cert_chain(certificate.chain, certificate.key)
    return context


def site_of(launch, people, **tls):
    return launch(listen={"tls": {"client_ca": str(people[0].certificate), **tls}})


@pytest.fixture(scope="module")
def strict(launch, people):
    return site_of(launch, people, client_crl=str(people[0].crl("good")))


@pytest.fixture(scope="module")
def lenient(launch, people):
    return site_of(launch, people, client_certificate="optional")


def try_with(site, context):
    """(response or None, record)"""
    port = None
    try:
        c = Client(site.gate.port, context)
    except (OSError, ssl.SSLError):
        return None, site.audit.wait_where(lambda r: get(r, "event.action") == "connection")
    with c:
        port = c.local_port
        try:
            c.send(request())
            response = c.final()
        except OSError:
            response = None
        record = site.audit.wait_port(port)[0]
    return response, record


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
def test_who_has_shown_a_certificate_is_known_everywhere(strict, pki, people, version):
    alice = people[1]["alice"]
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(alice.chain.read_text())).hexdigest()
    with Client(strict.gate.port, context_of(pki, alice, version)) as c:
        forged = ["X-Client-Cert-Subject: CN=root", "x_client_cert_subject: CN=root", "Client-Cert: :AAAA:"]
        assert c.exchange(request(fields=forged)).status == 200
        record = strict.audit.wait_port(c.local_port)[0]
    assert get(record, "tls.client.subject") == "CN=alice.people" and get(record, "tls.client.issuer") == "CN=People"
    assert get(record, "tls.client.hash.sha256") == digest
    assert get(record, "tls.client.x509.subject.common_name") == "alice.people"
    assert get(record, "tls.client.x509.alternative_names") == "DNS:alice.people"
    seen = strict.backend.requests[-1]
    assert seen.all("x-client-cert-subject") == [b"CN=alice.people"]
    assert seen.get("x-client-cert-fingerprint") == digest.encode() and seen.get("client-cert") is None
    assert not [n for n, _ in seen.fields if b"_" in n]


@pytest.mark.parametrize("version", [V12, V13], ids=["1.2", "1.3"])
@pytest.mark.parametrize("who, reason", [
    (None, "certificate-required"), ("stranger", "unknown-ca"), ("old", "certificate-expired"),
    ("future", "certificate-not-yet-valid"), ("server", "wrong-purpose"), ("mallory", "certificate-revoked")])
def test_nobody_else_gets_past_the_handshake(strict, pki, people, who, reason, version):
    before = len(strict.backend.requests)
    response, _ = try_with(strict, context_of(pki, people[1].get(who), version))
    assert response is None
    strict.audit.wait_where(lambda r: get(r, "event.action") == "connection" and get(r, "event.reason") == reason
                            and get(r, "tls.version_protocol") == "tls")
    assert len(strict.backend.requests) == before


def test_optional_means_known_or_nobody(lenient, pki, people):
    response, record = try_with(lenient, context_of(pki))
    assert response.status == 200 and get(record, "tls.client.subject") is None
    assert lenient.backend.requests[-1].get("x-client-cert-subject") is None
    response, record = try_with(lenient, context_of(pki, people[1]["alice"]))
    assert response.status == 200 and get(record, "tls.client.subject") == "CN=alice.people"
    assert try_with(lenient, context_of(pki, people[1]["stranger"]))[0] is None


def test_names_of_the_authorities_are_sent(strict):
    result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{strict.gate.port}", "-servername", "localhost"],
                            input="", capture_output=True, text=True, timeout=30)
    assert "Acceptable client certificate CA names\nCN = People" in result.stdout


def test_a_list_that_has_expired_lets_nobody_in(launch, pki, people):
    expired = people[0].crl("expired", last="20200101000000Z", next="20200201000000Z")
    site = site_of(launch, people, client_crl=str(expired))
    assert try_with(site, context_of(pki, people[1]["alice"]))[0] is None
    site.audit.wait_where(lambda r: get(r, "event.reason") == "crl-expired")


def test_no_session_of_such_a_site_is_resumed(strict, pki, people):
    context = context_of(pki, people[1]["alice"])
    with Client(strict.gate.port, context) as c:
        c.exchange(request())
        session = c.socket.session
    with Client(strict.gate.port, context, session=session) as c:
        c.exchange(request())
        assert not c.socket.session_reused


def test_names_may_differ_in_what_they_ask_for(launch, pki, people):
    """One certificate's names want clients to show theirs, the others do not, and no way leads from these to those."""
    public, private = pki.site(), pki.other_site()
    site = launch(listen={"tls": {"certificates": [
        {"chain": str(public.chain), "key": str(public.key)},
        {"chain": str(private.chain), "key": str(private.key), "client_ca": str(people[0].certificate)}]}})
    with Client(site.gate.port, context_of(pki)) as c:
        assert c.exchange(request(host="localhost")).status == 200
        session = c.socket.session
    with Client(site.gate.port, context_of(pki)) as c:
        assert c.exchange(request(host="www.example.net")).status == 421
        record = site.audit.wait_port(c.local_port)[0]
        assert get(record, "event.reason") == "misdirected-request"
    context = context_of(pki)
    with pytest.raises((OSError, AssertionError)):
        with Client(site.gate.port, context, sni="www.example.net") as c:
            assert c.exchange(request(host="www.example.net")) is not None
    with Client(site.gate.port, context_of(pki, people[1]["alice"]), sni="www.example.net") as c:
        assert c.exchange(request(host="www.example.net")).status == 200
    assert session is not None


@pytest.mark.parametrize("host, status", [
    ("www.example.net", 421), ("WWW.EXAMPLE.NET", 421), ("www.example.net.", 421), ("www.example.net:8443", 421),
    ("elsewhere.test", 421), ("localhost", 200), ("LOCALHOST:443", 200), ("a.example.com", 200), ("127.0.0.1", 200)])
def test_a_host_of_another_certificate_is_misdirected(launch, pki, host, status):
    pairs = [{"chain": str(c.chain), "key": str(c.key)} for c in (pki.site(), pki.other_site())]
    site = launch(listen={"tls": {"certificates": pairs}})
    for target in ("/", f"https://{host}/"):
        with site.connect() as c:
            assert c.exchange(request(target=target, host=host)).status == status
    nameless = tls_context(pki.ca)
    nameless.check_hostname = False
    with Client(site.gate.port, nameless, sni=None) as c:  # the first certificate answers for who names nobody
        expected = 421 if "example.net" in host.lower() else 200
        assert c.exchange(request(host=host)).status == expected


def test_strict_hosts(launch, pki):
    site = launch(listen={"tls": {"strict_host": True}})
    for host, status in (("localhost", 200), ("elsewhere.test", 421), ("127.0.0.1", 200)):
        with site.connect() as c:
            assert c.exchange(request(host=host)).status == status


def test_rules_and_limits_know_the_client(launch, pki, people, tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"rules": [
        {"id": "not-alice", "targets": ["tls.client.subject"], "match": {"equals": "CN=alice.people"}, "action": "deny"}]}))
    site = launch(listen={"tls": {"client_ca": str(people[0].certificate), "client_certificate": "optional"}},
                  filters={"waf": {"type": "rules", "files": [str(rules)]},
                           "rate": {"type": "rate_limit", "key": ["tls.ja4"], "rate": "1/1h", "burst": 2}})
    assert try_with(site, context_of(pki, people[1]["alice"]))[0].status == 403
    assert [try_with(site, context_of(pki))[0].status for _ in range(3)] == [200, 200, 429]


def test_twins_ask_alike(pki, people, tmp_path):
    """Two certificates for the same names: the second has no word of its own about clients."""
    again = pki.authority.issue("site-rsa", ["localhost", "127.0.0.1", "example.com", "*.example.com"],
                                key_kind=("RSA", "rsa_keygen_bits:2048"))
    first = pki.site()
    rules = policy.site(pki, "https://127.0.0.1:1", listen={"tls": {"certificates": [
        {"chain": str(first.chain), "key": str(first.key)},
        {"chain": str(again.chain), "key": str(again.key), "client_ca": str(people[0].certificate)}]}})
    (tmp_path / "policy.json").write_text(json.dumps(rules))
    result = subprocess.run([YETT, "check", tmp_path / "policy.json"], capture_output=True, text=True, timeout=30)
    assert result.returncode == 1 and "certificates[1].client_ca: a certificate before this one" in result.stderr + result.stdout
