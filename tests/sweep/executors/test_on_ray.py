"""A sweep on a real Ray with several nodes on this machine; without Ray, what is said then."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import pytest

from nucleate.cli.main import main
from nucleate.sweep.executors.points import run_task
from nucleate.sweep.executors.progress import SilentSweep
from nucleate.sweep.executors.tasks import tasks_of
from nucleate.sweep.run_sweep import plan_sweep, put_together, run_sweep

FOUR = ('"scoring.n_init" = [2, 3]', '"corpus.n_dialects" = [1, 2]')
"""Four points, each with a training of its own."""


def test_without_ray_there_is_the_line_that_installs_it(sweep_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["sweep", sweep_file(), "--on", "ray", "--out", str(tmp_path / "out")]) == 2
    assert "pip install 'nucleate[ray]'" in capsys.readouterr().err
    assert not (tmp_path / "out" / "points").exists()


@pytest.fixture
def cluster():
    """Two nodes of one processor each, beside a head that has none."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'nucleate[ray]'")
    from ray.cluster_utils import Cluster  # noqa: PLC0415

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    try:
        yield started
    finally:
        started.shutdown()


@pytest.mark.ray
@pytest.mark.slow
def test_driver_worker_and_node_die_and_every_point_is_done_once_as_it_would_be_here(
    sweep_file, tmp_path, cluster
):
    out, nodes = tmp_path / "out", [cluster.add_node(num_cpus=1) for _ in range(2)]
    address = f'\n[ray]\naddress = "{cluster.address}"\n'
    path = sweep_file(FOUR, ("[axes]", f"{address}\n[axes]"))

    def done():
        log = out / "log.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    driver = subprocess.Popen(
        [sys.executable, "-m", "nucleate", "sweep", path, "--on", "ray", "--out", str(out)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    wait_until(lambda: len(done()) >= 1, driver)
    os.kill(done()[-1]["process"], signal.SIGKILL)  # a worker, in the middle of its next point
    wait_until(lambda: len(done()) >= 2, driver)
    driver.kill()
    driver.wait()
    before = {point["point"] for point in done()}
    plan = plan_sweep(path, str(out))
    assert {point.name for point in plan.points} - {point.name for point in plan.left} >= before

    class LosesANode(SilentSweep):  # one of the two; the other has to do all that is left
        def on_outcome(self, point, outcome, tally):
            if len(nodes) == 2:
                cluster.remove_node(nodes.pop(), allow_graceful=False)

    tally = run_sweep(plan, "ray", LosesANode())
    assert not tally.failed
    assert Counter(point["point"] for point in done()) == dict.fromkeys((one.name for one in plan.points), 1)
    here = plan_sweep(sweep_file(FOUR, name="here.toml"), str(tmp_path / "here"))
    for task in tasks_of(here.points, here.folder.root, here.file.keep, threads=1):
        list(run_task(task))
    put_together(here, here.points)
    for name in ("scores.parquet", "over_seeds.parquet", "emergence.parquet"):
        assert (out / name).read_bytes() == (tmp_path / "here" / name).read_bytes()


def wait_until(is_so, driver, seconds=600.0):
    until = time.monotonic() + seconds
    while not is_so():
        assert driver.poll() is None, "the driver ended before its time"
        assert time.monotonic() < until
        time.sleep(0.05)
