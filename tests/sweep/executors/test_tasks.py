"""What a worker is given."""

import json
from collections import Counter

from nucleate.sweep.executors.tasks import Task, tasks_of
from nucleate.sweep.run_sweep import plan_sweep


def test_points_of_one_training_are_one_task_and_go_through_json(sweep_file, tmp_path):
    points = plan_sweep(sweep_file(), str(tmp_path)).points
    tasks = tasks_of(points, str(tmp_path), ("scores",), threads=1)
    assert Counter(name for task in tasks for name, _ in task.points) == Counter(
        point.name for point in points
    )
    assert [len(task.points) for task in tasks] == [2, 2] and len({task.training for task in tasks}) == 2
    assert [Task.from_json(json.loads(json.dumps(task.to_json()))) for task in tasks] == tasks
