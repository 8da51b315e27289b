# SPDX-License-Identifier: Apache-2.0
"""Where the admin listener stands and whom it answers: sockets, tokens, methods, bodies, reloads by hand."""
import http.client
import json
import os
import socket
import stat

import pytest

from support.gateway import run_yett
from support.ports import free_port
from support.wait import wait_for

pytestmark = pytest.mark.threads
TOKEN = "0123456789abcdef0123"


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def ask(bind, method, path, body=None, **fields):
    connection = (UnixConnection(bind.removeprefix("unix:")) if bind.startswith("unix:") else
                  http.client.HTTPConnection("127.0.0.1", int(bind.rsplit(":", 1)[1]), timeout=30))
    connection.request(method, path, body=body, headers={name.replace("_", "-"): value for name, value in fields.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, text


def token_file(folder, text=TOKEN + "\n", mode=0o600):
    path = folder / "token"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def served(launch, **options):
    site = launch(**options)
    wait_for(lambda: "admin is served on" in site.gate.log, "the admin listener")
    return site


@pytest.fixture(scope="module")
def site(launch):
    return served(launch, admin={"bind": f"127.0.0.1:{free_port()}"})


@pytest.fixture(scope="module")
def bind(site):
    return site.gate.policy["admin"]["bind"]


@pytest.mark.parametrize("method, path, allow", [
    ("POST", "/metrics", "GET, HEAD"), ("PUT", "/bans", "GET, HEAD, POST"), ("GET", "/bans/192.0.2.1", "DELETE"), ("GET", "/reload", "POST")])
def test_says_which_methods_there_are(bind, method, path, allow):
    answer, _ = ask(bind, method, path)
    assert (answer.status, answer.headers["Allow"]) == (405, allow)


def test_head_is_get_without_content(bind):
    answer, text = ask(bind, "HEAD", "/healthz")
    assert (answer.status, answer.headers["Content-Length"], text) == (200, "6", "")


def test_bodies_up_to_64_kib(bind):
    order = json.dumps({"address": "192.0.2.9", "for": "10s"})
    assert ask(bind, "POST", "/bans", order + " " * (64 * 1024 - len(order)))[0].status == 201
    assert ask(bind, "POST", "/bans", order + " " * (64 * 1024 + 1 - len(order)))[0].status == 413
    assert ask(bind, "DELETE", "/bans/192.0.2.9")[0].status == 200


def test_a_unix_socket(launch, tmp_path):
    path = str(tmp_path / "admin.sock")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path)
    bind = "unix:" + path
    site = served(launch, admin={"bind": bind})
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert ask(bind, "GET", "/readyz")[0].status == 200
    assert ask(bind, "GET", "/metrics", Host="any.name")[0].status == 200
    # The same place again is no other place; another one replaces it.
    site.gate.reload({**site.gate.policy, "server_header": "again"})
    assert ask(bind, "GET", "/readyz")[0].status == 200 and site.gate.log.count("admin is served") == 1
    other = f"unix:{tmp_path}/other.sock"
    site.gate.reload({**site.gate.policy, "admin": {"bind": other}})
    wait_for(lambda: not os.path.exists(path), "the old socket to go")
    assert ask(other, "GET", "/readyz")[0].status == 200


def test_what_lies_there_is_left_alone(launch, tmp_path):
    site = served(launch, admin={"bind": f"127.0.0.1:{free_port()}"})
    before = site.gate.policy
    (tmp_path / "file").write_text("precious")
    with socket.socket(socket.AF_UNIX) as busy:
        busy.bind(str(tmp_path / "busy"))
        busy.listen()
        for name in ("file", "busy"):
            complaints = site.gate.log.count("stays as it was")
            site.gate.reload({**before, "admin": {"bind": f"unix:{tmp_path}/{name}"}})
            wait_for(lambda: site.gate.log.count("stays as it was") > complaints, "the complaint")
            assert ask(before["admin"]["bind"], "GET", "/healthz")[0].status == 200
    assert (tmp_path / "file").read_text() == "precious"


def test_a_token(launch, tmp_path):
    bind = f"0.0.0.0:{free_port()}"
    site = served(launch, admin={"bind": bind, "token_file": token_file(tmp_path)})
    assert ask(bind, "GET", "/healthz")[0].status == 200 and ask(bind, "GET", "/readyz", Host="gate.example")[0].status == 200
    for path in ("/metrics", "/bans", "/reload", "/nothing"):
        answer, text = ask(bind, "GET", path)
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), text
    for wrong in ("Bearer " + TOKEN[:-1], "Bearer " + TOKEN + "0", "Bearer  " + TOKEN, "Basic " + TOKEN, TOKEN, "Bearer"):
        assert ask(bind, "GET", "/metrics", Authorization=wrong)[0].status == 401, wrong
    for right in ("Bearer " + TOKEN, "bearer " + TOKEN):
        assert ask(bind, "GET", "/metrics", Authorization=right, Host="gate.example")[0].status == 200
    # Another token is in force after a reload, at the same place.
    token_file(tmp_path, "another-token-of-mine")
    assert ask(bind, "POST", "/reload", Authorization="Bearer " + TOKEN)[0].status == 200
    assert ask(bind, "GET", "/metrics", Authorization="Bearer " + TOKEN)[0].status == 401
    assert ask(bind, "GET", "/metrics", Authorization="Bearer another-token-of-mine")[0].status == 200
    assert TOKEN not in site.gate.log


