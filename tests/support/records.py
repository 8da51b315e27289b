# SPDX-License-Identifier: Apache-2.0
"""Reads the audit file while the gateway writes it. Every line must be one valid JSON object in valid UTF-8: a line that is
not fails whoever reads it."""
import bisect
import json
import pathlib
import threading

from .wait import wait_for


def get(record, dotted, default=None):
    """A member by its dotted path, whether names are nested or written with dots."""
    if dotted in record:
        return record[dotted]
    at = record
    for part in dotted.split("."):
        if not isinstance(at, dict) or part not in at:
            return default
        at = at[part]
    return at


def _refuse_duplicates(pairs):
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), f"repeated member in a record: {names}"
    return dict(pairs)


def parse_line(line):
    record = json.loads(line.decode("utf-8", errors="strict"), object_pairs_hook=_refuse_duplicates)
    assert isinstance(record, dict), line
    return record


class AuditFile:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self._offset = 0
        self._records = []
        self._places = []  # of the records in the file
        self._since = {}   # by port: the end of the file when its connection began
        self._lock = threading.Lock()

    def raw(self):
        return self.path.read_bytes() if self.path.exists() else b""

    def records(self):
        """All whole lines so far."""
        with self._lock:
            if self.path.exists():
                self._read_on()
        return self._records

    def _read_on(self):
        with open(self.path, "rb") as handle:
            handle.seek(self._offset)
            data = handle.read()
        for line in data[:data.rfind(b"\n") + 1].splitlines(keepends=True):
            self._records.append(parse_line(line))
            self._places.append(self._offset)
            self._offset += len(line)

    def requests(self):
        return [r for r in self.records() if get(r, "event.action") == "request"]

    def wait_count(self, count, timeout=None):
        """Waits until there are at least `count` records and returns them all."""
        wait_for(lambda: len(self.records()) >= count, lambda: f"{count} records, have {len(self.records())}", timeout)
        return self.records()

    def begin_port(self, port):
        """A connection from that local port begins: what stands there already is of an earlier one, as ports come again."""
        self._since[port] = self.path.stat().st_size if self.path.exists() else 0

    def of_port(self, port):
        since = bisect.bisect_left(self._places, self._since.get(port, 0), hi=len(self.records()))
        return [r for r in self._records[since:] if get(r, "yett.peer.port") == port]

    def wait_port(self, port, count=1, timeout=None):
        """The records of the connection that came from local port `port`, once there are `count`."""
        wait_for(lambda: len(self.of_port(port)) >= count,
                 lambda: f"{count} records of port {port}, have {self.of_port(port)}", timeout)
        return self.of_port(port)

    def wait_where(self, condition, what="a record", timeout=None):
        def find():
            return next((r for r in self.records() if condition(r)), None)
        return wait_for(find, what, timeout)
