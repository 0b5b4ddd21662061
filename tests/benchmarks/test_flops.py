"""The count of a step's arithmetic: torch's own counter, and the mask of the packed rows, are the oracles."""

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.flops import Work, mean_work, model_flops, work_of
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.models.gpt2 import build_model
from nucleate.models.settings import ModelSettings
from nucleate.settings.presets import resolve
from nucleate.training.objective import pack_split

SHAPE = {"n_layer": 2, "n_embd": 32}
VOCABULARY = 19


def test_forward_and_backward_are_what_torch_counts():
    """Torch counts attention in full and logits everywhere; told that, we count the same."""
    model = build_model(ModelSettings(n_head=4, **SHAPE), vocab_size=VOCABULARY, n_positions=16, seed=0)
    model.set_attn_implementation("eager")
    rows, tokens = 3, 11
    ids = torch.randint(VOCABULARY, (rows, tokens))
    with FlopCounterMode(display=False) as counter:
        model(ids).logits.sum().backward()
    work = Work(tokens=rows * tokens, pairs=rows * tokens**2, predictions=rows * tokens)
    assert model_flops(work, vocab_size=VOCABULARY, **SHAPE) == counter.get_total_flops()


@pytest.fixture(scope="module")
def corpus():
    settings = resolve("smoke")
    return GrammarCorpus.build(settings.corpus, settings.seed)


def test_work_is_what_the_packed_rows_hold_without_padding(corpus):
    rows = pack_split(corpus, "train", "sequence")
    batch = rows.batch(np.arange(len(rows)), torch.device("cpu"))
    width = batch.visible.shape[-1]
    real = torch.zeros(len(rows) * width, dtype=torch.bool)
    real[batch.layout.cells] = True
    real = real.reshape(len(rows), width)
    seen = batch.visible[:, 0] & real[:, :, None] & real[:, None, :]
    places = set(batch.places.tolist())
    work = mean_work(corpus)
    assert work.tokens * len(rows) == pytest.approx(int(real.sum()))
    assert work.pairs * len(rows) == pytest.approx(int(seen.sum()))
    assert work.predictions * len(rows) == pytest.approx(len(places))


def test_a_shared_prefix_counts_once():
    alone, shared = work_of(5, [2]), work_of(5, [2, 2, 2])
    assert alone == Work(tokens=6, pairs=15 + 6, predictions=6)
    assert shared == Work(tokens=8, pairs=15 + 3 * 6, predictions=8)
