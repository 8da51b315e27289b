#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do two workers carry twice what one does? Generator, backend and gateway share the machine, so requests a second say little:
what counts is the processor time of a request, which locks and shared lines of memory would make dearer with two.

    tests/bench/workers.py                       # half a minute

Prints how many times one worker's requests two workers would serve with a processor each. YETT_BIN names the program; it has to be
the release build."""
import json
import pathlib
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

import bench  # noqa: E402
import peers  # noqa: E402

ROUNDS, SECONDS = 6, 2


def with_workers(count):
    class Workers(peers.Yett):
        def command(self):
            command = super().command()
            policy = json.loads(command[-1].read_text())
            command[-1].write_text(json.dumps({**policy, "workers": count}))
            return command
    return Workers


def main():
    with tempfile.TemporaryDirectory() as folder:
        bench_ = bench.Bench(folder)
        row = next(r for r in bench.ROWS if r.name == "small GET, 4 filters")
        running = [with_workers(count)(bench_.folder / str(count), bench_.pki, bench_.material, bench_.backend.port, row.features, [])
                   for count in (1, 2)]
        try:
            for peer in running:
                bench_.measure(row, peer, 1)
            costs = [[], []]
            for number in range(ROUNDS):
                for i in (0, 1) if number % 2 else (1, 0):
                    costs[i].append(bench_.measure(row, running[i], SECONDS)["cpu_us"])
        finally:
            for peer in running:
                peer.stop()
            bench_.stop()
    one, two = map(statistics.median, costs)
    print(f"one worker {one:.1f} us a request, two {two:.1f}: {2 * one / two:.2f} times the requests with a processor each")


if __name__ == "__main__":
    main()
