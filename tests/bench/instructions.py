#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions of one request in user space, counted by callgrind: the same on any machine, busy or not.

    tests/bench/instructions.py                  # compares with tests/bench/instructions.json, exit code 1 above 5 %
    tests/bench/instructions.py --record         # writes the file anew
    tests/bench/instructions.py --only filters --show 30   # the dearest functions of a row

Each row is counted twice, with few and with many requests on one kept connection; the difference is the requests alone. YETT_BIN
names the program; it has to be the release build."""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import bench  # noqa: E402
import peers  # noqa: E402
from support import backends, client, gateway, pki as certificates  # noqa: E402

FEW, MANY = 200, 600
TOLERANCE = 1.05
RECORDED = pathlib.Path(__file__).with_name("instructions.json")
ROWS = {
    "small GET": (frozenset(), client.request(target="/small", host="localhost")),
    "small GET, JSON log": (frozenset({"log"}), client.request(target="/small", host="localhost")),
    "small GET, 4 filters": (frozenset({"filters"}), client.request(target="/small?q=oregon+trail&page=2", host="localhost")),
    "core rules, GET": (frozenset({"crs"}), client.request(target="/small?q=oregon+trail&page=2&sort=price-asc", host="localhost",
                                                          fields=bench.BROWSER)),
    "10 KB GET": (frozenset(), client.request(target="/10k", host="localhost")),
}


class Counted(peers.Yett):
    """The gateway under callgrind, which writes where it is told when it ends."""

    def command(self):
        return ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + str(self.folder / "callgrind.out"), *super().command()]


def count(name, requests, folder, pki, material, port):
    """Instructions of a gateway's whole life with so many requests in it, by function."""
    features, octets = ROWS[name]
    peer = Counted(folder, pki, material, port, features, [])
    try:
        with client.Client(peer.port, client.tls_context(pki.ca)) as c:
            for _ in range(requests):
                answer = c.exchange(octets)
                assert answer.status == 200, answer
    finally:
        peer.stop()
    text = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", folder / "callgrind.out"], capture_output=True,
                          text=True, check=True).stdout
    functions = collections.Counter()
    for count_, where in re.findall(r"^ *([0-9,]+) \([0-9. ]+%\)  (\S.*)$", text, re.M):
        functions[where] += int(count_.replace(",", ""))
    return functions


def measure(name, folder, show):
    pki = certificates.Pki(folder / "pki")
    material = peers.Material(folder / "material")
    files = {"small": b"x" * 200, "10k": b"x" * 10240}
    with backends.Nginx(folder / "backend", pki.backend(), files) as backend:
        few = count(name, FEW, folder / "few", pki, material, backend.port)
        many = count(name, MANY, folder / "many", pki, material, backend.port)
    total = many.pop("PROGRAM TOTALS") - few.pop("PROGRAM TOTALS")
    many.subtract(few)
    for where, instructions in many.most_common(show):
        print(f"{instructions / (MANY - FEW):9.1f}  {where}")
    return round(total / (MANY - FEW))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--only", metavar="WORD", default="")
    parser.add_argument("--show", type=int, default=0, metavar="LINES")
    options = parser.parse_args()
    recorded = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    dearer = False
    for name in ROWS:
        if options.only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="yett-instructions-") as folder:
            now = measure(name, pathlib.Path(folder), options.show)
        before = recorded.get(name)
        dearer = dearer or (before is not None and now > before * TOLERANCE)
        print(f"{name:24} {now:7} instructions a request" + (f", {now / before:.3f} of the {before} recorded" if before else ""), flush=True)
        recorded[name] = now
    if options.record:
        RECORDED.write_text(json.dumps(recorded, indent=2) + "\n")
    return 1 if dearer and not options.record else 0


if __name__ == "__main__":
    sys.exit(main())
