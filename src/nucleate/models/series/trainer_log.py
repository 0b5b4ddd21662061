"""What transformers' Trainer wrote of a training beside its checkpoints.

This module hides that every checkpoint has the log of all that was before it in `trainer_state.json`, in
which lines of training and of evaluation stand mixed, and that a training that was begun again left two
lines for a step.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nucleate.errors import ModelError

FILE = "trainer_state.json"


def read_trainer_log(checkpoints: Iterable[Path]) -> list[dict[str, Any]]:
    """A line per logged step, in the form of `training.jsonl`; none where no Trainer wrote one.

    Returns: mappings of `step`, and of what was logged of it: `loss`, `learning_rate`, `evaluation_loss`, and
        `accuracy` as `{"validation": share}`. Where a step was logged twice, what the later log says counts.

    Raises:
        ModelError: a file is not one of the Trainer.
    """
    logs = [_log_in(path / FILE) for path in checkpoints if (path / FILE).is_file()]
    return log_lines([history for _, history in sorted(logs, key=lambda log: log[0])])


def log_lines(histories: Iterable[Iterable[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """The same of logs that are at hand, as in `TrainerState.log_history`, the last one counting most."""
    lines: dict[int, dict[str, Any]] = {}
    for history in histories:
        for entry in history:
            lines.setdefault(entry["step"], {"step": entry["step"]}).update(_line(entry))
    return [line for _, line in sorted(lines.items()) if len(line) > 1]


def write_lines(lines: Iterable[Mapping[str, Any]], path: Path) -> None:
    """One JSON object a line, as `training.jsonl` has them."""
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def _line(entry: Mapping[str, Any]) -> dict[str, Any]:
    names = {"loss": "loss", "learning_rate": "learning_rate", "eval_loss": "evaluation_loss"}
    found = {ours: entry[theirs] for theirs, ours in names.items() if theirs in entry}
    if "eval_accuracy" in entry:
        found["accuracy"] = {"validation": entry["eval_accuracy"]}
    return found


def _log_in(path: Path) -> tuple[int, list[dict[str, Any]]]:
    """The step of the checkpoint, and all that was logged until then."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        return int(state["global_step"]), [
            dict(entry, step=int(entry["step"])) for entry in state["log_history"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f"{path} is no log of transformers' Trainer: {error}", "Put it back, or remove it."
        ) from error
