# SPDX-License-Identifier: Apache-2.0
"""Every way in which a request head is refused: the raw octets, the status, a closed connection, a backend that received
nothing, and the reason word in the audit record."""
import pytest

from support.records import get

HOST = b"Host: app.example.com\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
END = b"\r\n"


def field(*lines):
    return GET + b"".join(line + b"\r\n" for line in lines) + END


def line(text):
    return text + b"\r\n" + HOST + END


def target(text, method=b"GET"):
    return line(method + b" " + text + b" HTTP/1.1")


def hosts(*lines, version=b"1.1"):
    return b"GET / HTTP/" + version + b"\r\n" + b"".join(text + b"\r\n" for text in lines) + END


def post(*lines, version=b"1.1", body=b""):
    return b"POST / HTTP/" + version + b"\r\n" + HOST + b"".join(text + b"\r\n" for text in lines) + END + body


CASES = {
    # 1 Octets and lines
    "bare-lf": (400, [
        b"GET / HTTP/1.1\nHost: app.example.com\n\n", b"GET / HTTP/1.1\r\nHost: app.example.com\nA: b\r\n\r\n",
        GET + b"A: b\r\n\n", GET + b"A: b\n\r\n", b"\nGET / HTTP/1.1\r\n" + HOST + END]),
    "bare-cr": (400, [
        field(b"A: b\rc"), GET + b"A: b\r\r\n\r\n", b"GET / HTTP/1.1\r" + HOST + END, b"\rGET / HTTP/1.1\r\n" + HOST + END,
        field(b"A: b\rTransfer-Encoding: chunked")]),
    "nul-octet": (400, [field(b"A: b\0c"), field(b"A\0: b"), target(b"/\0"), line(b"GET / HTTP/1.1\0")]),
    "control-octet": (400, [
        field(b"A: \x01"), field(b"A: b\x7f"), field(b"A: b\x0bc"), field(b"A\x0b: b"), line(b"GET\t/\tHTTP/1.1"),
        line(b"GET /\tHTTP/1.1"), target(b"/\x1b"), target(b"/\x7f"), field(b"Content-Length:\x0b5")]),
    "empty-lines": (400, [b"\r\n" * 5 + field(), b"\r\n" * 400]),
    "leading-blank": (400, [b" " + field(), b"\t" + field(), b"\r\n " + field()]),
    "folded-field": (400, [
        field(b"A: b", b" c"), field(b"A: b", b"\tc"), b"GET / HTTP/1.1\r\n " + HOST + END,
        b"GET / HTTP/1.1\r\nHost: app.\r\n example.com\r\n\r\n", field(b"Transfer-Encoding:", b" chunked")]),
    # 2 Request line
    "bad-request-line": (400, [
        line(b"GET  / HTTP/1.1"), line(b"GET /  HTTP/1.1"), line(b"GET / HTTP/1.1 "), line(b"GET /a b HTTP/1.1"),
        line(b"GET / x HTTP/1.1")]),
    "request-line-too-long": (414, [target(b"/" + b"a" * 9000), b"GET /" + b"a" * 20000]),
    "bad-method": (400, [
        line(b"G(T / HTTP/1.1"), line(b'"GET" / HTTP/1.1'), line(b"G:T / HTTP/1.1"), b"HTTP/1.1 200 OK\r\n" + HOST + END,
        b"\x16\x03\x01\x00\x05hello\r\n\r\n", b"\x80\x81\x82\r\n\r\n", b"{}\r\n\r\n"]),
    "method-too-long": (501, [line(b"A" * 33 + b" / HTTP/1.1")]),
    "connect-refused": (405, [
        target(b"app.example.com:443", b"CONNECT"), target(b"/", b"CONNECT"),
        b"CONNECT app.example.com:443 HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc"]),
    "trace-refused": (405, [
        target(b"/", b"TRACE"), target(b"/", b"TRACK"), b"TRACE / HTTP/1.1\r\n" + HOST + b"Max-Forwards: 0\r\n\r\n"]),
    "bad-version": (400, [
        line(b"GET /"), line(b"GET / HTTP/1.10"), line(b"GET / HTTP/11"), line(b"GET / http/1.1"), line(b"GET / HTTP/1.x"),
        line(b"GET / HTTP/+1.1"), line(b"GET / HTTP/1,1"), line(b"GET / XTTP/1.1"), line(b"GET / HTTP/1.")]),
    "version-unsupported": (505, [line(b"GET / HTTP/2.0"), line(b"GET / HTTP/0.9"), line(b"GET / HTTP/3.1")]),
    "http2-preface": (400, [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"]),
    # 3 Target
    "bad-target": (400, [
        target(b"?x"), target(b":80/x"), target(b"@x"), target(b"word"), target(b"*"), target(b"app.example.com:443"),
        target(b"*/x", b"OPTIONS")]),
    "bad-target-octet": (400, [
        target(b'/"'), target(b"/<"), target(b"/>"), target(b"/^"), target(b"/`"), target(b"/{"), target(b"/}"),
        target(b"/a#b"), target(b"/?a#b"), target(b"/\x80"), target(b"/\xff"), target(b'/?"'), target(b"/?<x>"),
        target(b"/a?\xc3\xa4")]),
    "bad-percent-encoding": (400, [
        target(b"/%"), target(b"/%4"), target(b"/%zz"), target(b"/%u0041"), target(b"/?a=%"), target(b"/?a=%u0041"),
        target(b"/%4/")]),
    "bad-target-scheme": (400, [target(b"ftp://app.example.com/"), target(b"javascript://app.example.com/")]),
    "bad-target-authority": (400, [
        target(b"http://user@app.example.com/"), target(b"http://user:pass@app.example.com/"), target(b"http:///x"),
        target(b"https://app.example.com:x/"), target(b"http://?x")]),
    "host-mismatch": (400, [target(b"https://other.example.com/"), target(b"https://app.example.com:8443/")]),
    # 4 Host
    "host-missing": (400, [hosts(), hosts(b"A: b"), hosts(b"Hos_t: a"), hosts(version=b"1.0")]),
    "host-repeated": (400, [
        hosts(b"Host: a", b"Host: b"), hosts(b"Host: a", b"Host: a"), hosts(b"Host: a", b"hOST:"), hosts(b"Host:", b"Host: a"),
        hosts(b"Host: a", b"Host: a", version=b"1.0")]),
    "host-invalid": (400, [
        hosts(b"Host:"), hosts(b"Host: a b"), hosts(b"Host: a,b"), hosts(b"Host: a/b"), hosts(b"Host: a?b"), hosts(b"Host: a#b"),
        hosts(b"Host: u@a"), hosts(b"Host: a\\b"), hosts(b'Host: "a"'), hosts(b"Host: a:b"), hosts(b"Host: a:0"),
        hosts(b"Host: a:65536"), hosts(b"Host: a:80:80"), hosts(b"Host: [::1"), hosts(b"Host: [::1]x"), hosts(b"Host: [::g]"),
        hosts(b"Host: ::1"), hosts(b"Host: \xc3\xa4"), hosts(b"Host: " + b"a" * 256), hosts(b"Host: http://a")]),
    # 5 Field lines
    "bad-field-name": (400, [
        field(b"A"), field(b": a"), field(b"A(: b"), field(b"A\xe4: b"), field(b"A/B: c"), field(b'"A": b'), field(b"A;: b"),
        field(b"Transfer-Encoding\xa0: chunked")]),
    "blank-before-colon": (400, [
        field(b"A : b"), field(b"A\t: b"), field(b"Content-Length : 5"), field(b"Transfer-Encoding : chunked"),
        field(b"A B: c")]),
    "field-too-long": (431, [field(b"A: " + b"b" * 9000), GET + b"A" * 20000]),
    "fields-too-large": (431, [field(*[b"A%d: " % i + b"b" * 4000 for i in range(10)])]),
    "too-many-fields": (431, [field(*[b"A%d: b" % i for i in range(100)])]),
    "field-repeated": (400, [
        field(b"Authorization: a", b"Authorization: b"), field(b"Content-Type: a/b", b"Content-Type: a/b"),
        field(b"Expect: 100-continue", b"Expect: 100-continue")]),
    # 6 Transfer-Encoding
    "bad-transfer-encoding": (400, [post(text, body=b"0\r\n\r\n") for text in (
        b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding:", b"Transfer-Encoding: ,chunked", b"Transfer-Encoding: chunked,", b'Transfer-Encoding: "chunked"',
        b"Transfer-Encoding: chunked;q=1", b"Transfer-Encoding: chun ked", b"Transfer-Encoding: chunked\xa0",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity")]),
    "transfer-encoding-unknown": (501, [post(b"Transfer-Encoding: " + text, body=b"0\r\n\r\n") for text in (
        b"gzip", b"identity", b"xchunked", b"chunkedx", b"cow")]),
    "transfer-encoding-http10": (400, [
        post(b"Transfer-Encoding: chunked", version=b"1.0", body=b"0\r\n\r\n"),
        post(b"Transfer-Encoding: chunked", b"Connection: keep-alive", version=b"1.0", body=b"0\r\n\r\n")]),
    "transfer-encoding-with-length": (400, [
        post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"),
        post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        post(b"content-length: 0", b"TRANSFER-ENCODING: Chunked", body=b"0\r\n\r\n"),
        post(b"Connection: Content-Length", b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        post(b"Connection: Transfer-Encoding", b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
        GET + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"]),
    # 7 Content-Length
    "bad-content-length": (400, [post(b"Content-Length:" + text, body=b"hello") for text in (
        b" +5", b" -5", b" 0x5", b" 5.0", b" 5e0", b" 5 5", b" 5_", b"", b" five", b" 5,5", b" 5, 5", b" 9223372036854775808",
        b" 18446744073709551621", b" \xb2", b" 5;", b" '5'")]),
    "content-length-repeated": (400, [
        post(b"Content-Length: 5", b"Content-Length: 5", body=b"hello"),
        post(b"Content-Length: 5", b"Content-Length: 6", body=b"hello"),
        post(b"Content-Length: 5", b"content-length: 05", body=b"hello")]),
    # 9 Connections, Expect
    "connection-too-long": (400, [field(b"Connection: " + b",".join([b"a"] * 65)),
                                  field(*[b"Connection: a%d" % i for i in range(65)])]),
    "bad-connection": (400, [field(b"Connection: a b"), field(b"Connection: close;x"), field(b'Connection: "close"')]),
    "expect-unknown": (417, [field(b"Expect: 200-ok"), field(b"Expect: 100-continue, x"), field(b"Expect: 100-continue;a=b"),
                             field(b"Expect:")]),
    # 11 Path policy
    "path-control-octet": (400, [target(b"/%00"), target(b"/a%0d%0aSet-Cookie:x"), target(b"/%7f"), target(b"/%1b")]),
    "path-encoded-separator": (400, [target(b"/a%2fb"), target(b"/a%2Fb"), target(b"/a%5cb"), target(b"/..%2f..%2f")]),
    "path-double-encoded": (400, [target(b"/%252e%252e/"), target(b"/%252fb"), target(b"/%2500")]),
    "path-invalid-utf8": (400, [target(b"/%ff"), target(b"/%c0%af"), target(b"/%e0%80%af"), target(b"/%ed%a0%80"),
                                target(b"/%c3")]),
    "path-above-root": (400, [target(b"/.."), target(b"/../a"), target(b"/a/../../b"), target(b"/%2e%2e/a"), target(b"/./../")]),
    "path-hidden-dots": (400, [target(b"/a/..;/b"), target(b"/.;/a"), target(b"/a/..;x=1/b"), target(b"/;x/../a"),
                               target(b"/a/%2e%2e;/b")]),
}


@pytest.fixture(scope="module")
def front(launch):
    return launch(change=lambda p: p.update(limits={
        "request_line": "8KiB", "field_line": "8KiB", "header_bytes": "32KiB", "header_count": 100}))


def cases():
    for word, (status, messages) in CASES.items():
        for number, raw in enumerate(messages):
            yield pytest.param(word, status, raw, id=f"{word}-{number}")


def refused(front, status, word, send, raw):
    received, accepted = len(front.backend.received), len(front.backend.requests)
    with front.connect() as c:
        try:
            send(c, raw)
        except OSError:
            pass  # refused and closed before all of it was sent
        answer = c.final()
        assert answer is not None and answer.status == status, answer
        assert answer.is_complete
        assert answer.get("connection") == b"close"
        assert c.is_closed()
        record = front.audit.wait_port(c.local_port)[0]
        assert front.audit.of_port(c.local_port) == [record]
    assert get(record, "event.reason") == word, record
    assert get(record, "http.response.status_code") == status
    assert get(record, "yett.verdict") == "refused"
    assert (len(front.backend.received), len(front.backend.requests)) == (received, accepted)


@pytest.mark.parametrize("word, status, raw", cases())
def test_refuses_head(front, word, status, raw):
    refused(front, status, word, lambda c, data: c.send(data), raw)


@pytest.mark.parametrize("word, status, raw", [p for p in cases() if p.id.endswith("-0")])
def test_verdict_does_not_depend_on_how_octets_are_split(front, word, status, raw):
    pieces = 1 if len(raw) < 400 else 257
    refused(front, status, word, lambda c, data: c.send_slowly(data, pieces), raw)


@pytest.mark.parametrize("word, status, raw", [p for p in cases() if p.id.endswith("-0")])
def test_bad_request_in_a_pipeline_is_answered_after_the_good_one(front, word, status, raw):
    if word in ("empty-lines", "leading-blank"):
        pytest.skip("empty lines between requests have their own count")
    with front.connect() as c:
        try:
            c.send(b"GET /status/201 HTTP/1.1\r\n" + HOST + END + raw + b"GET /smuggled HTTP/1.1\r\n" + HOST + END)
        except OSError:
            pass
        first, second = c.final(), c.final()
        assert (first.status, second.status) == (201, status)
        assert c.is_closed()
    assert not [r for r in front.backend.requests if r.target == b"/smuggled"]


@pytest.mark.parametrize("method", [b"BREW", b"get", b"PROPFIND"])
def test_method_that_is_not_on_the_list_leaves_the_connection_in_step(front, method):
    """The message itself was sound: its body is read off, and what follows is a request."""
    with front.connect() as c:
        c.send(method + b" / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello" + field())
        assert (c.final().status, c.final().status) == (405, 200)
        first, second = front.audit.wait_port(c.local_port, 2)
    assert get(first, "event.reason") == "method-not-allowed" and get(first, "yett.verdict") == "refused"
    assert get(second, "http.response.status_code") == 200
    assert method not in [r.method for r in front.backend.requests]


@pytest.mark.parametrize("head, action, asked", [
    (b"GET /half HTTP/1.1\r\nHost: app.exa", "request", "/half"), (b"GET /ha", "connection", None)],
    ids=["in-the-fields", "in-the-request-line"])
def test_end_inside_the_head_is_recorded(front, head, action, asked):
    """With what it asked for, once the request line had been read."""
    received = len(front.backend.received)
    with front.connect() as c:
        c.send(head)
        c.end_sending()
        c.rest()
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "event.reason") == "head-incomplete" and get(record, "event.action") == action
    assert get(record, "url.original") == asked
    assert len(front.backend.received) == received


def test_refused_request_is_recorded_with_what_it_asked(front):
    with front.connect() as c:
        c.exchange(b"GET /secret?x=1 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "http.request.method") == "GET"
    assert get(record, "url.original") == "/secret?x=1"
