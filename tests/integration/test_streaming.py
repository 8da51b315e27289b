# SPDX-License-Identifier: Apache-2.0
"""Responses that take their time: what a backend says now reaches the client now, as long as it goes on in time."""
import threading
import time

import pytest

from support.client import request
from support.records import get

EVENTS = 8
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


@pytest.fixture(scope="module")
def seen():
    return threading.Semaphore(0)


@pytest.fixture(scope="module")
def front(launch, seen):
    def script(connection):
        while asked := connection.read_request():
            if asked.target == b"/events":
                connection.send(HEAD)
                for number in range(EVENTS):
                    assert seen.acquire(timeout=20)  # the client has what was sent so far
                    connection.send(chunk(b"data: %d\n\n" % number))
                assert seen.acquire(timeout=20)
                connection.send(b"0\r\n\r\n")
            elif asked.target == b"/slow":  # longer than `response`, in pieces that keep `idle`
                connection.send(HEAD)
                for _ in range(12):
                    connection.sleep(0.2)
                    connection.send(chunk(b":\n\n"))
                connection.send(b"0\r\n\r\n")
            elif asked.target == b"/poll":
                connection.sleep(3)
                connection.send(b"HTTP/1.1 204 No Content\r\n\r\n")
    return launch(script)


def test_each_event_comes_before_the_next_is_made(front, seen):
    """The backend waits for the client's word before each event: one that was held back would stop both."""
    with front.connect() as c:
        c.send(request(target="/events"))
        text = b""
        while b"\r\n\r\n" not in text:  # the head comes before any event
            text += c.receive()
        for number in range(EVENTS):
            seen.release()
            while b"data: %d\n\n" % number not in text:
                text += c.receive()
        seen.release()
        while not text.endswith(b"0\r\n\r\n"):
            text += c.receive()
        record = front.audit.wait_port(c.local_port)[0]
    assert get(record, "yett.response_complete") is True


def test_a_stream_outlives_the_time_for_a_response(launch, front):
    site = launch(backend=front.backend, route={"timeouts": {"response": "1s", "idle": "2s"}})
    with site.connect() as c:
        c.send(request(target="/slow"))
        answer = c.final()
    assert answer.status == 200 and answer.body == b":\n\n" * 12


def test_a_long_poll_waits(front):
    begun = time.monotonic()
    answer, record = front.ask(target="/poll")
    assert answer.status == 204 and time.monotonic() - begun >= 2.9
    assert get(record, "event.outcome") == "success"
