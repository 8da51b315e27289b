# SPDX-License-Identifier: Apache-2.0
"""The command line: what it says, on which stream, and with which exit code."""
import json
import os
import pty
import re
import socket
import subprocess

import pytest

from support import policy
from support.gateway import Gateway, environment, run_yett
from support.paths import ROOT, YETT


@pytest.fixture
def good(tmp_path, pki):
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(policy.site(pki, "https://127.0.0.1:9"), indent=2))
    return path


def test_check_of_a_good_policy(good):
    result = run_yett("check", good)
    assert result.returncode == 0, result.stderr
    assert "listeners" in result.stdout and "verified" in result.stdout


FIVE = """{{
  // five mistakes
  "listeners": [
    {{ "name": "public", "bind": "127.0.0.1:99999",
      "tls": {{ "certificates": [{{ "chain": "{chain}", "key": "{key}" }}] }} }}
  ],
  "backends": {{
    "app": {{ "servers": [{{ "url": "https://127.0.0.1:9" }}], "tls": {{ "ca": "missing.pem", "server_name": "app.internal" }} }}
  }},
  "filters": {{
    "known-bad": {{ "type": "ip_lst", "deny": ["203.0.113.0/24"] }}
  }},
  "routes": [
    {{ "hosts": ["*"], "path": "/", "filters": [], "backend": "ap" }}
  ],
  "limits": {{ "hedaer_bytes": "32KiB" }}
}}
"""


def test_check_reports_five_mistakes_at_once(tmp_path, pki):
    site = pki.site()
    path = tmp_path / "five.json"
    path.write_text(FIVE.format(chain=site.chain, key=site.key))
    result = run_yett("check", path)
    assert result.returncode == 1
    lines = [line for line in result.stderr.splitlines() if re.search(r"five\.json:\d+:\d+: ", line)]
    wanted = {4: "bind", 8: "missing.pem", 11: "ip_list", 14: '"app"', 16: "header_bytes"}
    for number, word in wanted.items():
        assert [line for line in lines if f"five.json:{number}:" in line and word in line], f"line {number}:\n{result.stderr}"
    for place in ("listeners[0].bind", "backends.app", "filters.known-bad", "routes[0].backend", "limits.hedaer_bytes"):
        assert place in result.stderr, result.stderr
    assert result.stdout == ""


MISTAKES = {
    "not-json": ('{ "listeners": [ }', ""),
    "repeated-key": ('{ "listeners": [], "listeners": [] }', "listeners"),
    "unknown-key": ('{ "lisetners": [] }', "listeners"),
    "wrong-type": ('{ "listeners": {} }', "listeners"),
    "empty": ("", ""),
    "not-utf8": (b'{ "listeners\xff": [] }', ""),
    "unfinished": ('{ "listeners": [', ""),
    "deep": ("[" * 5000, ""),
}


@pytest.mark.parametrize("text, word", MISTAKES.values(), ids=MISTAKES)
def test_check_refuses_with_a_place(tmp_path, text, word):
    path = tmp_path / "policy.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = run_yett("check", path)
    assert result.returncode == 1
    assert re.search(r"policy\.json:\d+:\d+: ", result.stderr) and word in result.stderr, result.stderr


def test_key_that_others_may_read_is_refused(tmp_path, pki):
    site = policy.site(pki, "https://127.0.0.1:9")
    key = tmp_path / "open.key"
    key.write_bytes(pki.site().key.read_bytes())
    for mode in (0o644, 0o640, 0o604):
        key.chmod(mode)
        site["listeners"][0]["tls"]["certificates"][0]["key"] = str(key)
        (tmp_path / "policy.json").write_text(json.dumps(site))
        result = run_yett("check", tmp_path / "policy.json")
        assert result.returncode == 1 and "open.key" in result.stderr


def test_a_thousand_prefixes_with_comments_load_and_a_bad_line_is_named(tmp_path, pki):
    lines = [f"10.{i // 250}.{i % 250}.0/24{'   # number %d' % i if i % 3 == 0 else ' ; x' if i % 7 == 0 else ''}" for i in range(1000)]
    lines.insert(500, "")
    lines.insert(0, "; a published list")
    names = tmp_path / "deny.txt"
    names.write_text("\n".join(lines) + "\n")
    site = policy.site(pki, "https://127.0.0.1:9", filters={"list": {"type": "ip_list", "deny": ["deny.txt"]}})
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(site))
    result = run_yett("check", path)
    assert result.returncode == 0, result.stderr
    assert "1,000 prefixes" in result.stdout or "1000 prefixes" in result.stdout
    lines[700] = "10.0.0.0/33"
    names.write_text("\n".join(lines) + "\n")
    result = run_yett("check", path)
    assert result.returncode == 1 and "deny.txt:701" in result.stderr, result.stderr


