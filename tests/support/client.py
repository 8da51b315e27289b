# SPDX-License-Identifier: Apache-2.0
"""A client that sends exactly the octets it is told to and says how the connection ended."""
import contextlib
import socket
import ssl

from . import http1
from .wait import PATIENCE


def tls_context(ca, *, alpn=None, minimum=None, maximum=None, ciphers=None, verify=True):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if verify:
        context.load_verify_locations(ca)
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    if minimum:
        context.minimum_version = minimum
    if maximum:
        context.maximum_version = maximum
    if ciphers:
        context.set_ciphers(ciphers)
    return context


class Client:
    """One connection. `source` is the local address to come from: all of 127.0.0.0/8 is at hand."""

    def __init__(self, port, context=None, *, sni="localhost", host="127.0.0.1", source=None, before_tls=b"",
                 session=None, receive_buffer=None, timeout=PATIENCE):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.raw = socket.socket(family)
        self.raw.settimeout(timeout)
        if receive_buffer:
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.raw.bind((source, 0))
        self.raw.connect((host, port))
        self.raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local_port = self.raw.getsockname()[1]
        self.socket = self.raw
        self.ended = None  # "orderly", "cut" (end without close_notify) or "reset"
        if before_tls:
            self.raw.sendall(before_tls)
        if context:
            try:
                self.socket = context.wrap_socket(self.raw, server_hostname=sni, session=session,
                                                  suppress_ragged_eofs=False)
            except (OSError, ValueError):
                self.raw.close()
                raise
        self.stream = http1.Stream(self.receive)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(data)

    def send_slowly(self, data, pieces=1):
        """In records of `pieces` octets."""
        for at in range(0, len(data), pieces):
            self.socket.sendall(data[at:at + pieces])

    def receive(self, count=65536):
        if self.ended:
            return b""
        try:
            data = self.socket.recv(count)
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            self.ended = "cut" if isinstance(error, ssl.SSLEOFError) else "orderly"
            return b""
        except (ConnectionError, ssl.SSLError):
            self.ended = "reset"
            return b""
        if not data:
            self.ended = "orderly"
        return data

    def response(self, method="GET", sink=None):
        """The next response, interim or final."""
        return http1.read_response(self.stream, method, sink)

    def final(self, method="GET", sink=None):
        """The next final response."""
        while True:
            response = self.response(method, sink)
            if response is None or response.status >= 200:
                return response

    def exchange(self, data, method="GET"):
        self.send(data)
        return self.final(method)

    def rest(self):
        """Everything up to the end of the connection."""
        parts = []
        self.stream.until_end(parts.append)
        return b"".join(parts)

    def is_closed(self):
        """Waits for the other side to end the connection; False when octets come instead."""
        return self.rest() == b""

    def end_sending(self):
        """Half-closes: the TCP stream ends, with close_notify before it on TLS."""
        if isinstance(self.socket, ssl.SSLSocket):
            self._notify()
        with contextlib.suppress(OSError):  # close_notify alone may have made the other side reset the connection
            self.raw_shutdown()

    def raw_shutdown(self):
        """FIN without close_notify. An SSLSocket's own shutdown() would forget its TLS state."""
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def _notify(self):
        timeout = self.socket.gettimeout()
        self.socket.settimeout(0)
        try:
            self.socket.unwrap()
        except (OSError, ValueError):
            pass  # the answering close_notify is not there yet
        try:
            self.socket.settimeout(timeout)
        except OSError:
            pass

    def reset(self):
        """Ends the connection with RST."""
        linger = b"\x01\0\0\0\0\0\0\0"
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.socket.close()

    def close(self):
        self.socket.close()


def request(method="GET", target="/", fields=(), body=b"", host="app.example.com", version="1.1"):
    """A well-formed request; Content-Length is added for a body unless the fields frame it."""
    lines = [f"{method} {target} HTTP/{version}", f"Host: {host}", *fields]
    framed = any(f.lower().startswith(("content-length:", "transfer-encoding:")) for f in fields)
    if body and not framed:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def chunked(*pieces):
    """The chunked form of `pieces`."""
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
