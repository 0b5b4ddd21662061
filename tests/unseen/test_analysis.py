import itertools

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from nucleate.capture.record import capture as real_capture
from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.prompts.files.prompt_files import Prompt
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.models.gpt2 import build_model
from nucleate.scores import RunTag
from nucleate.settings.presets import resolve
from nucleate.unseen import analysis
from nucleate.unseen.analysis import look_at_unseen, unseen_rows, what_is_lacking
from nucleate.unseen.settings import UnseenSettings
from tests.small_tokenizers import byte_level_bpe

SETTINGS = UnseenSettings(
    positions=("input",), n_examples=120, n_centroid_examples=200, n_resamples=60, n_shuffles=10
)


@pytest.fixture(scope="module")
def corpus():
    overrides = ["corpus.n_tasks=6", "corpus.unseen_dialect=true", "corpus.n_variants=30"]
    return GrammarCorpus.build(resolve("smoke", overrides).corpus, 1)


@pytest.fixture(scope="module")
def model(corpus):
    return build_model(
        resolve("smoke").model, vocab_size=corpus.vocab_size, n_positions=corpus.n_positions, seed=1
    )


def planted(clustered, right_if_clustered, right_if_not):
    """A capture whose states lie with their task for a share of the examples, answered accordingly."""

    def capture(model, corpus, rows, *, step, positions):
        states = real_capture(model, corpus, rows, step=step, positions=positions)
        rng = np.random.default_rng(step)
        task = states.labels["task"]
        with_own = (rng.random(len(rows)) < clustered) | (states.split == "train")
        lies_with = np.where(with_own, task, (task + 1) % 6)
        states.states[:] = 0.1 * rng.standard_normal(states.states.shape)
        states.states[np.arange(len(rows)), :, :, lies_with] += 5.0
        right = rng.random(len(rows)) < np.where(with_own, right_if_clustered, right_if_not)
        states.predicted[:] = np.where(right, states.expected, -1)
        return states

    return capture


def analyzed(model, corpus, clustered, *right, steps=(0, 5)):
    capture, rows = planted(clustered, *right), unseen_rows(corpus, SETTINGS, 1)
    captured = (capture(model, corpus, rows, step=step, positions=("input",)) for step in steps)
    return look_at_unseen(captured, corpus, SETTINGS, RunTag("r", "m", 1)).scores


def last(scores, metric, split="unseen_dialect", control="none"):
    rows = list(scores.where(metric=metric, split=split, control=control, step=5, site="block.1"))
    assert len(rows) == 1
    return rows[0]


def test_planted_association_is_found(model, corpus):
    scores = analyzed(model, corpus, 0.6, 0.9, 0.2)
    assert set(scores.values("split")) == {"validation", "unseen_instruction", "unseen_dialect"}
    assert last(scores, "assignment_accuracy")["value"] == pytest.approx(0.6, abs=0.12)
    assert last(scores, "accuracy_if_right")["value"] == pytest.approx(0.9, abs=0.1)
    assert last(scores, "accuracy_if_wrong")["value"] == pytest.approx(0.2, abs=0.15)
    assert last(scores, "odds_ratio")["ci_low"] > 3
    assert last(scores, "auroc")["ci_low"] > 0.6 > last(scores, "auroc", control="shuffled_labels")["value"]
    assert last(scores, "assignment_accuracy", control="shuffled_labels")["value"] < 0.4


def test_shufflings_without_a_figure_do_not_count_in_the_mean_of_the_control(model, corpus, monkeypatch):
    real, nulls = analysis.membership_figures, itertools.cycle([np.nan, np.nan, 0.5, 0.5, 0.5])

    def figures(members, weights):
        found = real(members, weights)
        return (
            found if len(weights) > 1 else found | {"auroc": np.full((len(found["auroc"]), 1), next(nulls))}
        )

    monkeypatch.setattr(analysis, "membership_figures", figures)
    assert last(analyzed(model, corpus, 0.6, 0.9, 0.2), "auroc", control="shuffled_labels")["value"] == 0.5


def test_an_instance_whose_centroid_is_its_own_instructions_has_no_relative_distance(model, corpus):
    states = planted(0.6, 0.9, 0.2)(
        model, corpus, unseen_rows(corpus, SETTINGS, 1), step=5, positions=("input",)
    )
    task, instruction = states.labels["task"], states.labels["instruction"]
    is_validation = states.split == "validation"
    lone = instruction[is_validation & (task == 0)][0]
    states = states.select((states.split != "train") | (task != 0) | (instruction == lone))
    scores = look_at_unseen([states], corpus, SETTINGS, RunTag("r", "m", 1)).scores
    found = last(scores, "relative_distance", "validation")
    own = (is_validation & (instruction == lone)).sum()
    assert found["n_examples"] == is_validation.sum() - own < is_validation.sum()
    assert 0 < found["ci_low"] < found["value"] < found["ci_high"] < np.inf


