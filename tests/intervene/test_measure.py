"""The proofs that are made on the way must be able to fail."""

import numpy as np
import pytest
import torch

from nucleate.corpus.subset import centroid_rows
from nucleate.errors import ConfigError, InterventionError
from nucleate.intervene import measure
from nucleate.intervene.measure import measure_pairs
from nucleate.intervene.outcomes.cells import ANSWER_METRICS, METRICS, NEXT_METRICS
from nucleate.intervene.pairs import draw_pairs
from nucleate.intervene.places import TaskCentroids
from nucleate.intervene.rerun import CachedPass
from nucleate.intervene.settings import InterveneSettings
from nucleate.settings.config import Settings

SETTINGS = InterveneSettings(n_pairs=6, strengths=(1.0,), positions=("input", "all_instruction"))


def measured(model, corpus):
    centroids = TaskCentroids(model, corpus, centroid_rows(corpus, 200, 1))
    return measure_pairs(model, corpus, draw_pairs(corpus, "validation", 6, 1), centroids, SETTINGS, 1)


def test_every_pair_has_every_metric_in_every_cell(working, corpus):
    values = measured(working, corpus)
    assert {cell.site for cell in values} == {"embed", "block.1", "block.2"}
    for cell, one in values.items():
        assert one.shape == (len(METRICS), 6)
        stays = METRICS.index("stays_a")
        answers = one[: len(ANSWER_METRICS)] if cell.control != "input_alone" else one[stays]
        assert np.isfinite(answers).all()
        is_edited = cell.position in ("all_instruction", "all_prompt") and cell.control != "input_alone"
        assert np.isfinite(one[METRICS.index("next_kl")]).all() == is_edited
        assert np.isnan(one[METRICS.index("next_mass_b")]).all(), "all tasks have the same inputs here"


def test_a_hook_that_does_not_reach_is_an_error(working, corpus, monkeypatch):
    monkeypatch.setattr(CachedPass, "from_site", lambda self, site, states: self.logits)
    with pytest.raises(InterventionError, match="changed any logit"):
        measured(working, corpus)


def test_an_identity_that_changes_a_logit_is_an_error(working, corpus, monkeypatch):
    monkeypatch.setattr(CachedPass, "from_site", lambda self, site, states: self.logits + 1e-6)
    with pytest.raises(InterventionError, match="identity patch at embed"):
        measured(working, corpus)


def test_an_instruction_that_is_read_elsewhere_is_an_error(working, corpus, monkeypatch):
    def half(self, site, states):
        changed = (states != self.states[site]).flatten(1).any(1)
        return self.logits + 0.5 * changed[:, None, None]

    monkeypatch.setattr(CachedPass, "from_site", half)
    with pytest.raises(InterventionError, match="not answered as instances of B"):
        measured(working, corpus)


def test_metrics_of_known_logits():
    before = torch.tensor([[2.0, 0.0, 0.0], [2.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    after = torch.tensor([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]])
    found = measure._metrics(after, before, torch.tensor([[0, 1]] * 3))
    rows = dict(zip(ANSWER_METRICS, found, strict=True))
    np.testing.assert_array_equal(rows["becomes_b"], [0, 1, 0])
    np.testing.assert_array_equal(rows["stays_a"], [1, 0, 0])
    np.testing.assert_array_equal(rows["other"], [0, 0, 1])
    np.testing.assert_allclose(rows["delta_logprob_a"], [0, -2, -2], atol=1e-6)
    np.testing.assert_allclose(rows["delta_logprob_b"], [0, 2, 0], atol=1e-6)
    p = np.exp(2) / (np.exp(2) + 2)
    np.testing.assert_allclose(rows["kl"], [0, 2 * (p - (1 - p) / 2), 2 * (p - (1 - p) / 2)], atol=1e-6)
    np.testing.assert_array_equal(rows["acted"], [0, 1, 1])


def test_what_is_said_of_the_next_token_of_known_logits():
    before = torch.tensor([[2.0, 0.0, 0.0], [2.0, 0.0, 0.0]])
    after = torch.tensor([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    own = torch.tensor([[[True, False, False], [False, True, False]], [[False] * 3, [False, True, True]]])
    rows = dict(zip(NEXT_METRICS, measure._next_metrics(after, before, own), strict=True))
    p = np.exp(2) / (np.exp(2) + 2)
    np.testing.assert_allclose(rows["next_mass_b"], [(1 - p) / 2, 1 - (1 - p) / 2], atol=1e-6)
    np.testing.assert_allclose(rows["next_mass_a"], [p, np.nan], atol=1e-6)
    np.testing.assert_allclose(rows["next_kl"], [0, 2 * (p - (1 - p) / 2)], atol=1e-6)


def test_strength_one_must_be_among_the_strengths():
    with pytest.raises(ConfigError, match=r"strengths lacks 1\.0"):
        InterveneSettings.from_mapping({"strengths": [2.0]}, "here")
    assert issubclass(InterveneSettings, Settings)
