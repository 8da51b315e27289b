# SPDX-License-Identifier: Apache-2.0
"""Fields that end at the gateway, fields nobody but the gateway may write, and what a backend may not tell the world."""
import json

import pytest

from support import backends
from support.client import request
from support.records import get


@pytest.fixture(scope="module")
def front(launch):
    return launch(route={"request_headers": {"set": {"X-Gate": "yett"}, "remove": ["X-Debug"]}})


def seen_fields(answer):
    return [(n.lower(), v) for n, v in json.loads(answer.body)["fields"]]


def values(answer, name):
    return [v for n, v in seen_fields(answer) if n == name.lower()]


def ask(front, *fields, **options):
    with front.connect() as c:
        answer = c.exchange(request(fields=fields, **options))
        assert answer.status == 200, answer
        return answer


@pytest.mark.parametrize("name", ["Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade", "HTTP2-Settings",
                                  "Proxy-Authorization", "Proxy-Authenticate", "Proxy"])
def test_hop_by_hop_field_ends_here(front, name):
    answer = ask(front, f"{name}: x", f"{name.upper()}: y")
    assert not values(answer, name)


def test_fields_that_connection_names_end_here(front):
    answer = ask(front, "Connection: X-One, x-two", "connection: X-Three", "X-One: 1", "X-TWO: 2", "X-Three: 3", "X-Four: 4")
    assert not values(answer, "x-one") and not values(answer, "x-two") and not values(answer, "x-three")
    assert values(answer, "x-four") == ["4"]


@pytest.mark.parametrize("victim", ["Host", "Cookie", "Authorization", "Content-Type", "Content-Length", "X-Gate", "X-Forwarded-For",
                                    "X-Forwarded-Proto", "X-Request-Id", "X-Forwarded-Host", "Forwarded"])
def test_connection_cannot_strip_what_others_rely_on(front, victim):
    with front.connect() as c:
        answer = c.exchange(request("POST", fields=[f"Connection: {victim}", "Cookie: a=b", "Authorization: Bearer x",
                                                    "Content-Type: text/plain"], body=b"hello"), "POST")
    assert values(answer, victim), seen_fields(answer)
    assert json.loads(answer.body)["size"] == 5


def test_field_that_the_route_sets_cannot_be_forged(front):
    for fields in (["X-Gate: forged"], ["x-gate: a", "X-GATE: b"], ["X_Gate: forged"], ["Connection: X-Gate", "X-Gate: forged"]):
        answer = ask(front, *fields)
        assert values(answer, "x-gate") == ["yett"]
        assert "forged" not in json.dumps(json.loads(answer.body)["fields"])


def test_field_that_the_route_removes(front):
    answer = ask(front, "X-Debug: 1", "x-dEBUG: 2", "X-Debugger: 3")
    assert not values(answer, "x-debug") and values(answer, "x-debugger") == ["3"]


FORWARDING = ["X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Port", "Forwarded", "X-Real-IP", "X-Request-Id",
              "X-Original-URL", "X-Rewrite-URL", "X-Authenticated-User", "X-HTTP-Method-Override", "X-Method-Override"]


@pytest.mark.parametrize("name", FORWARDING)
def test_field_of_the_gateway_is_dropped_in_every_spelling(front, name):
    spellings = [f"{name}: forged", f"{name.lower()}: forged", f"{name.upper()}: forged", f"{name.replace('-', '_')}: forged"]
    answer = ask(front, *spellings)
    assert "forged" not in answer.body.decode()
    assert len(values(answer, name)) <= 1


