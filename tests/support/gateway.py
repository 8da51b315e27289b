# SPDX-License-Identifier: Apache-2.0
"""Starts and ends the real binary by its pid, in a folder of its own, with a policy given as a dictionary."""
import json
import os
import pathlib
import re
import signal
import subprocess
import threading

from .paths import YETT
from .records import AuditFile
from .wait import wait_for

SANITIZER_REPORT = re.compile(r"(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|SUMMARY: \w+Sanitizer)")
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "exitcode=86:detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=86",
    "TSAN_OPTIONS": "exitcode=86:second_deadlock_stack=1",
}


def environment():
    env = dict(os.environ)
    for name, value in SANITIZER_OPTIONS.items():
        env.setdefault(name, value)
    return env


def run_yett(*args, stdin=None, timeout=60, cwd=None):
    """Runs a verb to its end."""
    return subprocess.run([YETT, *map(str, args)], input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                          capture_output=True, text=True, timeout=timeout, cwd=cwd, env=environment())


class Gateway:
    """`policy` is a dictionary, or the text of a policy whose listeners are then counted by `listeners`."""

    def __init__(self, folder, policy, *, prefix=(), binary=None, listeners=1):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.policy = policy
        self._listeners = listeners if isinstance(policy, str) else len(policy["listeners"])
        self.policy_path = self.folder / "policy.json"
        self.audit = AuditFile(self.folder / "audit.jsonl")
        self.process = None
        self._prefix = [str(p) for p in prefix]
        self._binary = binary or YETT
        self._lines = []

    @property
    def log(self):
        """What it said on stderr."""
        return "".join(self._lines)

    @property
    def pid(self):
        return self.process.pid

    @property
    def port(self):
        """Of the first listener."""
        return int(self.policy["listeners"][0]["bind"].rsplit(":", 1)[1])

    def start(self):
        text = self.policy if isinstance(self.policy, str) else json.dumps(self.policy, indent=2)
        self.policy_path.write_text(text)
        self._lines = []
        self.process = subprocess.Popen([*self._prefix, self._binary, "run", self.policy_path], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        errors="backslashreplace", env=environment(), start_new_session=True)
        self._reader = threading.Thread(target=self._read, args=(self.process.stderr, self._lines), daemon=True)
        self._reader.start()
        wait_for(self._listens, lambda: f"the gateway to listen: {self.log}")
        return self

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.append(line)

    def _listens(self):
        assert self.process.poll() is None, f"exit {self.process.returncode}: {self.log}"
        return self.log.count("listening") >= self._listeners

    def reload(self, policy=None, *, well=True):
        """SIGHUP, after `policy` (a dictionary or the text) took the old one's place; waits until the outcome is told."""
        if policy is not None:
            text = policy if isinstance(policy, str) else json.dumps(policy, indent=2)
            fresh = self.policy_path.with_suffix(".new")
            fresh.write_text(text)
            fresh.replace(self.policy_path)
            self.policy = policy if well else self.policy
        word = "reload: the new policy" if well else "reload: nothing has changed"
        before = self.log.count(word)
        self.signal(signal.SIGHUP)
        wait_for(lambda: self.log.count(word) > before, lambda: f"the reload: {self.log[-2000:]}")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=None):
        """Waits for the process to end and returns its exit code."""
        wait_for(lambda: self.process.poll() is not None, "the gateway to end", timeout)
        self._reader.join()
        return self.process.returncode

    def kill(self):
        """As the kernel would: no goodbye."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def stop(self):
        """SIGTERM, and an error unless it ends with 0 and without a sanitizer's report."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            code = self.wait(60)
        except AssertionError:
            self.kill()
            raise
        process, self.process = self.process, None
        process.stderr.close()
        assert not SANITIZER_REPORT.search(self.log), self.log
        assert code in (0, -signal.SIGKILL), f"exit {code}: {self.log}"

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def status_of_process(self, name):
        """A line of /proc/PID/status in kB: VmRSS, VmHWM."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+) kB", text, re.M)[1])

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
