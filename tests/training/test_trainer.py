import inspect
import json

import numpy as np
import pytest
import torch

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.errors import TrainingError
from nucleate.models.gpt2 import build_model
from nucleate.models.loading import load_model
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.training import checkpoint, trainer
from nucleate.training.objective import answer_accuracy, pack_split
from nucleate.training.packed_attention import packed
from nucleate.training.packing import PackedBatch, PackedRows, pack

SETTINGS = resolve("smoke")


class Silent:
    def on_record(self, record): ...

    def on_checkpoint(self, step, model): ...

    def on_note(self, text): ...


class Notes(Silent):
    def __init__(self):
        self.seen = []

    def on_note(self, text):
        self.seen.append(text)


class Breaks(Silent):
    def on_record(self, record):
        if record.step == 9:
            raise ConnectionError("the machine goes down")


@pytest.fixture(scope="module")
def corpus():
    return GrammarCorpus.build(SETTINGS.corpus, 1)


def train(corpus, path, changes=None, observer=None, seed=1, architecture=SETTINGS.model):
    folder = RunFolder.create(path, "seed = 1\n")
    training = SETTINGS.training.model_copy(update=changes or {})
    model = build_model(architecture, vocab_size=corpus.vocab_size, n_positions=corpus.n_positions, seed=seed)
    with folder.stage("training", "inputs"):
        trainer.train(model, corpus, training, folder, seed=seed, observer=observer or Silent())
    return folder


def weights_of(folder, step=12):
    return (folder.checkpoint(step) / "model.safetensors").read_bytes()


def records_of(folder):
    return [json.loads(line) for line in folder.training_log.read_text().splitlines()]


def test_same_seed_same_bytes_other_seed_other_bytes(corpus, tmp_path):
    first, second = train(corpus, tmp_path / "a"), train(corpus, tmp_path / "b")
    assert weights_of(first) == weights_of(second)
    assert weights_of(first) != weights_of(train(corpus, tmp_path / "c", seed=2))


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_a_broken_off_training_ends_in_the_same_bytes(corpus, tmp_path, dropout):
    architecture = SETTINGS.model.model_copy(update={"resid_pdrop": dropout, "embd_pdrop": dropout})
    whole = train(corpus, tmp_path / "whole", architecture=architecture)

    with pytest.raises(ConnectionError):
        train(corpus, tmp_path / "broken", observer=Breaks(), architecture=architecture)
    resumed = train(corpus, tmp_path / "broken", architecture=architecture)
    assert weights_of(resumed) == weights_of(whole)
    strip = [{k: v for k, v in line.items() if k != "seconds"} for line in records_of(whole)]
    assert [{k: v for k, v in line.items() if k != "seconds"} for line in records_of(resumed)] == strip


@pytest.mark.parametrize(
    ("damage", "kept"),
    [
        (lambda log: log[:-20], "6 of its 7"),
        (lambda log: b"", "0 of its 7"),
        (lambda log: log.replace(b'"step": 2', b'"step": x'), "6 of its 7"),
        (lambda log: log.replace(b'"loss": 4', b'"loss": 3'), "7 of its 7"),
        (lambda log: log + b'{"step": 7, "lo', None),
    ],
)
def test_a_damaged_log_is_no_reason_to_lose_a_training(corpus, tmp_path, damage, kept):
    """The lines until the saved state, step 6, are known by their digest; what comes after is made anew."""
    whole = train(corpus, tmp_path / "whole")
    with pytest.raises(ConnectionError):
        train(corpus, tmp_path / "broken", observer=Breaks())
    log = tmp_path / "broken" / "training.jsonl"
    until = b"".join(line for line in log.read_bytes().splitlines(keepends=True)[:7])
    log.write_bytes(damage(until))
    notes = Notes()
    resumed = train(corpus, tmp_path / "broken", observer=notes)
    assert weights_of(resumed) == weights_of(whole)
    assert notes.seen[0] == "Continuing at step 6 of 12"
    assert [kept in note for note in notes.seen[1:]] == ([True] if kept else [])
    assert records_of(resumed)[-1]["tokens"] == records_of(whole)[-1]["tokens"]
    assert resumed.problems() == []


def test_checkpoints_load_anywhere_and_the_state_is_gone_at_the_end(corpus, tmp_path):
    folder = train(corpus, tmp_path / "run")
    assert folder.checkpoint_steps() == SETTINGS.training.all_checkpoint_steps()
    assert load_model(folder.checkpoint(12)).num_parameters() > 0
    assert not folder.training_state.exists()
    assert folder.problems() == []


def test_what_safetensors_writes_beside_goes_with_what_was_broken_off(corpus, tmp_path, monkeypatch):
    def break_off(_tensors, path, **_about):
        path.with_name(".tmpvOfHg5").write_bytes(b"half of it")
        raise RuntimeError("the machine goes down")

    monkeypatch.setattr(checkpoint, "save_file", break_off)
    with pytest.raises(RuntimeError, match="goes down"):
        train(corpus, tmp_path / "run")
    assert not list((tmp_path / "run").rglob(".tmp*"))