def test_no_instance_meets_its_own_state_in_a_centroid(model, corpus):
    """One random state for each instruction: with it in the mean of its task, most would lie with that."""

    def capture(step):
        states = real_capture(
            model, corpus, unseen_rows(corpus, SETTINGS, 1), step=step, positions=("input",)
        )
        drawn = np.random.default_rng(0).standard_normal((corpus.labels()["instruction"].max() + 1, 32))
        states.states[:] = drawn[states.labels["instruction"]][:, None, None]
        return states

    scores = look_at_unseen([capture(5)], corpus, SETTINGS, RunTag("r", "m", 1)).scores
    found = last(scores, "assignment_accuracy", "validation")
    assert found["value"] == pytest.approx(1 / 6, abs=0.1)


def test_the_models_own_confidence_stands_beside_the_margin(model, corpus):
    states = real_capture(model, corpus, unseen_rows(corpus, SETTINGS, 1), step=5, positions=("input",))
    right = np.random.default_rng(1).random(len(states.split)) < 0.6
    states.predicted[:] = np.where(right, states.expected, -1)
    states.confidence[:] = right + np.random.default_rng(2).standard_normal(len(right))
    scores = look_at_unseen([states], corpus, SETTINGS, RunTag("r", "m", 1)).scores
    own = states.of_split("unseen_dialect")
    expected = roc_auc_score(own.right, own.confidence)
    found = last(scores, "auroc", control="confidence")
    assert found["value"] == pytest.approx(expected) and 0.6 < expected < 0.9
    assert found["ci_low"] < expected < found["ci_high"]


def test_no_association_where_none_was_planted(model, corpus):
    odds = last(analyzed(model, corpus, 0.5, 0.5, 0.5), "odds_ratio")
    assert odds["ci_low"] < 1 < odds["ci_high"]


def test_rows_are_whole(model, corpus):
    scores = analyzed(model, corpus, 0.6, 0.9, 0.2)
    frame = scores.to_pandas()
    assert frame["ci_low"].notna().all()
    assert (frame["ci_low"] <= frame["ci_high"]).all()
    key = ["step", "split", "position", "site", "method", "metric", "control"]
    assert not frame.duplicated(key).any()
    assert set(frame.loc[frame["site"] == "", "method"]) == {
        "model",
        "lookup_table",
        "nearest_neighbor",
        "chance",
    }
    assert scores.table.equals(analyzed(model, corpus, 0.6, 0.9, 0.2).table)


def test_the_real_capture_fits(model, corpus):
    states = real_capture(model, corpus, unseen_rows(corpus, SETTINGS, 1), step=0, positions=("input",))
    scores = look_at_unseen([states], corpus, SETTINGS, RunTag("r", "m", 1)).scores
    assert scores.where(metric="assignment_accuracy", control="none").values("site") == [
        "block.1",
        "block.2",
        "embed",
        "final_norm",
    ]
    assert len(scores.where(metric="lag")) == 0, "one step has no course"


def test_a_share_is_of_the_instances_that_it_is_a_share_of(model, corpus):
    scores = analyzed(model, corpus, 0.6, 1.0, 0.2)
    right, wrong = last(scores, "accuracy_if_right"), last(scores, "accuracy_if_wrong")
    assert right["n_examples"] + wrong["n_examples"] == last(scores, "assignment_accuracy")["n_examples"]
    assert right["value"] == right["ci_high"] == 1.0
    assert right["ci_low"] < 1.0, "so few instances do not make sure"


def test_other_draws_are_of_other_instances_and_the_same_each_time(corpus):
    few = SETTINGS.model_copy(update={"n_examples": 20})
    other = few.model_copy(update={"draw_seed": 5})
    first, second = (unseen_rows(corpus, other, 1).tolist() for _ in range(2))
    assert first == second != unseen_rows(corpus, few, 1).tolist()


def test_what_a_corpus_lacks_is_said(corpus):
    bare = [Prompt(text, text, None, None, None, "train", {"task": text}) for text in ("a", "b")]
    assert what_is_lacking(corpus) == ""
    assert (
        what_is_lacking(PromptCorpus.build(bare, byte_level_bpe()))
        == "the prompts do not tell their instruction"
    )
