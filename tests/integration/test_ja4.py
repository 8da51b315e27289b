# SPDX-License-Identifier: Apache-2.0
"""The fingerprint of clients: the same for one program however often it comes, another for another."""
import json
import re
import subprocess

import pytest

from support.records import get


@pytest.fixture(scope="module")
def front(launch):
    return launch()


def s_client(front, *args):
    before = len(front.audit.records())
    process = subprocess.run(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{front.gate.port}", *args],
                             input="GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
                             capture_output=True, text=True, timeout=30)
    assert "200 OK" in process.stdout, process.stderr
    return get(front.audit.wait_count(before + 1)[before], "tls.client.ja4")


def test_the_parts_that_can_be_read(front):
    ja4 = s_client(front, "-servername", "localhost", "-alpn", "http/1.1")
    assert re.fullmatch(r"t13d\d{4}h1_[0-9a-f]{12}_[0-9a-f]{12}", ja4), ja4
    assert s_client(front, "-servername", "localhost", "-alpn", "http/1.1") == ja4
    nameless = s_client(front, "-noservername", "-tls1_2")
    assert re.fullmatch(r"t12i\d{4}00_[0-9a-f]{12}_[0-9a-f]{12}", nameless), nameless


def test_one_cipher_and_its_digest(front):
    ja4 = s_client(front, "-noservername", "-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256")
    # sha256("00ff,1301"): the one suite, and that it does not renegotiate
    assert ja4.startswith("t13i02") and ja4.split("_")[1] == "ec078ce24869", ja4


def test_rules_see_it(launch, tmp_path):
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps({"rules": [
        {"id": "tool", "targets": ["tls.ja4"], "match": {"begins_with": "t12"}, "action": "deny"}]}))
    site = launch(filters={"waf": {"type": "rules", "files": [str(rules)]}})
    result = subprocess.run(["curl", "-sk", "--tls-max", "1.2", "-o", "/dev/null", "-w", "%{http_code}",
                             f"https://localhost:{site.gate.port}/"], capture_output=True, text=True, timeout=30)
    assert result.stdout == "403"
