# SPDX-License-Identifier: Apache-2.0
"""Free TCP ports for processes that are told their port before they start.

Asking the kernel for port 0 and closing again leaves a gap in which another test, or an outgoing connection, takes the
port. So ports come from below the ephemeral range, and each is held by a lock file for as long as this process lives.
"""
import fcntl
import os
import pathlib
import random
import socket
import tempfile

FIRST, LAST = 12000, 31999
_held = []


def _lock_folder():
    folder = pathlib.Path(tempfile.gettempdir()) / f"yett-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _is_free(port):
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")):
        with socket.socket(family) as probe:
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def free_port():
    """A port that is free now and that no other caller of this function gets while this process lives."""
    folder = _lock_folder()
    while True:
        port = random.randint(FIRST, LAST)
        handle = os.open(folder / str(port), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            continue
        if _is_free(port):
            _held.append(handle)
            return port
        os.close(handle)
