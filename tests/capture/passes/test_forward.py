"""The oracle is Hugging Face: each prompt alone, `output_hidden_states`, and `generate`."""

import json

import numpy as np
import pyarrow as pa
import pytest
import torch
from transformers import DynamicCache

from nucleate.capture.passes.forward import _Begun, keeps_keys_and_values
from nucleate.capture.record import capture
from nucleate.capture.settings import CaptureSettings
from nucleate.corpus.prompts.files.prompt_files import Prompt, read_prompts
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.errors import ModelError
from nucleate.models.blocks import find_blocks
from tests import small_models
from tests.small_tokenizers import byte_level_bpe

POSITIONS = ("last_instruction", "input", "instruction_mean", "last")
PLAIN, SHARED = CaptureSettings(batch_tokens=60, share_beginnings=False), CaptureSettings(batch_tokens=60)
SITES_OF_HUGGING_FACE = {
    False: ("embed", "block.1", "block.2", "final_norm"),  # the last block's output is not among them
    True: ("block.1", "block.2", "block.3", "final_norm"),  # Mamba's leave out the embeddings instead
}
INSTRUCTIONS = ["The capital of", "Name the internet domain of this country, please:", "What is paid in"]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("prompts") / "p.jsonl"
    lines = [
        {
            "instruction": instruction,
            "input": word,
            "answer": "zebra",
            "task": instruction,
            "template": "Q: {instruction} {input}!",
        }
        for instruction in INSTRUCTIONS
        for word in ("France", "Österreich and one more", "Japan", "yen")
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    return PromptCorpus.build(read_prompts(path), byte_level_bpe())


@pytest.fixture(scope="module", params=small_models.KINDS)
def model(request):
    return small_models.KINDS[request.param]()


@pytest.fixture(scope="module")
def expected(model, corpus):
    """Of every row: `hidden_states` of its prompt alone, its likeliest next token, its greedy answer."""
    found = []
    spans = corpus.spans(corpus.table)
    for ids, n in zip(corpus.table["input_ids"].to_pylist(), spans.prompt.tolist(), strict=True):
        prompt = torch.tensor([ids[:n]])
        with torch.no_grad():
            output = model(prompt, output_hidden_states=True)
            answer = model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                max_new_tokens=len(ids) - n,
                do_sample=False,
                pad_token_id=0,
            )
        found.append(
            (
                torch.stack(output.hidden_states)[:, 0].numpy(),
                int(output.logits[0, -1].argmax()),
                answer[0, n:].tolist(),
            )
        )
    return found


@pytest.mark.parametrize("settings", [PLAIN, SHARED], ids=["plain", "shared"])
def test_states_are_those_of_hugging_face_at_every_block(model, corpus, expected, settings):
    rows = np.arange(corpus.table.num_rows)[::-1]
    captured = capture(model, corpus, rows, step=0, positions=POSITIONS, settings=settings)
    spans = corpus.spans(corpus.table)
    assert captured.sites == ("embed", "block.1", "block.2", "block.3", "final_norm")
    named = [
        captured.sites.index(site) for site in SITES_OF_HUGGING_FACE[type(model).__name__.startswith("Mamba")]
    ]
    for example, row in enumerate(rows):
        hidden, predicted, _ = expected[row]
        start, end = spans.instruction[row]
        wanted = {
            "last_instruction": hidden[:, end - 1],
            "input": hidden[:, spans.input[row, 1] - 1],
            "instruction_mean": hidden[:, start:end].mean(1),
            "last": hidden[:, spans.prompt[row] - 1],
        }
        for position, values in wanted.items():
            found = captured.states[example, :, POSITIONS.index(position)]
            np.testing.assert_allclose(found[named], values, atol=1e-4, rtol=1e-4)
        assert captured.predicted[example] == predicted


def test_the_last_block_is_before_the_final_norm(model, corpus):
    captured = capture(model, corpus, np.arange(3), step=0, positions=("last",))
    with torch.no_grad():
        normed = find_blocks(model).final_norm(torch.from_numpy(captured.states[:, 3, 0]))
    np.testing.assert_allclose(captured.states[:, 4, 0], normed.numpy(), atol=1e-4, rtol=1e-4)
    assert not np.allclose(captured.states[:, 3, 0], captured.states[:, 4, 0], atol=1e-2)


def test_which_models_share_beginnings(model):
    assert keeps_keys_and_values(model) == (type(model).__name__ != "MambaForCausalLM")


