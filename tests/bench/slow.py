#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A large upload to a backend that reads slowly and a large download by a client that reads slowly, both at once and slow from the
first octet to the last. A gateway that holds bodies in memory or on disk gives itself away here, and so does one whose limits of
time take patience for silence.

    tests/bench/slow.py                          # 1 GiB each way at 1 MB/s: 18 minutes
    tests/bench/slow.py --size 50000000 --rate 5000000
    tests/bench/slow.py --http2 --rate 25000000  # the client is curl, over HTTP/2

Prints what the gateway held while it ran; exit code 1 when a body was not complete, more than 64 MiB were resident at any moment,
or anything but the audit log was written to disk. YETT_BIN names the program; figures of memory want the release build."""
import argparse
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import backends, client, gateway, http1, pki as certificates, policy  # noqa: E402

RESIDENT_MAX = 64 * 1024  # kB
WRITTEN_MAX = 1 << 20     # the audit log's few records
RECEIVE_BUFFER = 64 * 1024  # of the slow client: the kernel must not read for it
SAMPLE_SECONDS = 0.1


class Pacer:
    """A sink that takes octets at `rate` a second and keeps their digest."""

    def __init__(self, rate):
        self.rate, self.size, self.began = rate, 0, time.monotonic()
        self.digest = hashlib.sha256()

    def __call__(self, piece):
        self.size += len(piece)
        self.digest.update(piece)
        ahead = self.size / self.rate - (time.monotonic() - self.began)
        if ahead > 0:
            time.sleep(ahead)


def backend_script(rate):
    """POST is read slowly and answered with size and digest; GET /bytes/N is answered as fast as it is taken."""
    def script(connection):
        connection.stream.keep = False
        head = connection.read_head()
        message = http1.Message(head.start, head.fields)
        if message.method == b"GET":
            send_octets(connection, int(message.target.rsplit(b"/", 1)[1]))
            connection.wait_end()
            return
        pacer = Pacer(rate)
        http1.read_body(connection.stream, message, "length", int(head.get("content-length")), pacer)
        connection.send(backends.response(body=f"{pacer.size} {pacer.digest.hexdigest()}".encode()))
        connection.wait_end()
    return script


def pieces(size):
    block = backends.PATTERN
    while size > 0:
        piece = block[:size]
        size -= len(piece)
        yield piece


def send_octets(connection, size):
    """backends.send_octets has one patience for all; here waiting is the point."""
    connection.socket.settimeout(None)
    connection.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    for piece in pieces(size):
        connection.socket.sendall(piece)
    connection.socket.settimeout(0.2)


def upload(gate, context, size, result):
    digest = hashlib.sha256()
    with client.Client(gate.port, context, timeout=None) as c:
        c.send(b"POST /up HTTP/1.1\r\nHost: app.example.com\r\nContent-Length: %d\r\n\r\n" % size)
        for piece in pieces(size):
            digest.update(piece)
            c.send(piece)
        answer = c.final()
    result["upload"] = answer is not None and answer.body == f"{size} {digest.hexdigest()}".encode()


def download(gate, context, size, rate, result):
    expected = hashlib.sha256()
    for piece in pieces(size):
        expected.update(piece)
    with client.Client(gate.port, context, timeout=None, receive_buffer=RECEIVE_BUFFER) as c:
        c.send(client.request(target=f"/bytes/{size}"))
        c.stream.keep = False
        pacer = Pacer(rate)
        answer = c.final(sink=pacer)
    result["download"] = answer is not None and answer.is_complete and pacer.digest.digest() == expected.digest()


def curl(gate, ca, path, *options):
    """What `options` made of the answer, or None where curl complains or has not spoken HTTP/2."""
    result = subprocess.run(["curl", "-sS", "--http2", "--cacert", ca, "-w", "\n%{http_version} %{http_code}", *options,
                             f"https://localhost:{gate.port}{path}"], capture_output=True, text=True)
    body, _, outcome = result.stdout.rpartition("\n")
    return body if result.returncode == 0 and outcome == "2 200" else None


def upload_http2(gate, ca, size, folder, result):
    path, digest = folder / "upload", hashlib.sha256()
    with open(path, "wb") as file:
        for piece in pieces(size):
            digest.update(piece)
            file.write(piece)
    result["upload"] = curl(gate, ca, "/up", "-H", "Expect:", "-X", "POST", "-T", path) == f"{size} {digest.hexdigest()}"


def download_http2(gate, ca, size, rate, folder, result):
    path, digest, expected = folder / "download", hashlib.sha256(), hashlib.sha256()
    is_well = curl(gate, ca, f"/bytes/{size}", "--limit-rate", str(rate), "-o", path) == ""
    for piece in pieces(size):
        expected.update(piece)
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    result["download"] = is_well and digest.digest() == expected.digest()


def written(gate):
    text = pathlib.Path(f"/proc/{gate.pid}/io").read_text()
    return int(text.split("\nwrite_bytes: ")[1].split()[0])


def deleted_files(gate):
    """Temporary files have no name: descriptors whose file is gone."""
    found = []
    for link in pathlib.Path(f"/proc/{gate.pid}/fd").iterdir():
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if target.startswith("/") and target.endswith(" (deleted)"):
            found.append(target)
    return found


def sample(gate, threads, show_every):
    """Until the threads have ended: (highest resident kB, samples, unnamed files)."""
    peak, count, unnamed, next_show = 0, 0, [], time.monotonic()
    while any(t.is_alive() for t in threads):
        resident = gate.status_of_process("VmRSS")
        peak, count = max(peak, resident, gate.status_of_process("VmHWM")), count + 1
        unnamed = unnamed or deleted_files(gate)
        if time.monotonic() >= next_show:
            print(f"{time.strftime('%H:%M:%S')} resident {resident} kB, highest {peak} kB, written {written(gate)} octets", flush=True)
            next_show += show_every
        time.sleep(SAMPLE_SECONDS)
    return peak, count, unnamed


def transfers(gate, pki, size, rate, http2, folder, result):
    if http2:
        return [threading.Thread(target=upload_http2, args=(gate, pki.ca, size, folder, result)),
                threading.Thread(target=download_http2, args=(gate, pki.ca, size, rate, folder, result))]
    context = client.tls_context(pki.ca)
    return [threading.Thread(target=upload, args=(gate, context, size, result)),
            threading.Thread(target=download, args=(gate, context, size, rate, result))]


def run(size, rate, http2, folder):
    pki = certificates.Pki(folder / "pki")
    result = {"upload": False, "download": False}
    with backends.Backend(pki.backend(), backend_script(rate)) as backend:
        rules = policy.site(pki, backend.url, limits={"request_body": "2GiB"})
        with gateway.Gateway(folder / "gateway", rules) as gate:
            before, began, cpu = written(gate), time.monotonic(), gate.cpu_seconds()
            threads = transfers(gate, pki, size, rate, http2, folder, result)
            for thread in threads:
                thread.start()
            peak, count, unnamed = sample(gate, threads, max(60, size / rate / 20))
            used = written(gate) - before
            print(f"{time.monotonic() - began:.0f} s, {gate.cpu_seconds() - cpu:.1f} s of CPU, {count} samples of memory: highest {peak} kB "
                  f"(limit {RESIDENT_MAX}); {used} octets written, unnamed files: {unnamed or 'none'}")
            print(f"upload complete: {result['upload']}, download complete: {result['download']}")
    return all(result.values()) and peak < RESIDENT_MAX and used < WRITTEN_MAX and not unnamed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1 << 30, help="octets each way")
    parser.add_argument("--rate", type=int, default=10 ** 6, help="octets a second")
    parser.add_argument("--http2", action="store_true", help="between client and gateway")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yett-slow-") as folder:
        sys.exit(0 if run(options.size, options.rate, options.http2, pathlib.Path(folder)) else 1)


if __name__ == "__main__":
    main()
