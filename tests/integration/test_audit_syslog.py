# SPDX-License-Identifier: Apache-2.0
"""The syslog sink against receivers of ours and a real rsyslogd: framing, order, reconnecting, certificates, nothing lost in the ring."""
import contextlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading

import pytest

from support.client import request
from support.ports import free_port
from support.records import AuditFile, get
from support.wait import wait_for

MESSAGE = re.compile(rb"<(\d+)>1 (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (\S+) (\S+) (\d+) audit - (\{.*\})", re.S)


def parse(message):
    pri, _, _, app, _, record = MESSAGE.fullmatch(message).groups()
    return int(pri), app, json.loads(record)


class Stream:
    """Takes octet-counted messages over TCP or TLS."""

    def __init__(self, context=None, port=0):
        self.context, self.messages, self.accepted = context, [], 0
        self.server = socket.create_server(("127.0.0.1", port))
        self.port = self.server.getsockname()[1]
        self.connections = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.server.accept()
                self.accepted += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError):
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.connections.append(connection)
            data = b""
            while piece := connection.recv(65536):
                data += piece
                while (found := re.match(rb"(\d+) ", data)) and len(data) >= found.end() + int(found[1]):
                    end = found.end() + int(found[1])
                    self.messages.append(parse(data[found.end():end]))
                    data = data[end:]

    def drop(self):
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
                connection.close()
        self.connections = []

    def close(self):
        self.server.close()
        self.drop()


class Datagrams:
    def __init__(self, family, address):
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind(address)
        self.messages = []
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        with contextlib.suppress(OSError):
            while True:
                self.messages.append(parse(self.socket.recv(70000)))


def targets(messages):
    return [get(record, "url.original") for _, _, record in messages if get(record, "event.action") == "request"]


def launch_with(launch, sink, **options):
    return launch(audit={"sinks": [{"type": "file", "path": "audit.jsonl"}, {"type": "syslog", **sink}]}, workers=1, **options)


def ask(site, count, start=0):
    with site.connect() as c:
        for number in range(start, start + count):
            assert c.exchange(request(target=f"/{number}")).status == 200
    return [f"/{number}" for number in range(start, start + count)]


def tls_of(pki, **more):
    return {"ca": str(pki.ca), "server_name": pki.BACKEND_NAME, **more}


def server_context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


def test_tcp_counts_octets_and_says_who_it_is(launch):
    receiver = Stream()
    site = launch_with(launch, {"transport": "tcp", "address": f"127.0.0.1:{receiver.port}", "facility": "local3", "app_name": "gate"})
    sent = ask(site, 300)
    wait_for(lambda: len(receiver.messages) >= 300, lambda: f"{len(receiver.messages)} messages")
    assert targets(receiver.messages) == sent
    assert {(pri, app) for pri, app, _ in receiver.messages} == {(19 * 8 + 6, b"gate")}
    assert [r for _, _, r in receiver.messages] == site.audit.requests()
    receiver.close()


def test_severity_and_filter(launch):
    receiver = Stream()
    site = launch_with(launch, {"transport": "tcp", "address": f"127.0.0.1:{receiver.port}", "what": "denied"})
    site.ask(target="/")
    site.ask(target="/%zz")
    wait_for(lambda: receiver.messages, "a message")
    site.gate.stop()
    assert [(pri, get(r, "event.reason") is not None) for pri, _, r in receiver.messages] == [(16 * 8 + 4, True)]
    receiver.close()


def test_udp_and_unix_send_a_datagram_each(launch, tmp_path):
    udp = Datagrams(socket.AF_INET, ("127.0.0.1", 0))
    unix = Datagrams(socket.AF_UNIX, str(tmp_path / "log"))
    sinks = [{"type": "file", "path": "audit.jsonl"},
             {"type": "syslog", "transport": "udp", "address": "127.0.0.1:%d" % udp.socket.getsockname()[1]},
             {"type": "syslog", "transport": "unix", "path": str(tmp_path / "log")}]
    site = launch(audit={"sinks": sinks}, workers=1)
    sent = ask(site, 20)
    wait_for(lambda: len(unix.messages) >= 20 and len(udp.messages) >= 20, lambda: f"{len(unix.messages)}, {len(udp.messages)} messages")
    assert targets(unix.messages) == targets(udp.messages) == sent
    site.gate.stop()


def test_receiver_that_comes_late_gets_everything(launch):
    port = free_port()
    site = launch_with(launch, {"transport": "tcp", "address": f"127.0.0.1:{port}"})
    sent = ask(site, 100)
    wait_for(lambda: f"syslog over tcp to 127.0.0.1:{port}: " in site.gate.log, "a word about it")
    receiver = Stream(port=port)
    wait_for(lambda: len(receiver.messages) >= 100, lambda: f"{len(receiver.messages)} messages", 60)
    assert targets(receiver.messages) == sent and len(site.audit.requests()) == 100
    receiver.close()


