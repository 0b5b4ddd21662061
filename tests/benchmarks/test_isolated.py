"""Peak memory is of the work alone."""

import sys

import pytest

from benchmarks.isolated import in_own_process, whole_process

MEGABYTE = 2**20
WORK = f"""
def prepare(before, during):
    held = bytearray(b"x" * before * {MEGABYTE})
    def work():
        short = bytearray(b"x" * during * {MEGABYTE})
        return {{"length": len(short)}}
    return work
"""


def test_the_peak_is_what_the_work_took_and_not_what_was_there_before(tmp_path, monkeypatch):
    (tmp_path / "some_work.py").write_text(WORK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    done = in_own_process("some_work:prepare", before=150, during=20)
    assert done.answer == {"length": 20 * MEGABYTE}
    assert 20 * MEGABYTE <= done.peak_bytes < 60 * MEGABYTE  # the literal and the array made of it


def test_a_whole_process_has_its_own_peak():
    code = f"import time; held = b'x' * 80 * {MEGABYTE}; time.sleep(0.3)"
    done = whole_process([sys.executable, "-c", code])
    assert 80 * MEGABYTE <= done.peak_bytes < 140 * MEGABYTE
    assert done.seconds >= 0.3


def test_what_a_process_starts_counts_with_it():
    child = f"import time; held = b'x' * 80 * {MEGABYTE}; time.sleep(0.5)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert whole_process([sys.executable, "-c", code]).peak_bytes >= 80 * MEGABYTE


def test_a_command_that_fails_is_not_timed():
    with pytest.raises(RuntimeError, match="no such thing"):
        whole_process([sys.executable, "-c", "raise SystemExit('no such thing')"])
