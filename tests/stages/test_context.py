import pytest

from nucleate.errors import RunFolderError
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.stages.context import FolderContext
from nucleate.stages.observer import Silent


class Notes(Silent):
    def __init__(self):
        self.seen = []

    def on_note(self, text):
        self.seen.append(text)


def make(context, stage):
    with context.stage(stage, "inputs") as is_due:
        if is_due:
            with context.folder.commit(context.folder.scores) as path:
                path.write_text("scores")
        return is_due


@pytest.mark.parametrize("stage", ["scoring", "training"])
def test_what_was_damaged_is_made_again_where_that_is_cheap_and_it_is_said(tmp_path, stage):
    folder, notes = RunFolder.create(tmp_path / "run", "seed = 1\n"), Notes()
    context = FolderContext(resolve("smoke"), folder, notes)
    assert [make(context, stage), make(context, stage)] == [True, False]
    folder.scores.write_text("scor")
    if stage == "training":
        with pytest.raises(RunFolderError, match="torn or edited"):
            make(context, stage)
        return
    assert make(context, stage)
    assert folder.scores.read_text() == "scores"
    assert len(notes.seen) == 1 and notes.seen[0].endswith("torn or edited: scoring is made again")
    assert folder.problems() == []
