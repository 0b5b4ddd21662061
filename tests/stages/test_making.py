from types import SimpleNamespace

import pytest

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.errors import ConfigError, ModelError
from nucleate.experiment import run_corpus, run_experiment
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.stages import making
from nucleate.stages.context import FolderContext
from nucleate.stages.observer import Silent
from tests.noisy_partitions import tasks_of_shared_inputs
from tests.small_models import small_gpt2


class Stages(Silent):
    def __init__(self):
        self.seen = []

    def on_stage(self, name, what):
        self.seen.append((name, what))


@pytest.mark.parametrize(
    ("changed", "made_again"), [("model.safetensors", ["training"]), ("config.json", ["corpus", "training"])]
)
def test_a_model_that_was_changed_where_it_lies_is_another_start(tmp_path, monkeypatch, changed, made_again):
    start = tmp_path / "start"
    small_gpt2().save_pretrained(start)
    settings = resolve("smoke", [f"model.start={start}"])
    folder = RunFolder.create(tmp_path / "run", settings.to_toml())
    monkeypatch.setattr(making, "train", lambda *_, **__: None)
    monkeypatch.setattr(making, "_model_before_training", lambda *_: small_gpt2())

    def stages():
        observer = Stages()
        context = FolderContext(settings, folder, observer)
        making.train_model(context, making.make_corpus(context))
        return [name for name, what in observer.seen if what == "begins"]

    assert stages() == ["corpus", "training"]
    assert stages() == []
    (start / changed).write_bytes((start / changed).read_bytes() + b" ")
    assert stages() == made_again


def test_agreement_that_is_watched_is_that_of_the_least_inertia(monkeypatch):
    """Plain starts end below 1 here: agreement in the terminal would fall where nothing has fallen apart."""
    settings, told = resolve("smoke"), []
    points, task = tasks_of_shared_inputs(seed=4, spread=1.6)
    states = SimpleNamespace(sites=("block.1",), labels={"task": task}, at=lambda _position: points[None])
    monkeypatch.setattr(making, "capture", lambda *_, **__: states)
    observer = SimpleNamespace(
        on_checkpoint=lambda *_: None, on_agreement=lambda *agreement: told.append(agreement)
    )
    corpus = GrammarCorpus.build(settings.corpus, settings.seed)
    making._AgreementWatcher(observer, corpus, settings).on_checkpoint(7, None)
    assert told == [(7, {"block.1": 1.0})]


def test_it_has_as_many_starts_as_claims(monkeypatch):
    settings = resolve("smoke", ["scoring.n_init_settled=7"])
    states = SimpleNamespace(sites=("block.1",), labels={"task": None}, at=lambda _position: None)
    monkeypatch.setattr(making, "capture", lambda *_, **__: states)
    monkeypatch.setattr(making, "agreement_at_a_glance", lambda *given: [given[-1]])
    told = []
    observer = SimpleNamespace(on_checkpoint=lambda *_: None, on_agreement=lambda *found: told.append(found))
    corpus = GrammarCorpus.build(settings.corpus, settings.seed)
    making._AgreementWatcher(observer, corpus, settings).on_checkpoint(7, None)
    assert told == [(7, {"block.1": 7})]


@pytest.mark.parametrize("begin", [run_corpus, run_experiment])
def test_a_run_that_cannot_be_measured_leaves_its_folder_to_the_next(tmp_path, begin):
    with pytest.raises(ConfigError, match="tsak"):
        begin(resolve("smoke", ["scoring.factors=['task', 'tsak']"]), tmp_path / "run", Silent())
    assert {path.name for path in (tmp_path / "run").iterdir()} <= {".lock", "manifest.json"}
    mended = resolve("smoke")
    folder = run_corpus(mended, tmp_path / "run", Silent())
    assert folder.read_config() == mended.to_toml()
    assert folder.problems() == []


def test_a_device_that_is_not_there_is_told_before_anything_is_begun(tmp_path):
    with pytest.raises(ModelError, match="no device 'tpu9'"):
        run_experiment(resolve("smoke", ["training.device=tpu9"]), tmp_path / "run", Silent())
    assert not (tmp_path / "run").exists()
