# SPDX-License-Identifier: Apache-2.0
"""Which route a request takes and what a route does."""
import json

import pytest

from support import policy
from support.client import Client, request
from support.records import get


@pytest.fixture(scope="module")
def front(launch):
    def change(rules):
        rules["routes"] = [
            {"name": "api-v2", "hosts": ["api.example.com"], "path": "/v2/", "backend": "app", "strip_prefix": True,
             "request_headers": {"set": {"X-Route": "api-v2"}}},
            {"name": "api", "hosts": ["api.example.com"], "path": "/", "backend": "app",
             "request_headers": {"set": {"X-Route": "api"}}},
            {"name": "sub", "hosts": ["*.example.com"], "path": "/", "backend": "app", "request_headers": {"set": {"X-Route": "sub"}}},
            {"name": "deep", "hosts": ["*.deep.example.com"], "path": "/", "backend": "app",
             "request_headers": {"set": {"X-Route": "deep"}}},
            {"name": "posts", "hosts": ["www.example.net"], "path": "/form", "methods": ["POST"], "backend": "app",
             "request_headers": {"set": {"X-Route": "posts"}}},
            {"name": "moved", "hosts": ["www.example.net"], "path": "/old/", "redirect": {
                "status": 301, "location": "https://new.example.net{path}?from={host}"}},
            {"name": "upgrade", "hosts": ["old.example.net"], "path": "/", "redirect": {"location": "https://{host}{target}"}},
            {"name": "closed", "hosts": ["www.example.net"], "path": "/closed", "respond": {
                "status": 403, "body": "closed for now", "content_type": "text/x-closed"},
             "response_headers": {"set": {"X-Why": "closed"}}},
            {"name": "brew", "hosts": ["www.example.net"], "path": "/tea", "methods": ["BREW"], "backend": "app",
             "request_headers": {"set": {"X-Route": "brew"}}},
        ]
    return launch(change=change)


def route_of(answer):
    return dict(json.loads(answer.body)["fields"]).get("X-Route")


@pytest.mark.parametrize("host, target, route", [
    ("api.example.com", "/", "api"), ("API.example.com:443", "/x", "api"), ("api.example.com", "/v2/x", "api-v2"),
    ("api.example.com", "/v2", "api-v2"), ("api.example.com", "/v2x", "api"), ("api.example.com", "//v2//x", "api-v2"),
    ("api.example.com", "/x/../v2/y", "api-v2"), ("api.example.com", "/%76%32/y", "api-v2"), ("api.example.com.", "/v2/", "api-v2"),
    ("api.example.com", "/v2;a=b/x", "api-v2"), ("api.example.com", "/v2;a", "api-v2"), ("api.example.com", "/v2%3Ba/x", "api-v2"),
    ("api.example.com", "/x;a/../v2;b/", "api-v2"), ("api.example.com", "/v2x;a", "api"), ("www.example.com", "/", "sub"), ("a.b.example.com", "/v2/", "sub"), ("x.deep.example.com", "/", "deep")])
def test_route_is_found(front, host, target, route):
    answer, record = front.ask(host=host, target=target)
    assert answer.status == 200 and route_of(answer) == route
    assert get(record, "yett.route") == route


@pytest.mark.parametrize("host, target", [("example.com", "/"), ("example.org", "/"), ("www.example.net", "/"), ("www.example.net", "/closedx"),
                                          ("www.example.net", "/form"), ("xexample.com", "/")])
def test_no_route_is_not_found_and_recorded(front, host, target):
    answer, record = front.ask(host=host, target=target)
    assert answer.status == 404
    assert get(record, "event.reason") == "no-route" and get(record, "yett.verdict") == "refused"
    assert get(record, "url.domain") == host


def test_route_by_method(front):
    answer, _ = front.ask("POST", host="www.example.net", target="/form", body=b"x")
    assert route_of(answer) == "posts"


def test_method_that_only_a_route_allows(front):
    answer, _ = front.ask("BREW", host="www.example.net", target="/tea")
    assert route_of(answer) == "brew"
    assert front.ask("BREW", host="api.example.com", target="/")[0].status == 405


@pytest.mark.parametrize("target, forwarded", [("/v2/x?y", "/x?y"), ("/v2", "/"), ("/v2/", "/"), ("/v2/a%20b", "/a%20b"),
                                               ("/v2//x", "/x"), ("/v2;a=b/x;c", "/x;c"),
                                               ("/v2?y", "/?y"), ("/v2/v2/x", "/v2/x")])
def test_prefix_is_stripped(front, target, forwarded):
    answer, record = front.ask(host="api.example.com", target=target)
    assert json.loads(answer.body)["target"] == forwarded
    assert get(record, "url.original") == target


def test_redirects(front):
    before = len(front.backend.requests)
    answer, record = front.ask(host="www.example.net", target="/old/a%20b?c")
    assert answer.status == 301 and answer.get("location") == b"https://new.example.net/old/a%20b?from=www.example.net"
    assert get(record, "yett.route") == "moved" and get(record, "yett.verdict") == "passed"
    answer, _ = front.ask(host="old.example.net", target="/x?y=1")
    assert answer.status == 308 and answer.get("location") == b"https://old.example.net/x?y=1"
    assert len(front.backend.requests) == before


@pytest.mark.parametrize("target", ["/%0d%0aX:1", "/old/%0d%0aSet-Cookie:a"])
def test_redirect_cannot_be_split(front, target):
    answer, _ = front.ask(host="old.example.net", target=target)
    assert answer.status == 400 and not answer.all("set-cookie") and not answer.all("x")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_fixed_answer(front, method):
    with front.connect() as c:
        answer = c.exchange(request(method, "/closed/x", host="www.example.net", body=b"abc" if method == "POST" else b""), method)
        assert answer.status == 403 and answer.get("content-type") == b"text/x-closed" and answer.get("x-why") == b"closed"
        assert answer.body == (b"" if method == "HEAD" else b"closed for now")
        assert answer.get("content-length") == b"14"
        assert c.exchange(request(host="api.example.com")).status == 200


def test_plain_listener_redirects_everything(launch):
    site = launch(change=lambda rules: rules["listeners"].append(
        policy.plain_listener(redirect_to="https", redirect_port=8443)))
    port = int(site.gate.policy["listeners"][1]["bind"].rsplit(":", 1)[1])
    with Client(port) as c:
        for target, host in (("/a?b", "app.example.com"), ("/", "www.example.org")):
            answer = c.exchange(request(target=target, host=host))
            assert answer.status == 308
            assert answer.get("location") == f"https://{host}:8443{target}".encode()
        records = site.audit.wait_port(c.local_port, 2)
    assert get(records[0], "yett.listener") == "plain"
    assert site.backend.accepted == 0


def test_detect_mode_of_a_route_lets_pass_and_says_so(launch):
    site = launch(filters={"no": {"type": "ip_list", "deny": ["127.0.0.0/8"]}}, route={"mode": "detect"})
    answer, record = site.ask()
    assert answer.status == 200
    assert get(record, "yett.would_deny.filter") == "no" and get(record, "yett.verdict") == "passed"


def test_limits_of_a_route(launch):
    def change(rules):
        rules["routes"].insert(0, {"hosts": ["*"], "path": "/small/", "backend": "app", "limits": {"request_body": "10B"}})
    site = launch(change=change)
    assert site.ask("POST", target="/small/", body=b"x" * 11)[0].status == 413
    assert site.ask("POST", target="/small/", body=b"x" * 10)[0].status == 200
    assert site.ask("POST", target="/large/", body=b"x" * 11)[0].status == 200
