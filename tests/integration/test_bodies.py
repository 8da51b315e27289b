# SPDX-License-Identifier: Apache-2.0
"""Bodies of 0, 1 and 65,536 octets and of a gigabyte, both ways, chunked and not, with curl and other clients, against nginx and a
scripted backend. What needs a gigabyte or a memory figure is marked `bulk`."""
import hashlib
import json
import pathlib
import subprocess
import threading
import time

import pytest

from support import backends
from support.client import request
from support.records import get
from support.wait import wait_for

GIGABYTE = 1 << 30
MEBIBYTE = 1 << 20
SIZES = [0, 1, 65536]


@pytest.fixture(scope="module")
def front(launch):
    return launch(limits={"request_body": "2GiB"})


@pytest.fixture(scope="module")
def nginx_front(launch, pki, tmp_path_factory):
    files = {"0": b"", "1": b"x", "65536": bytes(65536), "index.html": b"hello from nginx\n"}
    with backends.Nginx(tmp_path_factory.mktemp("nginx"), pki.backend(), files) as nginx:
        yield launch(backend=nginx, limits={"request_body": "2GiB"})


def curl(front, pki, *args, **options):
    return subprocess.run(["curl", "-sS", "--cacert", str(pki.ca), "--max-time", "120", *args], capture_output=True, timeout=130, **options)


def url(front, path):
    return f"https://localhost:{front.gate.port}{path}"


def pattern(size):
    return (backends.PATTERN * (size // len(backends.PATTERN) + 1))[:size]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_upload_with_curl(front, pki, size, chunked):
    header = ["-H", "Transfer-Encoding: chunked"] if chunked else []
    result = curl(front, pki, "--data-binary", "@-", *header, url(front, "/up"), input=pattern(size))
    seen = json.loads(result.stdout)
    assert (seen["size"], seen["sha256"]) == (size, hashlib.sha256(pattern(size)).hexdigest())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("kind", ["bytes", "chunked"])
def test_download_with_curl(front, pki, size, kind):
    result = curl(front, pki, url(front, f"/{kind}/{size}"))
    assert result.stdout == pattern(size)


@pytest.mark.parametrize("size", SIZES)
def test_curl_against_nginx(nginx_front, pki, size):
    assert len(curl(nginx_front, pki, url(nginx_front, f"/{size}")).stdout) == size
    result = curl(nginx_front, pki, "--data-binary", "@-", url(nginx_front, "/upload"), input=bytes(size))
    assert result.stdout == b"received\n"


def test_curl_over_one_connection_against_nginx(nginx_front, pki):
    result = curl(nginx_front, pki, "-w", "%{num_connects} ", *[url(nginx_front, "/index.html")] * 5)
    assert result.stdout.count(b"hello from nginx") == 5
    assert result.stdout.count(b"1 ") == 1 and result.stdout.count(b"0 ") == 4


def test_conditional_and_range_requests_against_nginx(nginx_front):
    with nginx_front.connect() as c:
        first = c.exchange(request(target="/65536"))
        again = c.exchange(request(target="/65536", fields=[f"If-None-Match: {first.get('etag').decode()}"]))
        assert again.status == 304 and again.body == b""
        part = c.exchange(request(target="/65536", fields=["Range: bytes=100-199"]))
        assert part.status == 206 and len(part.body) == 100
        assert c.exchange(request(target="/none")).status == 404


def test_openssl_s_client(front):
    result = subprocess.run(["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{front.gate.port}", "-servername", "localhost"],
                            input=request(fields=["Connection: close"]), capture_output=True, timeout=30)
    assert result.stdout.startswith(b"HTTP/1.1 200 ")


def test_browser_like_client(front):
    """Six connections kept open, several requests on each, cookies and languages as browsers send them."""
    fields = ["User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Accept: text/html,*/*;q=0.8",
              "Accept-Language: en-US,en;q=0.5", "Accept-Encoding: gzip, deflate, br", "Connection: keep-alive", "Cookie: a=1; b=\"2\"",
              "Upgrade-Insecure-Requests: 1", "Sec-Fetch-Dest: document", "Sec-Fetch-Mode: navigate", "DNT: 1"]
    clients = [front.connect() for _ in range(6)]
    for turn in range(5):
        for number, c in enumerate(clients):
            c.send(request(target=f"/{number}/{turn}?v=1", fields=fields))
        for number, c in enumerate(clients):
            seen = json.loads(c.final().body)
            assert seen["target"] == f"/{number}/{turn}?v=1"
            assert ["Accept-Encoding", "gzip, deflate, br"] in seen["fields"]
    for c in clients:
        c.close()


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_encoded_bodies_pass_untouched(launch, encoding):
    body = bytes(range(256)) * 10
    site = launch(backends.always(backends.response(fields=[f"Content-Encoding: {encoding}"], body=body)))
    with site.connect() as c:
        answer = c.exchange(request())
        assert answer.body == body and answer.get("content-encoding") == encoding.encode()


# Gigabytes. The release build only: figures of memory mean nothing under a sanitizer.

class Memory:
    """Samples the resident memory of a gateway while something runs, and what it wrote to the disk."""

    def __init__(self, gate):
        self.gate, self.peak = gate, 0
        self._stop = threading.Event()

    def _written(self):
        text = pathlib.Path(f"/proc/{self.gate.pid}/io").read_text()
        return int(text.split("\nwrite_bytes: ")[1].split()[0])

    def _sample(self):
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, self.gate.status_of_process("VmRSS"))

    def __enter__(self):
        self.written = self._written()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, kind, *_):
        self._stop.set()
        self._thread.join()
        if kind is None:
            assert self.peak < 64 * 1024, f"{self.peak} kB resident"
            assert self._written() - self.written < 16 * MEBIBYTE, "it spooled to the disk"


