"""Planted states over prompts that are shared in whole, in part, or not at all."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.stats import ortho_group

from nucleate.capture.hidden_states import HiddenStates
from nucleate.comparing import states as compared_states
from nucleate.comparing.looked import Looked
from nucleate.comparing.states import compare_states
from nucleate.corpus.prompts.files.prompt_files import Prompt
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.errors import ConfigError, RunFolderError
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import AnalysisSettings
from tests.small_tokenizers import byte_level_bpe

SITES = ("embed", "block.1")
VALUES = np.random.default_rng(0).normal(size=(40, 2, 1, 6))


@dataclass
class Planted:
    values: np.ndarray
    steps: tuple = (0, 9)

    def states(self, step, corpus, rows, positions):
        nothing = np.zeros(len(rows), dtype=int)
        labels = {name: values[rows] for name, values in corpus.labels().items()}
        split = np.array(["train"] * len(rows))
        values = self.values[rows] + (0.0 if step else 5.0)
        return HiddenStates(values, SITES, positions, split, labels, nothing, nothing, step)


@pytest.fixture
def run(tmp_path):
    settings = AnalysisSettings.from_mapping(
        {
            "model": {"name": "m"},
            "prompts": {"file": "p", "sha256": "0" * 64},
            "scoring": {"positions": ["last"], "tsne_positions": ["last"], "factors": ["task"], "splits": ["train"]},
            "claims": {"position": "last", "factor": "task"},
        },
        "here",
    )  # fmt: skip

    def made(name, values, words=range(40), n_tasks=5, **labels):
        prompts = [
            Prompt(str(i), f"say {word}", None, None, None, "train", {"task": str(word % n_tasks), **labels})
            for i, word in enumerate(words)
        ]
        corpus = PromptCorpus.build(prompts, byte_level_bpe())
        return Looked(RunFolder(tmp_path / name), settings, corpus, replace(Planted(values), steps=[0, 9]))

    return made


@pytest.fixture
def compare(monkeypatch):
    def compared(*looked, **how):
        monkeypatch.setattr(compared_states, "look_into", lambda one: one)
        return compare_states(looked, **how)

    return compared


def value(found, metric, **where):
    rows = found.table[found.table["metric"] == metric]
    for name, wanted in where.items():
        rows = rows[rows[name] == wanted]
    assert len(rows) == 1
    return rows.iloc[0]


def test_a_turned_copy_on_reordered_prompts_is_alike_and_another_site_is_not(run, compare):
    order = np.random.default_rng(1).permutation(40)
    turned = VALUES[order] @ ortho_group.rvs(6, random_state=2)
    found = compare(run("a", VALUES), run("b", turned, order.tolist()))
    assert found.notes == ()
    for metric in ("cka", "class_rsa"):
        same = value(found, metric, run_a="a", run_b="b", site_a="embed", site_b="embed")
        assert (same["value"], same["n_examples"]) == (pytest.approx(1.0), 40)
        assert same["ci_low"] == pytest.approx(1.0)
    other = value(found, "cka", run_a="a", run_b="b", site_a="embed", site_b="block.1")
    assert abs(other["value"]) < 0.3 and other["ci_low"] < 0.0 < other["ci_high"]
    assert set(found.table["step_a"]) == {9}, "the last step where none is asked for"


def test_steps_are_compared_with_each_other(run, compare):
    found = compare(run("a", VALUES), steps=[0, 9])
    across = found.table[found.table["step_a"] != found.table["step_b"]]
    assert len(across) == 2 * 2 * 2
    assert value(found, "cka", step_a=0, step_b=9, site_a="embed", site_b="embed")["value"] == pytest.approx(
        1
    )
    with pytest.raises(RunFolderError, match="no checkpoint of step 4"):
        compare(run("a", VALUES), steps=[4])


def test_what_differs_is_said_and_compared_on_what_is_shared(run, compare):
    part = compare(run("a", VALUES), run("b", VALUES[:20], range(20)))
    assert part.notes == ("a and b share 20 of 40 prompts and are compared on those",)
    assert value(part, "cka", run_b="b", run_a="a", site_a="embed", site_b="embed")["n_examples"] == 20
    other = compare(run("a", VALUES), run("b", VALUES, n_tasks=4))
    assert other.notes == ("a and b have different tasks for the same prompts, so class_rsa is left out",)
    both = other.table[(other.table["run_a"] == "a") & (other.table["run_b"] == "b")]
    assert set(both["metric"]) == {"cka"}
    few = compare(run("a", VALUES, n_tasks=3))
    assert few.notes == ("a and a have fewer than 4 tasks there, so class_rsa is left out",)
    apart = compare(run("a", VALUES), run("b", VALUES, range(100, 140)))
    assert apart.notes == ("a and b share 0 prompts, too few to compare them",)
    assert set(apart.table["run_b"][apart.table["run_a"] == "a"]) == {"a"}


def test_prompts_to_classify_with_one_instruction_stand_alone(run, compare):
    """As where no instruction is told: else there is one unit, and no half of it."""
    noisy = VALUES + np.random.default_rng(2).normal(size=VALUES.shape)
    found, expected = (
        compare(run("a", VALUES, **labels), run("b", noisy, **labels)).table
        for labels in ({"instruction": "good or bad?"}, {})
    )
    assert expected[["ci_low", "ci_high"]].notna().all(axis=None)
    assert found.equals(expected)


def test_no_run_is_a_mistake():
    with pytest.raises(ConfigError, match="got none"):
        compare_states([])
