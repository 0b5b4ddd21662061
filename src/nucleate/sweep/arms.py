"""The control arms of a run: trained as a sweep of its own settings, shown in its figures and on its page.

This module hides how the arms of the shipped sweep become those of any preset, that the arm which is the
run itself is taken from it and not trained again, and that arms are scored lightly: where the claims are
judged and nowhere else. The sweep's file lies in its folder, so that `nucleate sweep` goes on with it too.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from nucleate.corpus.settings import CorpusSettings
from nucleate.errors import ConfigError
from nucleate.run_folder.atomic_write import whole
from nucleate.run_folder.folder import RunFolder
from nucleate.run_folder.manifest import digest_of
from nucleate.settings.presets import ExperimentSettings
from nucleate.stages.context import FolderContext, settings_of
from nucleate.stages.observer import Observer
from nucleate.stages.showing import draw, make_report
from nucleate.sweep.executors.progress import SweepObserver, Tally
from nucleate.sweep.grid import Point
from nucleate.sweep.results.arms_table import ARM_KEYS
from nucleate.sweep.run_sweep import Place, Plan, plan_sweep, run_sweep
from nucleate.sweep.sweep_file import read_sweep
from nucleate.sweep.sweep_folder import SweepFolder, has_training, share_training

_MOST_EXAMPLES, _MOST_RESAMPLES = 600, 40
"""Of a light scoring: agreement and its level, and not a page of figures."""
_OWN_OVER_SHARED = 4
"""Inputs of all tasks, in those of one, where a run itself has all shared: as in the shipped sweep."""


def plan_arms(runs: Sequence[RunFolder], place: Path) -> Plan:
    """The control arms of runs that differ in their seed alone, as a sweep in `place`.

    Raises:
        ConfigError: the runs are not of grammars, or not of one kind.
        RunFolderError: in the folder is something that is no sweep's and would be replaced.
    """
    settings = [_grammar_settings(run) for run in runs]
    alike = {one.model_copy(update={"seed": 0}).digest() for one in settings}
    if len(alike) > 1:
        raise ConfigError("the runs differ in more than their seed", "Make the arms of each by itself.")
    base = Path(os.path.relpath(runs[0].config_toml.resolve(), place.resolve())).as_posix()
    text = tomli_w.dumps(_sweep_of(settings, base))
    place.mkdir(parents=True, exist_ok=True)
    file = place / "arms.toml"
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        folder = SweepFolder(str(place))
        folder.require_room(folder.done(), file.name)
        with whole(file) as path:
            path.write_text(text, encoding="utf-8")
    return plan_sweep(str(file), str(place))


def train_arms(plan: Plan, runs: Sequence[RunFolder], observer: SweepObserver, on: Place = "local") -> Tally:
    """Run what is left of the arms; what the runs themselves have trained is taken from them."""
    trained = {Point({}, _grammar_settings(run)).training: run for run in runs}
    _lend(plan, trained)
    return run_sweep(plan, on, observer)


def show_arms(arms: pd.DataFrame, run: RunFolder, observer: Observer) -> None:
    """Put the table of arms into a run's folder, its figure among the figures, and both on the page.

    Args:
        arms: see `nucleate.arms.COLUMNS`.
        run: it is drawn again where the table was another one.
        observer: who watches.
    """
    with run.locked():
        context = FolderContext(settings_of(run), run, observer)
        with context.stage("arms", digest_of(arms.to_csv(index=False))) as is_due:
            if is_due:
                with run.commit(run.arms) as path:
                    arms.to_parquet(path, index=False)
        draw(context)
        make_report(context)


def _grammar_settings(run: RunFolder) -> ExperimentSettings:
    settings = settings_of(run)
    if not isinstance(settings, ExperimentSettings) or not isinstance(settings.corpus, CorpusSettings):
        raise ConfigError(
            f"{run.path} was not trained on grammars, and only of those are there control arms",
            "Leave --arms out.",
        )
    return settings


def _sweep_of(settings: Sequence[ExperimentSettings], base: str) -> dict[str, Any]:
    own = settings[0]
    return {
        "base": base,
        "seeds": [one.seed for one in settings],
        "set": _lightly(own),
        "axes": {", ".join(ARM_KEYS): list(_arms_of(own))},
    }


def _arms_of(settings: ExperimentSettings) -> Iterator[list[Any]]:
    """The shipped arms with the inputs of these settings; `memorize` only where a corpus can have it."""
    corpus = settings.corpus
    assert isinstance(corpus, CorpusSettings), "it was asked for"
    own = max(corpus.input_vocabulary, corpus.n_inputs * _OWN_OVER_SHARED * (not _has_own(corpus)))
    file, _ = read_sweep("arms")
    (values,) = file.axes.values()
    assert isinstance(values, tuple), "the shipped arms are a list"
    fewest = min(vocabulary for _, vocabulary, _ in values)
    for objective, vocabulary, memorize in values:
        if not (memorize and corpus.unseen_dialect):
            yield [objective, corpus.n_inputs if vocabulary == fewest else own, memorize]


def _has_own(corpus: CorpusSettings) -> bool:
    return corpus.input_vocabulary > corpus.n_inputs


def _lightly(settings: ExperimentSettings) -> dict[str, Any]:
    scoring, claims = settings.scoring, settings.claims
    split = [claims.view.split] if claims.view.split in scoring.splits else list(scoring.splits)[:1]
    return {
        "scoring.positions": [claims.position],
        "scoring.factors": [claims.factor],
        "scoring.preparations": [claims.preparation],
        "scoring.splits": split,
        "scoring.methods": ["kmeans"],
        "scoring.metrics": ["ari", "ari_across"],
        "scoring.n_examples": min(scoring.n_examples, _MOST_EXAMPLES),
        "scoring.n_init_settled": scoring.n_init_settled,
        "scoring.n_resamples": min(scoring.n_resamples, _MOST_RESAMPLES),
        "scoring.milestones": 0,
        "scoring.tsne": False,
    }


def _lend(plan: Plan, trained: dict[str, RunFolder]) -> None:
    """Lay a run's own training beside the points that it is the training of; it goes when they are done."""
    for point in plan.left:
        run = trained.get(point.training)
        if run is not None and has_training(run.path):
            path = plan.folder.run_in_hand(point.training, "of-the-run")
            if not has_training(path):
                share_training(run, RunFolder.create(path, settings_of(run).to_toml()))
