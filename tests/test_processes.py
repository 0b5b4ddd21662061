import os
import pickle
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from threadpoolctl import threadpool_info

from nucleate.errors import LabelsError, ProcessError
from nucleate.processes import n_threads, side_by_side


@pytest.fixture
def two_threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")


def where_and_what(number):
    return os.getpid(), os.environ["OMP_NUM_THREADS"], number


def fail():
    raise LabelsError("expected one thing, got another", "Mend it.")


def be_killed():
    os.kill(os.getpid(), signal.SIGKILL)


def test_pieces_are_done_in_other_processes_and_come_in_order(two_threads):
    done = list(side_by_side([partial(where_and_what, number) for number in range(6)], 6))
    assert [number for *_, number in done] == list(range(6))
    assert {threads for _, threads, _ in done} == {"1"}
    assert os.getpid() not in {pid for pid, *_ in done}


@pytest.mark.parametrize(
    ("threads", "n_pieces", "are_small"), [("1", 3, False), ("2", 1, False), ("2", 3, True)]
)
def test_one_thread_one_piece_or_small_ones_stay_here(threads, n_pieces, are_small, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", threads)
    done = list(
        side_by_side(
            map(partial, [where_and_what] * n_pieces, range(n_pieces)), n_pieces, are_small=are_small
        )
    )
    assert done == [(os.getpid(), threads, number) for number in range(n_pieces)]


def test_errors_come_as_they_were_raised(two_threads):
    with pytest.raises(LabelsError, match="expected one thing") as raised:
        list(side_by_side([partial(where_and_what, 0), fail], 2))
    assert raised.value.mend == "Mend it."
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


def test_a_killed_process_is_an_error_that_says_so(two_threads):
    with pytest.raises(ProcessError, match="was killed"):
        list(side_by_side([be_killed, be_killed], 2))


def touch(file):
    file.touch()
    return threads_here()


def threads_here():
    return [library["num_threads"] for library in threadpool_info()]


def test_the_first_are_at_work_while_others_are_made_with_the_threads_that_are_left(two_threads, tmp_path):
    before, made_with = threads_here(), []

    def pieces():
        for number in range(3):
            yield partial(touch, tmp_path / f"{number}")
            wait_until((tmp_path / f"{number}").exists)  # it ends before the next is made
            made_with.append(threads_here())

    done = list(side_by_side(pieces(), 3))
    assert len(done) == 3 and all(set(threads) <= {1} for threads in (*done, *made_with))
    assert threads_here() == before


def test_what_fails_while_it_is_made_ends_those_at_work(two_threads, tmp_path):
    def pieces():
        yield partial(wait_for_long, tmp_path / "pid")
        wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        raise LabelsError("expected one thing, got another", "Mend it.")

    with pytest.raises(LabelsError, match="expected one thing"):
        list(side_by_side(pieces(), 2))
    wait_until(lambda: not is_alive((tmp_path / "pid").read_text()))


def wait_for_long(file):
    file.write_text(str(os.getpid()))
    time.sleep(300)


def test_a_script_needs_no_main_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from functools import partial\n"
        "from nucleate.processes import side_by_side\n"
        "print('begins')\n"
        "def cube(number):\n"
        "    return number ** 3\n"
        "print(list(side_by_side([partial(cube, number) for number in range(3)], 3)))\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | {"OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "begins\n[0, 1, 8]\n"


def test_threads_are_those_asked_for_or_one_per_processor(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert n_threads() == 3
    for unusable in ("", "0", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", unusable)
        assert n_threads() >= 1


WAITING = """
import os, signal, sys, time
from functools import partial
from pathlib import Path
from nucleate.processes import side_by_side

signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite in the background hands down that it is ignored

def wait(folder, number):
    (Path(folder) / f"{number}").write_text(str(os.getpid()))
    time.sleep(300)

list(side_by_side([partial(wait, sys.argv[1], number) for number in range(2)], 2))
"""


def is_alive(process_id):
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")")[-1].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_processes_at_work_leave_signals_to_the_one_that_started_them_and_end_with_it(tmp_path, number):
    script = tmp_path / "script.py"
    script.write_text(WAITING)
    parent = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env=os.environ | {"OMP_NUM_THREADS": "2"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    files = [tmp_path / "0", tmp_path / "1"]
    wait_until(lambda: all(file.exists() and file.read_text() for file in files))
    children = [int(file.read_text()) for file in files]
    for child in children:
        os.kill(child, signal.SIGINT)
        os.kill(child, signal.SIGTERM)
    time.sleep(0.2)
    assert all(map(is_alive, children)) and parent.poll() is None
    os.killpg(parent.pid, number) if number != signal.SIGKILL else parent.kill()
    assert parent.wait(60) != 0
    wait_until(lambda: not any(map(is_alive, children)))
    assert "leaked" not in parent.communicate()[1], "whoever tidies up behind it does so in silence"


def wait_until(condition, tries=1200):
    for _ in range(tries):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come to pass")
