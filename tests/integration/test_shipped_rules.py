# SPDX-License-Identifier: Apache-2.0
"""The shipped rules, over requests that are known to be attacks or harmless (tests/corpus): none of the harmless is refused, and not
fewer attacks of any class are stopped than were when the floor was written down."""

import re

from support.gateway import run_yett
from support.paths import ROOT

RULES = sorted((ROOT / "rules").glob("*.json"))

# Percent of each class. Raise a floor when rules got better; lowering one is a decision.
FLOORS = {
    "crlf": 96, "java": 96, "ldap": 94, "lfi": 91, "mail": 96, "nosql": 95, "php": 91, "proto": 100, "rce-unix": 95, "rce-windows": 95,
    "script-server": 94, "sqli": 96, "ssi": 97, "ssrf": 94, "ssti": 97, "webshell": 100, "xpath": 96, "xss": 98, "xxe": 98,
}


def measure(corpus, *options):
    result = run_yett("rules", "measure", *options, "--corpus", ROOT / "tests" / "corpus" / corpus, *RULES)
    assert result.returncode in (0, 1) and not result.stderr, result.stderr
    return result.stdout


def test_no_harmless_request_is_refused():
    out = measure("benign.jsonl")
    assert re.search(r"^harmless: 0 of \d{4} refused", out, re.M), out[:4000]


def test_attacks_of_every_class_are_stopped():
    counts = {
        name: 100 * int(stopped) / int(count)
        for name, stopped, count in re.findall(r"^  ([\w-]+) +(\d+) of +(\d+) refused$", measure("attacks.jsonl", "--quiet"), re.M)
    }
    assert counts.keys() == FLOORS.keys()
    assert not {name: counts[name] for name, floor in FLOORS.items() if counts[name] < floor}, counts


def test_every_known_exploit_is_stopped():
    """Whole requests as exploits of well-known holes send them, and uploads of programs."""
    out = measure("exploits.jsonl")
    assert re.search(r"^attacks: (\d+) of \1 refused", out, re.M), out[:4000]
