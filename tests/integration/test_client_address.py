# SPDX-License-Identifier: Apache-2.0
"""Who the client is: connection, PROXY protocol, trusted hops of X-Forwarded-For; and that filters, backend and record agree."""
import json
import socket
import struct

import pytest

from support.client import Client, request
from support.records import get

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"


def seen(answer, name):
    return [v for n, v in json.loads(answer.body)["fields"] if n.lower() == name]


@pytest.fixture(scope="module")
def behind_proxy(launch):
    return launch(listen={"trusted_proxies": ["127.0.0.1/32", "10.0.0.0/8", "2001:db8:1::/48"],
                          "client_address_from": "x-forwarded-for"},
                  filters={"list": {"type": "ip_list", "deny": ["203.0.113.0/24"]}})


CHAINS = {
    "one": (["198.51.100.7"], "198.51.100.7"),
    "forged-left": (["203.0.113.1, 198.51.100.7"], "198.51.100.7"),
    "through-trusted": (["198.51.100.7, 10.1.2.3, 10.9.9.9"], "198.51.100.7"),
    "lines": (["203.0.113.1", "198.51.100.7", "10.1.2.3"], "198.51.100.7"),
    "v6": (["2001:db8:2::7, 2001:db8:1::1"], "2001:db8:2::7"),
    "brackets": (["[2001:db8:2::7]:4711"], "2001:db8:2::7"),
    "port": (["198.51.100.7:4711"], "198.51.100.7"),
    "all-trusted": (["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
    "malformed-left": (["nonsense, 198.51.100.7"], "198.51.100.7"),
    "malformed-right": (["198.51.100.7, nonsense"], "127.0.0.1"),
    "malformed-middle": (["198.51.100.7, <x>, 10.0.0.1"], "10.0.0.1"),
    "none": ([], "127.0.0.1"),
    "empty": ([""], "127.0.0.1"),
    "blank-members": ([", 198.51.100.7 , ,"], "198.51.100.7"),
    "mapped": (["::ffff:198.51.100.7"], "198.51.100.7"),
}


@pytest.mark.parametrize("lines, client", CHAINS.values(), ids=CHAINS)
def test_walk_over_x_forwarded_for(behind_proxy, lines, client):
    answer, record = behind_proxy.ask(fields=[f"X-Forwarded-For: {text}" for text in lines])
    assert get(record, "client.address") == client, record
    assert get(record, "yett.peer.ip") == "127.0.0.1"
    assert get(record, "yett.client_source") == ("connection" if client == "127.0.0.1" else "x-forwarded-for")
    assert client in seen(answer, "x-forwarded-for")[0]


def test_untrusted_peer_may_say_nothing(behind_proxy):
    answer, record = behind_proxy.ask(source="127.0.0.2", fields=["X-Forwarded-For: 198.51.100.7", "X-Forwarded-Proto: ftp",
                                                                  "X-Forwarded-Host: evil", "X-Request-Id: forged"])
    assert get(record, "client.address") == "127.0.0.2"
    assert seen(answer, "x-forwarded-for") == ["127.0.0.2"]
    assert b"evil" not in answer.body and b"forged" not in answer.body and b"ftp" not in answer.body


def test_filters_judge_the_chosen_client(behind_proxy):
    answer, record = behind_proxy.ask(fields=["X-Forwarded-For: 203.0.113.5"])
    assert answer.status == 403 and get(record, "client.address") == "203.0.113.5"
    answer, _ = behind_proxy.ask(fields=["X-Forwarded-For: 203.0.113.5, 198.51.100.7"])
    assert answer.status == 200


def v1(text):
    return f"PROXY {text}\r\n".encode()


def v2(source, destination, port=4711, command=0x21, family=0x11, extra=b"", length=None):
    pack = socket.inet_pton(socket.AF_INET6 if family >> 4 == 2 else socket.AF_INET, source)
    pack += socket.inet_pton(socket.AF_INET6 if family >> 4 == 2 else socket.AF_INET, destination)
    pack += struct.pack("!HH", port, 443) + extra
    return SIGNATURE + struct.pack("!BBH", command, family, len(pack) if length is None else length) + pack


def crc32c(data):
    crc = 0xffffffff
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def with_checksum(good=True):
    message = v2("198.51.100.7", "192.0.2.1", extra=b"\x03\x00\x04\0\0\0\0")
    return message[:-4] + struct.pack("!I", crc32c(message) ^ (0 if good else 1))


GOOD = {
    "v1": (v1("TCP4 198.51.100.7 192.0.2.1 4711 443"), "198.51.100.7"),
    "v1-v6": (v1("TCP6 2001:db8::7 2001:db8::1 4711 443"), "2001:db8::7"),
    "v1-unknown": (v1("UNKNOWN"), "127.0.0.1"),
    "v2": (v2("198.51.100.7", "192.0.2.1"), "198.51.100.7"),
    "v2-v6": (v2("2001:db8::7", "2001:db8::1", family=0x21), "2001:db8::7"),
    "v2-local": (SIGNATURE + b"\x20\x00\x00\x00", "127.0.0.1"),
    "v2-tlv": (v2("198.51.100.7", "192.0.2.1", extra=b"\x04\x00\x03abc"), "198.51.100.7"),
    "v2-crc": (with_checksum(), "198.51.100.7"),
}
BAD = {
    "none": b"", "http": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "v1-no-cr": b"PROXY TCP4 198.51.100.7 192.0.2.1 4711 443\n",
    "v1-spaces": v1("TCP4  198.51.100.7 192.0.2.1 4711 443"), "v1-family": v1("TCP5 198.51.100.7 192.0.2.1 4711 443"),
    "v1-mixed": v1("TCP4 2001:db8::7 192.0.2.1 4711 443"), "v1-port": v1("TCP4 198.51.100.7 192.0.2.1 99999 443"),
    "v1-zeros": v1("TCP4 198.051.100.007 192.0.2.1 4711 443"), "v1-short": v1("TCP4 198.51.100.7"),
    "v1-endless": b"PROXY TCP4 " + b"1" * 200, "v2-version": SIGNATURE + b"\x31\x11\x00\x00",
    "v2-short": v2("198.51.100.7", "192.0.2.1", length=4), "v2-huge": SIGNATURE + b"\x21\x11\xff\xff",
    "v2-tlv": v2("198.51.100.7", "192.0.2.1", extra=b"\x04\x00\x09abc"), "v2-crc": with_checksum(False),
}


@pytest.fixture(scope="module")
def proxied(launch):
    return launch(listen={"trusted_proxies": ["127.0.0.1/32"], "proxy_protocol": "on"},
                  limits={"handshake_timeout": "1s"}, filters={"list": {"type": "ip_list", "deny": ["203.0.113.0/24"]}})


@pytest.mark.parametrize("header, client", GOOD.values(), ids=GOOD)
def test_proxy_header_names_the_client(proxied, header, client):
    with proxied.connect(before_tls=header) as c:
        answer = c.exchange(request())
        record = proxied.audit.wait_port(c.local_port)[0]
    assert answer.status == 200
    assert get(record, "client.address") == client
    assert get(record, "yett.peer.ip") == "127.0.0.1"
    assert seen(answer, "x-forwarded-for") == [client]


def test_proxy_header_octet_by_octet(proxied):
    raw = Client(proxied.gate.port)
    raw.send_slowly(v2("198.51.100.7", "192.0.2.1"))
    raw.socket = proxied.context.wrap_socket(raw.raw, server_hostname="localhost", suppress_ragged_eofs=False)
    with raw:
        assert raw.exchange(request()).status == 200


@pytest.mark.parametrize("header", BAD.values(), ids=BAD)
def test_bad_proxy_header_ends_the_connection(proxied, header):
    accepted = proxied.backend.accepted
    with Client(proxied.gate.port) as raw:
        raw.send(header)
        if header == b"":
            raw.raw_shutdown()
        assert raw.is_closed()
        record = proxied.audit.wait_port(raw.local_port)[0]
    assert get(record, "event.action") == "connection" and get(record, "event.reason")
    assert proxied.backend.accepted == accepted


def test_end_together_with_half_a_header_ends_the_connection_at_once(proxied):
    """Octets and FIN mostly come as one event."""
    for _ in range(20):
        with Client(proxied.gate.port) as raw:
            raw.send(b"PROXY TCP4 ")
            raw.raw_shutdown()
            assert raw.is_closed()
            assert get(proxied.audit.wait_port(raw.local_port)[0], "event.reason") == "bad-proxy-header"


def test_proxy_header_from_a_stranger_is_refused(proxied):
    accepted, before = proxied.backend.accepted, len(proxied.audit.records())
    try:
        with Client(proxied.gate.port, source="127.0.0.3") as raw:
            raw.send(v1("TCP4 198.51.100.7 192.0.2.1 4711 443"))
            assert raw.is_closed()
    except ConnectionError:
        pass  # reset before anything was sent
    record = proxied.audit.wait_count(before + 1)[before]
    assert get(record, "event.action") == "connection"
    assert get(record, "client.address") == "127.0.0.3"
    assert proxied.backend.accepted == accepted


def test_proxied_client_is_judged_by_filters(proxied):
    with proxied.connect(before_tls=v1("TCP4 203.0.113.7 192.0.2.1 4711 443")) as c:
        assert c.exchange(request()).status == 403
