# SPDX-License-Identifier: Apache-2.0
"""Whatever is done to a chained log, `yett audit verify` finds and names it; whatever happens to the gateway, it does not."""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import threading

import pytest

from support.client import request
from support.gateway import run_yett
from support.records import get, parse_line
from support.together import together
from support.wait import wait_for


class Keys:
    def __init__(self, folder, name):
        self.secret, self.signing, self.public = (folder / f"{name}.{kind}" for kind in ("key", "pem", "pub"))
        self.secret.write_bytes(os.urandom(32))
        self.secret.chmod(0o600)
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.signing], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", self.signing, "-pubout", "-out", self.public], check=True, capture_output=True)
        self.signing.chmod(0o600)

    def chain(self):
        return {"key": str(self.secret), "signing_key": str(self.signing)}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"), "a")


@pytest.fixture(scope="module")
def other_keys(tmp_path_factory):
    return Keys(tmp_path_factory.mktemp("keys"), "b")


def chained(keys, **more):
    return {"sinks": [{"type": "file", "path": "audit.jsonl", "chain": keys.chain()}], **more}


def verify(keys, *files, public=True, secret=True, state=None):
    options = (["--key", keys.secret] if secret else []) + (["--public-key", keys.public] if public else [])
    return run_yett("audit", "verify", *options, *(["--state", state] if state else []), *files)


def assert_well(result, records=None):
    assert result.returncode == 0 and result.stdout.startswith("well: "), result.stdout + result.stderr
    if records is not None:
        assert result.stdout.startswith(f"well: {records} records "), result.stdout


@pytest.fixture(scope="module")
def log(launch, keys, tmp_path_factory):
    """A finished log of one run with its state, to be copied and hurt."""
    site = launch(audit=chained(keys), workers=1)
    with site.connect() as c:
        for number in range(50):
            assert c.exchange(request(target=f"/{number}")).status == 200
    site.gate.stop()
    return site.audit.path


@pytest.fixture
def copy(log, tmp_path):
    for path in (log, log.with_name(log.name + ".chain")):
        shutil.copy(path, tmp_path)
    return tmp_path / log.name


def test_lines_stay_records_and_the_whole_verifies(log, keys):
    records = [parse_line(line) for line in log.read_bytes().splitlines()]
    assert [r["chain"]["sequence"] for r in records] == list(range(1, len(records) + 1)) and len(records) == 52
    assert [get(r, "event.action") for r in records] == ["audit-link", *["request"] * 50, "audit-checkpoint"]
    assert_well(verify(keys, log), 52)
    assert_well(verify(keys, log, public=False), 52)
    assert_well(verify(keys, log, secret=False), 52)


def lines_of(path):
    return path.read_bytes().splitlines(keepends=True)


def flip(lines):
    lines[20] = lines[20].replace(b'"/19"', b'"/18"', 1)


def swap(lines):
    lines[20], lines[21] = lines[21], lines[20]


def repeat(lines):
    lines.insert(21, lines[20])


def add(lines):
    lines.insert(20, b'{"event":{"action":"request"},"yett":{"verdict":"passed"}}\n')


def renumber(lines):
    """A removal whose traces were covered as far as that goes without the key."""
    del lines[20]
    for n in range(20, len(lines)):
        lines[n] = lines[n].replace(b'"chain":{"sequence":%d,' % (n + 2), b'"chain":{"sequence":%d,' % (n + 1))


def cut_words(lines):
    lines[-1] = lines[-1][:40]


HARMS = [  # what, line of the finding, what it says, does the public key alone show it
    (flip, 21, "record 21 was changed", "21 to 51 are not|2 to 51 are not|1 to 51 are not"),
    (lambda lines: lines.__delitem__(20), 21, "record 21 is missing in front of this line", "record 21 is missing"),
    (lambda lines: lines.__delitem__(slice(20, 30)), 21, "records 21 to 30 are missing in front", "records 21 to 30 are missing"),
    (swap, 21, "record 21 is missing in front", "record 21 is missing"), (swap, 22, "record 21 stands behind record 22", "stands behind"),
    (repeat, 22, "record 21 stands behind record 21: moved or repeated", "stands behind"),
    (add, 21, "carries no chain value: it was added", "carries no chain value"),
    (renumber, 21, "record 21 was changed", "are not those of this checkpoint"),
    (lambda lines: lines.__delitem__(slice(30, None)), None, "the end is missing: the last record is 30, and there were 52", "the end is missing"),
    (lambda lines: lines.pop(), None, "the end is missing: the last record is 51, and there were 52", "the end is missing"),
    (cut_words, 52, "ends in the middle of a line", "ends in the middle"),
    (lambda lines: lines.__delitem__(0), 1, "does not begin with a link", "does not begin with a link"),
    (lambda lines: lines.__delitem__(slice(None)), None, "the file is empty", "the file is empty"),
]


