# SPDX-License-Identifier: Apache-2.0
"""Backends to stand behind the gateway: one that plays any script with raw octets and remembers all it received, one that
answers in an ordinary way, and a real nginx."""
import hashlib
import json
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time

from . import http1
from .client import chunked
from .ports import free_port
from .wait import PATIENCE, wait_for

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def server_context(certificate, client_ca=None, *, weak=False):
    """`weak` takes keys and algorithms that nobody should."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if weak:
        context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(certificate.chain, certificate.key)
    if client_ca:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_ca)
    return context


class Connection:
    """The backend's end of one connection, for scripts."""

    def __init__(self, sock, number, stopping):
        self.socket = sock
        self.number = number
        self.requests = []
        self.stopping = stopping
        self.stream = http1.Stream(self._receive)

    def _receive(self, count):
        while not self.stopping.is_set():
            try:
                return self.socket.recv(count)
            except (TimeoutError, ssl.SSLWantReadError):
                continue
            except OSError:
                return b""
        return b""

    def read_request(self, sink=None):
        """None when the connection ended."""
        request = http1.read_request(self.stream, sink)
        if request:
            self.requests.append(request)
        return request

    def read_head(self):
        """The head alone; what follows is left to the script."""
        return http1.read_head(self.stream)

    def send(self, data):
        self.socket.settimeout(PATIENCE)
        try:
            self.socket.sendall(data)
        finally:
            self.socket.settimeout(0.2)

    def close(self):
        """Orderly: close_notify, then FIN."""
        if isinstance(self.socket, ssl.SSLSocket):
            try:
                self.socket.settimeout(0)
                self.socket.unwrap()
            except (OSError, ValueError):
                pass
        self.cut()

    def cut(self):
        """FIN without close_notify."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def hang_up(self):
        """From another thread: the script reads an end, the gateway a FIN."""
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_RDWR)
        except OSError:
            pass

    def reset(self):
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
        self.socket.close()

    def wait_end(self):
        """Reads and drops until the gateway ends the connection."""
        while self._receive(65536):
            pass

    def sleep(self, seconds):
        self.stopping.wait(seconds)


class Backend:
    """Runs `script(connection)` for each connection in a thread of its own; the connection is closed when it returns."""

    def __init__(self, certificate=None, script=None, *, client_ca=None, context=None, host="127.0.0.1",
                 receive_buffer=None):
        self.context = context or (server_context(certificate, client_ca) if certificate else None)
        self.script = script or always(OK)
        self.connections = []     # of Connection, those whose handshake was completed
        self.accepted = 0         # TCP connections
        self.handshake_errors = []
        self.script_errors = []
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._sockets = set()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.port = free_port()
        self._listener.bind((host, self.port))
        self._listener.listen(1024)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self):
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}"

    @property
    def requests(self):
        return [r for c in list(self.connections) for r in c.requests]

    @property
    def received(self):
        """All application octets of all connections."""
        return b"".join(bytes(c.stream.seen) for c in list(self.connections))

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self.accepted += 1
                self._sockets.add(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(PATIENCE)
        if self.context:
            with self._lock:
                self._sockets.discard(sock)
            try:
                sock = self.context.wrap_socket(sock, server_side=True)
            except (OSError, ssl.SSLError) as error:
                self.handshake_errors.append(error)
                sock.close()
                return
            with self._lock:
                self._sockets.add(sock)
        sock.settimeout(0.2)
        with self._lock:
            connection = Connection(sock, len(self.connections), self._stopping)
            self.connections.append(connection)
        try:
            self.script(connection)
        except OSError:
            pass  # the gateway went away in the middle, as it may
        except http1.Incomplete:
            pass
        except Exception as error:  # noqa: BLE001 - shown by stop()
            self.script_errors.append(error)
        connection.close()

    def wait_requests(self, count):
        wait_for(lambda: len(self.requests) >= count, lambda: f"{count} requests, have {len(self.requests)}")
        return self.requests

    def stop(self):
        self._stopping.set()
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        with self._lock:
            for sock in self._sockets:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
        self._thread.join(PATIENCE)
        assert not self.script_errors, self.script_errors

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def always(answer):
    """A script that answers each request on a connection with the same octets."""
    def script(connection):
        while connection.read_request():
            connection.send(answer)
    return script


def once(answer, end="close"):
    """A script that answers the first request with `answer`, then ends the connection: "close", "cut", "reset", or "stay"."""
    def script(connection):
        if not connection.read_request():
            return
        connection.send(answer)
        if end == "stay":
            connection.wait_end()
        else:
            getattr(connection, end)()
    return script


def response(status=200, fields=(), body=b"ok", length=True):
    lines = [f"HTTP/1.1 {status} X", *fields]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def echo(connection):
    """An ordinary application:
    /bytes/N answers N octets with a length, /chunked/N the same in chunks, /status/N that status,
    everything else a JSON description of the request as it arrived."""
    while True:
        head = connection.read_head()
        if head is None:
            return
        message = http1.Message(head.start, head.fields)
        digest = hashlib.sha256()
        size = 0
        if head.get("expect", b"").lower() == b"100-continue":
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")

        def take(piece):
            nonlocal size
            size += len(piece)
            digest.update(piece)

        connection.stream.keep = False
        kind = "chunked" if head.get("transfer-encoding") else "length"
        http1.read_body(connection.stream, message, kind, int(head.get("content-length", b"0")), take)
        if not message.is_complete:
            return
        connection.requests.append(message)
        path = message.target.split(b"?")[0].decode("latin-1").split("/")
        if path[1:] and path[1] in ("bytes", "chunked"):
            send_octets(connection, int(path[2]), path[1] == "chunked", message.method == b"HEAD")
        elif path[1:] and path[1] == "status":
            connection.send(response(int(path[2])) if path[2] not in ("204", "304") else
                            f"HTTP/1.1 {path[2]} X\r\n\r\n".encode())
        else:
            body = json.dumps({"method": message.method.decode(), "target": message.target.decode("latin-1"),
                               "fields": [[n.decode(), v.decode("latin-1")] for n, v in message.fields],
                               "size": size, "sha256": digest.hexdigest()}).encode()
            send_body = b"" if message.method == b"HEAD" else body
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                            b"Content-Length: %d\r\n\r\n" % len(body) + send_body)


PATTERN = bytes(range(251)) * 262  # a little more than 64 KiB, and no power of two


def send_octets(connection, count, is_chunked=False, is_head=False):
    """Answers `count` octets of PATTERN, repeated."""
    framing = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: %d" % count
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n" + framing + b"\r\n\r\n")
    left = 0 if is_head else count
    while left > 0:
        piece = PATTERN[:left]
        connection.send(chunked(piece)[:-5] if is_chunked else piece)
        left -= len(piece)
    if is_chunked and not is_head:
        connection.send(b"0\r\n\r\n")


class Stage:
    """A script that plays whichever script is on: one backend for many cases. The gateway keeps connections, and what is
    on one was begun by an earlier script; so play() ends those, and the next request comes on a new one."""

    def __init__(self, script=None):
        self.current = script or echo
        self._playing = []

    def __call__(self, connection):
        self._playing.append(connection)
        try:
            self.current(connection)
        finally:
            self._playing.remove(connection)

    def play(self, script):
        for connection in list(self._playing):
            connection.hang_up()
        self.current = script


class RawRecorder:
    """Accepts TCP connections and remembers every octet: for "nothing was sent in clear". Answers the first octets with
    `answer`, whatever they are."""

    def __init__(self, answer=b""):
        self.octets = []
        self._answer = answer
        self._listener = socket.socket()
        self.port = free_port()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._record, args=(sock,), daemon=True).start()

    def _record(self, sock):
        seen = bytearray()
        self.octets.append(seen)
        with sock:
            try:
                while data := sock.recv(65536):
                    if self._answer and not seen:
                        sock.sendall(self._answer)
                    seen += data
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()


NGINX = """
worker_processes 1;
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    default_type text/plain;
    sendfile on;
    keepalive_requests 1000000;
    keepalive_timeout 300s;
    client_max_body_size 0;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} {listen};
        server_name app.internal localhost;
        ssl_certificate {chain};
        ssl_certificate_key {key};
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_session_cache shared:S:4m;
        root {folder}/html;
        location / {{ }}
        location /upload {{ client_body_buffer_size 64k; return 200 "received\\n"; }}
        location /whoami {{ return 200 "for=$http_x_forwarded_for user=$http_x_authenticated_user\\n"; }}
{extra}
    }}
    server {{
        listen 127.0.0.1:{answer_port};
        location / {{ return 200 "received\n"; }}
    }}
}}
"""


def nginx_program():
    return shutil.which("nginx") or "/usr/sbin/nginx"


class Nginx:
    """A real nginx over TLS with files of its own, in the foreground, ended by its pid."""

    def __init__(self, folder, certificate, files=None, extra="", prefix=(), listen="ssl"):
        self.folder = pathlib.Path(folder)
        (self.folder / "html").mkdir(parents=True, exist_ok=True)
        for name, content in (files or {"index.html": b"hello from nginx\n"}).items():
            path = self.folder / "html" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.port = free_port()
        config = self.folder / "nginx.conf"
        config.write_text(NGINX.format(folder=self.folder, port=self.port, answer_port=free_port(), extra=extra, listen=listen,
                                       chain=certificate.chain, key=certificate.key))
        self.process = subprocess.Popen([*prefix, nginx_program(), "-p", self.folder, "-c", config],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True,
                                        stderr=open(self.folder / "stderr.log", "wb"))
        wait_for(self._answers, lambda: f"nginx to listen: {(self.folder / 'stderr.log').read_text()}")

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    def _answers(self):
        assert self.process.poll() is None, (self.folder / "stderr.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def slow_reader(rate, total=None):
    """A script that reads a request's body at `rate` octets a second, then answers with its size."""
    def script(connection):
        head = connection.read_head()
        if head is None:
            return
        message = http1.Message(head.start, head.fields)
        began = time.monotonic()
        size = 0

        def take(piece):
            nonlocal size
            size += len(piece)
            ahead = size / rate - (time.monotonic() - began)
            if ahead > 0 and (total is None or size < total):
                connection.sleep(ahead)

        connection.stream.keep = False
        kind = "chunked" if head.get("transfer-encoding") else "length"
        http1.read_body(connection.stream, message, kind, int(head.get("content-length", b"0")), take)
        connection.send(response(body=str(size).encode()))
        connection.wait_end()
    return script
