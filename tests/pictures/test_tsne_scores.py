"""Rows of t-SNE pictures stand beside those of the states, with their gain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nucleate.capture.hidden_states import HiddenStates
from nucleate.pictures.tsne_scores import EmbeddedScorer
from nucleate.scores import RunTag
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings
from nucleate.settings.config import ConfigError

SETTINGS = ScoringSettings(
    positions=("input",), tsne_positions=("input",), factors=("task",), n_init=2, tsne=True
)


def planted_states() -> HiddenStates:
    rng = np.random.default_rng(0)
    task = np.arange(96) // 2 % 3
    states = rng.standard_normal((96, 2, 1, 5)).astype(np.float32)
    states[:, 1, 0] += 9 * rng.standard_normal((3, 5))[task]
    return HiddenStates(
        states=states,
        sites=("embed", "block.1"),
        positions=("input",),
        split=np.where(np.arange(96) % 2 == 1, "validation", "train"),
        labels={"task": task, "instruction": np.arange(96)},
        predicted=task,
        expected=task,
        step=0,
    )


def test_pictures_of_train_and_of_both_have_rows_with_gains():
    states = planted_states()
    raw = score_states(states, SETTINGS, RunTag("r", "m", 1))
    scorer = EmbeddedScorer(SETTINGS, RunTag("r", "m", 1))
    scores = scorer.score(states, raw)
    frame = scores.where(control="none", metric="ari").to_pandas()
    assert sorted(zip(frame.split, frame.preparation, frame.site, strict=True)) == [
        (split, preparation, site)
        for split, preparation in (("train", "tsne"), ("validation", "tsne"), ("validation", "tsne_joint"))
        for site in ("block.1", "embed")
    ]
    assert (frame.value[frame.site == "block.1"] == 1.0).all()
    assert (frame.value[frame.site == "embed"] < 0.3).all()
    gains = scores.where(metric="ari_gain").to_pandas()
    assert len(gains) == len(frame)
    of_raw = raw.where(metric="ari", control="none", split="train", site="embed").table["value"][0].as_py()
    at = ["split", "preparation", "site"]
    own, gain = (each.set_index(at).value["train", "tsne", "embed"] for each in (frame, gains))
    assert gain == pytest.approx(own - of_raw)
    later = replace(states, step=10)
    assert len(scorer.score(later, score_states(later, SETTINGS, RunTag("r", "m", 1)))) == len(scores)


def test_pictures_are_of_positions_that_are_scored():
    with pytest.raises(ConfigError, match="tsne_positions"):
        ScoringSettings.from_mapping({"tsne": True, "positions": ["input"]}, "test")
