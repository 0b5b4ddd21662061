import pytest

from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.stages import making
from nucleate.stages.context import FolderContext
from nucleate.stages.observer import Silent
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
    monkeypatch.setattr(making, "load_start", lambda path: None)

    def stages():
        observer = Stages()
        context = FolderContext(settings, folder, observer)
        making.train_model(context, making.make_corpus(context))
        return [name for name, what in observer.seen if what == "begins"]

    assert stages() == ["corpus", "training"]
    assert stages() == []
    (start / changed).write_bytes((start / changed).read_bytes() + b" ")
    assert stages() == made_again
