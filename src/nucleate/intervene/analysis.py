"""One model at one step through all interventions: the way in to this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from transformers import PreTrainedModel

from nucleate.corpus.corpus import Corpus
from nucleate.corpus.subset import centroid_rows
from nucleate.intervene import measure, repair
from nucleate.intervene.outcomes.cells import METRICS, summarize
from nucleate.intervene.outcomes.contrasts import contrasts
from nucleate.intervene.outcomes.effects import Effect
from nucleate.intervene.pairs import draw_pairs
from nucleate.intervene.places import TaskCentroids
from nucleate.intervene.settings import InterveneSettings
from nucleate.resampling.named_seeds import drawn_anew
from nucleate.scores import RunTag


def intervene_on(
    model: PreTrainedModel,
    corpus: Corpus,
    settings: InterveneSettings,
    tag: RunTag,
    *,
    step: int,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Effect]:
    """Move states of one model and measure its answers.

    Args:
        model: any Hugging Face causal language model whose blocks can be hooked, in evaluation mode.
        corpus: what it was taught.
        settings: where, how far, and on how many instances.
        tag: whose rows they are; instances, directions and intervals are drawn from its seed.
        step: the step that the model was saved at.
        on_progress: is told how many cells of how many are done.

    Raises:
        InterventionError: a proof failed; NobodyToPairError: there is nobody to pair; LabelsError: a task has
            no centroid without the input that is tested.
    """
    seed = drawn_anew(tag.seed, settings.draw_seed)
    centroids = TaskCentroids(model, corpus, centroid_rows(corpus, settings.n_centroid_examples, seed))
    pairs = draw_pairs(corpus, settings.split, settings.n_pairs, seed)
    moved = measure.measure_pairs(model, corpus, pairs, centroids, settings, seed, on_progress)
    common: dict[str, Any] = {"n_resamples": settings.n_resamples, "tag": tag, "step": step}
    return [
        *summarize(moved, METRICS, pairs.units, split=settings.split, **common),
        *contrasts(moved, pairs.units, split=settings.split, **common),
        *_repaired(model, corpus, centroids, settings, seed, common),
    ]


def _repaired(
    model: PreTrainedModel,
    corpus: Corpus,
    centroids: TaskCentroids,
    settings: InterveneSettings,
    seed: int,
    common: dict[str, Any],
) -> Iterator[Effect]:
    """Nothing where the corpus holds no instances out."""
    split = repair.repair_split(corpus)
    if split is not None:
        values, units = repair.measure_repair(model, corpus, split, centroids, settings, seed)
        yield from summarize(values, repair.METRICS, units, split=split, **common)