@pytest.mark.parametrize("args", [["nonsense"], ["check"], ["check", "a", "b"], ["run"], ["check", "--nope", "x"], ["passwd", "file"],
                                  ["rules"], ["rules", "nope"], ["rules", "test"]])
def test_wrong_usage(args):
    result = run_yett(*args)
    assert result.returncode == 2
    assert result.stderr.strip() and result.stdout == ""


@pytest.mark.parametrize("args", [["check", "--nope", "x"], ["run", "--nope"], ["rules", "test", "--nope"], ["rules", "import-seclang", "--nope"], ["passwd", "--nope", "a", "b"]])
def test_unknown_option_is_named(args):
    assert "there is no option --nope" in run_yett(*args).stderr


@pytest.mark.parametrize("args, text", [
    (["rules", "test", "--rules"], "no value is given for option --rules"),
    (["rules", "test", "-p"], "no value is given for option -p"),
    (["rules", "test", "-x"], "there is no option -x"),
    (["rules", "test", "--paranoia", "5", "a.json"], "--paranoia is 1 to 4"),
    (["rules", "test", "--var", "a", "a.json"], "--var NAME=VALUE"),
    (["rules", "test", "a.yaml"], "which rules?"),
    (["rules", "test", "--rules", "a.json", "b.json"], "which tests?"),
    (["rules", "test", "--policy", "a.json", "--var", "a=b", "a.yaml"], "a policy brings its own rules"),
    (["rules", "import-seclang", "a.conf"], "where to?"),
    (["rules", "import-seclang", "-o", "a.json"], "which SecLang files?")])
def test_wrong_words_are_explained(args, text):
    result = run_yett(*args)
    assert result.returncode == 2 and text in result.stderr, result.stderr


@pytest.mark.parametrize("args", [["--help"], ["help"], ["check", "--help"], ["run", "--help"], ["rules", "test", "--help"],
                                  ["rules", "--help"], ["help", "rules"], ["passwd", "-h"], ["version"], ["--version"]])
def test_help_and_version_are_answers(args):
    result = run_yett(*args)
    assert result.returncode == 0 and result.stdout.strip() and result.stderr == ""


def shown_in_help(*verb):
    """The indented JSON that a help text shows."""
    text = run_yett(*verb, "--help").stdout
    return re.search(r"^  \{$.*?^  \}$|^  \{ .*?\]\ }$", text, re.M | re.S)[0]


def test_policy_that_the_help_shows_is_good(tmp_path, pki):
    site = pki.site()
    for name, source in {"site.pem": site.chain, "site.key": site.key, "backend-ca.pem": pki.ca}.items():
        (tmp_path / name).write_bytes(source.read_bytes())
        (tmp_path / name).chmod(0o600)
    (tmp_path / "policy.json").write_text(shown_in_help("run"))
    result = run_yett("check", tmp_path / "policy.json")
    assert result.returncode == 0, result.stderr


def test_rules_that_the_help_shows_pass_their_tests(tmp_path):
    (tmp_path / "rules.json").write_text(shown_in_help("rules", "test"))
    result = run_yett("rules", "test", tmp_path / "rules.json")
    assert result.returncode == 0 and "2 tests, 0 failed" in result.stdout, result.stderr + result.stdout


def test_run_refuses_a_bad_policy_and_a_missing_one(tmp_path):
    (tmp_path / "bad.json").write_text("{}")
    for name in ("bad.json", "none.json"):
        result = run_yett("run", tmp_path / name)
        assert result.returncode == 1 and name in result.stderr


def test_port_in_use_is_a_refusal_of_the_system(tmp_path, pki):
    site = policy.site(pki, "https://127.0.0.1:9")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        site["listeners"][0]["bind"] = f"127.0.0.1:{taken.getsockname()[1]}"
        (tmp_path / "policy.json").write_text(json.dumps(site))
        result = run_yett("run", tmp_path / "policy.json")
    assert result.returncode == 3
    assert site["listeners"][0]["bind"] in result.stderr


@pytest.mark.parametrize("scheme, prefix", [([], "$y$"), (["-s", "bcrypt", "-B", "8"], "$2b$"), (["-s", "sha512", "-B", "10000"], "$6$")])
def test_passwd_makes_a_file_that_the_filter_takes(tmp_path, pki, scheme, prefix):
    file = tmp_path / "users"
    assert run_yett("passwd", *scheme, file, "alice", stdin="secret\n").returncode == 0
    assert run_yett("passwd", *scheme, file, "bob", stdin="other\n").returncode == 0
    assert run_yett("passwd", *scheme, file, "alice", stdin="newer\n").returncode == 0
    lines = file.read_text().splitlines()
    assert [line.split(":")[0] for line in lines] == ["alice", "bob"]
    assert all(line.split(":")[1].startswith(prefix) for line in lines)
    assert file.stat().st_mode & 0o777 == 0o600 and "newer" not in file.read_text()
    site = policy.site(pki, "https://127.0.0.1:9", filters={"auth": {"type": "basic_auth", "realm": "x", "users": str(file)}})
    (tmp_path / "policy.json").write_text(json.dumps(site))
    assert run_yett("check", tmp_path / "policy.json").returncode == 0


