"""A worker process: what it answers, and that it never outlives who started it. See also test_run_sweep.py."""

import json
import os
import subprocess
import sys

from nucleate.sweep.executors.tasks import tasks_of
from nucleate.sweep.run_sweep import plan_sweep


def test_a_worker_answers_in_lines_and_saves_the_step_in_hand_when_its_input_ends(sweep_file, tmp_path):
    out = tmp_path / "out"
    long = sweep_file(('"training.steps" = 3', '"training.steps" = 100000'))
    points = plan_sweep(long, str(out)).points
    [task, *_] = tasks_of(points, str(out), ("scores",), threads=1)
    with subprocess.Popen(
        [sys.executable, "-m", "nucleate.sweep.executors.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as worker:

        def ask(what):
            worker.stdin.write(json.dumps(what) + "\n")
            worker.stdin.flush()
            return json.loads(worker.stdout.readline())

        measured = ask({"measure": points[0].settings.model_dump(mode="json"), "threads": 1})
        assert measured["steps_per_second"] > 0
        assert json.loads(worker.stdout.readline()) == {"end": True}
        name = task.points[0][0]
        assert ask(task.to_json()) == {"point": name, "status": "begins", "seconds": 0.0, "error": ""}
        log = out / "working" / task.training / name / "training.jsonl"
        while not log.exists() or len(log.read_text().splitlines()) < 3:
            assert worker.poll() is None
        worker.stdin.close()
        try:
            assert worker.wait(120) == 143
        finally:
            worker.kill()  # else leaving the block would wait for ever
    assert (log.parent / "training_state.safetensors").exists()
    assert not (out / "points").exists() and not (out / "failures").exists()
