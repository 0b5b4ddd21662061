"""The names of all files of a run's folder. Nothing else in nucleate spells one."""

from __future__ import annotations

import os
from pathlib import Path


def named(path: Path) -> Path:
    """The same place by a path that ends in its own name; `.` and `..` do not."""
    if path.name in ("", ".."):
        return Path(os.path.abspath(path))  # noqa: PTH100 - a link keeps its name
    return path


def beside(path: Path, suffix: str) -> Path:
    """`runs/quick-seed1` beside `runs/quick`."""
    path = named(path)
    return path.with_name(f"{path.name}-{suffix}")


class RunPaths:
    """Where everything of one run lies.

    Attributes:
        path: the run's folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        """Of the folder, however it was called: the run's name in tables."""
        return named(self.path).name

    @property
    def lock(self) -> Path:
        return self.path / ".lock"

    @property
    def held_by(self) -> Path:
        return self.path / ".held-by.json"

    @property
    def config_toml(self) -> Path:
        return self.path / "config.toml"

    @property
    def manifest_json(self) -> Path:
        return self.path / "manifest.json"

    @property
    def corpus(self) -> Path:
        return self.path / "corpus"

    @property
    def instances(self) -> Path:
        return self.corpus / "instances.parquet"

    @property
    def tasks(self) -> Path:
        return self.corpus / "tasks.json"

    @property
    def training_log(self) -> Path:
        return self.path / "training.jsonl"

    @property
    def training_state(self) -> Path:
        return self.path / "training_state.safetensors"

    @property
    def scores(self) -> Path:
        return self.path / "scores.parquet"

    @property
    def projections(self) -> Path:
        return self.path / "projections"

    @property
    def report(self) -> Path:
        return self.path / "report.html"

    @property
    def unseen(self) -> Path:
        return self.path / "unseen.parquet"

    @property
    def selective(self) -> Path:
        return self.path / "selective.parquet"

    @property
    def interventions(self) -> Path:
        return self.path / "interventions.parquet"

    @property
    def claims(self) -> Path:
        return self.path / "claims.json"

    @property
    def emergence(self) -> Path:
        return self.path / "emergence.parquet"

    @property
    def arms(self) -> Path:
        """The table of the control arms."""
        return self.path / "arms.parquet"

    @property
    def arms_sweep(self) -> Path:
        """Where the control arms are trained: a sweep's folder, which keeps its own account."""
        return self.path / "arms"

    @property
    def figures(self) -> Path:
        return self.path / "figures"

    @property
    def downloads(self) -> Path:
        return self.path / "downloads"

    @property
    def before_settings(self) -> set[str]:
        """Names of what may be there of a run that has no settings yet."""
        return {path.name for path in (self.lock, self.held_by, self.manifest_json, self.downloads)}

    def states(self, step: int) -> Path:
        return self.path / "states" / f"step-{step:08d}"

    def checkpoint(self, step: int) -> Path:
        return self.path / "checkpoints" / f"step-{step:08d}"

    def name_of(self, path: Path) -> str:
        """A file or folder of the run as the manifest names it."""
        return path.relative_to(self.path).as_posix()
