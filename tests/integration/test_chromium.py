# SPDX-License-Identifier: Apache-2.0
"""A real browser: a page, what it fetches, and a WebSocket, all over one HTTP/2 connection, with filters in the way."""
import asyncio
import http
import shutil
import ssl
import subprocess
import threading

import pytest
import websockets

from support.records import get

PAGE = b"""<!doctype html><title>page</title><p id=out>nothing yet</p><script>
const say = text => document.getElementById("out").textContent += "; " + text;
fetch("/data?q=1").then(r => r.text()).then(t => say("fetched " + t));
fetch("/post", {method: "POST", body: JSON.stringify({a: [1, 2]}), headers: {"Content-Type": "application/json"}})
  .then(r => r.text()).then(t => say("posted " + t));
const socket = new WebSocket("wss://" + location.host + "/echo");
socket.onopen = () => socket.send("hello");
socket.onmessage = e => { say("heard " + e.data); socket.close(); };
</script>"""


class Site:
    """Answers the page's requests and echoes what its WebSocket says, over HTTP/1.1."""

    def __init__(self, certificate):
        self.loop = asyncio.new_event_loop()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.chain, certificate.key)
        started = threading.Event()

        async def echo(socket):
            async for message in socket:
                await socket.send(message)

        async def answer(path, fields):
            if path == "/echo":
                return None
            body = PAGE if path == "/" else b"some data"
            return http.HTTPStatus.OK, [("Content-Type", "text/html"), ("Content-Length", str(len(body)))], body

        async def serve():
            server = await websockets.serve(echo, "127.0.0.1", 0, ssl=context, process_request=answer)
            self.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            started.set()

        def run():
            asyncio.set_event_loop(self.loop)
            self.loop.run_until_complete(serve())
            self.loop.run_forever()
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        assert started.wait(10)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)


@pytest.fixture(scope="module")
def site(launch, pki, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lists")
    (folder / "deny.txt").write_text("192.0.2.0/24\n")
    filters = {"bad": {"type": "ip_list", "deny": [str(folder / "deny.txt")]},
               "rate": {"type": "rate_limit", "key": ["client.address", "tls.ja4"], "rate": "100/1s", "burst": 100}}
    server = Site(pki.backend())
    yield launch(backend=server, filters=filters, route={"websocket": True, "methods": ["GET", "HEAD"]},
                 change=lambda policy: policy["routes"].append({**policy["routes"][0], "methods": ["POST"], "websocket": False,
                                                                "path": "/post"}))
    server.stop()


def test_a_page_with_all_it_does(site, tmp_path):
    program = shutil.which("chromium")
    assert program, "chromium is not installed (tests/run installs it)"
    result = subprocess.run(
        [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={tmp_path}",
         "--ignore-certificate-errors", "--no-proxy-server", "--disable-background-networking", "--disable-component-update",
         "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost", "--virtual-time-budget=20000", "--dump-dom",
         f"https://localhost:{site.gate.port}/"], capture_output=True, text=True, timeout=120)
    assert "fetched some data" in result.stdout and "heard hello" in result.stdout, result.stdout + result.stderr[-2000:]
    record = site.audit.wait_where(lambda r: get(r, "url.path") == "/echo")
    assert get(record, "http.version") == "2" and get(record, "yett.tunnel.duration") > 0
    page = site.audit.wait_where(lambda r: get(r, "url.path") == "/")
    assert get(page, "http.version") == "2" and get(page, "tls.client.ja4").startswith("t13d")
