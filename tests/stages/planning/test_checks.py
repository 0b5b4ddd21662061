import json

import numpy as np
import pytest

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.errors import ConfigError
from nucleate.settings.presets import resolve
from nucleate.stages.measuring import scored_rows
from nucleate.stages.planning.analysis_settings import resolve_analysis
from nucleate.stages.planning.checks import partitioned, require_measurable, without_partition
from tests.small_tokenizers import byte_level_bpe

SETTINGS = resolve("smoke")


@pytest.fixture(scope="module")
def corpus():
    return GrammarCorpus.build(SETTINGS.corpus, 1)


@pytest.mark.parametrize("preset", ["smoke", "quick"])
def test_presets_can_be_measured(preset):
    settings = resolve(preset)
    require_measurable(settings, GrammarCorpus.build(settings.corpus, settings.seed), intervene=True)


@pytest.mark.parametrize(
    ("override", "what", "mend"),
    [
        ("scoring.factors=['task', 'tsak']", "scoring.factors has 'tsak'", "to some of: task, dialect"),
        (
            "scoring.positions=['last_instruction', 'inptu']",
            "scoring.positions has 'inptu'",
            "last_instruction",
        ),
        ("scoring.splits=['train', 'valid']", "scoring.splits has 'valid'", "validation"),
        ("scoring.splits=['train', 'unseen_dialect']", "scoring.splits has 'unseen_dialect'", "validation"),
        ("scoring.across=tsak", "scoring.across has 'tsak'", "to some of: task, dialect"),
        ("scoring.across=task", "scoring.across is task, by which claims are judged", "another factor"),
        ("scoring.settled=['foo']", "scoring.settled has 'foo'", "to some of: task, dialect"),
        ("scoring.tsne_positions=['foo']", "scoring.tsne_positions has 'foo'", "last_instruction"),
        ("unseen.positions=['lst']", "unseen.positions has 'lst'", "instruction_mean"),
        ("intervene.positions=['lst']", "intervene.positions has 'lst'", "all_prompt"),
        ("intervene.split=valid", "intervene.split has 'valid'", "intervene.in_run=false"),
        ("intervene.n_centroid_examples=4", "of 4 tasks fewer than two inputs", "Raise intervene.n_centroid"),
        ("scoring.n_examples=2", "where the 4 examples", "Raise scoring.n_examples"),
    ],
)
def test_what_cannot_be_measured_is_told_with_the_setting_to_change(corpus, override, what, mend):
    with pytest.raises(ConfigError) as caught:
        require_measurable(resolve("smoke", [override]), corpus)
    assert what in caught.value.what
    assert mend in caught.value.mend


@pytest.mark.parametrize(
    "overrides",
    [
        ["scoring.across=task", "scoring.metrics=['ari']"],
        ["scoring.across=input"],
        ["claims.factor=dialect"],
        ["scoring.settled=['task', 'dialect']"],
        ["scoring.tsne_positions=['input']"],
        ["intervene.n_centroid_examples=4", "intervene.in_run=false"],
    ],
)
def test_what_can_be_measured_is_not_refused(corpus, overrides):
    require_measurable(resolve("smoke", overrides), corpus)


def test_a_factor_without_a_partition_is_named_and_stops_nothing(corpus):
    """Which instructions are drawn whole is chance: another seed must not refuse a run."""
    settings = resolve("smoke", ["scoring.whole_instructions=0"])
    require_measurable(settings, corpus)
    assert without_partition(settings, corpus) == ["instruction"]
    assert without_partition(resolve("smoke"), corpus) == []


def test_what_is_not_in_the_run_is_asked_of_when_it_is_made_alone(corpus):
    settings = resolve("smoke", ["intervene.in_run=false", "intervene.split=valid"])
    require_measurable(settings, corpus)
    with pytest.raises(ConfigError, match=r"intervene\.split"):
        require_measurable(settings, corpus, intervene=True)


