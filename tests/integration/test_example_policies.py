# SPDX-License-Identifier: Apache-2.0
"""The examples load as they stand, once the files exist that they ask for."""
import json
import shutil

import pytest

from support import mmdb
from support.gateway import run_yett
from support.paths import ROOT

EXAMPLES = sorted(p.name for p in (ROOT / "policies").glob("*.json") if p.name != "policy.schema.json")
RULES = {"rules": [{"id": "r", "description": "d", "targets": ["body.*"], "match": {"contains": "evil"}, "action": "deny"}]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, pki):
    """A copy of the examples with everything they name: one certificate under many names, one made-up database, one user."""
    top = tmp_path_factory.mktemp("examples")
    here = top / "policies"
    for made in ("certs", "lists", "geo"):
        (here / made).mkdir(parents=True)
    (top / "rules").mkdir()
    (top / "rules" / "one.json").write_text(json.dumps(RULES))
    for name in EXAMPLES:
        shutil.copy(ROOT / "policies" / name, here)
    site = pki.site()
    for name in ("site", "shop", "blog", "api", "gateway"):
        shutil.copy(site.chain, here / "certs" / f"{name}.pem")
        shutil.copy(site.key, here / "certs" / f"{name}.key")
        (here / "certs" / f"{name}.key").chmod(0o600)
    shutil.copy(pki.ca, here / "certs" / "backend-ca.pem")
    (here / "lists" / "deny.txt").write_text("# bad\n203.0.113.0/24\n")
    mmdb.write(str(here / "geo" / "country.mmdb"), json.loads((ROOT / "policies" / "demo" / "geo.json").read_text()))
    made = run_yett("passwd", "-s", "sha512", "-B", "10000", here / "staff.htpasswd", "alice", stdin="secret\n")
    assert made.returncode == 0
    return here


def test_there_are_examples():
    assert {"one-site.json", "several-sites.json", "admin-area.json", "api-keys.json"} <= set(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_loads_without_a_warning(folder, name):
    result = run_yett("check", folder / name)
    assert result.returncode == 0, result.stderr
    assert "warning" not in result.stderr, result.stderr
    assert "NOT VERIFIED" not in result.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_says_which_files_are_missing(name):
    """Where the examples stand in the tree, none of those files exist; each is named with the place that asks for it."""
    result = run_yett("check", ROOT / "policies" / name)
    assert result.returncode == 1
    assert f"{name}:" in result.stderr and "certs/" in result.stderr
