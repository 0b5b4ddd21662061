"""The tables are the ones that were built, prompts mean what they say, and words alone do not tell the task."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from importlib import resources

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.metrics import adjusted_rand_score

from nucleate.corpus.prompts.facts import Frame, draw_frames, draw_prompts, read_table, stock, write_prompts
from nucleate.corpus.prompts.files.prompt_files import read_prompts
from nucleate.corpus.prompts.settings import FactSettings
from nucleate.errors import ConfigError

TABLES = resources.files("nucleate") / "corpus" / "prompts" / "tables"
PROVENANCE = json.loads((TABLES / "provenance.json").read_text(encoding="utf-8"))
TOPICS = FactSettings().topics


@pytest.fixture(scope="module")
def prompts():
    return draw_prompts(FactSettings(), seed=1)


@pytest.mark.parametrize("name", PROVENANCE["tables"])
def test_tables_are_those_whose_provenance_is_told(name):
    about, data = PROVENANCE["tables"][name], (TABLES / name).read_bytes()
    assert hashlib.sha256(data).hexdigest() == about["sha256"]
    assert len(data.splitlines()) == about["rows"] + 1
    assert data.splitlines()[0].decode().split(",") == list(about["columns"])
    sources = {source for column in about["columns"].values() for source in column["sources"]}
    assert sources <= {*PROVENANCE["packages"], *PROVENANCE["tables"]}
    assert all(one["license"] and one["version"] for one in PROVENANCE["packages"].values())
    assert f"| `{name}` | {about['rows']} | {about['candidates']} |" in (TABLES / "README.md").read_text(
        "utf-8"
    )


def test_every_table_is_whole_and_known_facts_are_in_it():
    for topic in TOPICS:
        table = read_table(topic)
        assert len(table) >= FactSettings.model_fields["most_prominent"].metadata[1].le
        assert all(row.keys() == stock()["names"][topic].keys() for row in table.values())
        assert all(all(row.values()) for row in table.values())
    japan = read_table("countries")["Japan"]
    assert (japan["capital"], japan["currency"], japan["calling_code"]) == ("Tokyo", "Yen", "+81")
    assert read_table("elements")["iron"] == {"symbol": "Fe", "number": "26", "group": "8", "period": "4"}
    assert read_table("languages")["German"]["branch"] == "Germanic"


def test_tasks_of_a_topic_share_all_inputs_and_are_asked_for_often_enough(prompts):
    inputs, phrasings = defaultdict(set), defaultdict(set)
    for one in prompts:
        inputs[one.labels["topic"], one.labels["task"]].add(one.spoken["input"])
        if one.split == "train":
            phrasings[one.labels["task"], one.labels["form"]].add(one.spoken["instruction"])
    assert len(inputs) >= 15
    for topic in TOPICS:
        of_topic = [found for (other, _), found in inputs.items() if other == topic]
        assert all(found == of_topic[0] for found in of_topic)
    assert {form for _, form in phrasings} == {"question", "command", "fill_in"}
    for task in {task for task, _ in phrasings}:
        assert sum(len(found) for (other, _), found in phrasings.items() if other == task) >= 24


def test_a_prompt_holds_its_instruction_then_its_input_and_is_answered_by_the_table(prompts):
    for one in prompts[::37]:
        topic, attribute = one.labels["task"].split("/")
        before, x = one.spoken["instruction"], one.spoken["input"]
        assert one.text.startswith(f"{before} {x}")
        assert one.answer == f" {read_table(topic)[x][attribute]}"
        assert any(name in before for name in stock()["names"][topic][attribute])
        assert "{" not in one.text


def test_an_instruction_means_one_task(prompts):
    names = [name for topic in stock()["names"].values() for of_one in topic.values() for name in of_one]
    assert len(set(names)) == len(names)
    meant = defaultdict(set)
    for one in prompts:
        meant[one.spoken["instruction"]].add(one.labels["dialect"])
    assert all(len(dialects) == 1 for dialects in meant.values())


def test_splits_mean_what_they_say(prompts):
    pairs = defaultdict(set)
    for one in prompts:
        pairs[one.split].add((one.labels["task"], one.spoken["instruction"], one.spoken["input"]))
    phrasings = {split: {pair[:2] for pair in found} for split, found in pairs.items()}
    facts = {split: {(task, x) for task, _, x in found} for split, found in pairs.items()}
    assert not pairs["validation"] & pairs["train"]
    assert phrasings["validation"] <= phrasings["train"]
    assert not phrasings["unseen_instruction"] & phrasings["train"]
    assert facts["validation"] | facts["unseen_instruction"] <= facts["train"]


def test_an_unseen_dialect_is_trained_on_its_bridges_only():
    prompts = draw_prompts(FactSettings(unseen_dialect=True, bridge_inputs=2), seed=1)
    trained, unseen = defaultdict(set), defaultdict(set)
    for one in prompts:
        (unseen if one.split == "unseen_dialect" else trained)[one.labels["dialect"]].add(one.spoken["input"])
    assert {name.rpartition("/")[2] for name in unseen} == {"fill_in"}
    for dialect, inputs in unseen.items():
        assert len(trained[dialect]) == 2
        assert not trained[dialect] & inputs


def test_prompts_are_a_function_of_settings_and_seed(prompts):
    assert draw_prompts(FactSettings(), seed=1) == prompts
    assert draw_prompts(FactSettings(), seed=2) != prompts


def test_prompts_come_back_from_their_file(prompts, tmp_path):
    write_prompts(prompts[::11], tmp_path / "prompts.jsonl")
    assert read_prompts(tmp_path / "prompts.jsonl") == prompts[::11]


def test_a_frame_and_its_mate_say_the_same_words_of_two_tasks():
    names = stock()["names"]["countries"]
    frame = Frame("Not the {other} but the {asked} of {input}:", asked=0, other=2, shift=3)
    one, mate = (
        frame.phrasing("capital", names),
        frame.mate(len(names)).phrasing(list(names)[3], names),
    )
    assert one != mate
    assert Counter(one.split()) == Counter(mate.split())
    assert frame.mate(len(names)).mate(len(names)) == frame


def test_frames_differ_and_use_templates_about_equally():
    templates = stock()["templates"]["question"]
    frames = draw_frames(templates, 3, 4, 60, np.random.default_rng(0))
    assert len(set(frames)) == 60
    contrasting = Counter(one.template for one in frames if "{other}" in one.template)
    assert max(contrasting.values()) - min(contrasting.values()) <= 4


@pytest.mark.parametrize("topic", TOPICS)
def test_a_bag_of_words_does_not_give_the_task_away(prompts, topic):
    """Chance is 0; a text with the attribute asked for alone, which the last lines plant, is far from it."""
    told = {
        (one.spoken["instruction"], one.labels["task"]) for one in prompts if one.labels["topic"] == topic
    }
    instructions, tasks = zip(*sorted(told), strict=True)
    assert _agreement_of_bags(instructions, tasks) < 0.1
    assert _agreement_of_bags([f"Give the {task.split('/')[1]} of it" for task in tasks], tasks) > 0.9


def _agreement_of_bags(texts, labels):
    bags = CountVectorizer(token_pattern=r"\w+|[^\w\s]").fit_transform(texts).toarray()
    found = KMeans(len(set(labels)), n_init=5, random_state=0).fit_predict(bags)
    return adjusted_rand_score(labels, found)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"n_inputs": 41}, r"n_inputs \(41\) is above most_prominent \(40\)"),
        ({"n_inputs": 1}, "leaves no pair to hold out"),
        ({"unseen_dialect": True, "bridge_inputs": 13}, r"bridge_inputs \(13\) is more than n_inputs"),
        ({"topics": ["planets"]}, "topics"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        FactSettings.from_mapping(values, "a test")
