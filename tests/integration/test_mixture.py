# SPDX-License-Identifier: Apache-2.0
"""Long conversations of random but legal messages: every method, framing and size, cut anywhere, over few connections, with
backends that answer in any framing, early or late, and close now and then. Every answer must belong to its request, octet
for octet. The seed is in the name of the test."""
import hashlib
import random
import threading
import time

import pytest

from support import backends, http1
from support.client import chunked, request
from support.together import together
from support.wait import wait_for

CLIENTS, TURNS = 6, 40
SIZES = [0, 1, 2, 100, 1000, 4095, 4096, 16383, 16384, 16385, 70000, 300000]


def pieces(dice, data, most):
    """`data` in random parts, none of them empty."""
    out = []
    while data:
        cut = dice.randrange(1, most)
        out.append(data[:cut])
        data = data[cut:]
    return out


def derived(size):
    return (backends.PATTERN * (size // len(backends.PATTERN) + 1))[:size]


class Moody:
    """A backend whose answer tells what it got: method, target and digest of the body, and a body derived from the target."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.lock = threading.Lock()

    def draw(self, *bounds):
        with self.lock:
            return self.dice.randrange(*bounds)

    def __call__(self, connection):
        while message := connection.read_request():
            if not message.is_complete or not self.answer(connection, message):
                return

    def answer(self, connection, message):
        size = int(message.target.rsplit(b"/", 1)[1])
        body = derived(size)
        digest = hashlib.sha256(message.body).hexdigest().encode()
        lines = [b"HTTP/1.1 200 OK", b"X-Target: " + message.target, b"X-Method: " + message.method, b"X-Digest: " + digest]
        kind = ("length", "chunked", "close")[self.draw(3)]
        last = self.draw(10) == 0
        if kind == "chunked":
            lines.append(b"Transfer-Encoding: chunked")
            parts = [b"%x\r\n%s\r\n" % (len(p), p) for p in pieces(random.Random(size), body, 20000)] + [b"0\r\n\r\n"]
        else:
            if kind == "length":
                lines.append(b"Content-Length: %d" % size)
            parts = pieces(random.Random(size), body, 50000)
        if last and kind != "close":
            lines.append(b"Connection: close")
        head = b"\r\n".join(lines) + b"\r\n\r\n"
        if self.draw(4) == 0:
            head = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + head
        if message.method == b"HEAD":  # has no body that an end could delimit: an unannounced one may cost the next POST
            connection.send(head)
            return not (last and kind != "close")
        if self.draw(2):
            connection.send(head + b"".join(parts))
        else:
            for part in [head, *parts]:
                connection.send(part)
                if self.draw(20) == 0:
                    time.sleep(0.005)
        return kind != "close" and not last


class Faulty(Moody):
    """The same, but now and then it breaks off, is silent, or adds what does not belong there."""

    def answer(self, connection, message):
        fault = self.draw(12)
        if fault == 0:
            connection.reset()
            return False
        if fault == 1:
            connection.sleep(0.5)
            return False
        if fault == 2:
            connection.send(b"HTTP/1.1 200 OK\r\nX-Target: cut\r\nContent-Length: 100000\r\n\r\n" + bytes(self.draw(90000)))
            return False
        if fault == 3:
            connection.send(b"HTTP/1.1 200 OK\r\nX-Target: cut\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nhelloXX")
            return False
        if fault == 4:
            connection.send(dice_octets(self.draw(2000)))
            return False
        if fault == 5 and message.method != b"HEAD":
            connection.send(backends.response(fields=["X-Target: cut"], body=b"cut") +
                            b"HTTP/1.1 200 OK\r\nX-Target: astray\r\nContent-Length: 6\r\n\r\npoison")
            return True
        return super().answer(connection, message)


def dice_octets(size):
    return random.Random(size).randbytes(size)


def one_request(dice, number):
    """A message, and what its answer must say."""
    method = dice.choice(["GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE"])
    size = dice.choice(SIZES)
    target = f"/{number}/{dice.randrange(10 ** 6)}/{dice.choice(SIZES)}"
    body = dice.randbytes(size) if method not in ("GET", "HEAD") else b""
    fields = [f"X-Pad: {'y' * dice.randrange(200)}"]
    sent = body
    if body or dice.randrange(2):
        if dice.randrange(2):
            fields.append("Transfer-Encoding: chunked")
            sent = chunked(*pieces(dice, body, 30000))
        else:
            fields.append(f"Content-Length: {len(body)}")
    if dice.randrange(5) == 0:
        fields.append("Expect: 100-continue")
    return request(method, target, fields=fields, body=sent), method, target, hashlib.sha256(body).hexdigest()


def check(answer, method, target, digest):
    assert answer is not None and answer.status == 200, (target, answer)
    assert answer.get("x-target") == target.encode() and answer.get("x-method") == method.encode()
    assert answer.get("x-digest") == digest.encode(), target
    size = 0 if method == "HEAD" else int(target.rsplit("/", 1)[1])
    assert answer.is_complete and answer.body == derived(size), target


def send(c, dice, stream):
    for part in pieces(dice, stream, dice.choice([50_000, 500_000]) if len(stream) > 20000 else 3000):
        c.send(part)


def converse(site, seed, number):
    """Pipelines where reading and writing can go on at once; with TLS, one request after the other."""
    dice = random.Random(seed * 1000 + number)
    done = 0
    while done < TURNS:
        with site.connect() as c:
            for _ in range(dice.randrange(1, 5)):
                batch = [one_request(dice, number) for _ in range(1 if site.context else dice.randrange(1, 9))]
                writer = threading.Thread(target=send, args=(c, dice, b"".join(message for message, *_ in batch)))
                writer.start()
                if site.context:
                    writer.join()
                for _, method, target, digest in batch:
                    check(c.final(method), method, target, digest)
                writer.join()
                done += len(batch)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("front", ["tls", "plain"])
@pytest.mark.parametrize("back", ["tls", "plain"])
def test_every_answer_belongs_to_its_request(launch, pki, front, back, seed):
    backend = backends.Backend(pki.backend() if back == "tls" else None, Moody(seed))

    def change(rules):
        if front == "plain":
            del rules["listeners"][0]["tls"]
        if back == "plain":
            del rules["backends"]["app"]["tls"]
    with backend:
        site = launch(backend=backend, change=change, methods=["GET", "HEAD", "POST", "PUT", "DELETE"])
        together(CLIENTS, lambda number: converse(site, seed, number))


def suppressed(call):
    """None when the connection went away under it."""
    try:
        return call()
    except (OSError, http1.Incomplete):
        return None


def leave(c, dice, stream):
    """Sends a part of it and goes, one way or another."""
    c.raw.settimeout(0.2)  # nobody answers a part of a request
    try:
        c.send(stream[:dice.randrange(len(stream) + 1)])
        if dice.randrange(2):
            suppressed(lambda: c.receive(dice.randrange(1, 100000)))
        {0: c.reset, 1: c.close, 2: c.end_sending}[dice.randrange(3)]()
        if c.socket.fileno() >= 0:
            c.rest()
    except OSError:
        pass


def quarrel(site, seed, number):
    dice = random.Random(seed * 1000 + number)
    for _ in range(TURNS // 3):
        batch = [one_request(dice, number) for _ in range(dice.randrange(1, 5))]
        stream = b"".join(message for message, *_ in batch)
        with site.connect() as c:
            if dice.randrange(3) == 0:
                leave(c, dice, stream)
                continue
            writer = threading.Thread(target=lambda: suppressed(lambda: send(c, dice, stream)))
            writer.start()
            for _, method, target, digest in batch:
                answer = suppressed(lambda: c.final(method))
                if answer is None or not answer.is_complete:
                    break
                if answer.get("x-target") == b"cut":
                    assert method == "HEAD" or answer.body == b"cut", answer
                elif answer.get("x-target") is not None:  # else the gateway's own: an error page
                    check(answer, method, target, digest)
                else:
                    assert answer.status in (502, 504), answer
            suppressed(c.raw_shutdown)
            writer.join()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("back", ["tls", "plain"])
def test_faults_on_both_sides_hurt_nobody_else(launch, pki, back, seed):
    """No part is taken for a whole, no answer goes astray, nothing leaks, nothing crashes."""
    backend = backends.Backend(pki.backend() if back == "tls" else None, Faulty(seed))

    def change(rules):
        del rules["listeners"][0]["tls"]
        if back == "plain":
            del rules["backends"]["app"]["tls"]
    with backend:
        site = launch(backend=backend, change=change, methods=["GET", "HEAD", "POST", "PUT", "DELETE"],
                      back={"timeouts": {"response": "300ms", "idle": "300ms"}})
        idle = site.gate.open_files()
        together(CLIENTS, lambda number: quarrel(site, seed, number))
        wait_for(lambda: site.gate.open_files() <= idle + 2 * 32, "descriptors to come back")
        wait_for(lambda: all(r.get("event") for r in site.audit.records()), "whole records")