def test_the_log_has_a_line_per_step_and_accuracy_at_evaluations(corpus, tmp_path):
    records = records_of(train(corpus, tmp_path / "run"))
    assert [record["step"] for record in records] == list(range(13))
    assert "loss" not in records[0]
    evaluated = [record["step"] for record in records if "accuracy" in record]
    assert {0, 5, 10, 12} <= set(evaluated)
    assert set(records[-1]["accuracy"]) == {"train", "validation"}
    assert np.all(np.diff([record["tokens"] for record in records]) > 0)


def test_training_lowers_the_loss(corpus, tmp_path):
    records = records_of(train(corpus, tmp_path / "run", {"steps": 60, "warmup_steps": 5}))
    assert np.mean([r["loss"] for r in records[-5:]]) < 0.8 * records[1]["loss"]


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_a_value_that_is_not_finite_stops_at_once(corpus, tmp_path, monkeypatch, where):
    calls = []

    def spoiled(model, batch):
        calls.append(None)
        loss = original(model, batch)
        if len(calls) < 9:
            return loss
        if where == "loss":
            return loss * float("nan")
        loss.register_hook(lambda gradient: gradient * float("inf"))
        return loss

    original = trainer.packed_loss
    monkeypatch.setattr(trainer, "packed_loss", spoiled)
    with pytest.raises(TrainingError) as caught:
        train(corpus, tmp_path / "run")
    assert f"the {where} is" in caught.value.what
    assert "at step 9; the last good checkpoint is step 6" in caught.value.what
    for helps in ("another folder", "training.learning_rate", "training.weight_decay", "training.precision"):
        assert helps in caught.value.mend
    assert RunFolder.open(tmp_path / "run").checkpoint_steps()[-1] == 6
    assert RunFolder.open(tmp_path / "run").problems() == []


def test_weights_that_are_not_finite_are_no_checkpoint(corpus, tmp_path, monkeypatch):
    plain = trainer._Training._take_step

    def spoiled(self):
        found = plain(self)
        if self.step == 9:
            self.model.transformer.wpe.weight.data[0, 0] = float("inf")
        return found

    monkeypatch.setattr(trainer._Training, "_take_step", spoiled)
    with pytest.raises(
        TrainingError, match=r"not finite|at step (9|10|12); the last good checkpoint is step 6"
    ):
        train(corpus, tmp_path / "run")
    assert RunFolder.open(tmp_path / "run").checkpoint_steps()[-1] == 6


def test_task_labels_never_enter_a_batch(corpus):
    """A batch holds tokens and places alone, and it is the same where every label is another one."""
    assert set(PackedBatch.__dataclass_fields__) == {
        "input_ids",
        "position_ids",
        "visible",
        "layout",
        "places",
        "targets",
        "weights",
        "answer",
    }
    assert not {"task", "dialect", "labels"} & set(inspect.signature(pack).parameters)
    scrambled = corpus.table
    for name in ("task", "dialect"):
        column = scrambled.schema.get_field_index(name)
        scrambled = scrambled.set_column(
            column, name, scrambled[name].take(np.arange(len(corpus.table))[::-1])
        )
    other = type(corpus)(corpus.settings, corpus.seed, scrambled, corpus.tasks)
    first, second = (pack_split(one, "train", "sequence") for one in (corpus, other))
    for field in PackedRows.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(first, field), getattr(second, field))


def test_an_instruction_brings_as_many_inputs_to_a_row_as_it_may(corpus):
    whole, parted = (pack_split(corpus, "train", "sequence", per_row=n) for n in (None, 2))
    assert whole.branch.max() == SETTINGS.corpus.n_inputs
    assert parted.branch.max() == 2
    assert len(whole) < len(parted) < corpus.of_split("train").num_rows
    trained = [(rows.branch.max(1)).sum() for rows in (whole, parted)]
    assert trained == [corpus.of_split("train").num_rows] * 2


def test_no_held_out_pair_is_a_training_target(corpus):
    rows = pack_split(corpus, "train", "sequence")
    trained = {
        (tuple(ids[branch == 0]), int(x))
        for ids, branch in zip(rows.input_ids, rows.branch, strict=True)
        for x in ids[branch > 0]
    }
    held_out = corpus.table.filter(np.array(corpus.table["split"].to_pylist()) != "train")
    for ids in held_out["input_ids"].to_pylist():
        assert (tuple(ids[:-2]), ids[-2]) not in trained


def test_answer_accuracy_is_that_of_the_plain_forward_pass(corpus):
    model = build_model(
        SETTINGS.model, vocab_size=corpus.vocab_size, n_positions=corpus.n_positions, seed=3
    ).eval()
    with torch.no_grad():
        right = [
            int(model(torch.tensor([ids[:-1]])).logits[0, -1].argmax()) == ids[-1]
            for ids in corpus.of_split("validation")["input_ids"].to_pylist()
        ]
    model.set_attn_implementation(packed("sdpa"))
    assert answer_accuracy(model, pack_split(corpus, "validation", "answer")) == pytest.approx(np.mean(right))
