# SPDX-License-Identifier: Apache-2.0
"""PROXY protocol version 2 towards backends: first on each connection, before TLS, about the client of this very request."""
import socket
import struct
import threading

import pytest

from support import backends
from support.client import Client, request, tls_context
from support.pki import Authority
from support.records import get
from support.wait import wait_for

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def take(sock, count):
    data = b""
    while len(data) < count:
        piece = sock.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


class Header:
    def __init__(self, sock):
        fixed = take(sock, 16)
        assert fixed[:12] == SIGNATURE
        self.command, self.family, length = struct.unpack("!BBH", fixed[12:])
        rest = take(sock, length)
        block = {0x11: 12, 0x21: 36}.get(self.family, 0)
        self.addresses, rest = rest[:block], rest[block:]
        self.tlvs = {}
        while rest:
            kind, length = struct.unpack("!BH", rest[:3])
            self.tlvs[kind], rest = rest[3:3 + length], rest[3 + length:]

    @property
    def source(self):
        ip, _, port, _ = struct.unpack("!4s4sHH", self.addresses)
        return socket.inet_ntoa(ip), port


class Backend:
    """Takes the header, then TLS, then one request after the other."""

    def __init__(self, certificate=None):
        self.context = backends.server_context(certificate) if certificate else None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.listener.getsockname()[1]}"
        self.headers, self.requests = [], []
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.settimeout(10)
        with sock:
            try:
                header = Header(sock)
                self.headers.append(header)
                stream = self.context.wrap_socket(sock, server_side=True) if self.context else sock
                with stream:
                    self._answer(stream, header)
            except (EOFError, OSError):
                pass

    def _answer(self, stream, header):
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                piece = stream.recv(65536)
                if not piece:
                    return
                data += piece
            head, data = data.split(b"\r\n\r\n", 1)
            self.requests.append((header, head))
            stream.sendall(backends.OK)

    def stop(self):
        self.listener.close()

    def of_clients(self):
        return [header for header, head in self.requests if b"/checked" not in head]


@pytest.fixture(scope="module", params=["plain", "tls"])
def site(request, launch, pki):
    backend = Backend(pki.backend() if request.param == "tls" else None)

    def change(rules):
        app = rules["backends"]["app"]
        app["proxy_protocol"] = "v2"
        app["health_check"] = {"path": "/checked", "interval": "100ms"}
        if request.param == "plain":
            app.pop("tls", None)

    yield launch(backend=backend, change=change, workers=1,
                 listen={"trusted_proxies": ["127.0.0.1/32"], "client_address_from": "x-forwarded-for"})
    backend.stop()


def test_each_request_has_a_connection_that_names_its_client(site):
    with site.connect() as c:
        before = len(site.backend.of_clients())
        assert c.exchange(request()).status == 200
        assert c.exchange(request(fields=["X-Forwarded-For: 198.51.100.7"])).status == 200
        assert c.exchange(request()).status == 200
        headers = site.backend.of_clients()[before:]
        assert [h.source for h in headers] == [("127.0.0.1", c.local_port), ("198.51.100.7", 0), ("127.0.0.1", c.local_port)]
    assert len(set(map(id, headers))) == 3
    assert {(h.command, h.family) for h in headers} == {(0x21, 0x11)}


def test_tells_of_the_clients_tls(site):
    with site.connect() as c:
        assert c.exchange(request()).status == 200
    header = site.backend.of_clients()[-1]
    tls = header.tlvs[0x20]
    assert tls[:5] == b"\x01\0\0\0\x01"
    assert b"\x21\0\x07TLSv1.3" in tls
    assert len(header.tlvs[0x03]) == 4


def test_a_health_check_speaks_for_itself(site):
    wait_for(lambda: any(b"/checked" in head for _, head in site.backend.requests), "a check")
    checks = [header for header, head in site.backend.requests if b"/checked" in head]
    assert {(h.command, h.family, bytes(h.addresses)) for h in checks} == {(0x20, 0, b"")}


@pytest.mark.parametrize("known", [True, False], ids=["verified", "without"])
def test_tells_who_was_verified_and_which_request_it_is(launch, pki, tmp_path, known):
    people = Authority(tmp_path, "people")
    alice = people.issue("alice", ["alice.people"], usage="clientAuth")
    backend = Backend(pki.backend())
    site = launch(backend=backend, back={"proxy_protocol": "v2"},
                  listen={"tls": {"client_ca": str(people.certificate), "client_certificate": "optional"}})
    context = tls_context(pki.ca)
    if known:
        context.load_cert_chain(alice.chain, alice.key)
    with Client(site.gate.port, context) as c:
        assert c.exchange(request()).status == 200
        record = site.audit.wait_port(c.local_port)[0]
    backend.stop()
    header = backend.of_clients()[0]
    assert header.tlvs[0x05].decode() == get(record, "event.id")
    assert header.tlvs[0x20][:5] == (b"\x07\0\0\0\0" if known else b"\x01\0\0\0\x01")
    assert (b"\x22\0\x0calice.people" in header.tlvs[0x20]) is known


def test_nginx_knows_the_client(launch, pki, tmp_path):
    told = 'location /told { return 200 "$proxy_protocol_addr $proxy_protocol_port"; }'
    with backends.Nginx(tmp_path / "nginx", pki.backend(), extra=told, listen="ssl proxy_protocol") as nginx:
        site = launch(backend=nginx, back={"proxy_protocol": "v2-addresses"})
        with site.connect(source="127.0.0.9") as c:
            assert c.exchange(request(target="/told")).body.decode() == f"127.0.0.9 {c.local_port}"
