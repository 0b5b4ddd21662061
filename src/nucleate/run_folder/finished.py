"""What is finished in a run's folder: which stages, from what, and whether their files are still whole.

What is hidden: that nothing is believed without proof. A file counts as there where it has the digest that
the manifest gives it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nucleate.errors import RunFolderError
from nucleate.run_folder.manifest import digest_of, problem_of, read_manifest
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

        Raises:
            RunFolderError: the stage is not done, or a file is missing, torn or edited.
        """
        status, run = self._stage(stage).get("status"), f"nucleate run ... --out {self.path}"
        if status == "running":
            again = "" if stage in ("corpus", "training", "capture") else _VERBS.get(stage, "report")
            mend = f"Go on with it: nucleate {again} {self.path}" if again else f"Go on with it: {run}"
            raise RunFolderError(f"the stage {stage} of {self.path} was broken off", mend)
        if status != "done":
            raise RunFolderError(f"{self.path} has no finished {stage}", f"Finish it first: {run}")
        problems = self.problems(stage)
        if problems:
            raise RunFolderError(
                problems[0],
                f"Put the file back, or run again into another folder; see: nucleate check {self.path}",
            )

    def require_file(self, path: Path) -> None:
        """Prove that one recorded file is the one that was written."""
        name = self.name_of(path)
        for entry in self.manifest["stages"].values():
            listed = entry.get("outputs", {})
            problem = problem_of(self.path, name, listed[name]) if name in listed else None
            if problem:
                raise RunFolderError(problem, "Put the file back, or run again into another folder.")

    def problems(self, stage: str | None = None) -> list[str]:
        """One line for every listed file that is missing or not the one that was written."""
        entries = self.manifest["stages"] if stage is None else {stage: self._stage(stage)}
        return [
            problem
            for entry in entries.values()
            for name, digest in entry.get("outputs", {}).items()
            if (problem := problem_of(self.path, name, digest))
        ]

    def _stage(self, name: str) -> dict[str, Any]:
        return self.manifest["stages"].get(name, {})
