#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reloads one after the other with changing policies, some of them broken, while wrk and a few clients of our own ask without pause.

    tests/bench/reload.py                        # 10,000 reloads, of which 100 are broken
    tests/bench/reload.py --reloads 500

Prints what was asked, what failed and what the gateway held after the first hundred reloads and at the end; exit code 1 when a
request failed or memory grew by more than 5 %. YETT_BIN names the program; figures of memory want the release build."""
import argparse
import copy
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support import backends, client, gateway, pki as certificates, policy  # noqa: E402

FIRST = 100       # reloads after which memory is looked at for the first time
GROWTH_MAX = 1.05
BROKEN_EACH = 100
REQUEST = client.request()


class Asker(threading.Thread):
    """Asks on kept connections until told to stop; counts what went wrong."""

    def __init__(self, port, context):
        super().__init__()
        self.port, self.context, self.stop, self.answers, self.failures = port, context, threading.Event(), 0, []

    def run(self):
        while not self.stop.is_set():
            try:
                with client.Client(self.port, self.context) as c:
                    self.ask(c)
            except Exception as error:  # noqa: BLE001 - every failure counts
                self.failures.append(repr(error))

    def ask(self, c):
        while not self.stop.is_set():
            answer = c.exchange(REQUEST)
            assert answer.status == 200, answer
            self.answers += 1
            if answer.get("connection") == b"close":
                return


def variants(rules):
    """Policies that differ in what a running gateway has to take over."""
    def with_(change):
        other = copy.deepcopy(rules)
        change(other)
        return other
    return [
        rules,
        with_(lambda r: r["routes"][0].update(response_headers={"set": {"X-Policy": "second"}})),
        with_(lambda r: r["filters"]["listed"].update(deny=["192.0.2.0/24", "198.51.100.0/24"])),
        with_(lambda r: r["backends"]["app"].update(retries=2)),
        with_(lambda r: r.update(limits={"header_bytes": "16KiB", "request_body": "1MiB"})),
        with_(lambda r: r["listeners"].append(policy.plain_listener(name="second", bind="127.0.0.1:0"))),
    ]


def load_of_wrk(port, folder):
    return subprocess.Popen(["wrk", "-t1", "-c16", "-d86400s", f"https://localhost:{port}/"], stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.STDOUT, cwd=folder)


def end_wrk(process):
    process.send_signal(2)
    text = process.communicate(timeout=60)[0]
    asked = int(re.search(r"(\d+) requests in", text)[1])
    bad = re.findall(r"(?:Socket errors|Non-2xx).*", text)
    return asked, bad


def reload_many(gate, policies, count):
    first = None
    for i in range(count):
        if i % BROKEN_EACH == BROKEN_EACH - 1:
            gate.reload('{ "listeners": [', well=False)
        else:
            gate.reload(policies[i % len(policies)])
        if i == FIRST:
            first = settled(gate)
    return first, settled(gate)


def settled(gate):
    """Resident memory once policies that were replaced have gone."""
    time.sleep(3)
    return gate.status_of_process("VmRSS")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reloads", type=int, default=10000)
    count = parser.parse_args().reloads
    with tempfile.TemporaryDirectory() as folder:
        pki = certificates.Pki(pathlib.Path(folder) / "pki")
        with backends.Backend(pki.backend(), backends.echo) as backend:
            rules = policy.site(pki, backend.url, filters={
                "listed": {"type": "ip_list", "deny": ["192.0.2.0/24"]},
                "speed": {"type": "rate_limit", "key": ["client.address"], "rate": "1000000/1s", "burst": 1000000}})
            with gateway.Gateway(pathlib.Path(folder) / "gateway", rules) as gate:
                askers = [Asker(gate.port, client.tls_context(pki.ca)) for _ in range(2)]
                wrk = load_of_wrk(gate.port, folder)
                for a in askers:
                    a.start()
                began = time.monotonic()
                first, last = reload_many(gate, variants(rules), count)
                took = time.monotonic() - began
                for a in askers:
                    a.stop.set()
                    a.join()
                asked, bad = end_wrk(wrk)
    failures = [f for a in askers for f in a.failures] + bad
    print(f"{count} reloads in {took:.0f} s, {asked + sum(a.answers for a in askers)} requests, {len(failures)} failures "
          f"{failures[:3]}; resident after {FIRST} reloads {first} kB, at the end {last} kB")
    return 1 if failures or (first and last > first * GROWTH_MAX) else 0


if __name__ == "__main__":
    sys.exit(main())