def upload(c, size, chunked=False, piece=256 * 1024):
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % size
    c.send(b"POST /up HTTP/1.1\r\nHost: app.example.com\r\n" + framing + b"\r\n\r\n")
    block = bytes(piece)
    head = b"%x\r\n" % piece
    for _ in range(size // piece):
        c.send(head + block + b"\r\n" if chunked else block)
    if chunked:
        c.send(b"0\r\n\r\n")


@pytest.mark.bulk
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_gigabyte_up(front, chunked):
    with Memory(front.gate), front.connect(timeout=120) as c:
        upload(c, GIGABYTE, chunked)
        assert json.loads(c.final().body)["size"] == GIGABYTE


@pytest.mark.bulk
@pytest.mark.parametrize("kind", ["bytes", "chunked"])
def test_gigabyte_down(front, kind):
    size = [0]

    def take(piece):
        size[0] += len(piece)
    with Memory(front.gate), front.connect(timeout=120) as c:
        c.stream.keep = False
        c.send(request(target=f"/{kind}/{GIGABYTE}"))
        answer = c.final(sink=take)
        assert answer.is_complete and size[0] == GIGABYTE


@pytest.mark.bulk
def test_gigabyte_with_curl_against_nginx(nginx_front, pki, tmp_path):
    big = tmp_path / "big"
    with open(big, "wb") as file:
        file.truncate(GIGABYTE)
    (nginx_front.backend.folder / "html" / "big").symlink_to(big)
    with Memory(nginx_front.gate):
        result = curl(nginx_front, pki, "-o", "/dev/null", "-w", "%{size_download}", url(nginx_front, "/big"))
        assert int(result.stdout) == GIGABYTE
        # Over HTTP/2 this curl waits for ever when it is answered before it has sent all, whatever the server does.
        result = curl(nginx_front, pki, "--http1.1", "-T", str(big), "-X", "POST", url(nginx_front, "/upload"))
        assert result.stdout == b"received\n", str(result.stderr) + str([(get(r, "event.reason"), get(r, "yett.reason_text"), get(r, "http.request.body.bytes")) for r in nginx_front.audit.records()[-3:]])


@pytest.mark.bulk
def test_gigabyte_up_to_a_backend_that_reads_slowly(launch):
    """1 MB/s for ten seconds, then as fast as it goes."""
    site = launch(backends.slow_reader(10 ** 6, total=10 ** 7), limits={"request_body": "2GiB"})
    with Memory(site.gate) as memory, site.connect(timeout=120) as c:
        upload(c, GIGABYTE)
        assert int(c.final().body) == GIGABYTE
    assert memory.peak


@pytest.mark.bulk
def test_gigabyte_down_to_a_client_that_reads_slowly(front):
    began = time.monotonic()
    size = [0]

    def take(piece):
        size[0] += len(piece)
        ahead = size[0] / 10 ** 6 - (time.monotonic() - began)
        if ahead > 0 and size[0] < 10 ** 7:
            time.sleep(ahead)
    with Memory(front.gate), front.connect(timeout=120) as c:
        c.stream.keep = False
        c.send(request(target=f"/bytes/{GIGABYTE}"))
        assert c.final(sink=take).is_complete and size[0] == GIGABYTE


@pytest.mark.bulk
def test_idle_connections_hold_little(front):
    """A thousand TLS connections that have had a request each."""
    site = front
    before = site.gate.status_of_process("VmRSS")
    held = []
    for number in range(1000):
        c = site.connect(source=f"127.0.{number % 50}.1")
        assert c.exchange(request()).status == 200
        held.append(c)
    grown = site.gate.status_of_process("VmRSS") - before
    for c in held:
        c.close()
    assert grown < 40 * 1000, f"{grown} kB for a thousand connections"
    wait_for(lambda: site.ask()[0].status == 200, "an ordinary client")
