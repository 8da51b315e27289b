# SPDX-License-Identifier: Apache-2.0
"""`yett rules explain`: each filter's word, each rule's value on its way to a match, what exclusions took out, and exclusions that
do what they promise."""
import json
import subprocess

import pytest

from support.gateway import run_yett

RULES = {
    "rules": [
        {"id": "word-bad", "description": "bad words", "targets": ["query.*", "body.*", "headers.user-agent"],
         "transforms": ["url_decode", "lowercase"], "match": {"contains": "bad"}, "action": "score", "score": 3},
        {"id": "word-worse", "description": "worse words", "targets": ["query.*", "body.*"], "match": {"regex": "(?i)wor[s]e"}, "action": "score", "score": 3},
        {"id": "denied-tool", "description": "a tool", "targets": ["headers.user-agent"], "match": {"begins_with": "evil/"}, "action": "deny"},
        {"id": "many", "description": "many parameters", "targets": ["count:query.*"], "match": {"greater_than": 5}, "action": "deny"},
        {"id": "watched", "description": "only watched", "targets": ["query.*"], "match": {"contains": "bad"}, "action": "deny", "mode": "detect"},
        {"id": "leak", "description": "a leak", "targets": ["response.body"], "match": {"contains": "stack trace"}, "action": "deny"},
    ],
    "exclusions": [{"rules": ["word-*"], "path": "/edit", "targets": ["query.text"], "why": "authors write what they like"}],
}


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    (folder / "rules.json").write_text(json.dumps(RULES, indent=1))
    (folder / "policy.json").write_text(json.dumps({
        "listeners": [{"name": "plain", "bind": "127.0.0.1:0"}],
        "backends": {"app": {"servers": [{"url": "http://127.0.0.1:1"}]}},
        "filters": {"listed": {"type": "ip_list", "deny": ["203.0.113.0/24"]},
                    "staff": {"type": "basic_auth", "realm": "Staff", "users": "users"},
                    "waf": {"type": "rules", "files": ["rules.json"], "threshold": 5}},
        "routes": [{"hosts": ["staff.example.com"], "filters": ["staff"], "backend": "app"},
                   {"hosts": ["*"], "filters": ["listed", "waf"], "backend": "app"}]}))
    digest = subprocess.run(["openssl", "passwd", "-6", "correct"], capture_output=True, text=True, check=True).stdout.strip()
    (folder / "users").write_text(f"alice:{digest}\n")
    (folder / "users").chmod(0o600)
    return folder / "policy.json"


def explain(policy, request, *options):
    result = run_yett("rules", "explain", "--json", *options, policy, stdin=request)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def hits(answer):
    return [(h["rule"], h["target"], h["score"]) for d in answer["decisions"] for h in d["hits"]]


def test_shows_the_way_of_a_value(policy):
    answer = explain(policy, "GET /?q=very%2542AD HTTP/1.1\nHost: a.example.com\n\n")
    assert answer["verdict"] == "passed"
    waf = answer["decisions"][-1]
    assert (waf["filter"], waf["verdict"], waf["score"]) == ("waf", "pass", 3)
    match = waf["matches"][0]
    assert (match["target"], match["value"], match["matched"]) == ("query.q", "very%42AD", "bad")
    assert match["steps"] == [{"transform": "url_decode", "text": "veryBAD"}, {"transform": "lowercase", "text": "verybad"}]


def test_text_for_people(policy):
    result = run_yett("rules", "explain", policy, stdin="GET /?q=BAD%20worse HTTP/1.1\nHost: a.example.com\n\n")
    assert result.returncode == 0
    for words in ("route */, 2 filters", "listed (ip_list, head): passes", "waf (rules, head): denies with 403, score-threshold",
                  "rule word-bad hits, score 3, at query.q", "lowercase              bad worse", "the request is denied",
                  '"targets":["query.q"]'):
        assert words in result.stdout, result.stdout


def test_each_filter_speaks(policy):
    denied = explain(policy, "GET / HTTP/1.1\nHost: a\n\n", "--client", "203.0.113.7")
    assert [(d["filter"], d["verdict"], d["status"]) for d in denied["decisions"]] == [("listed", "deny", 403)]
    challenged = explain(policy, "GET / HTTP/1.1\nHost: staff.example.com\n\n")
    assert (challenged["decisions"][0]["verdict"], challenged["decisions"][0]["status"]) == ("respond", 401)
    known = explain(policy, "GET / HTTP/1.1\nHost: staff.example.com\nAuthorization: Basic YWxpY2U6Y29ycmVjdA==\n\n")
    assert known["verdict"] == "passed"


