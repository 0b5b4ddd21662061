import numpy as np
import pytest
import torch

from nucleate.capture.record import capture
from nucleate.capture.settings import CaptureSettings
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.models.gpt2 import build_model
from nucleate.settings.presets import resolve

SETTINGS = resolve("smoke")
POSITIONS = ("last_instruction", "input", "instruction_mean")


@pytest.fixture(scope="module")
def corpus():
    return GrammarCorpus.build(SETTINGS.corpus, 1)


@pytest.fixture(scope="module")
def model(corpus):
    return build_model(SETTINGS.model, vocab_size=corpus.vocab_size, n_positions=corpus.n_positions, seed=1)


def test_a_batch_gives_what_single_examples_give(corpus, model):
    rows = np.arange(0, len(corpus.table), 5)
    together = capture(model, corpus, rows, step=0, positions=POSITIONS)
    alone = capture(
        model,
        corpus,
        rows,
        step=0,
        positions=POSITIONS,
        settings=CaptureSettings(batch_tokens=1, share_beginnings=False),
    )
    np.testing.assert_allclose(together.states, alone.states, atol=1e-5)
    np.testing.assert_array_equal(together.predicted, alone.predicted)


def test_many_prompts_made_ready_in_portions_give_the_same(corpus, model, monkeypatch):
    rows = np.random.default_rng(0).permutation(len(corpus.table))[:100]
    whole = capture(model, corpus, rows, step=0, positions=POSITIONS)
    monkeypatch.setattr("nucleate.capture.record.PORTION", 7)
    portions = capture(model, corpus, rows, step=0, positions=POSITIONS)
    np.testing.assert_allclose(portions.states, whole.states, atol=1e-5)
    for name in ("predicted", "expected", "split"):
        np.testing.assert_array_equal(getattr(portions, name), getattr(whole, name))


def test_states_are_those_of_the_plain_forward_pass(corpus, model):
    """`hidden_states` of Hugging Face, but for the last: that one is after the final norm."""
    rows = np.array([0, 40, 90])
    states = capture(model, corpus, rows, step=0, positions=POSITIONS)
    model.eval()
    for example, row in enumerate(rows):
        ids = corpus.table["input_ids"][int(row)].as_py()[:-1]
        with torch.no_grad():
            output = model(torch.tensor([ids]), output_hidden_states=True)
        expected = torch.stack([*output.hidden_states[:-1]])[:, 0].numpy()
        for position, value in (("input", expected[:, -1]), ("last_instruction", expected[:, -2])):
            found = states.states[example, : len(expected), POSITIONS.index(position)]
            np.testing.assert_allclose(found, value, atol=1e-5)
        mean = states.states[example, : len(expected), POSITIONS.index("instruction_mean")]
        np.testing.assert_allclose(mean, expected[:, :-1].mean(1), atol=1e-5)
        final = states.states[example, states.sites.index("final_norm"), POSITIONS.index("input")]
        np.testing.assert_allclose(final, output.hidden_states[-1][0, -1].numpy(), atol=1e-5)
        assert states.predicted[example] == output.logits[0, -1].argmax()


def test_the_mean_of_a_prompt_and_one_of_its_tokens_are_those_of_the_plain_forward_pass(corpus, model):
    rows, read = np.array([0, 40, 90]), ("prompt_mean", "every_token")
    states = capture(model, corpus, rows, step=0, positions=read)
    drawn = corpus.spans(corpus.table).drawn[rows]
    model.eval()
    for example, row in enumerate(rows):
        ids = corpus.table["input_ids"][int(row)].as_py()[:-1]
        with torch.no_grad():
            output = model(torch.tensor([ids]), output_hidden_states=True)
        expected = torch.stack([*output.hidden_states[:-1]])[:, 0].numpy()
        np.testing.assert_allclose(states.states[example, : len(expected), 0], expected.mean(1), atol=1e-5)
        token = expected[:, drawn[example]]
        np.testing.assert_allclose(states.states[example, : len(expected), 1], token, atol=1e-5)


def test_the_last_block_is_not_the_final_norm(corpus, model):
    states = capture(model, corpus, np.arange(4), step=0, positions=("input",))
    assert states.sites == ("embed", "block.1", "block.2", "final_norm")
    assert not np.allclose(states.states[:, 2], states.states[:, 3], atol=1e-2)


def test_labels_and_splits_follow_their_rows(corpus, model):
    rows = np.array([50, 3, 20])
    states = capture(model, corpus, rows, step=7, positions=("input",))
    assert states.step == 7
    assert list(states.labels["task"]) == [corpus.table["task"][int(row)].as_py() for row in rows]
    assert list(states.split) == [corpus.table["split"][int(row)].as_py() for row in rows]
    assert list(states.expected) == [corpus.table["input_ids"][int(row)].as_py()[-1] for row in rows]


def n_hooks(model):
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


def test_the_model_is_left_as_it_came(corpus, model):
    model.train()
    before = n_hooks(model)
    capture(model, corpus, np.arange(3), step=0, positions=("input",))
    assert model.training
    assert n_hooks(model) == before


def test_token_counts_are_those_of_the_instructions(corpus, model):
    rows = np.array([50, 3, 20])
    states = capture(model, corpus, rows, step=7, positions=("input",))
    words = [corpus.table["instruction"][int(row)].as_py().split() for row in rows]
    names = sorted({word for instruction in words for word in instruction}, key=corpus.vocabulary.__getitem__)
    assert states.instruction_counts.tolist() == [[each.count(name) for name in names] for each in words]
    assert states.select(np.array([False, True, False])).instruction_counts.shape == (1, len(names))
