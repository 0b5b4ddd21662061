"""Packing is only a faster way: the plain forward pass of Hugging Face is the oracle."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import LlamaConfig, LlamaForCausalLM

from nucleate.models.gpt2 import build_model
from nucleate.models.settings import ModelSettings
from nucleate.training.objective import answer_accuracy, packed_loss
from nucleate.training.packed_attention import packed
from nucleate.training.packing import PREDICTED, WIDTH_STEP, pack

CPU = torch.device("cpu")
VOCABULARY = 30


def model_of(attention="sdpa"):
    model = build_model(
        ModelSettings(n_layer=2, n_head=2, n_embd=16), vocab_size=VOCABULARY, n_positions=32, seed=0
    )
    model.set_attn_implementation(packed(attention))
    return model


def plain_loss(model, sequences, instruction_lengths, answer_lengths, objective):
    """Every instance alone, labels as Hugging Face takes them, mean over all predicted tokens."""
    total, count = 0.0, 0
    for ids, n_instruction, n_answer in zip(sequences, instruction_lengths, answer_lengths, strict=True):
        labels, first_of_answer = torch.tensor([ids]), len(ids) - n_answer
        if objective in ("answer", "input_answer"):
            labels[:, :n_instruction] = -100
        if objective in ("answer", "instruction_answer"):
            labels[:, n_instruction:first_of_answer] = -100
        n_predicted = int((labels[:, 1:] != -100).sum())
        total = total + model(torch.tensor([ids]), labels=labels).loss * n_predicted
        count += n_predicted
    return total / count


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


@st.composite
def corpora(draw):
    """Instructions of differing lengths with one to four branches of one or more tokens."""
    token = st.integers(0, VOCABULARY - 1)
    sequences, lengths, answers, groups = [], [], [], []
    for group in range(draw(st.integers(1, 4))):
        instruction = draw(st.lists(token, min_size=1, max_size=6))
        for _ in range(draw(st.integers(1, 4))):
            x, y = (
                draw(st.lists(token, min_size=1, max_size=3)),
                draw(st.lists(token, min_size=1, max_size=2)),
            )
            sequences.append([*instruction, *x, *y])
            lengths.append(len(instruction))
            answers.append(len(y))
            groups.append(group)
    return sequences, lengths, answers, groups


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("objective", PREDICTED)
@settings(max_examples=15, deadline=None)
@given(corpus=corpora())
def test_same_loss_and_gradients_as_unpacked(attention, objective, corpus):
    sequences, lengths, answers, groups = corpus
    model = model_of(attention)
    rows = pack(sequences, lengths, answers, groups, objective)
    loss = packed_loss(model, rows.batch(np.arange(len(rows)), CPU))
    plain = plain_loss(model, sequences, lengths, answers, objective)
    assert loss.item() == pytest.approx(plain.item(), abs=1e-5)
    expected = gradients(model, plain)
    for name, gradient in gradients(model, loss).items():
        torch.testing.assert_close(gradient, expected[name], atol=1e-5, rtol=1e-5)


def greedy(model, ids, n):
    for _ in range(n):
        ids = [*ids, int(model(torch.tensor([ids])).logits[0, -1].argmax())]
    return ids


@pytest.mark.parametrize("objective", PREDICTED)
def test_an_answer_is_right_only_where_all_its_tokens_are(objective):
    """Answers as the model gives them are right; one with its last token changed is wrong as a whole."""
    model = model_of().eval()
    prompts = [[1, 2, 3], [1, 2, 4], [1, 2, 5], [6, 7], [6, 8]]
    answered = [greedy(model, prompt, n) for prompt, n in zip(prompts, (1, 2, 3, 2, 1), strict=True)]
    answered[2][-1] = (answered[2][-1] + 1) % VOCABULARY
    answered[3][-2] = (answered[3][-2] + 1) % VOCABULARY
    rows = pack(answered, [2, 2, 2, 1, 1], [1, 2, 3, 2, 1], [0, 0, 0, 1, 1], objective)
    assert answer_accuracy(model, rows) == pytest.approx(3 / 5)


def test_layout_of_a_row():
    rows = pack([[1, 2, 3, 8], [1, 2, 4, 9]], [2, 2], [1, 1], [0, 0], "sequence")
    assert rows.input_ids.tolist() == [[1, 2, 3, 4]]
    assert rows.position_ids.tolist() == [[0, 1, 2, 2]]
    assert rows.predictions.tolist() == [[0, 2, 2, 0], [1, 3, 1, 0], [2, 8, 1, 1], [1, 4, 1, 0], [3, 9, 1, 2]]
    visible = rows.batch(np.array([0]), CPU).visible[0, 0].int()
    assert visible.shape == (WIDTH_STEP, WIDTH_STEP)
    assert visible[:4, :4].tolist() == [[1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 0, 1]]


def test_a_batch_is_the_chosen_rows_in_order():
    rows = pack([[1, 2, 3], [4, 5, 6, 7, 8], [9, 1, 2]], [1, 3, 1], [1, 1, 1], [0, 1, 2], "answer")
    batch = rows.batch(np.array([2, 0]), CPU)
    assert batch.input_ids.tolist() == [[9, 1, 1, 2]]
    assert batch.targets.tolist() == [2, 3]
    assert batch.places.tolist() == [1, 3]
    assert batch.layout.cells.tolist() == [0, 1, WIDTH_STEP, WIDTH_STEP + 1]


def test_rows_of_different_instructions_are_refused():
    with pytest.raises(AssertionError, match="share"):
        pack([[1, 2, 3, 4], [1, 5, 3, 4]], [2, 2], [1, 1], [0, 0], "answer")


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_rows_of_a_model_that_shares_its_keys(attention):
    shape = {"hidden_size": 24, "intermediate_size": 32, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 6, "num_key_value_heads": 2}
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(vocab_size=VOCABULARY, **shape, **heads)).eval()
    instances = [[1, 2, 3, 8], [1, 2, 4, 9], [5, 6, 7, 3, 2]]
    alone = [(model(ids, labels=ids).loss * (ids.shape[1] - 1)).item() for ids in map(_one_row, instances)]
    rows = pack(instances, [2, 2, 3], [1, 1, 1], [0, 0, 1], "sequence")
    model.set_attn_implementation(packed(attention))
    found = packed_loss(model, rows.batch(np.arange(2), CPU)).item()
    assert found == pytest.approx(sum(alone) / 10, rel=1e-5)


def _one_row(ids):
    return torch.tensor([ids])
