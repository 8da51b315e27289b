# SPDX-License-Identifier: Apache-2.0
"""What is unusual but right and must not be refused (section 17 of the strictness rules), and what arrives behind."""
import json
import time

import pytest

from support import backends, client
from support.client import request

HOST = b"Host: app.example.com\r\n"


@pytest.fixture(scope="module")
def front(launch):
    return launch(methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "REPORT"])


def arrived(answer):
    assert answer is not None and answer.status == 200, answer
    return json.loads(answer.body)


def fields_of(seen, name):
    return [v for n, v in seen["fields"] if n.lower() == name.lower()]


TARGETS = {
    b"/": "/", b"/a?": "/a?", b"/a;v=1": "/a;v=1", b"/~user": "/~user", b"/a..b": "/a..b", b"/...": "/...",
    b"/.well-known/x": "/.well-known/x", b"/a!$&'()*+,;=:@b": "/a!$&'()*+,;=:@b", b"/?a=/x/../y": "/?a=/x/../y",
    b"/%C3%A4": "/%C3%A4", b"/%c3%a4": "/%C3%A4", b"/a%20b": "/a%20b", b"//host/x": "/host/x", b"/a//b": "/a/b",
    b"/a/./b": "/a/b", b"/a/../b": "/b", b"/a/b/..": "/a/", b"/%7euser": "/~user", b"/?q=%00%0d%0a": "/?q=%00%0d%0a",
    b"/?a|b^c`{d}": "/?a|b^c`{d}", b"/?[]": "/?[]", b"/??": "/??", b"/100%25": "/100%25", b"/a%3Fb": "/a%3Fb",
    b"/a%23b": "/a%23b", b"https://app.example.com/abs?x": "/abs?x", b"https://app.example.com": "/",
    b"HTTPS://APP.example.com:443/abs": "/abs", b"https://app.example.com?x": "/?x",
}


@pytest.mark.parametrize("sent, forwarded", TARGETS.items(), ids=[t.decode() for t in TARGETS])
def test_legal_target_is_forwarded_in_canonical_form(front, sent, forwarded):
    with front.connect() as c:
        seen = arrived(c.exchange(b"GET " + sent + b" HTTP/1.1\r\n" + HOST + b"\r\n"))
    assert seen["target"] == forwarded


