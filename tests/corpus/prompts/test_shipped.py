"""Prompts that come with the program: read back, tasks that share inputs and wordings, the same for everybody."""

from collections import defaultdict

import pytest

from nucleate.corpus.prompts.files.prompt_files import read_prompts
from nucleate.corpus.prompts.given_prompts import prompts_file
from nucleate.corpus.prompts.settings import FactSettings
from nucleate.corpus.prompts.shipped import SHIPPED, shipped_text
from nucleate.errors import ConfigError


@pytest.fixture(scope="module")
def everyday(tmp_path_factory):
    path = tmp_path_factory.mktemp("shipped") / "everyday.jsonl"
    path.write_text(shipped_text("everyday"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def prompts(everyday):
    return read_prompts(everyday)


def test_they_are_read_back_with_tasks_forms_and_splits(prompts):
    tasks = {one.labels["task"] for one in prompts}
    assert {"animals/young", "animals/french", "countries/capital"} <= tasks and len(tasks) == 6 + 8
    assert {one.labels["form"] for one in prompts} == {"question", "command", "fill_in"}
    assert {"train", "validation", "unseen_instruction"} == {one.split for one in prompts}
    assert len(prompts) < 2500 and len({one.text for one in prompts}) == len(prompts)


def test_tasks_of_a_topic_share_all_their_inputs(prompts):
    inputs = defaultdict(set)
    for one in prompts:
        inputs[one.labels["task"]].add(one.text[slice(*one.input)])
    animals = [found for task, found in inputs.items() if task.startswith("animals/")]
    assert all(found == animals[0] and len(found) == 12 for found in animals)


def test_answers_are_those_of_the_table(prompts):
    known = {
        ("wolf", "animals/plural"): " wolves",
        ("frog", "animals/young"): " tadpole",
        ("owl", "animals/german"): " Eule",
    }
    asked = {(one.text[slice(*one.input)], one.labels["task"]): one.answer for one in prompts}
    found = {key: asked[key] for key in known if key in asked}
    assert found and found == {key: known[key] for key in found}


def test_written_twice_they_are_one_file_and_it_is_not_touched(everyday, tmp_path):
    file = prompts_file("everyday", tmp_path / "out")
    assert file == tmp_path / "out-prompts.jsonl" and file.read_bytes() == everyday.read_bytes()
    before = file.stat().st_mtime_ns
    assert prompts_file("everyday", tmp_path / "out") == file
    assert file.stat().st_mtime_ns == before
    assert set(SHIPPED) == {"everyday", "facts"}


def test_more_animals_than_there_are_is_a_mistake():
    with pytest.raises(ConfigError, match="16 animals"):
        FactSettings.from_mapping({"topics": ["animals"]}, "here")
