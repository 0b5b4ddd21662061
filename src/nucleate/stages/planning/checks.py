"""Whether a corpus can be measured as the settings ask, before anything is trained, captured or replaced.

This module hides what every later stage would fail on, hours later or with a folder half replaced. All of
it is told at once from corpus and settings alone, each as one line that names the setting to change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from nucleate.corpus.corpus import Corpus
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.subset import centroid_rows
from nucleate.errors import ConfigError
from nucleate.intervene.pairs import tells_pairs
from nucleate.intervene.places import PLACES, short_of_inputs
from nucleate.resampling.named_seeds import drawn_anew
from nucleate.scoring.examples import rows_of_factor
from nucleate.scoring.settings import ACROSS
from nucleate.settings.presets import ExperimentSettings, MeasurementSettings
from nucleate.stages.measuring import scored_rows
from nucleate.unseen.analysis import unseen_rows, what_is_lacking


def require_measurable(settings: MeasurementSettings, corpus: Corpus, *, intervene: bool = False) -> None:
    """Prove that what is asked for can be measured.

    Args:
        settings: what is asked for.
        corpus: what it is asked of.
        intervene: whether states are moved now, whatever `intervene.in_run` says.

    Raises:
        ConfigError: a setting asks for what the corpus does not have.
    """
    scoring, positions = settings.scoring, corpus.spans(corpus.table).positions
    splits = sorted(set(corpus.table["split"].unique().to_pylist()))
    factors = list(corpus.labels())
    _require("scoring.factors", scoring.factors, factors)
    _require_other_than_default(settings, factors, positions)
    _require("scoring.positions", scoring.positions, positions)
    _require("scoring.splits", scoring.splits, splits)
    if not what_is_lacking(corpus):
        _require("unseen.positions", settings.unseen.positions, positions)
        _require_centroids(settings, corpus)
    if (settings.intervene.in_run or intervene) and tells_pairs(corpus):
        _require("intervene.positions", settings.intervene.positions, PLACES)
        _require("intervene.split", [settings.intervene.split], splits, "intervene.in_run=false")
        _require_inputs(settings, corpus)
    _require_judged(settings, corpus)


def without_partition(settings: MeasurementSettings, corpus: Corpus) -> list[str]:
    """Factors that get no row: among the examples that are scored, no label is there twice beside another."""
    scoring = settings.scoring
    found = partitioned(
        scoring.factors, scoring.positions, scoring.splits, corpus, scored_rows(settings, corpus)
    )
    with_partition = {factor for _, _, factor in found}
    return [factor for factor in scoring.factors if factor not in with_partition]


def partitioned(
    factors: Sequence[str],
    positions: Sequence[str],
    splits: Collection[str],
    corpus: Corpus,
    rows: np.ndarray,
) -> Iterator[tuple[str, str, str]]:
    """Each split, position and factor at which the examples `rows` have a partition to agree with."""
    table = corpus.table.take(rows)
    labels = {name: values[rows] for name, values in corpus.labels().items()}
    units = labels.get("instruction", np.arange(len(rows)))
    before_input = corpus.spans(table).before_input
    split_of = table["split"].to_numpy(zero_copy_only=False)
    for split in splits:
        own = np.flatnonzero(split_of == split)
        for position in positions:
            for factor in factors:
                chosen = own[rows_of_factor(factor, units[own], position in before_input)]
                if 1 < len(np.unique(labels[factor][chosen])) < len(chosen):
                    yield split, position, factor


def _require(key: str, asked: Sequence[str], there: Sequence[str], or_else: str = "") -> None:
    missing = [name for name in asked if name not in there]
    if missing:
        raise ConfigError(
            f"{key} has {missing[0]!r}, which the corpus has not",
            f"Set {key} to some of: {', '.join(there)}{'; or ' + or_else if or_else else ''}.",
        )


def _require_other_than_default(
    settings: MeasurementSettings, factors: Sequence[str], positions: Sequence[str]
) -> None:
    """A default is a name of grammars, and does no harm where a corpus has no such factor or position."""
    scoring, factor = settings.scoring, settings.claims.factor
    if scoring.across != ACROSS:
        _require("scoring.across", [scoring.across], factors)
        if scoring.across == factor and "ari_across" in scoring.metrics_at(milestone=True):
            raise ConfigError(
                f"scoring.across is {factor}, by which claims are judged: no two examples of one {factor} "
                "differ in it",
                "Set scoring.across to another factor, or leave ari_across out of the metrics of scoring.",
            )
    for name, there in (("settled", factors), ("tsne_positions", positions)):
        asked = getattr(scoring, name)
        if asked != type(scoring).model_fields[name].default:
            _require(f"scoring.{name}", asked, there)


def _require_centroids(settings: MeasurementSettings, corpus: Corpus) -> None:
    """Every task that an unseen instance has needs a train instance behind its centroid."""
    asked, task = settings.unseen, corpus.labels()["task"]
    seed = drawn_anew(settings.seed, asked.draw_seed)
    tasks = np.unique(task[unseen_rows(corpus, asked, settings.seed)])
    behind = np.unique(task[centroid_rows(corpus, asked.n_centroid_examples, seed)])
    if len(behind) < len(tasks):
        raise ConfigError(
            f"unseen.n_centroid_examples={asked.n_centroid_examples} leaves {len(tasks) - len(behind)} of "
            f"{len(tasks)} tasks without a centroid",
            "Raise unseen.n_centroid_examples.",
        )


def _require_inputs(settings: MeasurementSettings, corpus: Corpus) -> None:
    """An instance is moved by centroids that its own input has no part in: they need another one.

    What no number of train instances would give, the stage says itself; the run goes on without it.
    """
    asked = settings.intervene
    seed = drawn_anew(settings.seed, asked.draw_seed)
    short = short_of_inputs(corpus, centroid_rows(corpus, asked.n_centroid_examples, seed))
    if not len(short):
        return
    always = short_of_inputs(corpus, centroid_rows(corpus, corpus.table.num_rows, seed))
    if len(always) < len(short):
        raise ConfigError(
            f"intervene.n_centroid_examples={asked.n_centroid_examples} leaves {len(short) - len(always)} of "
            f"{corpus.n_tasks} tasks fewer than two inputs behind their centroid",
            "Raise intervene.n_centroid_examples, or set intervene.in_run=false.",
        )


def _require_judged(settings: MeasurementSettings, corpus: Corpus) -> None:
    """As many clusters as labels need two labels, and one of them twice, where claims are judged."""
    scoring, claims, rows = settings.scoring, settings.claims, scored_rows(settings, corpus)
    if len(np.unique(corpus.labels()[claims.factor])) < 2:
        more = "raise corpus.n_tasks" if isinstance(corpus, GrammarCorpus) else "take a corpus with more"
        raise ConfigError(
            f"claims are judged by {claims.factor}, of which the corpus has one label alone",
            f"Set claims.factor to another one, or {more}.",
        )
    found = set(partitioned([claims.factor], [claims.position], scoring.splits, corpus, rows))
    judged = [split for split in scoring.splits if (split, claims.position, claims.factor) in found]
    is_trained = isinstance(settings, ExperimentSettings)
    if not judged or (is_trained and "validation" in scoring.splits and "validation" not in judged):
        raise ConfigError(
            f"claims are judged by {claims.factor} at {claims.position}, where the {len(rows)} examples that "
            "are scored have fewer than two labels, or none twice",
            "Raise scoring.n_examples, or set claims.factor or claims.position to others.",
        )
