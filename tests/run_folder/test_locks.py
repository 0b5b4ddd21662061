import errno
import json
import os
import shlex
import subprocess
import sys

import filelock
import pytest

from nucleate.errors import RunFolderError
from nucleate.run_folder.locks import held


def take(folder):
    return held(folder / ".lock", folder / ".held-by.json")


def test_the_other_is_told_who_holds_it_and_may_have_it_afterwards(tmp_path):
    told = f"at work in .*: process {os.getpid()} on .*, since 2"
    with take(tmp_path), pytest.raises(RunFolderError, match=told), take(tmp_path):
        pass
    with take(tmp_path):
        pass
    assert not (tmp_path / ".held-by.json").exists()


def test_the_command_that_holds_it_can_be_given_to_a_shell(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/bin/nucleate", "run", "quick", "--out", "my run"])
    with take(tmp_path):
        told = json.loads((tmp_path / ".held-by.json").read_text())["command"]
    assert shlex.split(told) == ["nucleate", *sys.argv[1:]]


@pytest.mark.parametrize("has_flock", [True, False])
def test_a_dead_holders_lock_is_taken_over(tmp_path, has_flock, monkeypatch):
    ends = "with held(folder / '.lock', folder / '.held-by.json'): os.kill(os.getpid(), 9)"
    without = (
        ""
        if has_flock
        else "import fcntl\ndef none(*_): raise OSError(95, 'Operation not supported')\nfcntl.flock = none\n"
    )
    script = (
        f"import os\nfrom pathlib import Path\n{without}from nucleate.run_folder.locks import held\n"
        f"folder = Path({str(tmp_path)!r})\n{ends}\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    assert json.loads((tmp_path / ".held-by.json").read_text())["process"] > 0
    if not has_flock:
        monkeypatch.setattr("fcntl.flock", without_locks)
    with take(tmp_path):
        pass


def without_locks(*_):
    raise OSError(errno.ENOTSUP, "Operation not supported")


def test_where_the_file_system_has_no_locks_a_file_stands_for_one(tmp_path, monkeypatch):
    monkeypatch.setattr("fcntl.flock", without_locks)
    with take(tmp_path), pytest.raises(RunFolderError, match="another process is at work"), take(tmp_path):
        pass
    with take(tmp_path):
        pass


def test_a_lock_that_cannot_be_had_is_said(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("fcntl.flock", broken)
    with pytest.raises(RunFolderError, match=r"cannot lock .*\.lock: Input/output error"), take(tmp_path):
        pass


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path):
    precious = tmp_path / "precious"
    precious.write_text("keep")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".lock").symlink_to(precious)
    with pytest.raises((RunFolderError, filelock.Timeout)), take(tmp_path / "run"):
        pass
    assert precious.read_text() == "keep"


def test_nor_is_one_in_the_place_of_who_holds_it(tmp_path):
    (tmp_path / "precious").write_text("keep")
    (tmp_path / ".held-by.json").symlink_to(tmp_path / "precious")
    with take(tmp_path):
        assert (tmp_path / "precious").read_text() == "keep"
