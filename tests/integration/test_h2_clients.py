# SPDX-License-Identifier: Apache-2.0
"""Real HTTP/2 clients: curl, nghttp and h2load, against nginx and a scripted backend, with every filter in the way."""
import hashlib
import json
import re
import subprocess

import pytest

from support import backends
from support.records import get

SIZES = [0, 1, 65536, 3_000_000]


@pytest.fixture(scope="module")
def front(launch):
    return launch(limits={"request_body": "2GiB", "http2": {"window_updates": False}})


@pytest.fixture(scope="module")
def nginx_front(launch, pki, tmp_path_factory):
    files = {"small": b"hello\n", "65536": bytes(65536)}
    with backends.Nginx(tmp_path_factory.mktemp("nginx"), pki.backend(), files) as nginx:
        yield launch(backend=nginx, back={"timeouts": {"connect": "20s"}})  # hundreds of handshakes at once, under a sanitizer


def pattern(size):
    return (backends.PATTERN * (size // len(backends.PATTERN) + 1))[:size]


def curl(front, pki, path, *args, **options):
    return subprocess.run(["curl", "-sS", "--http2", "--cacert", str(pki.ca), "--max-time", "60", *args,
                           f"https://localhost:{front.gate.port}{path}"], capture_output=True, timeout=70, **options)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("unknown", [False, True], ids=["length", "no-length"])
def test_upload_with_curl(front, pki, size, unknown):
    header = ["-T", "-", "-X", "POST"] if unknown else ["--data-binary", "@-"]
    seen = json.loads(curl(front, pki, "/up", *header, input=pattern(size)).stdout)
    assert (seen["size"], seen["sha256"]) == (size, hashlib.sha256(pattern(size)).hexdigest())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["bytes", "chunked"])
def test_download_with_curl(front, pki, size, kind):
    result = curl(front, pki, f"/{kind}/{size}", "-w", "%{stderr}%{http_version}")
    assert result.stdout == pattern(size) and result.stderr == b"2"


def test_record_says_the_version(front, pki):
    curl(front, pki, "/version-two", "-A", "curl-for-the-record")
    record = front.audit.wait_where(lambda r: get(r, "url.path") == "/version-two")
    assert get(record, "http.version") == "2" and get(record, "tls.next_protocol") == "h2"


def test_many_requests_with_nghttp(nginx_front):
    urls = [f"https://localhost:{nginx_front.gate.port}/small"] * 20
    result = subprocess.run(["nghttp", "-nv", *urls], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0 and len(re.findall(r":status: 200", result.stdout)) >= 1, result.stdout


def test_load_with_h2load(nginx_front):
    result = subprocess.run(["h2load", "-n", "3000", "-c", "8", "-m", "32", f"https://localhost:{nginx_front.gate.port}/small"],
                            capture_output=True, text=True, timeout=120)
    assert "3000 succeeded, 0 failed, 0 errored" in result.stdout, result.stdout
    assert "3000 2xx" in result.stdout, result.stdout


def test_head_and_errors(front, pki):
    result = curl(front, pki, "/bytes/100", "-I")
    assert b"HTTP/2 200" in result.stdout and b"content-length: 100" in result.stdout
    result = curl(front, pki, "/", "-X", "BREW", "-o", "/dev/null", "-w", "%{http_code}")
    assert result.stdout == b"405"
