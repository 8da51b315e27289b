# SPDX-License-Identifier: Apache-2.0
"""TLS towards clients: versions, suites, certificates by name, ALPN, tickets, and what knocks without TLS."""
import re
import socket
import ssl
import subprocess
import time

import pytest

from support.client import Client, request, tls_context
from support.records import get
from support.wait import wait_for

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.fixture(scope="module")
def front(launch, pki):
    pairs = [{"chain": str(c.chain), "key": str(c.key)} for c in (pki.site(), pki.other_site())]
    return launch(listen={"tls": {"certificates": pairs}}, limits={"handshake_timeout": "1s"})


def connection_record(front, port):
    record = front.audit.wait_port(port)[0]
    assert get(record, "event.action") == "connection", record
    return record


@pytest.mark.parametrize("version, name", [(V12, "1.2"), (V13, "1.3")])
def test_versions(front, pki, version, name):
    with Client(front.gate.port, tls_context(pki.ca, minimum=version, maximum=version)) as c:
        assert c.exchange(request()).status == 200
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "tls.version") == name
    assert get(record, "tls.client.server_name") == "localhost"
    assert get(record, "tls.cipher")


def handshake(front, *args):
    """`openssl s_client` with its opinion of the handshake."""
    return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{front.gate.port}", "-servername", "localhost", *args],
                          input="", capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize("args", [
    ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
    ["-tls1_2", "-cipher", "AES128-SHA:AES256-SHA:AES128-GCM-SHA256"], ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"],
    ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"]], ids=["tls1.1", "tls1.0", "no-forward-secrecy", "cbc", "cbc-sha1"])
def test_old_versions_and_suites_are_refused(front, args):
    result = handshake(front, *args)
    assert result.returncode != 0
    assert "Cipher is (NONE)" in result.stdout or "Cipher    : 0000" in result.stdout, result.stdout[-500:]


def test_no_compression_and_no_renegotiation(front):
    result = handshake(front, "-tls1_2", "-comp")
    assert "Compression: NONE" in result.stdout
    context = ["openssl", "s_client", "-connect", f"127.0.0.1:{front.gate.port}", "-tls1_2", "-servername", "localhost"]
    process = subprocess.Popen(context, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        output, _ = process.communicate("R\n", timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    assert re.search(r"no.renegotiation|alert|closed|wrong|error", output, re.I), output[-600:]


@pytest.mark.parametrize("sni, subject", [
    ("localhost", "localhost"), ("LOCALHOST", "localhost"), ("a.example.com", "localhost"), ("www.example.net", "www.example.net"),
    ("x.apps.example.net", "www.example.net")])
def test_certificate_is_chosen_by_name(front, pki, sni, subject):
    with Client(front.gate.port, tls_context(pki.ca), sni=sni) as c:
        names = dict(pair[0] for pair in c.socket.getpeercert()["subject"])
        assert names["commonName"] == subject


@pytest.mark.parametrize("sni", ["unknown.example.org", "a.b.example.com", "apps.example.net", "y.x.apps.example.net"])
def test_unknown_name_is_refused_with_the_right_alert(front, pki, sni):
    with socket.create_connection(("127.0.0.1", front.gate.port)) as raw:
        port = raw.getsockname()[1]
        with pytest.raises(ssl.SSLError, match="(?i)unrecognized.name"):
            tls_context(pki.ca, verify=False).wrap_socket(raw, server_hostname=sni)
    record = connection_record(front, port)
    assert get(record, "event.reason") == "unrecognized-name", record
    assert get(record, "tls.client.server_name") == sni


def test_client_without_a_name_gets_the_first_certificate(front):
    result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{front.gate.port}", "-noservername"], input="",
                            capture_output=True, text=True, timeout=30)
    assert re.search(r"subject=CN ?= ?localhost", result.stdout), result.stdout[:800]


@pytest.mark.parametrize("offered, chosen", [(["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "h2"), (["http/1.1", "h2"], "h2"), (None, None)])
def test_alpn(front, pki, offered, chosen):
    with Client(front.gate.port, tls_context(pki.ca, alpn=offered)) as c:
        assert c.socket.selected_alpn_protocol() == chosen
        if chosen != "h2":
            assert c.exchange(request()).status == 200


@pytest.mark.parametrize("offered", [["spdy/3"], ["h3", "imap"]])
def test_unknown_protocols_are_refused(front, pki, offered):
    with socket.create_connection(("127.0.0.1", front.gate.port)) as raw:
        port = raw.getsockname()[1]
        with pytest.raises(ssl.SSLError, match="(?i)no.application.protocol"):
            tls_context(pki.ca, alpn=offered).wrap_socket(raw, server_hostname="localhost")
    assert get(connection_record(front, port), "event.reason") == "no-shared-protocol"


@pytest.mark.parametrize("version", [V12, V13])
def test_sessions_are_resumed_across_workers(front, pki, version):
    context = tls_context(pki.ca, minimum=version, maximum=version)
    with Client(front.gate.port, context) as c:
        assert c.exchange(request()).status == 200
        session = c.socket.session
    reused = []
    for _ in range(8):
        with Client(front.gate.port, context, session=session) as c:
            reused.append(c.socket.session_reused)
            assert c.exchange(request()).status == 200
            record = front.audit.wait_port(c.local_port)[0]
            assert get(record, "tls.resumed") is True
            session = c.socket.session
    assert all(reused)


def test_session_of_one_name_does_not_open_another(front, pki):
    """A ticket made for one certificate's names is of no use at the other's."""
    context = tls_context(pki.ca, minimum=V13)
    context.check_hostname = False
    with Client(front.gate.port, context, sni="localhost") as c:
        c.exchange(request())
        session = c.socket.session
    with Client(front.gate.port, context, sni="www.example.net", session=session) as c:
        assert not c.socket.session_reused


def test_plain_http_on_the_tls_port_gets_a_short_answer(front):
    with Client(front.gate.port) as c:
        c.send(request())
        data = c.rest()
        record = connection_record(front, c.local_port)
    assert data.startswith(b"HTTP/1.1 400 ") and b"TLS" in data and len(data) < 512
    assert get(record, "event.reason") == "plain-http"


@pytest.mark.parametrize("garbage", [b"\0" * 50, b"\x16\x03\x01\xff\xff" + b"x" * 100, b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
                                     b"SSH-2.0-OpenSSH\r\n", bytes(range(256)) * 4, b"\x80\x2e\x01\x00\x02"])
def test_garbage_ends_the_connection_and_is_recorded(front, garbage):
    with Client(front.gate.port) as c:
        c.send(garbage)
        c.rest()
        record = connection_record(front, c.local_port)
    assert get(record, "event.reason")
    assert get(record, "event.outcome") == "failure"


def test_connection_that_says_nothing_is_closed_in_time_and_recorded(front):
    began = time.monotonic()
    with Client(front.gate.port) as c:
        assert c.rest() == b""
        assert 0.5 < time.monotonic() - began < 10
        connection_record(front, c.local_port)


def test_handshake_that_drips_is_cut_by_the_total_deadline(front):
    with Client(front.gate.port) as c:
        hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
        began = time.monotonic()
        try:
            for octet in hello:
                c.send(bytes([octet]))
                time.sleep(0.05)
                if time.monotonic() - began > 12:
                    break
        except OSError:
            pass
        assert time.monotonic() - began < 10
        connection_record(front, c.local_port)


def test_reset_right_after_the_handshake_is_recorded_as_one(front):
    for _ in range(20):  # the session tickets may or may not be on their way
        with front.connect() as c:
            c.reset()
        assert get(connection_record(front, c.local_port), "event.reason") == "reset"


def test_client_gone_in_the_middle_of_the_handshake(front):
    with Client(front.gate.port) as c:
        c.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        port = c.local_port
        c.reset()
    connection_record(front, port)


def test_every_certificate_needs_a_name_policy_refuse_without_sni(launch, pki):
    site = launch(listen={"tls": {"without_sni": "refuse", "min_version": "1.3"}})
    result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{site.gate.port}", "-noservername"], input="",
                            capture_output=True, text=True, timeout=30)
    assert result.returncode != 0 and "alert" in result.stderr
    with pytest.raises(ssl.SSLError, match="(?i)protocol.version|alert"):
        Client(site.gate.port, tls_context(pki.ca, maximum=V12))


def group_of(port, wanted):
    """What a client that offers that group alone ends up with; None where the handshake fails."""
    result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-groups", wanted], input="",
                            capture_output=True, text=True, timeout=30)
    found = re.search(r"Server Temp Key: (?:ECDH, )?(\S+?),", result.stdout)
    return found.group(1) if found and result.returncode == 0 else None


def test_groups_are_those_of_the_policy(launch):
    usual, other = launch(), launch(listen={"tls": {"groups": ["X448", "P-521"]}})
    for group, name in (("X25519", "X25519"), ("P-256", "prime256v1"), ("P-384", "secp384r1")):
        assert group_of(usual.gate.port, group) == name and group_of(other.gate.port, group) is None
    for group, name in (("X448", "X448"), ("P-521", "secp521r1")):
        assert group_of(other.gate.port, group) == name and group_of(usual.gate.port, group) is None
    assert group_of(other.gate.port, "P-256:P-521:X448") == "X448"


def test_orderly_end_has_close_notify(front):
    with front.connect() as c:
        c.exchange(request(fields=["Connection: close"]))
        assert c.rest() == b"" and c.ended == "orderly"


def test_connection_without_a_request_leaves_one_record(front):
    with front.connect() as c:
        port = c.local_port
        c.end_sending()
        c.rest()
    record = wait_for(lambda: front.audit.of_port(port), "the record")[0]
    assert get(record, "event.action") == "connection"


def test_curl_with_both_versions(front, pki):
    for version in ("--tls-max 1.2", "--tlsv1.3"):
        result = subprocess.run(["curl", "-sS", "--cacert", pki.ca, *version.split(), "-o", "/dev/null", "-w", "%{http_code}",
                                 f"https://localhost:{front.gate.port}/"], capture_output=True, text=True, timeout=30)
        assert result.stdout == "200", result.stderr
