# SPDX-License-Identifier: Apache-2.0
"""TLS towards backends: whoever does not prove to be the backend gets not one octet of a request; the record says why."""
import base64
import hashlib
import json
import ssl
import subprocess

import pytest

from support import backends, policy
from support.client import request
from support.gateway import run_yett
from support.pki import Authority
from support.records import get

SECRET = "X-Secret: must-not-leak-4711"
BAD = {
    "wrong_name": "name-mismatch", "expired": "certificate-expired", "not_yet_valid": "certificate-not-yet-valid",
    "unknown_ca": "unknown-ca", "self_signed": "self-signed", "wrong_purpose": "wrong-purpose",
    "name_in_subject_only": "name-mismatch", "partial_wildcard": "name-mismatch", "weak_key": "weak-certificate",
}


def attempts(record):
    return [a.get("failure") for a in get(record, "yett.attempts", [])]


def refused(site, word, **options):
    with site.connect() as c:
        answer = c.exchange(request("POST", fields=[SECRET], body=b"must-not-leak"), "POST")
        record = site.audit.wait_port(c.local_port)[0]
    assert answer.status == 502, answer
    assert get(record, "event.reason") == word, record
    assert get(record, "yett.verdict") == "failed"
    assert word in attempts(record)
    assert site.backend.received == b"" and not site.backend.requests
    return record


@pytest.mark.parametrize("kind, word", BAD.items(), ids=BAD)
def test_bad_certificate_is_a_bad_gateway(launch, pki, kind, word):
    certificate = getattr(pki, kind)()
    context = backends.server_context(certificate, weak=True) if kind == "weak_key" else None
    with backends.Backend(certificate, backends.echo, context=context) as backend:
        refused(launch(backend=backend), word)


def test_groups_are_those_of_the_policy(launch, pki):
    context = backends.server_context(pki.backend())
    context.set_ecdh_curve("secp521r1")
    with backends.Backend(pki.backend(), backends.echo, context=context) as backend:
        refused(launch(backend=backend), "tls-alert")
        answer, record = launch(backend=backend, back={"tls": {"groups": ["P-521"]}}).ask()
        assert answer.status == 200, record


def saw_no_request(launch, recorder):
    """Asks through a gateway whose backend is that recorder; returns the answer and its record."""
    backend = type("Raw", (), {"url": f"https://127.0.0.1:{recorder.port}", "received": b"", "requests": []})
    site = launch(backend=backend, back={"timeouts": {"connect": "500ms"}})
    answer, record = site.ask(fields=[SECRET])
    assert recorder.octets
    for octets in recorder.octets:
        assert octets[:2] == b"\x16\x03" and b"4711" not in octets and b"GET" not in octets
    return answer, record


def test_nothing_is_sent_in_clear(launch):
    """A backend that does not speak TLS sees a ClientHello and nothing of the request."""
    with backends.RawRecorder() as recorder:
        answer, record = saw_no_request(launch, recorder)
    assert answer.status == 504 and get(record, "event.reason") == "connect-timeout"


def test_backend_that_answers_in_clear(launch):
    """An HTTP server where TLS should be."""
    with backends.RawRecorder(answer=backends.OK) as recorder:
        answer, record = saw_no_request(launch, recorder)
    assert answer.status == 502 and get(record, "event.reason") == "not-tls"


def test_old_tls_is_refused(launch, pki):
    context = backends.server_context(pki.backend())
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with backends.Backend(context=context) as backend:
        site = launch(backend=backend)
        with site.connect() as c:
            assert c.exchange(request(fields=[SECRET])).status == 502
        assert backend.received == b""


def test_verified_name_is_sent_as_sni(launch, pki):
    names = []
    context = backends.server_context(pki.backend())
    context.sni_callback = lambda sock, name, _: names.append(name)
    with backends.Backend(context=context) as backend:
        site = launch(backend=backend)
        answer, record = site.ask()
        assert answer.status == 200 and names == [pki.BACKEND_NAME]
        assert get(record, "yett.backend_insecure") is None


def test_name_of_the_url_counts_when_the_policy_gives_none(launch, pki):
    """localhost is in the certificate, app.internal need not be asked for."""
    def change(rules):
        del rules["backends"]["app"]["tls"]["server_name"]
    site = launch(change=change)
    assert site.ask()[0].status == 200


def test_client_certificate(launch, pki):
    own = pki.client()
    with backends.Backend(pki.backend(), backends.echo, client_ca=pki.ca) as backend:
        site = launch(backend=backend, back={"tls": {"certificate": {"chain": str(own.chain), "key": str(own.key)}}})
        assert site.ask()[0].status == 200
        site = launch(backend=backend)
        with site.connect() as c:
            assert c.exchange(request(fields=[SECRET])).status == 502


def test_sessions_to_backends_are_resumed(launch, pki):
    context = backends.server_context(pki.backend())
    reused = []

    def script(connection):
        reused.append(connection.socket.session_reused)
        connection.read_request()
        connection.send(backends.response(fields=["Connection: close"]))
    with backends.Backend(context=context, script=script) as backend:
        site = launch(backend=backend, workers=1)
        with site.connect() as c:
            for _ in range(6):
                assert c.exchange(request()).status == 200
    assert reused[0] is False and reused.count(True) >= 4, reused


