#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile clients of HTTP/2, one kind after the other, beside a client that behaves: what it notices of them, what the gateway holds,
when each attacker was cut off and what the record says.

    tests/bench/hostile.py                       # every attack for 10 s
    tests/bench/hostile.py --seconds 3 ping hpack-bomb
    tests/bench/hostile.py --attackers 1         # one instead of four

Attackers are processes of their own with octets made in advance, and come again as soon as they are cut off. Exit code 1 when the
client that behaves got anything but 200. YETT_BIN names the program; figures want the release build."""
import argparse
import collections
import multiprocessing
import pathlib
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import backends, client, gateway, h2, pki as certificates, policy  # noqa: E402
from support.h2 import (ACK, CANCEL, CONTINUATION, DATA, END_HEADERS, HEADERS, PING, PRIORITY, RST_STREAM, SETTINGS,  # noqa: E402
                        block, frame, get, headers, window_update)
from support.records import get as field  # noqa: E402

PAUSE = 0.002  # of the client that behaves, between its requests
STREAMS = 5000


def rapid_reset():
    cancel = struct.pack(">I", CANCEL)
    return b"".join(headers(n, get("/a")) + frame(RST_STREAM, 0, n, cancel) for n in range(1, 2 * STREAMS, 2))


def continuation_flood():
    piece = block([("x-a", "b" * 100)])
    return headers(1, get("/a"), end_headers=False) + frame(CONTINUATION, 0, 1, piece) * 20000


def hpack_bomb():
    """One large entry in the dynamic table, then a head of references to it."""
    entry = b"\x40\x01x\x7f" + b"\xa1\x1e" + b"y" * 4000
    return (frame(HEADERS, END_HEADERS | 1, 1, block(get("/a")) + entry) +
            frame(HEADERS, END_HEADERS | 1, 3, block(get("/a")) + b"\xbe" * 16000))


# Octets to send at once, then again and again (empty: once), and how long to hold the connection if nobody ends it.
ATTACKS = {
    "rapid-reset": (rapid_reset, b""),
    "continuation": (continuation_flood, b""),
    "ping": (lambda: b"", frame(PING, 0, 0, b"12345678") * 1000),
    "settings": (lambda: b"", frame(SETTINGS) * 1000),
    "empty-data": (lambda: headers(1, get("/a", method="POST"), end=False), frame(DATA, 0, 1) * 1000),
    "priority": (lambda: b"", frame(PRIORITY, 0, 1, struct.pack(">IB", 3, 1)) * 1000),
    "window-update": (lambda: b"", window_update(0, 1) * 1000),
    "unknown-frames": (lambda: b"", frame(0xfe, 0, 0, b"x") * 1000),
    "settings-ack": (lambda: b"", frame(SETTINGS, ACK) * 1000),
    "hpack-bomb": (hpack_bomb, b""),
    "zero-window": (lambda: b"".join(headers(n, get("/large")) for n in range(1, 101, 2)), None),
    "slow-head": (lambda: headers(1, get("/a"), end_headers=False), None),
    "slow-body": (lambda: headers(1, get("/a", method="POST"), end=False), None),
}


def attack(name, port, ca, source, until, lives):
    """Comes again and again from its own address until it is over; the lives of its connections go to the queue."""
    make, again = ATTACKS[name]
    first = make()
    trust = client.tls_context(ca, alpn=["h2"])
    own = ((4, 0),) if name == "zero-window" else ()
    while time.time() < until:
        begun, was_cut = time.monotonic(), False
        try:
            with h2.H2Client(port, trust, own_settings=own, source=source, timeout=max(0.1, until - time.time())) as c:
                c.send(first)
                while again and time.time() < until:
                    c.send(again)
                while c.receive():  # frames are not answered: an acknowledgement would end a head that is never finished
                    pass
                was_cut = c.ended is not None
        except TimeoutError:
            pass
        except OSError:
            was_cut = True
        lives.put((time.monotonic() - begun, was_cut))


class Normal(threading.Thread):
    """One request after the other on one connection; another when the gateway has ended it."""

    def __init__(self, port, trust):
        super().__init__(daemon=True)
        self.port, self.trust, self.times, self.bad, self.stopped = port, trust, [], 0, threading.Event()

    def run(self):
        while not self.stopped.is_set():
            with h2.H2Client(self.port, self.trust) as c:
                for number in range(1, 1000, 2):
                    if self.stopped.is_set():
                        return
                    begun = time.perf_counter()
                    c.send(headers(number, get("/normal")))
                    self.bad += c.answer(number).status != 200
                    self.times.append(time.perf_counter() - begun)
                    time.sleep(PAUSE)

    def take(self, share=0.99):
        times, self.times = sorted(self.times), []
        return times[int(share * (len(times) - 1))] * 1000 if times else float("nan")


def peak(gate, seconds):
    most, until = 0, time.time() + seconds
    while time.time() < until:
        most = max(most, gate.status_of_process("VmRSS"))
        time.sleep(0.05)
    return most


def measure(name, gate, ca, normal, seconds, count):
    normal.take()
    time.sleep(1)
    before, began = normal.take(), len(gate.audit.records())
    lives, until = multiprocessing.Queue(), time.time() + seconds
    attackers = [multiprocessing.Process(target=attack, args=(name, gate.port, ca, f"127.0.0.{10 + i}", until, lives))
                 for i in range(count)]
    for process in attackers:
        process.start()
    resident, during = peak(gate, seconds), normal.take()
    ends = []
    while any(p.is_alive() for p in attackers) or not lives.empty():
        while not lives.empty():
            ends.append(lives.get())
        time.sleep(0.05)
    time.sleep(0.5)
    words = collections.Counter(str(field(r, "event.reason")) for r in gate.audit.records()[began:] if field(r, "url.path") != "/normal")
    cut = sorted(length for length, was_cut in ends if was_cut)
    life = f"{cut[len(cut) // 2] * 1000:8.0f}" if cut else "   never"
    told = ", ".join(f"{word} {count}" for word, count in words.most_common(3))
    print(f"{name:15} {before:8.2f} {during:8.2f} {resident:8} {len(cut):6} {life}  {told}", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("attacks", nargs="*", choices=[*ATTACKS, []], metavar="attack", help=", ".join(ATTACKS))
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--attackers", type=int, default=4, help="processes, each with an address of its own")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        here = pathlib.Path(folder)
        pki = certificates.Pki(here / "pki")
        files = {"normal": b"ok", "a": b"ok", "large": b"x" * 5000000}
        with backends.Nginx(here / "nginx", pki.backend(), files) as backend:
            with gateway.Gateway(here, policy.site(pki, backend.url)) as gate:
                normal = Normal(gate.port, client.tls_context(pki.ca, alpn=["h2"]))
                normal.start()
                print(f"{'attack':15} {'p99 ms':>8} {'during':>8} {'peak kB':>8} {'cut':>6} {'after ms':>8}  records say")
                for name in options.attacks or ATTACKS:
                    measure(name, gate, pki.ca, normal, options.seconds, options.attackers)
                normal.stopped.set()
                normal.join()
    return 1 if normal.bad else 0


if __name__ == "__main__":
    sys.exit(main())
