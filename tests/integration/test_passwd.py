# SPDX-License-Identifier: Apache-2.0
"""What `yett passwd` leaves of a file: everything but one line."""
import os
import stat

import pytest

from support.gateway import run_yett

QUICK = ["-s", "sha512", "-B", "10000"]


def put(file, user="alice", password="secret\n", options=QUICK):
    return run_yett("passwd", *options, file, user, stdin=password)


def test_other_lines_stay_as_they_are(tmp_path):
    file = tmp_path / "users"
    before = b"# staff\nbob:$6$x$y\n\nalice:$6$old$old\nalice2:$6$a$b\nalice:$6$again$again\nno-newline:$6$c$d"
    file.write_bytes(before)
    assert put(file).returncode == 0
    lines = file.read_bytes().split(b"\n")
    assert lines[3].startswith(b"alice:$6$rounds=10000$") and b"old" not in lines[3]
    assert lines[:3] + lines[4:] == [b"# staff", b"bob:$6$x$y", b"", b"alice2:$6$a$b", b"no-newline:$6$c$d"]


def test_a_new_user_comes_behind_a_line_without_its_end(tmp_path):
    file = tmp_path / "users"
    file.write_bytes(b"bob:$6$x$y")
    assert put(file).returncode == 0
    assert file.read_bytes().startswith(b"bob:$6$x$y\nalice:$6$") and file.read_bytes().endswith(b"\n")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
def test_mode_is_kept(tmp_path, mode):
    file = tmp_path / "users"
    file.write_text("bob:$6$x$y\n")
    file.chmod(mode)
    assert put(file).returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_what_a_link_points_to_is_replaced(tmp_path):
    (tmp_path / "real").mkdir()
    file = tmp_path / "real" / "users"
    file.write_text("bob:$6$x$y\n")
    (tmp_path / "link").symlink_to(file)
    assert put(tmp_path / "link").returncode == 0
    assert (tmp_path / "link").is_symlink() and "alice:" in file.read_text()


def test_no_folder_is_a_refusal_of_the_system(tmp_path):
    result = put(tmp_path / "missing" / "users")
    assert result.returncode == 3 and "missing/users" in result.stderr and result.stdout == ""


def test_nothing_is_left_beside_the_file(tmp_path):
    os.mkdir(tmp_path / "folder")
    assert put(tmp_path / "folder").returncode == 3
    assert put(tmp_path / "users").returncode == 0
    assert sorted(os.listdir(tmp_path)) == ["folder", "users"]


def test_a_password_that_bcrypt_would_cut_is_refused(tmp_path):
    options = ["-s", "bcrypt", "-B", "8"]
    assert put(tmp_path / "users", password="x" * 73 + "\n", options=options).returncode == 1
    assert put(tmp_path / "users", password="x" * 72 + "\n", options=options).returncode == 0


@pytest.mark.parametrize("options", [["-B", "99"], ["-B", "x"], ["-s", "md5"], ["-s", "bcrypt", "-B", "3"], ["-x"], ["-B"]])
def test_wrong_options(tmp_path, options):
    result = put(tmp_path / "users", options=options)
    assert result.returncode == 2 and "--help" in result.stderr and not (tmp_path / "users").exists()


@pytest.mark.parametrize("password", ["nul\0inside\n", "x" * 600 + "\n"])
def test_passwords_that_cannot_be(tmp_path, password):
    assert put(tmp_path / "users", password=password).returncode == 1
    assert not (tmp_path / "users").exists()