def test_no_verification_needs_an_ugly_word_and_is_told_and_marked(launch, pki, tmp_path):
    site = policy.site(pki, "https://127.0.0.1:9", back={"tls": {"verify": False}})
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(site))
    result = run_yett("check", path)
    assert result.returncode == 1 and "insecure" in result.stderr
    with backends.Backend(pki.self_signed(), backends.echo) as backend:
        site = launch(backend=backend, back={"tls": {"verify": False, "insecure": True}})
        answer, record = site.ask()
        assert answer.status == 200 and get(record, "yett.backend_insecure") is True
        assert "verif" in site.gate.log.lower()


def test_plain_backend_is_possible_on_loopback_and_insecure_elsewhere(launch, pki, tmp_path):
    with backends.Backend(None, backends.echo) as backend:
        site = launch(backend=backend, change=lambda p: p["backends"]["app"].pop("tls"))
        answer, record = site.ask()
        assert answer.status == 200 and get(record, "yett.backend_insecure") is None
    path = tmp_path / "policy.json"
    rules = policy.site(pki, "http://192.0.2.1:8080")
    del rules["backends"]["app"]["tls"]
    path.write_text(json.dumps(rules))
    result = run_yett("check", path)
    assert result.returncode == 1 and "insecure" in result.stderr


def test_pooled_connections_do_not_cross_names(launch, pki):
    """Two backends at one address with different names: a connection verified for one is never used for the other."""
    with backends.Backend(pki.backend(), backends.echo) as backend:
        def change(rules):
            rules["backends"]["other"] = policy.backend(pki, backend.url, tls={"server_name": "elsewhere.internal"})
            rules["routes"].insert(0, {"hosts": ["*"], "path": "/other/", "backend": "other"})
        site = launch(backend=backend, workers=1, change=change)
        with site.connect() as c:
            assert c.exchange(request()).status == 200
            assert c.exchange(request(target="/other/")).status == 502
            assert c.exchange(request()).status == 200
        assert not [r for r in backend.requests if r.target.startswith(b"/other")]


def pin_of(certificate):
    """As the documentation tells operators to compute it."""
    public = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=public, capture_output=True, check=True).stdout
    return base64.b64encode(hashlib.sha256(der).digest()).decode()


STRANGE = [base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2)]


@pytest.mark.parametrize("whose", ["server", "issuer"])
def test_one_pinned_key_in_the_chain_is_enough(launch, pki, whose):
    pin = pin_of(pki.backend().chain if whose == "server" else pki.ca)
    site = launch(back={"tls": {"pins": [STRANGE[0], pin]}})
    assert site.ask()[0].status == 200


def test_a_key_that_is_not_pinned_gets_nothing_and_the_record_has_both_hashes(launch, pki):
    with backends.Backend(pki.backend(), backends.echo) as backend:
        site = launch(backend=backend, workers=1, back={"tls": {"pins": STRANGE}})
        for _ in range(2):
            record = refused(site, "pin-mismatch")
            detail = get(record, "yett.attempts")[0]["detail"]
            assert pin_of(pki.backend().chain) in detail and all(pin in detail for pin in STRANGE)
            assert get(record, "yett.backend") == "app" and str(backend.port) in get(record, "yett.attempts")[0]["server"]


def test_pins_do_not_replace_verification(launch, pki):
    stranger = pki.unknown_ca()
    with backends.Backend(stranger, backends.echo) as backend:
        refused(launch(backend=backend, back={"tls": {"pins": [pin_of(stranger.chain), STRANGE[0]]}}), "unknown-ca")


@pytest.fixture(scope="module")
def revoking(tmp_path_factory):
    """An authority of its own: (authority, good certificate, revoked certificate)."""
    authority = Authority(tmp_path_factory.mktemp("revoking"), "revoking", "Revoking Root")
    good, bad = (authority.issue(name, ["app.internal"]) for name in ("good", "bad"))
    authority.revoke(bad)
    return authority, good, bad


def with_list(launch, backend, authority, crl):
    return launch(backend=backend, workers=1, back={"tls": {"ca": str(authority.certificate), "crl": str(crl)}})


def test_a_revoked_certificate_is_refused(launch, revoking):
    authority, good, bad = revoking
    crl = authority.crl("now")
    with backends.Backend(good, backends.echo) as backend:
        assert with_list(launch, backend, authority, crl).ask()[0].status == 200
    with backends.Backend(bad, backends.echo) as backend:
        refused(with_list(launch, backend, authority, crl), "certificate-revoked")


def test_an_expired_list_fails_closed_and_a_list_of_somebody_else_too(launch, pki, revoking):
    authority, good, _ = revoking
    old = authority.crl("old", last="20200101000000Z", next="20200201000000Z")
    with backends.Backend(good, backends.echo) as backend:
        site = with_list(launch, backend, authority, old)
        refused(site, "crl-expired")
        assert "has expired: no backend can be verified" in site.gate.log
        refused(with_list(launch, backend, authority, pki.authority.crl("others")), "crl-missing")
