"""From arrays to a run's folder: scores with intervals and controls, verdicts, figures and the page.

This module hides which parts of a run there are without a model. Nothing is captured and nobody answers, so
claims about answers are not measured; all the rest is made by the same stages as for a model that was
trained here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from nucleate.arrays.given_arrays import require_scorable
from nucleate.arrays.state_arrays import StateArrays
from nucleate.corpus.prompts.files.label_spelling import odd_splits
from nucleate.corpus.prompts.settings import ARRAYS
from nucleate.pictures.planes import POINTS_PER_SPLIT, Projector, Spot, balanced_order
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import RunTag, Scores
from nucleate.scoring.controls import untrained_control
from nucleate.scoring.score_states import score_states
from nucleate.scoring.surfaces import bag_of_tokens_figures
from nucleate.settings.presets import AnalysisSettings
from nucleate.settings.tables import override
from nucleate.spacing import evenly_spaced
from nucleate.stages.context import FolderContext
from nucleate.stages.observer import Observer
from nucleate.stages.showing import draw, make_report


def score_arrays(
    arrays: StateArrays, out: Path, name: str, overrides: Iterable[str], seed: int, observer: Observer
) -> RunFolder:
    """The scores of states that were made elsewhere, in a folder of their own.

    Args:
        arrays: the states, and what is known of them.
        out: the folder; other arrays in the same one are scored anew.
        name: of the model, in tables.
        overrides: `scoring.n_init=20` and other settings of scoring and claims.
        seed: of clusters and intervals.
        observer: who watches.

    Raises:
        LabelsError: there is nothing to compare clusters with, or a state is not finite.
        ConfigError: an override is wrong; RunFolderError: the folder is not free.
    """
    settings = _settings(arrays, name, seed, overrides)
    require_scorable(arrays, settings.scoring, settings.claims)
    digest = arrays.digest()
    folder = RunFolder.create(out, settings.to_toml())
    with folder.locked():
        folder.describe(seed=seed)
        context = FolderContext(settings, folder, observer)
        for line in odd_splits(arrays.split.tolist()):
            observer.on_note(line)
        parts = (settings.scoring.digest(), settings.pictures.digest(), settings.claims.digest())
        with context.stage("scoring", seed, *parts, digest) as is_due:
            if is_due:
                _score(context, arrays)
        draw(context)
        make_report(context)
    return folder


def _settings(arrays: StateArrays, name: str, seed: int, overrides: Iterable[str]) -> AnalysisSettings:
    """Those of an analysis whose states are there already."""
    splits = sorted(set(arrays.split.tolist()), key=lambda split: (split != "train", split))
    values = {
        "seed": seed,
        "model": {"name": name, "untrained": False},
        "prompts": {"file": ARRAYS, "sha256": "0" * 64},
        "scoring": {
            "positions": [arrays.position],
            "tsne_positions": [arrays.position],
            "factors": list(arrays.factors),
            "settled": [arrays.factors[0]],
            "splits": splits,
        },
        "claims": {"position": arrays.position, "factor": arrays.factors[0]},
    }
    return AnalysisSettings.from_mapping(override(values, overrides), "the overrides")


def _score(context: FolderContext[AnalysisSettings], arrays: StateArrays) -> None:
    settings, folder = context.settings, context.folder
    tag = RunTag(folder.name, settings.model.name, settings.seed)
    last = arrays.at(arrays.steps[-1])
    shown = balanced_order(last.split, last.labels["task"], POINTS_PER_SPLIT, settings.seed)
    n_init, spot = settings.scoring.n_init_settled, _spot(settings, arrays)
    projector = Projector(last.select(shown), shown, settings.seed, n_init, spot)
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
        projector.finish(_examples(arrays, shown), lambda _: "").write(path)


def _spot(settings: AnalysisSettings, arrays: StateArrays) -> Spot:
    """Where t-SNE pictures are made."""
    pictures, claims = settings.pictures, settings.claims
    steps = evenly_spaced(arrays.steps, pictures.n_steps)
    return Spot(claims.position, claims.factor, pictures.n_points if pictures.tsne else 0, tuple(steps))


def _examples(arrays: StateArrays, shown: np.ndarray) -> pa.Table:
    """What the page says of a point."""
    columns = {"split": arrays.split, **arrays.names}
    if arrays.text is not None:
        columns["prompt"] = np.asarray(arrays.text, dtype=object)
    words = {name: [str(value) for value in values[shown]] for name, values in columns.items()}
    return pa.table(words)
