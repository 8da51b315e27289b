# SPDX-License-Identifier: Apache-2.0
"""From a false alarm in the audit log to an exclusion in force: tune proposes it, explain tries it, a reload takes it over."""
import json

import pytest

from support.client import request
from support.gateway import run_yett

WORDS = ["odd", "even", "word"]


@pytest.fixture(scope="module")
def site(launch, tmp_path_factory):
    folder = tmp_path_factory.mktemp("rules")
    rules = [{"id": f"says-{word}", "description": f"says {word}", "targets": ["query.*", "body.*"], "match": {"contains": word},
              "action": "score", "score": 5} for word in WORDS]
    rules += [{"id": f"tool-{i}", "description": "an attack", "targets": ["query.*"], "match": {"contains": f"attack-{i}"},
               "action": "score", "score": 5} for i in range(8)]
    (folder / "rules.json").write_text(json.dumps({"rules": rules}))
    (folder / "site.json").write_text('{"rules": []}')
    site = launch(filters={"waf": {"type": "rules", "files": [str(folder / "rules.json"), str(folder / "site.json")]}})
    site.folder = folder
    return site


def tune(site, *options):
    result = run_yett("rules", "tune", *options, site.audit.path)
    assert result.returncode == 0, result.stderr
    return result.stdout


def write_articles(site):
    """What four authors write, and what an attacker tries at the same place and elsewhere."""
    for number in range(4):
        answer, _ = site.ask("POST", f"/edit/{number}", source=f"127.0.1.{number + 1}", body=b"article=an+odd+text",
                             fields=["Content-Type: application/x-www-form-urlencoded"])
        assert answer.status == 403
    for i in range(8):
        assert site.ask(target=f"/search?q=attack-{i}", source="127.0.2.1")[0].status == 403
        assert site.ask(target=f"/edit/9?q=attack-{i}", source="127.0.2.1")[0].status == 403


def test_from_alarm_to_exclusion(site):
    write_articles(site)
    text = tune(site)
    assert "4 requests of  4 clients: says-odd at body.article of app.example.com/edit/, such as \"odd\"" in text
    assert "1 of them look like false alarms" in text
    proposed = json.loads(tune(site, "--json"))
    assert [{k: e[k] for k in ("rules", "hosts", "path", "targets")} for e in proposed["exclusions"]] == [
        {"rules": ["says-odd"], "hosts": ["app.example.com"], "path": "/edit/", "targets": ["body.article"]}]
    # It goes live.
    (site.folder / "site.json").write_text(json.dumps({"rules": [], **proposed}))
    site.gate.reload()
    body = b"article=an+odd+text"
    form = ["Content-Type: application/x-www-form-urlencoded"]
    assert site.ask("POST", "/edit/77", body=body, fields=form)[0].status == 200
    assert site.ask("POST", "/other/77", body=body, fields=form)[0].status == 403
    assert site.ask("POST", "/edit/77", body=b"article=an+even+text", fields=form)[0].status == 403
    explained = run_yett(
        "rules", "explain", "--json", site.gate.policy_path, stdin="POST /edit/77\nHost: app.example.com\n\narticle=an+odd+text")
    answer = json.loads(explained.stdout)
    assert answer["verdict"] == "passed"
    assert answer["decisions"][-1]["matches"][0]["excluded_by"]["file"].endswith("site.json")


def test_thresholds(site):
    with site.connect() as c:
        c.exchange(request(target="/a?q=word"))
        site.audit.wait_port(c.local_port)
    assert "says-word" not in tune(site)
    assert "says-word" in tune(site, "--clients", "1", "--requests", "1")
    assert "tool-3" not in tune(site, "--clients", "1", "--requests", "1")


def record(path, *matches, client="192.0.2.1"):
    return json.dumps({"client": {"ip": client}, "url": {"domain": "a.example", "path": path}, "yett": {"verdict": "denied", "matches": [
        {"rule": rule, "target": target, "value": "x", "score": 5, "mode": "block"} for rule, target in matches]}}, separators=(",", ":"))


def tuned(tmp_path, lines, *options):
    (tmp_path / "log").write_text("".join(line + "\n" for line in lines))
    result = run_yett("rules", "tune", "--json", *options, tmp_path / "log")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize("paths, place", [
    (["/v1/articles/save"] * 4, "/v1/articles/save"),
    (["/v1/articles/7", "/v1/articles/8", "/v1/articles/9", "/v1/articles/10/comments"], "/v1/articles/"),
    (["/api2/x/0b5f6c1a-7d1e-4b7e-9d59-3f5a3c9b1a11", "/api2/x/deadbee1", "/api2/x/1"], "/api2/x/"),
    (["/42", "/42", "/42"], "/42"), (["/", "/", "/"], "/")])
def test_places_are_narrow(tmp_path, paths, place):
    lines = [record(path, ("r", "query.a"), client=f"192.0.2.{i}") for i, path in enumerate(paths)]
    assert [e["path"] for e in tuned(tmp_path, lines)["exclusions"]] == [place]


def test_what_is_proposed_loads(tmp_path):
    """Counts have no target that an exclusion can name: the rule as a whole is taken out there."""
    targets = ["count:query.*", "query.names[odd]", "query./x/", "headers.user-agent", "path"]
    lines = [record("/p", *((f"r{n}", target) for n, target in enumerate(targets)), client=f"192.0.2.{i}") for i in range(3)]
    proposed = tuned(tmp_path, lines)
    assert {e["rules"][0]: e.get("targets") for e in proposed["exclusions"] if e["rules"][0] in ("r1", "r3", "r4")} == {
        "r1": ["query.names[odd]"], "r3": ["headers.user-agent"], "r4": ["path"]}
    assert [sorted(e["rules"]) for e in proposed["exclusions"] if "targets" not in e] == [["r0", "r2"]]
    rules = [{"id": f"r{n}", "description": "d", "targets": ["query.*"], "match": {"contains": "x"}, "action": "log",
              "tests": {"hit": ["GET /?a=x"], "miss": ["GET /"]}} for n in range(5)]
    (tmp_path / "rules.json").write_text(json.dumps({"rules": rules, **proposed}))
    result = run_yett("rules", "test", tmp_path / "rules.json")
    assert result.returncode == 0, result.stderr + result.stdout


def test_a_request_counts_once(tmp_path):
    line = record("/p", ("r", "query.a"), ("r", "query.a"), ("r", "query.a"))
    assert tuned(tmp_path, [line], "--clients", "1", "--requests", "2")["exclusions"] == []
    assert len(tuned(tmp_path, [line, line], "--clients", "1", "--requests", "2")["exclusions"]) == 1


def test_wrong_usage(site, tmp_path):
    assert run_yett("rules", "tune").returncode == 2
    assert run_yett("rules", "tune", "--clients", "0", site.audit.path).returncode == 2
    assert run_yett("rules", "tune", "/nowhere").returncode == 1
    (tmp_path / "log").write_text('{"yett":{"matches":[{"x"\n\n{}\n')
    result = run_yett("rules", "tune", tmp_path / "log")
    assert result.returncode == 0 and "1 lines were no JSON" in result.stdout