def test_options_asterisk(front):
    with front.connect() as c:
        assert arrived(c.exchange(b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n"))["target"] == "*"


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT"])
def test_configured_extension_method(front, method):
    with front.connect() as c:
        assert arrived(c.exchange(request(method)))["method"] == method


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "OPTIONS", "POST"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_body_with_any_method(front, method, chunked):
    body = client.chunked(b"hello") if chunked else b"hello"
    fields = ["Transfer-Encoding: chunked"] if chunked else []
    with front.connect() as c:
        assert arrived(c.exchange(request(method, fields=fields, body=body)))["size"] == 5


BODIES = {
    "extension": b"5;a\r\nhello\r\n0\r\n\r\n", "extension-value": b"5;a=b;c=\"d;\\\"e\"\r\nhello\r\n0;x\r\n\r\n",
    "leading-zeros": b"0005\r\nhello\r\n000\r\n\r\n", "upper-case": b"A\r\nhellohello\r\n0\r\n\r\n",
    "one-octet-chunks": b"".join(b"1\r\n%c\r\n" % x for x in b"hello") + b"0\r\n\r\n",
    "trailers": b"5\r\nhello\r\n0\r\nX-Checksum: 1\r\nA:\r\n\r\n", "empty": b"0\r\n\r\n", "gaps": b"5; a = b\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("split", [False, True], ids=["whole", "octet-by-octet"])
def test_legal_chunking(front, name, split):
    message = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding:\tchunked \r\n\r\n" + BODIES[name]
    with front.connect() as c:
        c.send_slowly(message) if split else c.send(message)
        seen = arrived(c.final())
        assert seen["size"] == {"empty": 0, "upper-case": 10}.get(name, 5)
        assert not fields_of(seen, "x-checksum")
        assert arrived(c.exchange(request()))["size"] == 0  # still in step


@pytest.mark.parametrize("spelling", [b"chunked", b"Chunked", b"CHUNKED", b" \t chunked\t "])
def test_spelling_of_chunked(front, spelling):
    with front.connect() as c:
        seen = arrived(c.exchange(b"POST / HTTP/1.1\r\n" + HOST + b"transfer-ENCODING:" + spelling + b"\r\n\r\n0\r\n\r\n"))
    assert seen["size"] == 0


def test_content_length_with_zeros_and_blanks_is_forwarded_as_a_plain_number(front):
    with front.connect() as c:
        seen = arrived(c.exchange(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: \t 0005 \t\r\n\r\nhello"))
    assert seen["size"] == 5 and fields_of(seen, "content-length") == ["5"]


def test_field_values_arrive_as_they_are(front):
    with front.connect() as c:
        seen = arrived(c.exchange(b"GET / HTTP/1.1\r\n" + HOST + b"Empty:\r\nBlank: \t \r\nTab:\ta\tb\t\r\nText: M\xc3\xbcller \xe4\r\n"
                                  b"Many: 1\r\nMany: 2\r\nx!#$%&'*+-.^`|~9: y\r\n\r\n"))
    assert fields_of(seen, "empty") == [""] and fields_of(seen, "blank") == [""]
    assert fields_of(seen, "tab") == ["a\tb"]
    assert fields_of(seen, "text") == [b"M\xc3\xbcller \xe4".decode("latin-1")]
    assert fields_of(seen, "many") == ["1", "2"]
    assert fields_of(seen, "x!#$%&'*+-.^`|~9") == ["y"]


def test_a_hundred_fields_and_a_long_request_line(front):
    with front.connect() as c:
        seen = arrived(c.exchange(request(fields=[f"X-{i}: {i}" for i in range(99)])))
        assert fields_of(seen, "x-98") == ["98"]
        target = "/" + "a" * 7980
        assert arrived(c.exchange(request(target=target)))["target"] == target


@pytest.mark.parametrize("host, forwarded", [
    ("app.example.com:8443", "app.example.com:8443"), ("APP.Example.COM", "app.example.com"), ("[::1]", "[::1]"),
    ("[2001:DB8::1]:8443", "[2001:db8::1]:8443"), ("192.0.2.1", "192.0.2.1"), ("app.example.com.", "app.example.com"),
    ("app.example.com:443", "app.example.com"), ("a_b.example.com", "a_b.example.com"), ("localhost", "localhost")])
def test_legal_host(front, host, forwarded):
    with front.connect() as c:
        seen = arrived(c.exchange(request(host=host)))
    assert fields_of(seen, "host") == [forwarded]


@pytest.mark.parametrize("lines", [1, 2])
def test_empty_line_before_a_request(front, lines):
    with front.connect() as c:
        arrived(c.exchange(b"\r\n" * lines + request()))
        arrived(c.exchange(b"\r\n" * lines + request()))


def test_octet_by_octet_arrival(front):
    with front.connect() as c:
        c.send_slowly(request("POST", "/drip", body=b"hello"))
        seen = arrived(c.final())
    assert (seen["target"], seen["size"]) == ("/drip", 5)


def test_forty_pipelined_requests_are_answered_in_order(front):
    with front.connect() as c:
        c.send(b"".join(request("POST" if i % 3 == 0 else "GET", f"/{i}", body=b"x" * i if i % 3 == 0 else b"")
                        for i in range(40)))
        for i in range(40):
            assert arrived(c.final())["target"] == f"/{i}"


def test_head_then_get(front):
    with front.connect() as c:
        head = c.exchange(request("HEAD", "/x"), "HEAD")
        assert head.status == 200 and int(head.get("content-length")) > 0 and head.body == b""
        assert arrived(c.exchange(request(target="/y")))["target"] == "/y"


def test_several_set_cookies_and_unusual_statuses_come_back(launch):
    site = launch(backends.always(backends.response(299, ["Set-Cookie: a=1", "Set-Cookie: b=2; Path=/", "X-Text: \xe4",
                                                          "X-Empty:", "WWW-Authenticate: A", "WWW-Authenticate: B"])))
    with site.connect() as c:
        answer = c.exchange(request())
    assert answer.status == 299
    assert answer.all("set-cookie") == [b"a=1", b"b=2; Path=/"]
    assert answer.all("www-authenticate") == [b"A", b"B"]
    assert answer.all("x-text") == [b"\xe4"] and answer.all("x-empty") == [b""]


def test_http10_backend_that_closes(launch):
    def script(connection):
        if connection.read_request():
            connection.send(b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it")
    site = launch(script)
    with site.connect() as c:
        for _ in range(3):
            answer = c.exchange(request())
            assert (answer.status, answer.body, answer.is_complete) == (200, b"all of it", True)


def test_slow_but_steady_body(launch):
    site = launch(limits={"body_timeout": "500ms", "min_body_rate": "100B/1s", "rate_grace": "200ms"})
    with site.connect() as c:
        c.send(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 600\r\n\r\n")
        for _ in range(30):
            c.send(bytes(20))
            time.sleep(0.05)  # the pace is the point: 400 octets a second, four times the floor
        assert arrived(c.final())["size"] == 600