def test_passwd_asks_twice_on_a_terminal(tmp_path):
    """Nothing of the password is echoed, and two different ones are refused."""
    def session(*answers):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(YETT, ["yett", "passwd", "-s", "sha512", "-B", "10000", str(tmp_path / "users"), "alice"], environment())
        output = b""
        waiting = list(answers)
        while True:
            try:
                data = os.read(terminal, 1000)
            except OSError:
                break
            if not data:
                break
            output += data
            if waiting and output.rstrip().endswith(b":"):
                os.write(terminal, waiting.pop(0).encode() + b"\n")
                output += b"\n"
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), output
    code, output = session("topsecret", "topsecret")
    assert code == 0 and b"topsecret" not in output
    assert "alice:$6$" in (tmp_path / "users").read_text()
    code, output = session("one", "two")
    assert code == 1


@pytest.mark.parametrize("user, password", [("a:b", "x\n"), ("", "x\n"), ("alice", "\n"), ("alice", "")])
def test_passwd_refuses_bad_input(tmp_path, user, password):
    result = run_yett("passwd", tmp_path / "users", user, stdin=password)
    assert result.returncode == 1 and not (tmp_path / "users").exists()


RULES = {"rules": [{"id": "no-evil", "description": "no evil", "targets": ["query.*"], "match": {"contains": "evil"}, "action": "deny",
                    "tests": {"hit": ["GET /?a=evil"], "miss": ["GET /?a=good"]}}]}


def test_rules_test(tmp_path):
    path = tmp_path / "rules.json"
    path.write_text(json.dumps(RULES))
    assert run_yett("rules", "test", path).returncode == 0
    broken = json.loads(json.dumps(RULES))
    broken["rules"][0]["tests"]["hit"].append("GET /?a=fine")
    path.write_text(json.dumps(broken))
    result = run_yett("rules", "test", path)
    assert result.returncode == 1 and "no-evil" in result.stdout + result.stderr


def test_shipped_rules_pass_their_own_tests():
    files = sorted((ROOT / "rules").glob("*.json"))
    assert files
    result = run_yett("rules", "test", *files)
    assert result.returncode == 0, result.stdout + result.stderr


def test_shipped_policies_are_described_by_the_schema():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((ROOT / "policies" / "policy.schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    policies = [p for p in (ROOT / "policies").rglob("*.json") if p.name not in ("policy.schema.json", "geo.json")]
    assert len(policies) >= 4
    for path in policies:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
        lines = [re.sub(r'^((?:[^"/]|"(?:\\.|[^"\\])*"|/(?!/))*)//.*$', r"\1", line) for line in text.splitlines()]
        errors = [f"{path}: {e.json_path}: {e.message}" for e in validator.iter_errors(json.loads("\n".join(lines)))]
        assert not errors, errors


def test_run_stays_in_the_foreground_and_writes_only_below_its_folder(tmp_path, pki):
    gate = Gateway(tmp_path / "gate", policy.site(pki, "https://127.0.0.1:9"))
    with gate:
        before = {p for p in tmp_path.rglob("*")}
        assert subprocess.run(["ps", "-o", "ppid=", "-p", str(gate.pid)], capture_output=True, text=True).stdout.strip() == str(os.getpid())
        assert all(tmp_path / "gate" in [p, *p.parents] for p in before)


def test_rules_measure_counts_both_kinds_of_mistakes(tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text('{"rules":[{"id":"bad","targets":["query.*"],"match":{"contains":"bad"},"action":"score","score":5}]}')
    corpus = tmp_path / "corpus.jsonl"
    lines = [("block", "GET /?a=bad"), ("block", "GET /?a=worse"), ("pass", "GET /?a=good"), ("pass", "GET /?a=badge")]
    corpus.write_text("".join(json.dumps({"expect": e, "class": "c", "request": r}) + "\n" for e, r in lines))
    result = run_yett("rules", "measure", "--corpus", corpus, rules)
    assert result.returncode == 1
    assert f"{corpus}:2: should be refused, is not: GET /?a=worse" in result.stdout
    assert f"{corpus}:4: should pass, is refused: bad (5, query.a \"bad\"): GET /?a=badge" in result.stdout
    assert "attacks: 1 of 2 refused (50.00 %)" in result.stdout and "harmless: 1 of 2 refused (50.00 %)" in result.stdout
    corpus.write_text("\n".join(corpus.read_text().splitlines()[:3]))
    assert run_yett("rules", "measure", "--quiet", "--corpus", corpus, rules).returncode == 1
    assert run_yett("rules", "measure", "--quiet", "--missed", "500", "--corpus", corpus, rules).returncode == 0
    assert run_yett("rules", "measure", rules).returncode == 2
