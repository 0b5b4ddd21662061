"""Attention in packed rows is that of rows with padding; without rows it is the plain one."""

import numpy as np
import pytest
import torch

from nucleate.models.gpt2 import build_model
from nucleate.models.loading import load_model
from nucleate.models.settings import ModelSettings
from nucleate.training.objective import packed_logits
from nucleate.training.packed_attention import Layout, packed
from nucleate.training.packing import pack

SIZES = {"vocab_size": 30, "n_positions": 32, "seed": 0}


def model_of(attention):
    model = build_model(ModelSettings(n_layer=2, n_head=2, n_embd=16), **SIZES)
    model.set_attn_implementation(attention)
    return model


def layout_of(*lengths, width=4):
    return Layout.of(torch.arange(width) < torch.tensor(lengths)[:, None])


def test_layout_leads_from_tokens_to_cells_and_back():
    layout = layout_of(2, 0, 4)
    assert layout.cells.tolist() == [0, 1, 8, 9, 10, 11]
    assert layout.padding.tolist() == [2, 3, 4, 5, 6, 7]
    assert layout.tokens[layout.cells].tolist() == list(range(6))
    assert layout.tokens[layout.padding].tolist() == [0] * 6


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_without_rows_it_is_the_plain_attention(attention):
    ids = torch.arange(12).view(2, 6)
    mask = torch.tensor([[1, 1, 1, 1, 0, 0], [1] * 6])
    plain, found = (
        model_of(name)(ids, attention_mask=mask).logits for name in (attention, packed(attention))
    )
    assert torch.equal(plain, found)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_same_as_rows_with_padding_given_to_the_plain_model(attention):
    """The same batch, each row as wide as the mask, with whatever stands in the padding."""
    sequences = [[*range(n, n + 3), x, x + 1] for n in (1, 5) for x in (8, 11, 17)] + [[4, 9, 2]]
    rows = pack(sequences, [3] * 6 + [1], [1] * 7, [0, 0, 0, 1, 1, 1, 2], "sequence")
    batch = rows.batch(np.array([2, 0, 1]), torch.device("cpu"))
    width = batch.visible.shape[-1]
    ids, positions = torch.full((2, 3 * width), 7)
    ids[batch.layout.cells], positions[batch.layout.cells] = batch.input_ids[0], batch.position_ids[0]
    blocked = torch.zeros(batch.visible.shape).masked_fill(~batch.visible, torch.finfo(torch.float32).min)
    plain = model_of(attention)(
        ids.view(3, width), attention_mask=blocked, position_ids=positions.view(3, width)
    )
    expected = plain.logits.flatten(0, 1)[batch.layout.cells[batch.places]]
    torch.testing.assert_close(packed_logits(model_of(packed(attention)), batch), expected)


def test_a_saved_model_says_nothing_of_it(tmp_path):
    model_of(packed("eager")).save_pretrained(tmp_path)
    assert "packed" not in (tmp_path / "config.json").read_text()
    assert load_model(tmp_path).config._attn_implementation == "sdpa"