def test_connection_that_breaks_is_made_again(launch):
    receiver = Stream()
    site = launch_with(launch, {"transport": "tcp", "address": f"127.0.0.1:{receiver.port}"})
    sent = []
    for turn in range(3):
        sent += ask(site, 20, 20 * turn)
        wait_for(lambda turn=turn: len(receiver.messages) >= 20 * (turn + 1), lambda: f"{len(receiver.messages)} messages", 60)
        receiver.drop()
    assert targets(receiver.messages) == sent and receiver.accepted == 3
    receiver.close()


def test_what_could_not_be_sent_waits_for_the_next_start(launch):
    port = free_port()
    site = launch_with(launch, {"transport": "tcp", "address": f"127.0.0.1:{port}"})
    sent = ask(site, 50)
    site.gate.kill()
    receiver = Stream(port=port)
    site.gate.start()
    wait_for(lambda: len(receiver.messages) >= 50, lambda: f"{len(receiver.messages)} messages", 60)
    assert targets(receiver.messages) == sent
    site.gate.stop()
    receiver.close()


def test_tls_with_a_certificate_that_fits(launch, pki):
    receiver = Stream(server_context(pki.backend()))
    site = launch_with(launch, {"transport": "tls", "address": f"127.0.0.1:{receiver.port}", "tls": tls_of(pki)})
    sent = ask(site, 500)
    wait_for(lambda: len(receiver.messages) >= 500, lambda: f"{len(receiver.messages)} messages; {site.gate.log}")
    assert targets(receiver.messages) == sent
    receiver.drop()
    sent += ask(site, 20, 500)
    wait_for(lambda: len(receiver.messages) >= 520, lambda: f"{len(receiver.messages)} messages", 60)
    assert targets(receiver.messages) == sent
    receiver.close()


@pytest.mark.parametrize("which,says", [("expired", "certificate has expired"), ("wrong_name", "hostname mismatch"),
                                        ("unknown_ca", "unable to get local issuer"), ("self_signed", "self-signed")])
def test_tls_tells_nothing_to_whom_it_cannot_verify(launch, pki, which, says):
    receiver = Stream(server_context(getattr(pki, which)()))
    site = launch_with(launch, {"transport": "tls", "address": f"127.0.0.1:{receiver.port}", "tls": tls_of(pki)})
    ask(site, 5)
    wait_for(lambda: "its certificate is refused" in site.gate.log, lambda: site.gate.log)
    assert says in site.gate.log and receiver.messages == []
    receiver.close()


class Rsyslog:
    def __init__(self, folder, pki):
        self.folder, self.port = folder, free_port()
        self.out = folder / "received.jsonl"
        certificate = pki.backend()
        (folder / "rsyslog.conf").write_text(f"""
global(workDirectory="{folder}" defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="{pki.ca}"
       defaultNetstreamDriverCertFile="{certificate.chain}" defaultNetstreamDriverKeyFile="{certificate.key}" maxMessageSize="96k")
module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
template(name="message" type="string" string="%msg%\\n")
template(name="parts" type="string" string="%pri% %app-name% %msgid%\\n")
ruleset(name="all") {{
  action(type="omfile" file="{self.out}" template="message")
  action(type="omfile" file="{folder}/parts" template="parts")
}}
input(type="imtcp" address="127.0.0.1" port="{self.port}" ruleset="all")
""")
        self.process = subprocess.Popen(["rsyslogd", "-n", "-f", folder / "rsyslog.conf", "-i", folder / "pid"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        wait_for(self._listens, "rsyslogd to listen")

    def _listens(self):
        assert self.process.poll() is None, self.process.stderr.read()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stderr.close()


@pytest.mark.skipif(not shutil.which("rsyslogd") and not os.path.exists("/usr/sbin/rsyslogd"), reason="there is no rsyslogd")
def test_rsyslog_receives_over_tls(launch, pki, tmp_path):
    rsyslog = Rsyslog(tmp_path, pki)
    try:
        site = launch_with(launch, {"transport": "tls", "address": f"127.0.0.1:{rsyslog.port}", "tls": tls_of(pki)})
        sent = ask(site, 200)
        site.ask(target="/long?" + "x" * 7000)
        wait_for(lambda: rsyslog.out.exists() and rsyslog.out.read_bytes().count(b"\n") >= 201, lambda: site.gate.log, 30)
        received = AuditFile(rsyslog.out).requests()
        assert [get(r, "url.original") for r in received][:200] == sent and received == site.audit.requests()
        assert set((tmp_path / "parts").read_text().splitlines()) == {"134 yett audit"}
    finally:
        rsyslog.stop()
