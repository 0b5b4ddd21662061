"""A short draw of every promise of docs/reliability.md; `make faults` tries them at length."""

import sys
import tempfile
from pathlib import Path

import pytest

from tests.faults.promises import Story, damage_is_found, never_torn, one_at_a_time, structure_is_checked
from tests.faults.trial import TINY, Forge, build_shim
from tests.faults.watching import every_point


@pytest.fixture(scope="module")
def story():
    with tempfile.TemporaryDirectory() as place:
        if sys.platform != "linux" or build_shim(Path(place)) is None:
            pytest.skip("needs Linux and a C compiler")
        forge = Forge(Path(place))
        yield Story(forge, Path(place))
        forge.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "first"), [("kill", 11), ("tear", 3), ("fail", 60), ("full", 90), ("terminate", 40)]
)
def test_every_file_is_the_old_one_or_the_new_one(story, mode, first):
    outcome = never_torn(story, [mode], every=340, first=first)
    assert outcome.wrong == []
    assert sum(outcome.tried.values()) >= 1


@pytest.mark.slow
def test_wherever_it_could_be_killed_the_folder_is_whole_and_gone_on_with(story):
    outcome = every_point(story.forge, TINY, every=29, first=13, per_stage=1)
    assert outcome.wrong == []
    assert sum(outcome.tried.values()) >= 150
    assert outcome.tried["gone on from"] >= 8


@pytest.mark.slow
def test_damage_is_found(story):
    outcome = damage_is_found(story, every=101, first=7)
    assert outcome.wrong == []
    assert sum(outcome.tried.values()) >= 8


@pytest.mark.slow
def test_a_manifest_is_data(story):
    outcome = structure_is_checked(story, every=101, first=5)
    assert outcome.wrong == []
    assert sum(outcome.tried.values()) >= 8


@pytest.mark.slow
def test_one_process_at_a_time(story):
    assert one_at_a_time(story).wrong == []
