# SPDX-License-Identifier: Apache-2.0
"""Where things are, found from this file alone, so that any working folder will do."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
YETT = pathlib.Path(os.environ.get("YETT_BIN", ROOT / "build" / "release" / "yett")).resolve()
