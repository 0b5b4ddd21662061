"""From arrays to a run's folder: scores with intervals and controls, verdicts, figures and the page.

Hidden here: which parts of a run there are without a model. Nothing is captured and nobody answers, so claims
about answers are not measured; all the rest is made by the same stages as for a model that was trained here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from nucleate.api.runs import Run
from nucleate.integrations.arrays import StateArrays, read_arrays
from nucleate.pictures.planes import POINTS_PER_SPLIT, Projector, balanced_order
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import RunTag, Scores
from nucleate.scoring.controls import untrained_control
from nucleate.scoring.score_states import score_states
from nucleate.scoring.surfaces import bag_of_tokens_figures
from nucleate.settings.config import override
from nucleate.settings.presets import AnalysisSettings
from nucleate.spacing import evenly_spaced
from nucleate.stages.context import FolderContext
from nucleate.stages.observer import Observer, Silent
from nucleate.stages.showing import draw, make_report


def score_arrays(
    states: Any,
    labels: Any,
    *,
    groups: Any = None,
    steps: Sequence[int] | None = None,
    sites: Sequence[str] | None = None,
    split: Any = None,
    text: Sequence[str] | None = None,
    position: str = "last",
    name: str = "arrays",
    out: str | Path | None = None,
    overrides: Iterable[str] = (),
    seed: int = 1,
    observer: Observer | None = None,
) -> Run:
    """Score states that were made elsewhere: the same figures, controls, verdicts and page as of a run.

    Args:
        states: `[example, d]`, `[site, example, d]` or `[step, site, example, d]`; NumPy, torch, or
            memory-mapped, of which one step at a time is read.
        labels: what clusters are compared with: an array, or a dict or DataFrame with a factor per column, of
            which the first is the one that verdicts are about.
        groups: examples that hang together (prompts of one instruction) are resampled together; a label named
            `instruction` is taken where this is not given, and else each example stands alone.
        steps: optimizer steps, ascending; step 0 is the control `untrained`. 1, 2, ... where not given.
        sites: `embed`, `block.1`, ..., `final_norm`. Where not given, the first of several is `embed`, the
            others are blocks.
        split: `train`, `validation`, ... per example; clusters of train are tried on the others.
        text: of each example; its words alone are the control `bag_of_tokens`.
        position: which token's states they are, for titles.
        name: of the model, in tables.
        out: the folder; `runs/NAME` where not given. Other arrays in the same folder are scored anew.
        overrides: `scoring.n_init=20` and other settings of scoring and claims.
        seed: of clusters and intervals.
        observer: who watches; nobody where it is not given.

    Raises:
        LabelsError: shapes, lengths or names do not go together; RunFolderError: the folder is not free.
    """
    how = {"steps": steps, "sites": sites, "split": split, "text": text, "position": position}
    arrays = read_arrays(states, labels, groups=groups, **how)
    settings = _settings(arrays, name, seed, overrides)
    folder = RunFolder.create(Path(out or Path("runs") / name), settings.to_toml())
    with folder.locked():
        folder.describe(seed=seed)
        context = FolderContext(settings, folder, observer or Silent())
        with context.stage("scoring", seed, settings.scoring.digest(), arrays.digest()) as is_due:
            if is_due:
                _score(context, arrays, text)
        draw(context)
        make_report(context)
    return Run(folder)


def _settings(arrays: StateArrays, name: str, seed: int, overrides: Iterable[str]) -> AnalysisSettings:
    """Those of an analysis whose states are there already."""
    splits = sorted(set(arrays.split.tolist()), key=lambda split: (split != "train", split))
    values = {
        "seed": seed,
        "model": {"name": name, "untrained": False},
        "prompts": {"file": "arrays", "sha256": "0" * 64},
        "scoring": {
            "positions": [arrays.position],
            "tsne_positions": [arrays.position],
            "factors": list(arrays.factors),
            "splits": splits,
        },
        "claims": {"position": arrays.position, "factor": arrays.factors[0]},
    }
    return AnalysisSettings.from_mapping(override(values, overrides), "the overrides")


def _score(context: FolderContext[AnalysisSettings], arrays: StateArrays, text: Sequence[str] | None) -> None:
    settings, folder = context.settings, context.folder
    tag = RunTag(folder.name, settings.model.name, settings.seed)
    last = arrays.at(arrays.steps[-1])
    shown = balanced_order(last.split, last.labels["task"], POINTS_PER_SPLIT, settings.seed)
    projector = Projector(last.select(shown), shown, settings.seed)
    parts, milestones = [], evenly_spaced(arrays.steps, settings.scoring.milestones)
    for done, step in enumerate(arrays.steps, 1):
        states = arrays.at(step)
        parts.append(score_states(states, settings.scoring, tag, milestone=step in milestones))
        projector.add(projector.project(states))
        context.observer.on_progress(done, len(arrays.steps))
    scores = Scores.concatenate(parts)
    words = bag_of_tokens_figures(last, settings.scoring, seed=settings.seed).beside(scores)
    with folder.commit(folder.scores) as path:
        Scores.concatenate([scores, untrained_control(scores), words]).write(path)
    with folder.commit(folder.projections) as path:
        projector.finish(_examples(arrays, text, shown), lambda _: "").write(path)


def _examples(arrays: StateArrays, text: Sequence[str] | None, shown: np.ndarray) -> pa.Table:
    """What the page says of a point."""
    columns = {"split": arrays.split, **arrays.names}
    if text is not None:
        columns["prompt"] = np.asarray(text, dtype=object)
    words = {name: [str(value) for value in values[shown]] for name, values in columns.items()}
    return pa.table(words)