def test_forwarding_fields_tell_the_truth(front):
    with front.connect(source="127.0.0.9") as c:
        answer = c.exchange(request(host="app.example.com:8443"))
        record = front.audit.wait_port(c.local_port)[0]
    assert values(answer, "x-forwarded-for") == ["127.0.0.9"]
    assert values(answer, "x-forwarded-proto") == ["https"]
    assert values(answer, "x-forwarded-host") == ["app.example.com:8443"]
    forwarded = values(answer, "forwarded")
    assert len(forwarded) == 1 and "127.0.0.9" in forwarded[0] and "proto=https" in forwarded[0].lower()
    assert values(answer, "x-request-id") == [get(record, "http.request.id")]


def test_names_with_underscores_do_not_pass(front):
    answer = ask(front, "Content_Length: 100", "X_Custom: 1", "Transfer_Encoding: chunked")
    assert not [n for n, _ in seen_fields(answer) if "_" in n]


def test_request_ids_are_unique(front):
    found = {values(ask(front), "x-request-id")[0] for _ in range(20)}
    assert len(found) == 20


@pytest.mark.parametrize("value", ["h2c", "websocket", "h2c, websocket", "TLS/1.0"])
def test_upgrade_is_not_offered_to_the_backend(front, value):
    answer = ask(front, f"Upgrade: {value}", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABkAAQAAP__")
    assert not values(answer, "upgrade") and not values(answer, "http2-settings") and not values(answer, "connection")


TELLING = ["Server: Secret/1.0", "X-Powered-By: Secret", "Via: 1.1 secret", "Connection: X-Internal, close", "X-Internal: secret",
           "Keep-Alive: timeout=5", "Proxy-Authenticate: Basic realm=secret", "Upgrade: h2c", "Trailer: secret",
           "Proxy-Connection: keep-alive"]


def test_response_says_nothing_of_the_backend(launch):
    site = launch(backends.once(backends.response(fields=TELLING + ["X-Kept: yes"])), route={
        "response_headers": {"set": {"X-Frame-Options": "DENY"}, "remove": ["X-Gone"]}})
    with site.connect() as c:
        answer = c.exchange(request())
    text = b"\n".join(n + b": " + v for n, v in answer.fields).lower()
    assert b"secret" not in text and b"h2c" not in text
    assert answer.get("x-kept") == b"yes" and answer.get("x-frame-options") == b"DENY"


def test_response_fields_are_set_and_removed_on_every_answer(launch):
    site = launch(backends.always(backends.response(fields=["X-Gone: 1", "x-gone: 2", "X-Frame-Options: SAMEORIGIN"])),
                  filters={"no": {"type": "ip_list", "deny": ["127.0.0.66"]}},
                  route={"response_headers": {"set": {"X-Frame-Options": "DENY"}, "remove": ["X-Gone"]}})
    for source, status in (("127.0.0.1", 200), ("127.0.0.66", 403)):
        answer, _ = site.ask(source=source)
        assert answer.status == status
        assert answer.all("x-frame-options") == [b"DENY"] and not answer.all("x-gone")


def test_internal_location_is_rewritten_and_foreign_one_is_kept(launch):
    site = launch()
    inside = site.backend.url

    def redirect(connection):
        while message := connection.read_request():
            connection.send(backends.response(302, [f"Location: {message.get('x-to').decode()}"], b""))
    site.backend.script = redirect
    for to, wanted in ((f"{inside}/a?b", b"https://app.example.com/a?b"), ("/relative", b"/relative"),
                       ("https://elsewhere.example.org/x", b"https://elsewhere.example.org/x")):
        with site.connect() as c:
            answer = c.exchange(request(fields=[f"X-To: {to}"]))
        found = answer.get("location")
        assert str(site.backend.port).encode() not in found
        assert found in (wanted, b"/a?b") if to.startswith(inside) else found == wanted


def test_error_pages_name_no_product(front):
    with front.connect() as c:
        answer = c.exchange(b"GET / HTTP/1.1\r\n\r\n")
    assert answer.status == 400 and answer.get("content-type")
    text = answer.body.lower() + answer.get("server", b"").lower()
    for word in (b"yett", b"nginx", b"openssl", b"0.1"):
        assert word not in text