@pytest.mark.parametrize("harm,line,says,says_public", HARMS, ids=range(len(HARMS)))
def test_every_harm_is_found_and_named(copy, keys, harm, line, says, says_public):
    lines = lines_of(copy)
    harm(lines)
    copy.write_bytes(b"".join(lines))
    result = verify(keys, copy)
    place = f"{copy}:{line}: " if line else f"{copy}: "
    assert result.returncode == 1 and any(t.startswith(place) and says in t for t in result.stdout.splitlines()), result.stdout
    result = verify(keys, copy, secret=False)
    assert result.returncode == 1 and re.search(says_public, result.stdout), result.stdout


def test_any_flipped_bit_is_found(copy, keys):
    whole, dice = copy.read_bytes(), random.Random(5)
    for _ in range(40):
        at = dice.randrange(len(whole))
        hurt = bytearray(whole)
        hurt[at] ^= 1 << dice.randrange(8)
        copy.write_bytes(hurt)
        result = verify(keys, copy, public=False)
        assert result.returncode == 1, (at, result.stdout)
    copy.write_bytes(whole)
    assert_well(verify(keys, copy))


def test_another_key_fits_nothing(copy, keys, other_keys):
    result = verify(other_keys, copy, public=False)
    assert result.returncode == 1 and f"{copy}:1: record 1 was changed, or is of another key" in result.stdout
    assert "the state file is damaged, or of another key" in result.stdout
    result = verify(other_keys, copy, secret=False)
    assert result.returncode == 1 and "the signature of this checkpoint is not good, or of another key" in result.stdout


def test_file_of_another_key_among_ours_is_found(launch, copy, keys, other_keys):
    site = launch(audit=chained(other_keys), workers=1)
    for number in range(3):
        site.ask(target=f"/{number}")
    site.gate.stop()
    result = verify(keys, copy, site.audit.path)
    assert result.returncode == 1 and f"{site.audit.path}:2: record 2 was changed, or is of another key" in result.stdout


def test_missing_state_is_told(copy, keys):
    copy.with_name(copy.name + ".chain").unlink()
    result = verify(keys, copy)
    assert result.returncode == 1 and "there is no state file" in result.stdout


@pytest.mark.parametrize("args,code", [([], 2), (["--key", "k"], 1), (["x.jsonl"], 2), (["--kee", "k", "x"], 2), (["--key"], 2)])
def test_misuse(tmp_path, args, code):
    assert run_yett("audit", "verify", *args, cwd=tmp_path).returncode == code


def test_chain_goes_on_over_restarts_and_kills_under_load(launch, keys):
    site = launch(audit=chained(keys), limits={"requests_per_connection": 100000})
    answered = []
    for turn in range(6):
        stop = threading.Event()

        def work(number, stop=stop, turn=turn):
            sent = []
            try:
                with site.connect() as c:
                    while not stop.is_set():
                        target = f"/{turn}-{number}-{len(sent)}"
                        answer = c.exchange(request(target=target))
                        if answer is None or not answer.is_complete:
                            break
                        sent.append(target)
            except OSError:
                pass
            return sent

        def kill(_, stop=stop):
            wait_for(lambda: site.audit.path.stat().st_size > 0, "records")
            size = site.audit.path.stat().st_size
            wait_for(lambda: site.audit.path.stat().st_size > size + 20000, "more records")
            site.gate.kill()
            stop.set()
        for part in together(4, lambda n: work(n) if n else kill(n)):  # noqa: B023
            answered += part or []
        site.gate.start()
    site.gate.stop()
    records = [parse_line(line) for line in lines_of(site.audit.path)]
    found = [get(r, "url.original") for r in records if get(r, "event.action") == "request"]
    assert len(found) == len(set(found)) and set(answered) <= set(found)
    assert_well(verify(keys, site.audit.path), len(records))


