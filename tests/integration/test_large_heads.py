# SPDX-License-Identifier: Apache-2.0
"""Response heads near what a policy allows, and past what the gateway can write once it has put its own words in."""
from support import backends
from support.client import request
from support.records import get


def answer_with(*fields):
    head = b"HTTP/1.1 200 OK\r\n" + b"".join(field + b"\r\n" for field in fields) + b"Content-Length: 2\r\n\r\nok"

    def script(connection):
        while connection.read_request():
            connection.send(head)
    return script


def test_head_as_large_as_the_policy_allows(launch):
    fields = [b"A%d: " % i + b"b" * 8000 for i in range(30)]
    site = launch(answer_with(*fields), back={"limits": {"header_bytes": "256KiB"}})
    with site.connect() as c:
        for _ in range(2):
            response = c.exchange(request(), "GET")
            assert response.status == 200 and response.body == b"ok"
            assert sum(len(value) for name, value in response.fields if name.lower().startswith(b"a")) >= 30 * 8000


def test_head_that_grows_too_large_when_rewritten(launch):
    """Each Location is put below the prefix that was taken off, which is long."""
    prefix = "/" + "p" * 2000
    site = launch(answer_with(*[b"Location: /y"] * 75), route={"strip_prefix": True, "path": prefix})
    with site.connect() as c:
        response = c.exchange(request("GET", prefix + "/z"), "GET")
        record = site.audit.wait_port(c.local_port)[0]
    assert response.status == 502
    assert get(record, "event.reason") == "response-not-writable"
    assert get(record, "yett.verdict") == "failed"
    assert site.ask("GET", "/none")[0].status == 404
