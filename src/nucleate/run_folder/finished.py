"""What is finished in a run's folder: which stages, from what, and whether their files are still whole.

This module hides that nothing is believed without proof. A file counts as there where it has the digest
that the manifest gives it; what the manifest does not list is nobody's: it is never read, and `check` names
it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from nucleate.errors import RunFolderError
from nucleate.run_folder.atomic_write import files_of, require_place_of_a_file
from nucleate.run_folder.manifest import (
    Digests,
    digest_of,
    is_at,
    place_of,
    problem_of,
    read_manifest,
    without,
)
from nucleate.run_folder.paths import RunPaths

_VERBS = {"scoring": "score", "unseen": "unseen", "intervene": "intervene"}
"""The command that makes a stage again, where it is not `report`."""


class FinishedStages(RunPaths):
    """A run's folder to be read.

    Attributes:
        manifest: what is known of every stage.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.manifest: dict[str, Any] = read_manifest(self.manifest_json)

    def checkpoint_steps(self) -> list[int]:
        """The steps of the checkpoints that were finished, ascending."""
        return self._steps_in(self.checkpoint(0).parent)

    def state_steps(self) -> list[int]:
        """The steps of the states that were finished, ascending."""
        return self._steps_in(self.states(0).parent)

    def is_done(self, stage: str, inputs: str) -> bool:
        """Whether `stage` was finished from these very inputs; raises where its files changed since."""
        entry = self._stage(stage)
        if entry.get("status") != "done" or entry.get("inputs") != inputs:
            return False
        self.require(stage)
        return True

    def is_finished(self, stage: str) -> bool:
        """Whether `stage` was finished, from whatever inputs."""
        return self._stage(stage).get("status") == "done"

    def outputs_digest(self, stage: str) -> str:
        """One digest over all outputs of a finished stage: the inputs of the stages after it."""
        return digest_of(self._stage(stage).get("outputs", {}))

    def require(self, stage: str) -> None:
        """Prove that a stage is finished and its files are the ones that it wrote.

        The training log may be damaged: nothing is computed from it.

        Raises:
            RunFolderError: the stage is not done, or another file is missing, torn or edited.
        """
        status, run = self._stage(stage).get("status"), f"nucleate run ... --out {self.path}"
        if status == "running":
            again = "" if stage in ("corpus", "training", "capture") else _VERBS.get(stage, "report")
            mend = f"Go on with it: nucleate {again} {self.path}" if again else f"Go on with it: {run}"
            raise RunFolderError(f"the stage {stage} of {self.path} was broken off", mend)
        if status != "done":
            raise RunFolderError(f"{self.path} has no finished {stage}", f"Finish it first: {run}")
        read_on = without(self._stage(stage).get("outputs", {}), self.name_of(self.training_log))
        problems = [*self._problems_in(read_on), *self._beside(stage)]
        if problems:
            raise RunFolderError(problems[0], self._mend_of(stage))

    def _mend_of(self, stage: str) -> str:
        if stage in ("corpus", "training", "capture"):
            return f"Put the file back, or run again into another folder; see: nucleate check {self.path}"
        return f"Put the file back, or make it again: nucleate {_VERBS.get(stage, 'report')} {self.path}"

    def holds(self, path: Path) -> bool:
        """Whether a file, or a folder, is one that a stage has left; it is proved whole.

        Raises:
            RunFolderError: it is missing, torn or edited.
        """
        name = self.name_of(path)
        files = {one: digest for one, digest in self._listed().items() if is_at(one, name)}
        for one, digest in files.items():
            problem = problem_of(self.path, one, digest)
            if problem:
                raise RunFolderError(problem, "Put the file back, or run again into another folder.")
        return bool(files)

    def strangers(self) -> list[str]:
        """One line for every file that no stage has left; what is hidden, and what was downloaded, may be.

        So may the sweep of the control arms.
        """
        skipped = tuple(f"{self.name_of(one)}/" for one in (self.downloads, self.arms_sweep))
        broken_off = any(entry.get("status") == "running" for entry in self._entries())
        why = ", or of a stage that was broken off" if broken_off else ""
        return [
            f"{self.path / name} is not of this run{why}: the manifest does not list it, and nothing reads it"
            for name in self.unlisted_in(self.path)
            if not name.startswith(skipped)
        ]

    def unlisted_in(self, path: Path) -> list[str]:
        """The files of a folder that no stage has left, by name; hidden ones are not looked at."""
        known = self._known()
        return [
            name
            for name in map(self.name_of, files_of(path))
            if name not in known and not f"/{name}".count("/.")
        ]

    def lies_among_ours(self, path: Path) -> bool:
        """Whether what is written there would replace a file of the run, or lie between those of a stage."""
        name, known = self.name_of(path), self._known()
        folder = name.rpartition("/")[0]
        return name in known or bool(folder and any(is_at(one, folder) for one in known))

    def _known(self) -> set[str]:
        ours = {self.name_of(one) for one in (self.config_toml, self.manifest_json)}
        unfinished = {self.name_of(self.training_log)} if self._is_in_hand("training") else set()
        return ours | unfinished | {name for entry in self._entries() for name in _names_of(entry)}

    def problems(self, stage: str | None = None) -> list[str]:
        """One line for every listed file that is missing or not the one that was written."""
        return self._problems_in(self._listed() if stage is None else self._stage(stage).get("outputs", {}))

    def problem_of_log(self) -> str | None:
        """What is wrong with the training log, in a line; None where it is whole, or none was left."""
        name = self.name_of(self.training_log)
        digest = self._listed().get(name)
        return problem_of(self.path, name, digest) if digest else None

    def _problems_in(self, files: Digests) -> list[str]:
        return [problem for name, digest in files.items() if (problem := problem_of(self.path, name, digest))]

    def _beside(self, stage: str) -> Iterator[str]:
        """Files between those of a stage that it has not left: a library could read them with the others."""
        listed, own = self._listed(), self._stage(stage).get("outputs", {})
        for folder in sorted({name.rpartition("/")[0] for name in own} - {""}):
            place = place_of(self.path, folder)
            for file in sorted(place.iterdir()) if place is not None and place.is_dir() else ():
                if file.is_file() and not file.name.startswith(".") and f"{folder}/{file.name}" not in listed:
                    yield f"{file} is not of this run: the manifest does not list it"

    def _steps_in(self, folder: Path) -> list[int]:
        beginning = f"{self.name_of(folder)}/step-"
        found = {
            name.removeprefix(beginning).split("/")[0]
            for name in self._listed()
            if name.startswith(beginning)
        }
        return sorted(int(step) for step in found if step.isdecimal())

    def _listed(self) -> Digests:
        return {
            name: digest for entry in self._entries() for name, digest in entry.get("outputs", {}).items()
        }

    def _entries(self) -> Collection[dict[str, Any]]:
        return self.manifest["stages"].values()

    def _is_in_hand(self, stage: str) -> bool:
        return self._stage(stage).get("status") == "running"

    def _stage(self, name: str) -> dict[str, Any]:
        return self.manifest["stages"].get(name, {})


def require_place_beside_runs(path: Path) -> None:
    """Raises RunFolderError where a file of a user's own would replace a folder or a file of a run."""
    require_place_of_a_file(path)
    place = path.parent.resolve() / path.name
    for folder in place.parents:
        if _is_a_runs(folder) and FinishedStages(folder).lies_among_ours(place):
            raise RunFolderError(
                f"{path} lies among the files of the run in {folder}", "Name a file outside of that folder."
            )


def _is_a_runs(folder: Path) -> bool:
    """Other programs have files of these names too."""
    paths = RunPaths(folder)
    if not (paths.config_toml.is_file() and paths.manifest_json.is_file()):
        return False
    try:
        read_manifest(paths.manifest_json)
    except RunFolderError:
        return False
    return True


def _names_of(entry: dict[str, Any]) -> Iterator[str]:
    """What a stage has left, and what it is about to replace or delete."""
    for part in (entry, entry.get("replacing", {})):
        yield from part.get("outputs", {})
    yield from entry.get("earlier", {})