def test_beginnings_are_kept_once_and_not_once_for_every_row():
    torch.manual_seed(0)
    begun = DynamicCache()
    begun.update(torch.rand(2, 1, 3, 4), torch.rand(2, 1, 3, 4), 0)
    of = torch.tensor([0, 1, 1, 0, 1])
    handed, kept = _Begun(begun, of), begun.layers[0].keys
    new = torch.rand(5, 1, 2, 4)
    keys, _ = handed.update(new, new, 0)
    assert torch.equal(keys, torch.cat([kept[of], new], dim=2))
    assert handed.layers[0].keys is kept
    assert handed.get_seq_length() == 3


def test_whole_answers_are_those_of_greedy_decoding(model, corpus, expected):
    """Half of the prompts are given the model's own greedy answer, so that there is something to get right."""
    sequences = corpus.table["input_ids"].to_pylist()
    prompts = corpus.spans(corpus.table).prompt.tolist()
    for row in range(0, len(sequences), 2):
        sequences[row] = sequences[row][: prompts[row]] + expected[row][2]
    column = corpus.table.schema.get_field_index("input_ids")
    ids = pa.array(sequences, pa.list_(pa.int32()))
    table = corpus.table.set_column(column, "input_ids", ids)
    taught = PromptCorpus(table, corpus.task, corpus.tokenizer)
    rows = np.arange(len(sequences))
    captured = capture(model, taught, rows, step=0, positions=("last",), settings=SHARED)
    greedy = [sequences[row][prompts[row] :] == expected[row][2] for row in rows]
    assert min(corpus.answer_lengths(corpus.table)) > 1
    assert captured.answered.tolist() == greedy
    assert captured.answered[::2].all()
    assert not captured.answered.all()


def test_surprisal_is_the_loss_of_the_answer_alone(model, corpus):
    """Hugging Face's own loss, of labels that are -100 but for the answer."""
    rows = np.arange(corpus.table.num_rows)
    captured = capture(model, corpus, rows, step=0, positions=("last",), settings=SHARED)
    prompts = corpus.spans(corpus.table).prompt.tolist()
    for row, ids in enumerate(corpus.table["input_ids"].to_pylist()):
        labels = torch.tensor([[-100] * prompts[row] + ids[prompts[row] :]])
        with torch.no_grad():
            loss = model(torch.tensor([ids]), labels=labels).loss
        np.testing.assert_allclose(captured.surprisal[row], loss, atol=1e-4, rtol=1e-4)


def test_confidence_is_the_probability_of_the_likeliest_token(model, corpus):
    rows = np.arange(corpus.table.num_rows)
    captured = capture(model, corpus, rows, step=0, positions=("last",), settings=SHARED)
    prompts = corpus.spans(corpus.table).prompt.tolist()
    for row, ids in enumerate(corpus.table["input_ids"].to_pylist()):
        with torch.no_grad():
            shares = model(torch.tensor([ids[: prompts[row]]])).logits[0, -1].softmax(-1)
        np.testing.assert_allclose(captured.confidence[row], shares.max(), atol=1e-5)


def test_where_nothing_is_expected_there_is_no_surprise(corpus):
    model = small_models.KINDS["GPT-2"]()
    prompts = [
        Prompt(a, a, None, None, " yen" if a == "One" else None, "train", {"task": a}) for a in ("One", "Two")
    ]
    found = capture(
        model, PromptCorpus.build(prompts, corpus.tokenizer), np.arange(2), step=0, positions=("last",)
    )
    assert np.isnan(found.surprisal).tolist() == [False, True]
    assert found.right.tolist()[1] is False


def test_a_prompt_longer_than_the_model_is_told_beforehand(corpus):
    model = small_models.KINDS["GPT-2"]()
    model.config.n_positions = 8
    with pytest.raises(ModelError, match="tokens with its answer, and the model takes 8"):
        capture(model, corpus, np.arange(4), step=0, positions=("last",))


def test_a_hook_that_never_fires_is_an_error(corpus, monkeypatch):
    model = small_models.KINDS["GPT-2"]()
    monkeypatch.setattr(model.transformer.h[1], "forward", lambda states, *_, **__: states)
    model.transformer.h[1].register_forward_hook(lambda *_: None)
    found = model.transformer.forward

    def without_the_last(*arguments, **named):
        model.transformer.h, kept = model.transformer.h[:2], model.transformer.h
        try:
            return found(*arguments, **named)
        finally:
            model.transformer.h = kept

    monkeypatch.setattr(model.transformer, "forward", without_the_last)
    with pytest.raises(ModelError, match="runs without block"):
        capture(model, corpus, np.arange(2), step=0, positions=("last",))
