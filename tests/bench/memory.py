#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the gateway holds: idle with all filters, and for each idle connection, exchange under way, key of a rate limit and prefix
of a list. Connections beside nginx and HAProxy.

    tests/bench/memory.py                        # a minute
    tests/bench/memory.py --connections 500

Resident memory from /proc, without what the kernel holds for sockets. Differences between few and many, so that what is there once
does not count. YETT_BIN names the program; it has to be the release build."""
import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import bench  # noqa: E402
import peers  # noqa: E402
from support import backends, client, gateway  # noqa: E402
from support.ports import free_port  # noqa: E402

FEW = 200
SETTLE = 2.5  # longer than the gateway waits before it gives memory back
PREFIXES = 1000000
KEYS = 1000000


def resident(pid):
    """kB without shared files: what the process has for itself."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(("Private_", "Swap:")))


@contextlib.contextmanager
def peer(bench_, name, port, features=()):
    folder = bench_.folder / f"{name}-{port}-{len(features)}"
    running = peers.PEERS[name](folder, bench_.pki, bench_.material, port, frozenset(features), [])
    try:
        yield running
    finally:
        running.stop()


def per_connection(running, trust, count, use):
    """Bytes for each of `count` connections beyond the first ones; `use` puts a connection into its state."""
    with contextlib.ExitStack() as stack:
        def more(number):
            for i in range(number):  # from many addresses: connections of one are limited
                use(stack.enter_context(client.Client(running.port, trust, source=f"127.1.{i % 250}.1")))
            time.sleep(SETTLE)
            return resident(running.process.pid)
        first = more(FEW)
        return (more(count) - first) * 1024 / count


def idle(c):
    assert c.exchange(client.request(target="/small", host="localhost")).status == 200


def under_way(c):
    """A body that does not come to its end: client, exchange and backend connection are all in use."""
    c.send(client.request("POST", "/small", ["Content-Length: 1000000"], host="localhost") + b"x" * 1000)


def of_policy(folder, filters):
    """kB of a gateway that has this filter and nothing to do."""
    path = folder / "policy.json"
    policy = {"listeners": [{"name": "plain", "bind": f"127.0.0.1:{free_port()}"}], "filters": filters,
              "routes": [{"filters": list(filters), "respond": {"status": 204}}], "audit": {"sinks": []}, "workers": 1}
    path.write_text(json.dumps(policy))
    process = subprocess.Popen([gateway.YETT, "run", path], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if "listening" in line:
                time.sleep(SETTLE)
                return resident(process.pid)
        raise AssertionError("the gateway ended")
    finally:
        process.terminate()
        process.wait()


def per_prefix(folder):
    listed = folder / "prefixes"

    def with_prefixes(count):
        listed.write_text("".join(f"{1 + i // 65536 % 200}.{i // 256 % 256}.{i % 256}.{i // 13107200 * 64}/26\n" for i in range(count)))
        return of_policy(folder, {"list": {"type": "ip_list", "deny": [str(listed)]}})
    return (with_prefixes(PREFIXES) - with_prefixes(1)) * 1024 / PREFIXES


def per_key(folder):
    def with_keys(count):
        return of_policy(folder, {"rate": {"type": "rate_limit", "key": ["client.address"], "rate": "1/1s", "table_size": count}})
    return (with_keys(KEYS) - with_keys(1024)) * 1024 / KEYS


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--connections", type=int, default=2000)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench_ = bench.Bench(name)
        # Takes requests and never answers.
        with backends.Backend(bench_.pki.backend(), lambda connection: connection.sleep(120)) as hole:
            try:
                show(bench_, hole, options.connections)
            finally:
                bench_.stop()


def show(bench_, hole, connections):
    trust, port = client.tls_context(bench_.pki.ca), bench_.backend.port
    for program in ("yett", "nginx", "haproxy"):
        with peer(bench_, program, port, ("filters", "auth")) as running:
            time.sleep(SETTLE)
            print(f"{program:8} all filters, nobody connected {resident(running.process.pid) / 1024:8.1f} MB", flush=True)
        with peer(bench_, program, port) as running:
            print(f"{program:8} idle connection               {per_connection(running, trust, connections, idle):8.0f} octets", flush=True)
        with peer(bench_, program, hole.port) as running:
            held = per_connection(running, trust, min(connections, 500), under_way)
            print(f"{program:8} exchange under way            {held:8.0f} octets, its two connections included", flush=True)
    print(f"yett     key of a rate limit           {per_key(bench_.folder):8.1f} octets, room for a million, used or not")
    print(f"yett     prefix of a list              {per_prefix(bench_.folder):8.1f} octets, a million /26")


if __name__ == "__main__":
    main()
