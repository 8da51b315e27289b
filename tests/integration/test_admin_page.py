# SPDX-License-Identifier: Apache-2.0
"""The page of the admin listener in a real browser: wide and narrow, light and dark."""
import http.client
import json
import re
import shutil
import subprocess
import threading

import pytest

from support.ports import free_port
from support.wait import wait_for

pytestmark = pytest.mark.threads
RULES = {"rules": [{"id": f"no-evil-{i}", "targets": ["query.*"], "match": {"contains": f"evil{i:02}"}, "action": "deny",
                    "tests": {"hit": [f"GET /?a=evil{i:02}"], "miss": ["GET /?a=good"]}} for i in range(12)]}
DARK = ["--blink-settings=preferredColorScheme=0"]


@pytest.fixture(scope="module")
def site(launch, tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "rules.json"
    path.write_text(json.dumps(RULES))
    site = launch(admin={"bind": f"127.0.0.1:{free_port()}"}, filters={"waf": {"type": "rules", "files": [str(path)]}},
                  change=lambda p: p["routes"][0].update(name="front-door"))
    wait_for(lambda: "admin is served on" in site.gate.log, "the admin listener")
    return site


@pytest.fixture
def traffic(site):
    """Goes on while the browser looks."""
    end = threading.Event()

    def run():
        number = 0
        while not end.is_set():
            number += 1
            site.ask(target=f"/?a=evil{number // 3 % 12:02}" if number % 3 == 0 else "/")
    thread = threading.Thread(target=run)
    thread.start()
    yield
    end.set()
    thread.join()


def address(site):
    return site.gate.policy["admin"]["bind"]


def ask(site, path):
    connection = http.client.HTTPConnection(address(site), timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer, json.loads(text) if path == "/status" else text


def browse(site, folder, *options):
    program = shutil.which("chromium")
    assert program, "chromium is not installed (tests/run installs it)"
    result = subprocess.run(
        [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}/browser",
         "--no-proxy-server", "--disable-background-networking", "--disable-component-update", "--hide-scrollbars",
         "--enable-logging=stderr", "--virtual-time-budget=9000", *options, f"http://{address(site)}/"],
        capture_output=True, text=True, timeout=120)
    assert "CONSOLE" not in result.stderr, result.stderr[-3000:]  # nothing blocked by the policy, nothing thrown
    return result.stdout


def test_shows_what_goes_on(site, traffic, tmp_path):
    wait_for(lambda: len(ask(site, "/status")[1]["rules"]) == 12, "hits of all rules")
    page = browse(site, tmp_path, "--dump-dom")
    assert 'id="problems" hidden' in page, page[-3000:]
    assert "no-evil-" in page and "127.0.0.1" in page and "requests / s" in page and "app: https://" in page
    assert "front-door" in page
    assert re.search(r'<path class="fill good" d="M[0-9.]+,', page) and re.search(r'<path class="stroke good" d="M[0-9.]+,', page)
    assert len(re.findall("no-evil-", page)) == 10 and "and 2 more" in page


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_can_be_looked_at(site, traffic, tmp_path, width, scheme):
    picture = tmp_path / f"page-{width}-{scheme}.png"
    browse(site, tmp_path, f"--screenshot={picture}", f"--window-size={width},1800", *(DARK if scheme == "dark" else []))
    octets = picture.read_bytes()
    assert octets.startswith(b"\x89PNG") and int.from_bytes(octets[16:20]) == width and len(octets) > 20000


def test_runs_nothing_but_its_own(site):
    nonces = set()
    for _ in range(2):
        answer, page = ask(site, "/")
        policy = answer.headers["Content-Security-Policy"]
        nonce = re.search("script-src 'nonce-([0-9a-f]{32})'", policy)[1]
        assert policy.startswith("default-src 'none';") and page.count(f'nonce="{nonce}"') == 2 and "@NONCE@" not in page
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page) and " style=" not in page and " onclick=" not in page
        nonces.add(nonce)
    assert len(nonces) == 2
