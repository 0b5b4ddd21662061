"""A process that is killed leaves every file old or new, and a manifest that says which."""

import itertools
import os
import pathlib
import shutil

import pytest

from nucleate.errors import RunFolderError
from nucleate.run_folder.folder import RunFolder


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours runs after it but `finally`, whose writes are undone below."""


def make(folder, inputs):
    with folder.stage("scoring", inputs):
        with folder.commit(folder.projections) as path:
            path.mkdir()
            (path / "frames.parquet").write_text(f"frames from {inputs}")
            (path / f"only-{inputs}").write_text("x")
        with folder.commit(folder.scores) as path:
            path.write_text(f"scores from {inputs}")


def content(folder):
    return (folder.scores.read_text(), (folder.projections / "frames.parquet").read_text())


def killed_at(number, path, monkeypatch):
    """Makes the stage again from other inputs and dies before the disk is changed for the `number`th time."""
    count = itertools.count(1)
    dead = False

    def dying(real):
        def call(*arguments, **named):
            nonlocal dead
            if dead or next(count) == number:
                dead = True
                raise Killed
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as patched:
        for module, names in (
            (pathlib.Path, ("rename", "replace", "unlink", "rmdir", "write_text", "mkdir")),
            (shutil, ("rmtree",)),
            (os, ("fsync",)),
        ):
            for name in names:
                patched.setattr(module, name, dying(getattr(module, name)))
        try:
            make(RunFolder.open(path), "b")
        except Killed:
            return True
    return False


def test_killed_at_any_change_of_the_disk_the_folder_is_whole_and_can_be_gone_on_with(tmp_path, monkeypatch):
    old, new = [tuple(f"{what} from {one}" for what in ("scores", "frames")) for one in ("a", "b")]
    seen = set()
    for number in itertools.count(1):
        path = tmp_path / str(number)
        folder = RunFolder.create(path, "seed = 1\n")
        make(folder, "a")
        was_killed = killed_at(number, path, monkeypatch)
        again = RunFolder.open(path)
        assert again.problems() == [], number
        try:
            again.require("scoring")
        except RunFolderError as error:
            assert "broken off" in error.what
            seen.add("between")
        else:
            assert content(again) == (new if again.is_done("scoring", "b") else old)
            seen.add("new" if again.is_done("scoring", "b") else "old")
        with again.locked():
            make(again, "b")
        assert content(again) == new
        assert RunFolder.open(path).problems() == []
        names = {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()}
        assert names - {".lock"} == {
            "config.toml",
            "manifest.json",
            "scores.parquet",
            "projections/frames.parquet",
            "projections/only-b",
        }
        if not was_killed:
            break
    assert seen == {"old", "between", "new"}
    assert number > 20


def test_a_folder_that_cannot_be_put_in_order_is_read_as_it_is(tmp_path, monkeypatch):
    folder = RunFolder.create(tmp_path / "run", "seed = 1\n")
    make(folder, "a")
    with folder.locked(), pytest.raises(Killed), monkeypatch.context() as patched:
        patched.setattr("nucleate.run_folder.folder.delete_earlier", lambda *_: (_ for _ in ()).throw(Killed))
        with folder.stage("scoring", "b"), folder.commit(folder.scores) as path:
            path.write_text("scores from b")
    with folder.locked():
        assert RunFolder.open(folder.path).problems() == []
