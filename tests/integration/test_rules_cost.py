# SPDX-License-Identifier: Apache-2.0
"""`yett rules cost`: counts that fit what was asked."""
import json

from support.gateway import run_yett


def test_counts(tmp_path):
    (tmp_path / "rules.json").write_text(json.dumps({"rules": [
        {"id": "literal", "description": "d", "targets": ["query.*"], "match": {"contains": "bad"}, "action": "score", "score": 5},
        {"id": "pattern", "description": "d", "targets": ["query.*"], "match": {"regex": "[a-f]{9}"}, "action": "deny"}]}))
    lines = [{"expect": "block", "class": "x", "request": "GET /?a=bad"}, {"expect": "pass", "class": "y", "request": "GET /?a=fine&b=fine"}]
    (tmp_path / "corpus.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    result = run_yett("rules", "cost", "--json", "--corpus", tmp_path / "corpus.jsonl", tmp_path / "rules.json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    rules = {r["rule"]: r for r in told["rules"]}
    assert told["requests"] == 2
    assert [rules["literal"][k] for k in ("asked", "skipped", "matched")] == [1, 2, 1]
    assert rules["pattern"]["asked"] == 3 and rules["pattern"]["matched"] == 0
    text = run_yett("rules", "cost", "--top", "1", "--corpus", tmp_path / "corpus.jsonl", tmp_path / "rules.json").stdout
    assert text.count("\n") == 3 and "2 requests, 2 rules" in text


def test_wrong_usage(tmp_path):
    assert run_yett("rules", "cost").returncode == 2
    assert run_yett("rules", "cost", "--corpus", "/nowhere", tmp_path / "none.json").returncode == 1