def test_claims_need_a_partition_where_they_are_judged(corpus):
    settings = resolve("smoke", ["scoring.factors=['task', 'instruction']", "claims.factor=instruction"])
    with pytest.raises(ConfigError, match="judged by instruction at last_instruction"):
        require_measurable(settings, corpus)  # an instruction has one state there


def test_a_corpus_of_one_task_is_told_by_what_makes_it_one():
    settings = resolve("smoke", ["corpus.n_tasks=1"])
    with pytest.raises(ConfigError, match="one label alone") as caught:
        require_measurable(settings, GrammarCorpus.build(settings.corpus, 1))
    assert "raise corpus.n_tasks" in caught.value.mend


def test_a_single_position_is_scored_with_the_factors_that_it_has(corpus):
    """`instruction` has one state of each there, which is no mistake of who asks for that position alone."""
    require_measurable(resolve("smoke", ["scoring.positions=['last_instruction']"]), corpus)


def test_partitions_are_those_that_scoring_finds(corpus):
    """Counted by hand: once per instruction before the input, repeated instructions alone for `instruction`."""
    scoring, rows = SETTINGS.scoring, scored_rows(SETTINGS, corpus)
    found = set(partitioned(scoring.factors, scoring.positions, scoring.splits, corpus, rows))
    split_of = np.array(corpus.table["split"].to_pylist())[rows]
    instruction = corpus.labels()["instruction"][rows]
    for split in scoring.splits:
        for position in scoring.positions:
            for factor in scoring.factors:
                words = corpus.labels()[factor][rows]
                own = np.flatnonzero(split_of == split).tolist()
                if position != "input":
                    own = [own[i] for i in np.unique(instruction[own], return_index=True)[1]]
                elif factor == "instruction":
                    own = [i for i in own if np.sum(instruction[split_of == split] == instruction[i]) > 1]
                expected = 1 < len(set(words[own].tolist())) < len(own)
                assert ((split, position, factor) in found) == expected, (split, position, factor)


def test_an_analysis_chooses_factors_that_tell_its_prompts_apart(tmp_path):
    path = tmp_path / "p.jsonl"
    lines = [
        {"instruction": f"{verb} the {task} of", "input": place, "answer": f"{task} {place}", "task": task,
         "language": "English", "number": str(i)}
        for i, (verb, task, place) in enumerate(
            (verb, task, place)
            for verb in ("Name", "Say") for task in ("capital", "money") for place in ("Peru", "Chad")
        )
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, lines)))
    settings, prompts = resolve_analysis({"name": "m"}, {"file": str(path)})
    assert settings.scoring.factors == ("task", "instruction", "input", "output", "task_input")
    corpus = PromptCorpus.build(prompts, byte_level_bpe())
    assert {"language", "number"} <= set(corpus.factors), "they are labels still"
    require_measurable(settings, corpus)


def test_what_no_number_of_examples_would_mend_is_left_to_the_stage(tmp_path):
    path = tmp_path / "p.jsonl"
    lines = [
        {
            "instruction": f"{verb} the {task} of",
            "input": "Peru",
            "answer": task,
            "task": task,
            "split": split,
        }
        for verb, split in (("Name", "train"), ("Tell", "train"), ("Find", "validation"))
        for task in ("capital", "dialing", "tongues", "domains")
    ]
    path.write_text("\n".join(map(json.dumps, lines)))
    settings, prompts = resolve_analysis({"name": "m"}, {"file": str(path)}, ["intervene.in_run=true"])
    require_measurable(settings, PromptCorpus.build(prompts, byte_level_bpe()))


@pytest.mark.parametrize("override", ["prompts=5", "prompts.file=3", "prompts.task=[1]"])
def test_prompts_that_are_no_texts_are_the_users_error(override):
    with pytest.raises(ConfigError, match="are texts"):
        resolve_analysis({"name": "any"}, {"file": "prompts.jsonl"}, [override])