def test_what_no_filter_sees(policy):
    answer = explain(policy, "GET / HTTP/1.1\nHost: a\nHost: b\n\n")
    assert answer["verdict"] == "refused" and answer["reason"] and answer["decisions"] == []


def test_says_what_an_exclusion_took_out(policy):
    answer = explain(policy, "GET /edit/page?text=bad+worse&q=fine HTTP/1.1\nHost: a\n\n")
    assert answer["verdict"] == "passed"
    taken = [m for m in answer["decisions"][-1]["matches"] if "excluded_by" in m]
    assert {m["rule"] for m in taken} == {"word-bad", "word-worse"}
    assert taken[0]["excluded_by"]["why"] == "authors write what they like" and taken[0]["excluded_by"]["file"].endswith("rules.json")
    assert hits(answer) == [("watched", "query.text", 0)]


def test_bodies_and_responses(policy, tmp_path):
    answer = explain(policy, "POST / HTTP/1.1\nHost: a\n\nx=bad&y=worse")
    assert (answer["decisions"][-1]["phase"], answer["verdict"]) == ("body", "denied")
    (tmp_path / "response").write_text("HTTP/1.1 500 Error\nContent-Type: text/plain\n\nstack trace: at line 7")
    answer = explain(policy, "GET / HTTP/1.1\nHost: a\n\n", "--response", tmp_path / "response")
    assert (answer["decisions"][-1]["phase"], answer["verdict"]) == ("response_body", "denied")
    assert "exclusions" not in answer


@pytest.mark.parametrize("request_text", [
    "GET /search?q=bad+worse HTTP/1.1\nHost: shop.example.com\n\n",
    "GET /search?q=bad&r=worse&s=bad+worse HTTP/1.1\nHost: shop.example.com\n\n",
    "POST /a/b HTTP/1.1\nHost: shop.example.com\n\ntext=bad+worse",
    "GET / HTTP/1.1\nHost: shop.example.com\nUser-Agent: evil/bad\n\n",
    "GET /?a=1&b=2&c=3&d=4&e=5&f=6 HTTP/1.1\nHost: shop.example.com\n\n",
], ids=["one parameter", "several", "body", "field", "count"])
def test_proposed_exclusions_let_it_pass_and_nothing_else(policy, tmp_path, request_text):
    answer = explain(policy, request_text)
    assert answer["verdict"] == "denied"
    rules = copy_with(policy, tmp_path, answer["exclusions"])
    assert explain(rules, request_text)["verdict"] == "passed"
    elsewhere = request_text.replace("shop.example.com", "other.example.com")
    assert explain(rules, elsewhere)["verdict"] == "denied"
    assert all(e["hosts"] == ["shop.example.com"] and e["rules"] and "*" not in str(e["rules"]) for e in answer["exclusions"])


def test_proposes_for_filters_that_only_watch(policy, tmp_path):
    text = policy.read_text().replace('"threshold": 5', '"threshold": 5, "mode": "detect"')
    watching = copy_with(policy, tmp_path, [])
    watching.write_text(text)
    answer = explain(watching, "GET /?q=bad+worse HTTP/1.1\nHost: a\n\n")
    assert answer["verdict"] == "passed" and answer["exclusions"][0]["targets"] == ["query.q"]


def copy_with(policy, folder, exclusions):
    """The policy with these exclusions besides, in another folder."""
    for name in ("policy.json", "users"):
        (folder / name).write_text((policy.parent / name).read_text())
        (folder / name).chmod(0o600)
    (folder / "rules.json").write_text(json.dumps({**RULES, "exclusions": RULES["exclusions"] + exclusions}))
    return folder / "policy.json"


def test_wrong_usage(policy):
    assert run_yett("rules", "explain").returncode == 2
    assert run_yett("rules", "explain", "--client", "nobody", policy, stdin="").returncode == 2
    assert run_yett("rules", "explain", policy, "/nowhere/request").returncode == 1
    assert run_yett("rules", "explain", "/nowhere/policy.json", stdin="GET /").returncode == 1
