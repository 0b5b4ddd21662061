"""Folders of runs whose scores are planted: judged and shown, never trained."""

from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.stages.context import FolderContext
from nucleate.stages.observer import Silent
from nucleate.stages.showing import judge


def planted_run(path, scores, *changes):
    """A folder of `smoke` with `changes`, with these scores and their verdicts."""
    settings = resolve("smoke", changes)
    folder = RunFolder.create(path, settings.to_toml())
    with folder.stage("scoring", "planted"), folder.commit(folder.scores) as place:
        scores.write(place)
    judge(FolderContext(settings, folder, Silent()))
    return folder
