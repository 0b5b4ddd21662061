"""Hidden states with planted clusters, scored into rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nucleate.capture.hidden_states import HiddenStates
from nucleate.errors import LabelsError
from nucleate.kmeans.breathing import MANY_BREATHS
from nucleate.kmeans.kmeans import kmeans
from nucleate.scores import RunTag, Scores
from nucleate.scoring import methods
from nucleate.scoring.score_states import score_states
from nucleate.scoring.settings import ScoringSettings
from nucleate.settings.tables import override

SETTINGS = ScoringSettings(
    positions=("last_instruction", "input"), factors=("task", "input"), n_init=2, n_resamples=40
)
SITES = ("embed", "block.1", "final_norm")


def planted_states(step: int = 400, n_examples: int = 240, n_tasks: int = 6) -> HiddenStates:
    """At `last_instruction` the states of `block.1` gather by task; all else is noise."""
    rng = np.random.default_rng(0)
    task = np.arange(n_examples) // 4 % n_tasks
    states = rng.standard_normal((n_examples, len(SITES), 2, 8)).astype(np.float32)
    states[:, 1, 0] += 12 * rng.standard_normal((n_tasks, 8))[task]
    return HiddenStates(
        states=states,
        sites=SITES,
        positions=("last_instruction", "input"),
        split=np.where(np.arange(n_examples) % 4 == 3, "validation", "train"),
        labels={
            "task": task,
            "input": rng.integers(5, size=n_examples),
            "instruction": np.arange(n_examples) // 2,
        },
        predicted=task % 4,
        expected=task,
        step=step,
    )


def score(states: HiddenStates, settings: ScoringSettings = SETTINGS, seed: int = 1) -> Scores:
    return score_states(states, settings, RunTag("r", "m", seed))


def test_one_row_per_split_position_factor_and_site():
    frame = score(planted_states()).where(method="kmeans", control="none").to_pandas()
    assert len(frame) == 2 * 2 * 2 * 3
    assert not frame.duplicated(["split", "position", "factor", "site"]).any()
    constant = ["run", "model", "seed", "step", "preparation", "method", "metric", "control"]
    assert frame[constant].drop_duplicates().to_numpy().tolist() == [
        ["r", "m", 1, 400, "raw", "kmeans", "ari", "none"]
    ]
    assert frame.layer.isna().equals(frame.site == "final_norm")
    at_input = frame[(frame.factor == "task") & (frame.position == "input")]
    assert set(at_input.n_examples) == {180, 60}
    assert set(frame[frame.factor == "input"].n_clusters) == {5}


def test_planted_clusters_score_one_where_they_are_and_zero_elsewhere():
    frame = score(planted_states()).where(split="train", factor="task", control="none").to_pandas()
    planted = (frame.site == "block.1") & (frame.position == "last_instruction")
    assert frame.value[planted].min() > 0.99
    assert frame.value[~planted].abs().max() < 0.1
    assert (frame.ci_low <= frame.ci_high).all()


def test_rows_are_a_function_of_seed_and_states_and_keep_their_draws_over_steps():
    first, again, other = score(planted_states()), score(planted_states()), score(planted_states(), seed=2)
    later = score(planted_states(step=800))
    assert first.table.equals(again.table)
    assert not first.table["value"].equals(other.table["value"])
    assert first.table["value"].equals(later.table["value"])


def test_a_factor_with_one_label_or_no_label_twice_has_no_row():
    states = planted_states()
    labels = {"dialect": np.zeros(240, dtype=np.int64), "instruction": np.arange(240)}
    states = replace(states, labels=labels)
    scores = score(states, SETTINGS.model_copy(update={"factors": tuple(labels)}))
    assert scores.values("metric") == ["accuracy", "top3_variance_share"]


def test_one_instruction_for_every_task_leaves_each_example_on_its_own():
    """As in data to classify: the label belongs to the input, and so examples are resampled one by one."""
    states = planted_states()
    labels = {**states.labels, "instruction": np.zeros(240, dtype=np.int64)}
    scores = score(replace(states, labels=labels)).where(control="none")
    clustered = scores.where(method="kmeans")
    assert clustered.values("position") == ["input"]  # one state is nothing to cluster
    assert clustered.where(metric="ari").table["ci_low"].null_count == 0


def test_before_the_input_an_instruction_counts_once():
    frame = score(planted_states()).where(factor="task", position="last_instruction").to_pandas()
    units = {"train": 120, "validation": 60}  # of the 120 instructions, half have one instance in each split
    assert frame.groupby("split").n_examples.unique().map(list).to_dict() == {
        k: [v] for k, v in units.items()
    }


def test_instruction_is_scored_where_its_instances_differ():
    states = planted_states()
    settings = SETTINGS.model_copy(update={"factors": ("instruction",)})
    scores = score(states, settings).where(metric="ari")
    assert scores.values("position") == ["input"]
    assert scores.values("split") == ["train"]
    assert scores.values("n_clusters") == [60]


def test_shuffled_labels_stand_beside_every_figure_and_hold_nothing():
    frame = score(planted_states()).where(metric="ari").to_pandas()
    key = ["split", "position", "factor", "site", "n_clusters", "n_examples"]
    figures, shuffled = (frame[frame.control == name][key] for name in ("none", "shuffled_labels"))
    assert sorted(figures.to_numpy().tolist()) == sorted(shuffled.to_numpy().tolist())
    null = frame[frame.control == "shuffled_labels"]
    assert null.value.abs().max() < 0.02
    assert ((null.ci_low < null.value) & (null.value < null.ci_high)).all()


def test_costly_figures_come_at_milestones():
    plain, milestone = (
        score_states(planted_states(), SETTINGS, RunTag("r", "m", 1), milestone=one) for one in (False, True)
    )
    assert plain.values("metric") == ["accuracy", "ari", "top3_variance_share"]
    assert set(milestone.values("metric")) >= {"ari", "ami", "matched", "purity", "stability"}
    planted = milestone.where(split="train", factor="task", site="block.1", position="last_instruction")
    planted = planted.where(metric=["ari", "ami", "matched", "purity", "stability"])
    assert min(planted.where(control="none").table["value"].to_pylist()) > 0.9
    same = {"metric": "ari", "method": "kmeans"}
    assert milestone.where(**same).table.equals(plain.where(**same).table)


def test_figures_do_not_depend_on_whether_controls_are_taken():
    whole, without = (
        score_states(planted_states(), SETTINGS, RunTag("r", "m", 1), milestone=True, with_controls=each)
        for each in (True, False)
    )
    assert "shuffled_labels" in whole.values("control")
    assert without.table.equals(whole.where(control="none").table)


def test_many_clusters_get_fewer_starts():
    assert [ScoringSettings(n_init=10).starts(k) for k in (2, 20, 40, 60, 500)] == [10, 10, 5, 3, 2]
    assert ScoringSettings(n_init=2).starts(500) == 2


def test_what_claims_rest_on_breathes_and_other_seeds_give_other_starts(monkeypatch):
    asked = []

    def noted(points, n_clusters, *, n_init, seed, breaths=0):
        asked.append((n_clusters, n_init, breaths, seed))
        return kmeans(points, n_clusters, n_init=n_init, seed=seed)

    monkeypatch.setattr(methods, "kmeans", noted)
    settings = SETTINGS.model_copy(update={"positions": ("last_instruction",), "splits": ("train",)})
    for seed in (0, 1):
        score(planted_states(), settings.model_copy(update={"clustering_seed": seed}))
    first, second = asked[: len(asked) // 2], asked[len(asked) // 2 :]
    of_the_sample, of_halves = {(6, 3, MANY_BREATHS), (5, 2, 0)}, {(6, 1, 1)}
    assert {each[:-1] for each in asked} == of_the_sample | of_halves
    assert not {seed for *_, seed in first} & {seed for *_, seed in second}


@pytest.mark.parametrize(
    ("change", "message"),
    [({"positions": ("last",)}, "no position 'last'"), ({"factors": ("dialect",)}, "no factor 'dialect'")],
)
def test_what_the_states_lack_is_named(change, message):
    with pytest.raises(LabelsError, match=message):
        score(planted_states(), SETTINGS.model_copy(update=change))


def test_settings_come_from_dotted_overrides():
    values = override({}, ["n_init=3", 'factors=["task", "dialect"]'])
    assert ScoringSettings.from_mapping(values, "test").factors == ("task", "dialect")


def test_milestones_read_labels_off_the_states():
    settings = SETTINGS.model_copy(update={"preparations": ("raw", "standardise")})
    scores = score_states(planted_states(), settings, RunTag("r", "m", 1), milestone=True)

    def planted_at(site):
        return scores.where(site=site, position="last_instruction")

    planted = planted_at("block.1").where(factor="task", control="none")
    for metric in ("knn_purity", "nearest_centroid", "probe", "silhouette"):
        found = planted.where(metric=metric).table["value"].to_pylist()
        assert found, metric
        assert min(found) > (0.5 if metric == "silhouette" else 0.89)  # 9 of 10 neighbors are all there are
    for metric in ("separation", "collapse"):
        there, not_there = (
            planted_at(site).where(metric=metric, factor="task", split="train", control="none")
            for site in ("block.1", "embed")
        )
        assert max(there.table["value"].to_pylist()) < min(not_there.table["value"].to_pylist())
    assert scores.where(method="train_centroids").values("split") == ["validation"]
    null = scores.where(metric="probe", factor="task", control="shuffled_labels").to_pandas()
    assert null.value.mean() == pytest.approx(1 / 6, abs=0.05)
    assert set(scores.values("preparation")) == {"raw", "standardise"}


def test_validation_is_also_placed_among_the_clusters_of_train():
    scores = score_states(planted_states(), SETTINGS, RunTag("r", "m", 1), milestone=True)
    placed = scores.where(method="kmeans_from_train", metric="ari", control="none", factor="task")
    assert placed.values("split") == ["validation"]
    planted = placed.where(site="block.1", position="last_instruction")
    assert planted.table["value"].to_pylist() == [1.0]
    assert len(placed) == 2 * len(SITES)


def test_placing_among_the_clusters_of_train_does_not_hang_on_the_other_methods():
    settings = SETTINGS.model_copy(update={"methods": ("ward",), "positions": ("last_instruction",)})
    found, with_kmeans = (
        score_states(planted_states(), each, RunTag("r", "m", 1), milestone=True)
        .where(method="kmeans_from_train", control="none")
        .to_pandas()
        for each in (settings, settings.model_copy(update={"methods": ("ward", "kmeans")}))
    )
    assert len(found) > 0 and found.equals(with_kmeans)


def test_one_example_without_a_neighbor_costs_the_others_nothing():
    """Its tokens are those of all others; these differ from each other by enough."""
    states = planted_states(n_examples=60)
    states = states.select(states.split == "train")
    n = len(states.split)
    counts = 4 * np.eye(n, dtype=np.int64)
    counts[0] = 0
    lonely = replace(states, instruction_counts=counts, labels={**states.labels, "instruction": np.arange(n)})
    settings = SETTINGS.model_copy(update={"least_token_distance": 5, "milestone_metrics": ("knn_purity",)})
    scores = score_states(lonely, settings, RunTag("r", "m", 1), milestone=True)
    rows = scores.where(metric="knn_purity", factor="task", position="last_instruction", site="block.1")
    assert rows.table["value"].to_pylist() == pytest.approx([7 / 10], abs=0.12)


def test_unseen_instructions_stand_beside_as_many_trained_ones():
    """Trained states gather, unseen ones do not: size is not the reason, and the control says so."""
    rng = np.random.default_rng(0)
    task = np.arange(240) % 6
    split = np.where(np.arange(240) < 180, "train", "unseen_instruction")
    states = rng.standard_normal((240, 1, 1, 8)).astype(np.float32)
    states[split == "train", 0, 0] += 12 * rng.standard_normal((6, 8))[task[:180]]
    dialect = task * 2 + np.arange(240) // 6 % 2
    made = HiddenStates(
        states=states,
        sites=("block.1",),
        positions=("last_instruction",),
        split=split,
        labels={"task": task, "dialect": dialect, "instruction": np.arange(240)},
        predicted=task,
        expected=task,
        step=9,
    )
    settings = SETTINGS.model_copy(update={"positions": ("last_instruction",), "factors": ("task",)})
    found = score_states(made, settings, RunTag("r", "m", 1), milestone=True)
    own, matched = (
        found.where(split="unseen_instruction", control=control, metric=["ari", "ari_across"]).to_pandas()
        for control in ("none", "size_matched")
    )
    assert set(matched["method"]) == {"kmeans", "kmeans_from_train"} and len(matched) == len(own) == 4
    assert set(matched["n_examples"]) == {60}
    assert (matched["value"] > 0.95).all() and (own["value"] < 0.3).all()
    assert len(found.where(split="train", control="size_matched")) == 0
    seen = replace(made, labels={**made.labels, "instruction": np.arange(240) % 180})
    assert "size_matched" not in score(seen, settings).values("control")


def test_figures_that_are_asked_for_are_those_of_every_checkpoint():
    settings = SETTINGS.model_copy(
        update={"metrics": ("ari", "silhouette", "probe"), "milestone_metrics": ()}
    )
    assert {"silhouette", "probe"} <= set(score(planted_states(), settings).values("metric"))
    assert not {"silhouette", "probe"} & set(score(planted_states()).values("metric"))


def test_unseen_instructions_of_other_dialects_stand_beside_as_many_trained_ones_of_any():
    """Where train has none of their dialects there was nothing to cluster, and a traceback."""
    states = planted_states()
    dialect = np.where(states.split == "train", states.labels["task"] % 2, 2)
    apart = replace(states, labels={**states.labels, "dialect": dialect, "instruction": np.arange(240)})
    scores = score(apart).where(control="size_matched", split="validation")
    assert set(scores.where(position="last_instruction", factor="task").table["n_examples"].to_pylist()) == {
        60
    }


def test_the_clusters_of_a_method_with_one_start_are_found_anew_in_halves():
    """With clusters as they are, halves of two clouds that run into each other seemed sure of them."""
    rng = np.random.default_rng(0)
    states = planted_states()
    near = replace(
        states, states=states.states + 10 * rng.standard_normal(states.states.shape).astype(np.float32)
    )
    settings = SETTINGS.model_copy(update={"methods": ("kmeans", "ward")})
    rows = score(near, settings).where(
        control="none", site="block.1", position="last_instruction", split="train"
    )
    of_task = {
        row["method"]: row["ci_high"] - row["ci_low"] for row in rows.where(factor="task", metric="ari")
    }
    assert of_task["ward"] > 0.7 * of_task["kmeans"] > 0


def test_other_methods_have_rows_of_their_own():
    settings = SETTINGS.model_copy(
        update={"methods": ("ward", "hdbscan"), "positions": ("last_instruction",)}
    )
    frame = score(planted_states(), settings).where(metric="ari", control="none", site="block.1").to_pandas()
    planted = frame[(frame.factor == "task") & (frame.split == "train")]
    assert dict(zip(planted.method, planted.n_clusters, strict=True)) == {"ward": 6, "hdbscan": 6}
    assert planted.value.min() > 0.95


def test_a_few_loud_coordinates_are_reported_everywhere():
    states = planted_states()
    states.states[:, 0, :, 0] *= 100
    frame = score(states).where(metric="top3_variance_share").to_pandas()
    assert len(frame) == 2 * 2 * 3
    assert ((frame.value > 0.9) == (frame.site == "embed")).all()
