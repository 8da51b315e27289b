# SPDX-License-Identifier: Apache-2.0
"""`yett audit summary` over what a gateway wrote, and over what nobody should have written."""
import collections
import json
import re

from support.client import request
from support.gateway import run_yett
from support.records import get


def summary(*args, **more):
    result = run_yett("audit", "summary", *args, **more)
    assert result.returncode == 0, result.stderr
    return result.stdout


def as_counts(entries):
    return {e["key"]: e["count"] for e in entries}


def test_counts_are_those_of_the_records(launch):
    def change(rules):
        rules["routes"].insert(0, {"path": "/gone", "respond": {"status": 410}})
    site = launch(filters={"bad": {"type": "ip_list", "deny": ["127.0.1.0/24"]}}, change=change)
    with site.connect() as c:
        for number in range(40):
            c.exchange(request(target=f"/{number % 13}"))
        for _ in range(5):
            c.exchange(request(target="/gone"))
    for _ in range(3):
        site.ask(target="/secret", source="127.0.1.1")
    site.ask(target="/%zz")
    site.gate.stop()
    records = site.audit.records()

    def count(field, chosen=None):
        found = [get(r, field) for r in records if chosen is None or chosen(r)]
        return dict(collections.Counter(str(v) for v in found if v is not None))
    said = json.loads(summary("--json", "--top", "100", site.audit.path))
    assert said["records"] == len(records) == 49 and said["lost"] == said["broken_lines"] == 0

    def refused(r):
        return get(r, "yett.verdict") in ("denied", "refused")
    fields = {"verdicts": "yett.verdict", "statuses": "http.response.status_code", "reasons": "event.reason", "filters": "yett.filter",
              "clients": "client.address", "routes": "yett.route", "backends": "yett.backend"}
    for name, field in fields.items():
        assert as_counts(said[name]) == count(field), name
    assert as_counts(said["refused_clients"]) == count("client.address", refused)
    assert {k: v for k, v in count("url.path").items() if k} == as_counts(said["paths"])
    assert sum(as_counts(said["hours"]).values()) == 49 and sum(as_counts(said["refused_hours"]).values()) == 4
    text = summary(site.audit.path, "--top", "3")
    assert text.startswith("49 records, ") and re.search(r"verdicts\n +45  passed\n +3  denied\n +1  refused\n", text), text
    assert re.search(r"paths \(3 of \d+\)\n", text) and re.search(r" 2\d{3}-\d\d-\d\dT\d\d +\d+ [#=]+\n", text)


def test_hostile_lines_reach_no_terminal_and_no_end(tmp_path):
    path = tmp_path / "a.jsonl"
    record = {"@timestamp": "2026-11-27T07:00:00.000Z", "event": {"action": "request"}, "client": {"address": "\u009b31m\x7f\u00e9" + "\u00fc" * 99},
              "url": {"path": "/\x1b[2J\"\\" + "\u0001" * 90}, "yett": {"verdict": "denied\u0085"}}
    lines = [json.dumps(record, ensure_ascii=False).encode(), json.dumps(record).encode(), b"{", b"", b"\xff\xfe", b"[1]", b'{"event":{"action":1}}']
    path.write_bytes(b"\n".join(lines))
    text = summary(path)
    assert text.startswith("2 records") and "4 lines are no records" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    said = json.loads(summary("--json", path))
    assert said["records"] == 2 and said["broken_lines"] == 4


def test_reads_standard_input_and_says_what_it_cannot_read(tmp_path):
    line = '{"event":{"action":"request"},"yett":{"verdict":"passed"}}\n'
    assert summary("-", stdin=line * 3).startswith("3 records\n")
    result = run_yett("audit", "summary", tmp_path / "none.jsonl")
    assert result.returncode == 1 and "cannot read" in result.stderr
    assert run_yett("audit", "summary").returncode == 2
    assert run_yett("audit", "summary", "--top", "0", "-").returncode == 2


def test_memory_does_not_grow_with_the_file(tmp_path):
    """Very many clients: the frequent ones are there, and what is uncertain is marked."""
    path = tmp_path / "a.jsonl"
    with open(path, "w") as f:
        for n in range(60000):
            address = "192.0.2.1" if n % 20 == 0 else f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"
            f.write(f'{{"event":{{"action":"request"}},"client":{{"address":"{address}"}},"yett":{{"verdict":"passed"}}}}\n')
    said = json.loads(summary("--json", path))
    first = said["clients"][0]
    assert first["key"] == "192.0.2.1" and first["count"] <= 3000 <= first["count"] + first.get("missed_at_most", 0)
    assert said["records"] == 60000
