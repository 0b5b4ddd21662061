"""How much disk a run or an analysis takes, told before it takes it, and refused where there is not as much.

This module hides what of a folder grows with what. Weights and states are counted exactly; tables, figures
and the page, which are small beside them, by what they took per number or point in runs of the presets.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transformers import PreTrainedModel

from nucleate.corpus.corpus import Corpus
from nucleate.errors import RunFolderError
from nucleate.models.blocks import find_blocks, width_of
from nucleate.pictures.planes import POINTS_PER_SPLIT
from nucleate.run_folder.atomic_write import files_of
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import ExperimentSettings, MeasurementSettings
from nucleate.stages.measuring import scored_rows
from nucleate.training.observer import TrainingObserver

_MOMENTS = 2
_BESIDE_WEIGHTS = 2_000
"""Bytes of a checkpoint's configuration files."""
_LINE = 150
"""Of the training log."""
_SCORE, _UNSEEN, _POINT = 155, 365, 9
"""Bytes per cell of scores, per place of an unseen split, per point of a picture."""
_FIGURES, _FIGURE_CELL, _MOST_FIGURES = 1_550_000, 15_600, 5_000_000
_PAGE, _PAGE_CELL, _PAGE_POINT, _MOST_POINTS = 550_000, 150, 7, 9_000_000


@dataclass(frozen=True)
class DiskUse:
    """Bytes.

    Attributes:
        kept: in the end.
        at_work: at the most, while a stage is at work.
    """

    kept: int
    at_work: int


def use_of_training(
    settings: ExperimentSettings, corpus: Corpus, model: PreTrainedModel, made: int
) -> DiskUse:
    """Of a whole run; `made` bytes of it, the corpus, are there."""
    weights = sum(one.numel() * one.element_size() for one in model.parameters())
    numbers = sum(one.numel() for one in model.parameters() if one.requires_grad)
    steps = settings.training.all_checkpoint_steps()
    checkpoints = len(steps) * (weights + _BESIDE_WEIGHTS) + settings.training.steps * _LINE
    state = weights + _MOMENTS * 4 * numbers
    kept = made + checkpoints + _tables(settings, corpus, model, len(steps))
    training = made + checkpoints + state * min(2, len(steps))  # the new one is written beside the old
    return DiskUse(kept, max(training, kept + len(steps) * _states_of_step(settings, corpus, model)))


def use_of_capture(
    settings: MeasurementSettings,
    corpus: Corpus,
    model: PreTrainedModel,
    n_rows: int,
    positions: Sequence[str],
    n_steps: int,
    made: int,
) -> DiskUse:
    """Of a whole analysis: the states of `n_rows` prompts stay; what is downloaded lies elsewhere in time."""
    states = n_rows * (len(find_blocks(model).sites) * len(positions) * width_of(model) * 4 + 40)
    kept = made + n_steps * states + _tables(settings, corpus, model, n_steps)
    return DiskUse(kept, kept + n_steps * _states_of_step(settings, corpus, model))


def require_room(folder: RunFolder, use: DiskUse, observer: TrainingObserver) -> None:
    """Tell what a folder will take, and prove that there is room for it.

    Raises:
        RunFolderError: there is not; nothing was begun.
    """
    there = size_of(folder.path)
    free = shutil.disk_usage(folder.path).free
    if use.at_work - there > free:
        raise RunFolderError(
            f"{folder.path} needs {in_bytes(use.at_work - there)} more while at work, "
            f"and {in_bytes(free)} are free there",
            "Make room, choose another folder with --out, or ask for fewer checkpoints or examples.",
        )
    observer.on_note(
        f"Disk: {in_bytes(use.kept)} in the end, {in_bytes(use.at_work)} at most while at work; "
        f"{in_bytes(free)} are free"
    )


def size_of(path: Path) -> int:
    """Bytes of all files of a folder."""
    return sum(file.stat().st_size for file in files_of(path))


def _states_of_step(settings: MeasurementSettings, corpus: Corpus, model: PreTrainedModel) -> int:
    """What is kept of a checkpoint for as long as it is scored."""
    places = len(find_blocks(model).sites) * len(settings.scoring.positions)
    return len(scored_rows(settings, corpus)) * places * width_of(model) * 4


def _tables(settings: MeasurementSettings, corpus: Corpus, model: PreTrainedModel, n_steps: int) -> int:
    """Scores, pictures, figures and page."""
    scoring, sites = settings.scoring, len(find_blocks(model).sites)
    places = n_steps * sites * len(scoring.positions)
    cells = places * len(scoring.factors) * len(scoring.splits) * len(scoring.preparations)
    n_shown = min(POINTS_PER_SPLIT * len(scoring.splits), len(scored_rows(settings, corpus)))
    page = _PAGE + _PAGE_CELL * cells + min(_PAGE_POINT * places * min(n_shown, 500), _MOST_POINTS)
    figures = min(_FIGURES + _FIGURE_CELL * n_steps * sites, _MOST_FIGURES)
    unseen = _UNSEEN * n_steps * sites * len(settings.unseen.positions)
    return _SCORE * cells + unseen + _POINT * places * n_shown + figures + page


def in_bytes(size: int) -> str:
    """A size as it is read."""
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if size >= unit:
            return f"{size / unit:.{0 if size >= 10 * unit else 1}f} {name}"
    return f"{size / 10**3:.0f} kB"
