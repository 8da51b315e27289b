# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition instead of sleeping: quick when all is well, patient when the machine is busy."""
import os
import time

# Sanitizers and a loaded machine slow everything down; a deadline exists to fail, not to measure.
PATIENCE = float(os.environ.get("YETT_TEST_PATIENCE", "20"))


def wait_for(condition, what, timeout=None):
    """Calls `condition` until it returns something true, which is returned. AssertionError naming `what` after the timeout."""
    deadline = time.monotonic() + (PATIENCE if timeout is None else timeout)
    pause = 0.002
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what() if callable(what) else what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
