"""What a look leaves behind: nothing. The rest is in tests of callback.py."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from nucleate.errors import InterventionError
from nucleate.integrations import watching
from nucleate.integrations.watching import untouched
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.stages.subjects import Kept
from tests.small_models import small_gpt2


def test_modes_and_chance_are_as_before_whatever_is_done():
    model = small_gpt2().train()
    frozen = model.transformer.h[0].eval()  # as users do with parts that they do not train
    before = [(module, module.training) for module in model.modules()]
    expected = None
    for disturb in (False, True):
        random.seed(1), np.random.seed(1), torch.manual_seed(1)
        if disturb:
            with pytest.raises(KeyError), untouched(model):
                model.eval()
                model.train()
                random.random(), np.random.random(), torch.rand(1)
                raise KeyError
        drawn = (random.random(), np.random.random(), torch.rand(1).item())
        expected = expected or drawn
        assert drawn == expected
    assert [(module, module.training) for module in model.modules()] == before
    assert not frozen.training


def test_a_model_that_was_not_kept_is_not_to_be_moved(tmp_path):
    with pytest.raises(InterventionError, match="step 3 is not kept"):
        Kept(RunFolder(tmp_path), "mine", [3]).model(3)


def test_agreement_of_a_look_has_as_many_starts_as_claims(monkeypatch):
    settings = resolve("smoke", ["scoring.n_init_settled=7"])
    states = SimpleNamespace(sites=("block.1",), labels={"task": None}, at=lambda _position: None)
    monkeypatch.setattr(watching, "analysis_subset", lambda *_, **__: np.arange(3))
    monkeypatch.setattr(watching, "read_states", lambda *_: states)
    monkeypatch.setattr(watching, "agreement_at_a_glance", lambda *given: [given[-1]])
    folder = SimpleNamespace(states=lambda _step: None)
    watch = SimpleNamespace(settings=settings, corpus=None, rows=np.arange(3), folder=folder)
    assert set(watching.Watch._agreement(watch, 3).values()) == {7}
