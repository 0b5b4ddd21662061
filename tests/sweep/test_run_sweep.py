"""A sweep from its file to its tables: by worker processes once, then in this process."""

import shutil
import subprocess
import sys
from collections import Counter

import pyarrow.parquet as pq
import pytest

from nucleate import api
from nucleate.cli.main import main
from nucleate.scores import SCHEMA
from nucleate.sweep import run_sweep as rooms
from nucleate.sweep.costs import Measured
from nucleate.sweep.executors.points import run_task
from nucleate.sweep.executors.progress import SilentSweep
from nucleate.sweep.executors.tasks import tasks_of
from nucleate.sweep.run_sweep import plan_sweep, run_sweep
from tests.sweep.conftest import TINY


def in_process(folder, points, file, observer):
    for task in tasks_of(points, folder.root, file.keep, threads=1):
        yield from run_task(task)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Four points by two worker processes."""
    place = tmp_path_factory.mktemp("sweep")
    path = place / "tiny.toml"
    path.write_text(TINY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "2")
        assert main(["sweep", str(path), "--out", str(place / "out")]) == 0
    return place / "out"


@pytest.fixture
def counted(monkeypatch):
    """How often each point is begun, in this process."""
    begun = Counter()

    def counting(folder, points, file, observer):
        for outcome in in_process(folder, points, file, observer):
            begun[outcome.point] += outcome.status == "begins"
            yield outcome

    monkeypatch.setattr(rooms, "_executor", lambda on: counting)
    return begun


def test_worker_processes_leave_the_tables_and_no_litter(done):
    assert {one.name for one in done.iterdir()} >= {
        "points",
        "scores.parquet",
        "over_seeds.parquet",
        "emergence.parquet",
    }
    assert not (done / "working").exists()
    scores = pq.read_table(done / "scores.parquet")
    assert scores.column_names == [*SCHEMA.names, "scoring.n_init"]
    assert set(zip(scores["seed"].to_pylist(), scores["scoring.n_init"].to_pylist(), strict=True)) == {
        (1, 2), (1, 3), (2, 2), (2, 3)
    }  # fmt: skip
    assert set(scores["run"].to_pylist()) == {folder.name for folder in (done / "points").iterdir()}


def test_whoever_executes_leaves_the_same_bytes(done, sweep_file, tmp_path, counted):
    if (done / "threads").read_text() != "1\n":
        pytest.skip("the measurement gave a point two threads: last digits may differ")
    run_sweep(plan_sweep(sweep_file(), str(tmp_path / "out")), "local", SilentSweep())
    assert set(counted.values()) == {1} and len(counted) == 4
    for name in ("scores.parquet", "over_seeds.parquet", "emergence.parquet"):
        assert (tmp_path / "out" / name).read_bytes() == (done / name).read_bytes()


def test_what_is_there_is_not_run_again_and_a_new_value_or_seed_runs_what_is_new(
    done, sweep_file, tmp_path, counted
):
    out = shutil.copytree(done, tmp_path / "out")
    before = (out / "scores.parquet").read_bytes()
    assert main(["sweep", sweep_file(), "--out", str(out)]) == 0
    assert not counted and (out / "scores.parquet").read_bytes() == before
    wider = api.sweep(sweep_file(("[1, 2]", "[1, 2, 3]")), out)
    assert len(counted) == 2 and len(wider.plan.points) == 6
    assert set(wider.scores["seed"].to_pylist()) == {1, 2, 3}
    counted.clear()
    api.sweep(sweep_file(("[2, 3]", "[2, 4]"), name="another.toml"), out)
    assert len(counted) == 2, "another sweep in the same folder"


def test_more_to_keep_is_run_again(done, sweep_file, tmp_path, counted):
    out = shutil.copytree(done, tmp_path / "out")
    path = sweep_file(("seeds = [1, 2]", 'seeds = [1]\nkeep = ["scores", "claims"]'))
    api.sweep(path, out)
    assert len(counted) == 2
    assert len(list(out.glob("points/*/claims.json"))) == 2


def test_a_failed_point_ends_in_exit_code_1_and_the_rest_is_put_together(
    sweep_file, tmp_path, counted, capsys
):
    path = sweep_file(('"scoring.n_init" = [2, 3]', '"corpus.max_states" = [1, 256]'), ("[1, 2]", "[1]"))
    assert main(["sweep", path, "--out", str(tmp_path / "out")]) == 1
    printed = capsys.readouterr().out
    assert "1 of 2 points failed" in printed and "1 failed" in printed
    scores = pq.read_table(tmp_path / "out" / "scores.parquet")
    assert set(scores["corpus.max_states"].to_pylist()) == {256}
    assert len(list((tmp_path / "out" / "failures").iterdir())) == 1


def test_a_dry_run_prints_every_point_before_it_measures_and_runs_none(
    sweep_file, tmp_path, capsys, counted, monkeypatch
):
    printed_before = []

    def measured(of):
        printed_before.append(capsys.readouterr().out)
        return Measured(of, step=10, look=5, picture=7, scores=1e5, checkpoint=1)

    monkeypatch.setattr("nucleate.sweep.measurement.measure", measured)
    assert main(["sweep", sweep_file(), "--out", str(tmp_path / "out"), "--dry-run"]) == 0
    [before] = printed_before
    for point in plan_sweep(sweep_file(), str(tmp_path / "out")).points:
        assert point.name in before
    assert "4 points, 0 of them done" in before and "measuring the longest one" in before
    printed = capsys.readouterr().out
    steps, looks = 3 * 10, 3 * 5  # each training once for two points; three checkpoints
    assert 2 * steps + 4 * looks == 120
    assert "a point takes 15 s to 45 s" in printed
    assert "about 2 min of one worker" in printed and "1.2 MB are kept" in printed
    assert not counted and not (tmp_path / "out").exists()


def test_a_plan_loads_neither_torch_nor_pandas(sweep_file, tmp_path):
    code = (
        "import sys; from nucleate import api\n"
        f"assert len(api.plan_sweep({sweep_file()!r}, {str(tmp_path / 'out')!r}).left) == 4\n"
        "heavy = {'torch', 'transformers', 'pandas', 'sklearn', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_longest_points_go_first(sweep_file, tmp_path):
    path = sweep_file(
        ('"model.n_layer" = 1\n', ""), ('"scoring.n_init" = [2, 3]', '"model.n_layer" = [1, 4, 2]')
    )
    left = plan_sweep(path, str(tmp_path / "out")).left
    assert [point.axes["model.n_layer"] for point in left] == [4, 4, 2, 2, 1, 1]
