"""Pieces of work on a real Ray; `tests/cli/test_analyze.py` has a series on one."""

import importlib.util
import os
import sys
from functools import partial

import pytest

from nucleate.cluster.settings import RaySettings
from nucleate.cluster.workers import cluster_workers
from nucleate.errors import LabelsError, ProcessError


def pid_and(number):
    return os.getpid(), number


def fail(what):
    raise LabelsError(what, "Mend it.")


def die():
    os._exit(1)


def die_once(file):
    """As where a node is lost: the process is gone, and the piece is given to another."""
    if not file.exists():
        file.touch()
        os._exit(1)
    return "done"


def test_a_ray_that_was_loaded_without_a_token_is_not_started(monkeypatch):
    monkeypatch.delenv("RAY_AUTH_MODE")
    monkeypatch.setitem(sys.modules, "ray", object())
    with (
        pytest.raises(ProcessError, match="before it could be given a token"),
        cluster_workers(RaySettings()),
    ):
        pass


@pytest.mark.ray
def test_pieces_are_done_elsewhere_in_order_and_their_errors_come_as_they_were_raised(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")  # a cluster that nobody named to us is not joined
    if not importlib.util.find_spec("ray"):
        pytest.skip("Ray is not installed: pip install 'nucleate[ray]'")
    with cluster_workers(RaySettings(retries=0)) as workers:
        done = list(workers.side_by_side([partial(pid_and, number) for number in range(5)], 5))
        assert [number for _, number in done] == [0, 1, 2, 3, 4]
        assert os.getpid() not in {pid for pid, _ in done}
        assert sorted(index for index, _ in workers.one_by_one([partial(pid_and, 7)] * 3)) == [0, 1, 2]
        assert list(workers.side_by_side([partial(pid_and, 1)], 1, are_small=True)) == [(os.getpid(), 1)]
        with pytest.raises(LabelsError, match="no task 7") as raised:
            list(workers.one_by_one([partial(fail, "there is no task 7")]))
        assert raised.value.mend == "Mend it."
        with pytest.raises(ProcessError, match="lost on the cluster"):
            list(workers.side_by_side([die, die], 2))


@pytest.mark.ray
def test_a_piece_whose_worker_is_lost_is_done_again(tmp_path):
    if not importlib.util.find_spec("ray"):
        pytest.skip("Ray is not installed: pip install 'nucleate[ray]'")
    with cluster_workers(RaySettings(retries=1)) as workers:
        assert list(workers.side_by_side([partial(die_once, tmp_path / "died")], 1)) == ["done"]