@pytest.mark.parametrize("text, mode, complaint", [
    ("short", 0o600, "$.admin.token_file: a token is one line"), ("two words of a token\n", 0o600, "$.admin.token_file: a token is one line"),
    (TOKEN, 0o644, "$.admin.token_file: cannot read")])
def test_tokens_that_keep_no_door(site, tmp_path, text, mode, complaint):
    rules = {**site.gate.policy, "admin": {"bind": "0.0.0.0:9901", "token_file": token_file(tmp_path, text, mode)}}
    (tmp_path / "policy.json").write_text(json.dumps(rules))
    result = run_yett("check", tmp_path / "policy.json")
    assert result.returncode == 1 and complaint in result.stdout + result.stderr


def test_reload_tells_what_became_of_it(launch):
    bind = f"127.0.0.1:{free_port()}"
    site = served(launch, admin={"bind": bind})
    good = site.gate.policy
    path = site.gate.policy_path

    def order(policy):
        path.write_text(policy if isinstance(policy, str) else json.dumps(policy, indent=1))
        answer, text = ask(bind, "POST", "/reload")
        assert answer.headers["Content-Type"] == "application/json"
        return answer.status, json.loads(text)
    assert order({**good, "server_header": "fresh"}) == (200, {"reloaded": True, "problems": []})
    assert site.ask()[0].get("Server") == b"fresh"
    status, report = order({**good, "wrokers": 2, "server_header": 3})
    assert (status, report["reloaded"], len(report["problems"])) == (422, False, 2)
    assert all(p.startswith(f"{path}:") and ": error: $" in p for p in report["problems"])
    assert any("did you mean \"workers\"" in p for p in report["problems"])
    status, report = order({**good, "workers": 7})
    assert status == 422 and "$.workers" in report["problems"][0] and "takes a restart" in report["problems"][0]
    assert order("{")[0] == 422
    assert order(good)[0] == 200
    assert ask(bind, "POST", "/reload", Origin="https://page.example")[0].status == 403


def test_a_reload_that_moves_the_listener_is_answered(launch):
    old, new = (f"127.0.0.1:{free_port()}" for _ in range(2))
    site = served(launch, admin={"bind": old})
    site.gate.policy_path.write_text(json.dumps({**site.gate.policy, "admin": {"bind": new}}))
    answer, text = ask(old, "POST", "/reload")
    assert (answer.status, json.loads(text)["reloaded"]) == (200, True)
    assert ask(new, "GET", "/healthz")[0].status == 200
    with pytest.raises(OSError):
        ask(old, "GET", "/healthz")