def test_rotation_under_load_links_the_files(launch, keys):
    site = launch(audit=chained(keys), limits={"requests_per_connection": 100000})
    stop, moved = threading.Event(), []

    def work(number):
        sent = []
        with site.connect() as c:
            while not stop.is_set():
                sent.append(f"/{number}-{len(sent)}")
                assert c.exchange(request(target=sent[-1])).status == 200
        return sent

    def rotate(_):
        try:
            for turn in range(6):
                size = site.audit.path.stat().st_size
                wait_for(lambda size=size: site.audit.path.stat().st_size > size + 5000, "records")
                moved.append(site.audit.path.with_suffix(f".{turn}"))
                os.rename(site.audit.path, moved[-1])
                site.gate.signal(signal.SIGUSR1)
                wait_for(lambda: site.audit.path.exists() and site.audit.path.stat().st_size > 0, "a new file")
        finally:
            stop.set()
    sent = {t for part in together(4, lambda n: work(n) if n else rotate(n)) for t in part or ()}
    site.gate.stop()
    files = [site.audit.path, *moved]
    records = [parse_line(line) for path in files for line in lines_of(path)]
    assert {get(r, "url.original") for r in records if get(r, "event.action") == "request"} == sent
    assert_well(verify(keys, *files), len(records))
    assert_well(verify(keys, *files, secret=False), len(records))
    result = verify(keys, site.audit.path, *moved[:3], *moved[4:])
    assert result.returncode == 1 and re.search(rf"{moved[4]}:1: record(s \d+ to \d+ are| \d+ is) missing in front", result.stdout), result.stdout
    lines = lines_of(moved[2])
    moved[2].write_bytes(b"".join(lines[:-1]))
    result = verify(keys, *files)
    assert result.returncode == 1 and f"{moved[3]}:1: record" in result.stdout


def test_rotated_while_dead_goes_on(launch, keys):
    site = launch(audit=chained(keys))
    moved = site.audit.path.with_suffix(".1")
    for number in range(20):
        site.ask(target=f"/{number}")
    site.gate.kill()
    os.rename(site.audit.path, moved)
    site.audit.__init__(site.audit.path)
    site.gate.start()
    site.ask(target="/later")
    site.gate.stop()
    assert_well(verify(keys, moved, site.audit.path))


def test_what_was_cut_while_it_was_down_stays_missing(launch, keys):
    """The gateway goes on from what it knows, so that the hole shows for ever."""
    site = launch(audit=chained(keys), workers=1)
    for number in range(10):
        site.ask(target=f"/{number}")
    site.gate.stop()
    site.audit.path.write_bytes(b"".join(lines_of(site.audit.path)[:6]))
    site.audit.__init__(site.audit.path)
    site.gate.start()
    site.ask(target="/later")
    site.gate.stop()
    assert "does not end where its chain had got" in site.gate.log
    result = verify(keys, site.audit.path)
    assert result.returncode == 1 and f"{site.audit.path}:7: the chain was begun anew here" in result.stdout
    assert re.search(r":7: records 7 to 1\d are missing", result.stdout), result.stdout


def test_line_torn_by_a_crash_is_taken_back(launch, keys):
    site = launch(audit=chained(keys), workers=1)
    for number in range(5):
        site.ask(target=f"/{number}")
    site.gate.stop()
    with open(site.audit.path, "ab") as f:
        f.write(b'{"@timestamp":"2026')
    site.audit.__init__(site.audit.path)
    site.gate.start()
    site.ask(target="/later")
    site.gate.stop()
    assert_well(verify(keys, site.audit.path))
    assert json.loads(lines_of(site.audit.path)[-1])


def test_full_disk_leaves_a_chain_of_whole_lines(launch, keys, tmp_path, tmp_path_factory):
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "yett-test", tmp_path],
                                           capture_output=True).returncode != 0:
        pytest.skip("a small disk can be made by root alone")
    try:
        path = tmp_path / "audit.jsonl"
        sink = {"type": "file", "path": str(path), "chain": keys.chain()}
        site = launch(audit={"sinks": [sink], "spool": str(tmp_path_factory.mktemp("spool")), "ring_size": "256KiB", "when_full": "drop"}, workers=1)
        with site.connect() as c:
            for number in range(800):
                assert c.exchange(request(target=f"/{number}")).status == 200
        wait_for(lambda: "cannot write audit records" in site.gate.log, "a word about the disk")
        assert path.read_bytes().endswith(b"\n")
        subprocess.run(["mount", "-o", "remount,size=64m", tmp_path], check=True)
        site.gate.stop()
        records = [parse_line(line) for line in lines_of(path)]
        requests = [r for r in records if get(r, "event.action") == "request"]
        lost = sum(get(r, "yett.lost") for r in records if get(r, "event.action") == "audit-loss")
        assert len(requests) + lost == 800 and lost > 0
        assert_well(verify(keys, path), len(records))
    finally:
        subprocess.run(["umount", "-l", tmp_path], check=True)
