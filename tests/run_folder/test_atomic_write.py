import os
import shutil
import signal

import pytest

from nucleate.errors import Interrupted, RunFolderError
from nucleate.run_folder.atomic_write import (
    put_in_place,
    remove,
    require_place_of_a_file,
    settle,
    whole,
    written_beside,
)
from nucleate.run_folder.interrupts import raise_on_signals


def names_in(folder):
    return sorted(file.name for file in folder.iterdir())


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "page.html"
    with whole(path) as temporary:
        temporary.write_text("whole")
    assert path.read_text() == "whole"
    with pytest.raises(ZeroDivisionError), whole(path) as temporary:
        temporary.write_text("half")
        _ = 1 / 0
    assert path.read_text() == "whole"
    assert names_in(path.parent) == ["page.html"]


def test_a_signal_is_heard_after_what_is_cleared_away_is_gone(tmp_path, monkeypatch):
    clear = shutil.rmtree

    def signalled(folder):
        os.kill(os.getpid(), signal.SIGTERM)
        clear(folder)

    monkeypatch.setattr(shutil, "rmtree", signalled)
    with pytest.raises(Interrupted), raise_on_signals(), written_beside(tmp_path / "states", "") as inside:
        inside.mkdir()
    assert names_in(tmp_path) == []


def test_a_folder_takes_the_place_of_another_with_all_that_was_in_it(tmp_path):
    for names in (("a", "b"), ("c",)):
        with whole(tmp_path / "figures") as temporary:
            temporary.mkdir()
            for name in names:
                (temporary / name).write_text(name)
    assert names_in(tmp_path / "figures") == ["c"]
    assert names_in(tmp_path) == ["figures"]


@pytest.mark.parametrize("is_link", [False, True])
def test_a_file_never_takes_the_place_of_a_folder(tmp_path, is_link):
    path = tmp_path / "keep"
    (tmp_path / "mine" if is_link else path).mkdir()
    if is_link:
        path.symlink_to(tmp_path / "mine")
    (path / "thesis.txt").write_text("precious")
    with pytest.raises(RunFolderError, match="keep is a folder"), whole(path) as temporary:
        temporary.write_text("points")
    assert (path / "thesis.txt").read_text() == "precious"
    assert not list(tmp_path.glob(".*")), "nothing is left beside it"


def test_a_device_is_no_place_of_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RunFolderError, match="no plain file"):
        require_place_of_a_file(tmp_path / "pipe")


def test_what_cannot_be_written_is_the_users_error(tmp_path):
    (tmp_path / "file").write_text("x")
    path = tmp_path / "file" / "page.html"
    with (
        pytest.raises(RunFolderError, match="cannot write") as caught,
        whole(path, "Elsewhere.") as temporary,
    ):
        temporary.write_text("x")
    assert caught.value.mend == "Elsewhere."


def test_a_folder_that_was_renamed_away_before_a_kill_comes_back(tmp_path):
    (tmp_path / ".replaced-figures").mkdir()
    (tmp_path / ".replaced-figures" / "old").write_text("old")
    (tmp_path / ".writing-figures").mkdir()
    settle(tmp_path / "figures")
    assert names_in(tmp_path) == ["figures"]
    assert names_in(tmp_path / "figures") == ["old"]


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("x")
    link = tmp_path / "figures"
    link.symlink_to(tmp_path / "mine")
    remove(link)
    assert names_in(tmp_path / "mine") == ["thesis.tex"]
    (tmp_path / ".writing-figures").write_text("new")
    link.symlink_to(tmp_path / "mine" / "thesis.tex")
    put_in_place(tmp_path / ".writing-figures", link)
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "x"
    assert link.read_text() == "new"


def test_a_full_disk_is_said_whatever_library_met_it(tmp_path):
    """What safetensors and tokenizers raise is no OSError."""
    with (
        pytest.raises(RunFolderError, match=r"cannot write .*: No space left on device"),
        whole(tmp_path / "a"),
    ):
        raise ValueError("Error while serializing: I/O error: No space left on device (os error 28)")
    with pytest.raises(ValueError, match="something else"), whole(tmp_path / "a"):
        raise ValueError("something else")
