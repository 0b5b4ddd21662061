import shutil
from collections import namedtuple

import pytest

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.errors import RunFolderError
from nucleate.models.gpt2 import build_model
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.stages.observer import Silent
from nucleate.stages.planning.disk_use import DiskUse, require_room, size_of, use_of_capture, use_of_training


class Notes(Silent):
    def __init__(self):
        self.seen = []

    def on_note(self, text):
        self.seen.append(text)


def of(overrides=()):
    settings = resolve("smoke", list(overrides))
    corpus = GrammarCorpus.build(settings.corpus, 1)
    shape = {"vocab_size": corpus.vocab_size, "n_positions": corpus.n_positions, "seed": 1}
    return settings, corpus, build_model(settings.model, **shape)


def test_a_checkpoint_more_costs_its_weights_and_what_is_scored_of_it():
    few, many = [
        use_of_training(*of([f"training.checkpoint_steps={steps}"]), 0) for steps in ("[6]", "[4,6,8]")
    ]
    _, _, model = of()
    weights = 4 * model.num_parameters()
    assert 2 * weights < many.kept - few.kept < 2 * weights + 600_000
    assert many.at_work > many.kept


def test_a_capture_costs_its_states():
    settings, corpus, model = of()
    one, two = [use_of_capture(settings, corpus, model, 1000, ("last", "input"), n, 0).kept for n in (1, 2)]
    states = 1000 * 4 * 2 * 32 * 4  # prompts, sites, positions, width, bytes
    assert states < two - one < states + 1000 * 40 + 300_000


def test_what_does_not_fit_is_refused_before_it_is_begun(tmp_path, monkeypatch):
    folder = RunFolder.create(tmp_path / "run", "seed = 1\n")
    free = namedtuple("Usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free(0, 0, 4_900_000))
    with pytest.raises(RunFolderError, match=r"needs 5\.0 MB more while at work, and 4\.9 MB are free there"):
        require_room(folder, DiskUse(3_000_000, 5_000_000 + size_of(folder.path)), Silent())
    notes = Notes()
    require_room(folder, DiskUse(3_000_000, 4_900_000), notes)
    assert notes.seen == ["Disk: 3.0 MB in the end, 4.9 MB at most while at work; 4.9 MB are free"]
