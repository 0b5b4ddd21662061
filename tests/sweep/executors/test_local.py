"""Workers of a local sweep, played by a program that loads nothing and dies when it is told to."""

import os
import signal
import sys
from collections import Counter

import pytest

from nucleate.errors import Interrupted, ProcessError
from nucleate.run_folder.interrupts import raise_on_signals
from nucleate.sweep.executors.local import ATTEMPTS, Workers, splits
from nucleate.sweep.executors.tasks import Task
from nucleate.sweep.sweep_folder import SweepFolder

PLAYED = """
import json, os, pathlib, sys, time
deaths = pathlib.Path(sys.argv[1])
for line in sys.stdin:
    asked = json.loads(line)
    if "measure" in asked:
        answers = [{"steps_per_second": 10.0 if asked["threads"] == 1 else 15.0}]
        print(json.dumps(answers[0]), flush=True)
    for name, settings in asked.get("points", ()):
        print(json.dumps({"point": name, "status": "begins"}), flush=True)
        died = deaths / name
        times = len(died.read_text()) if died.exists() else 0
        if times < settings["deaths"]:
            died.write_text("x" * (times + 1))
            print("no memory left", file=sys.stderr, flush=True)
            os._exit(3)
        time.sleep(settings.get("sleeps", 0))
        print(json.dumps({"point": name, "status": "done", "seconds": 1.0}), flush=True)
    print(json.dumps({"end": True}), flush=True)
"""


@pytest.fixture
def workers(tmp_path):
    program = tmp_path / "played.py"
    program.write_text(PLAYED)
    folder = SweepFolder(str(tmp_path))
    with Workers(2, 1, folder, (sys.executable, str(program), str(tmp_path))) as started:
        yield started
    assert all(worker.process.returncode is not None for worker in started.workers)


def task(*points):
    return Task("root", ("scores",), 1, points[0][0], points)


def ends(outcomes):
    return {(one.point, one.status) for one in outcomes if one.status != "begins"}


def test_every_point_comes_back_and_a_death_costs_nothing_but_another_try(workers):
    tasks = [
        task(("a", {"deaths": 0}), ("b", {"deaths": 1})),
        task(("c", {"deaths": 0})),
        task(("d", {"deaths": 1})),
    ]
    outcomes = list(workers.run(tasks, 2))
    assert ends(outcomes) == {(name, "done") for name in "abcd"}
    begun = Counter(one.point for one in outcomes if one.status == "begins")
    assert begun["b"] == 2 and begun["d"] == 2 and begun["c"] == 1


def test_a_point_that_kills_its_worker_again_and_again_has_failed_and_the_others_are_done(workers):
    tasks = [task(("a", {"deaths": 99}), ("b", {"deaths": 0})), task(("c", {"deaths": 0}))]
    outcomes = list(workers.run(tasks, 2))
    assert ends(outcomes) == {("a", "failed"), ("b", "done"), ("c", "done")}
    [failed] = [one for one in outcomes if one.status == "failed"]
    assert failed.error == "its worker ended with code 3: no memory left"
    assert sum(one.point == "a" and one.status == "begins" for one in outcomes) == ATTEMPTS


def test_workers_end_when_nobody_wants_them_any_more(workers):
    outcomes = workers.run(
        [task(("a", {"deaths": 0, "sleeps": 0.3})), task(("b", {"deaths": 0, "sleeps": 0.3}))], 2
    )
    assert next(outcomes).status == "begins"
    outcomes.close()


def test_a_worker_that_is_stopped_is_asked_nothing_more(workers):
    first, second = workers.workers
    first.stop()
    with pytest.raises(ProcessError, match="its worker ended with code 0"):
        list(first.ask({"points": []}))
    second.stop()
    assert ends(workers.run([task(("a", {"deaths": 0})), task(("b", {"deaths": 0}))], 2)) == set()


def test_a_worker_that_still_loads_its_libraries_goes_with_who_was_interrupted(tmp_path):
    loads = (sys.executable, "-c", "import time; time.sleep(600)")
    with (
        pytest.raises(Interrupted),
        raise_on_signals(),
        Workers(1, 1, SweepFolder(str(tmp_path)), loads) as workers,
    ):
        os.kill(os.getpid(), signal.SIGTERM)
    assert workers.workers[0].process.returncode == -signal.SIGTERM


def test_a_measurement_adds_up_those_that_run_at_once(workers):
    assert workers.measure({"seed": 1}, [(2, 1), (1, 2)]) == {(2, 1): 20.0, (1, 2): 15.0}


def test_cores_are_shared_out_whole_and_never_more_than_there_are():
    assert splits(8, most=99) == [(8, 1), (4, 2), (2, 4), (1, 8)]
    assert splits(6, most=3) == [(3, 2), (2, 3), (1, 6)]
    assert splits(1, most=5) == [(1, 1)]
    assert all(n * threads == 12 for n, threads in splits(12, most=12))
