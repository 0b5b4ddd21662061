"""Planted states: the same clusters, two of them made one, and prompts that differ."""

from dataclasses import replace

import numpy as np
import pytest

from nucleate.comparing import clusters as compared_clusters
from nucleate.comparing.clusters import COLUMNS, compare_clusters
from nucleate.errors import ConfigError, LabelsError
from tests.comparing.test_states import SITES, run  # noqa: F401 - a fixture

TASKS = np.arange(60) % 5


def states(places, noise=0.05):
    """Every example near its task's place."""
    rng = np.random.default_rng(3)
    centers = 10.0 * np.eye(6)[np.asarray(places)]
    values = centers[TASKS] + noise * rng.normal(size=(60, 6))
    return np.repeat(values[:, None, None, :], len(SITES), axis=1)


@pytest.fixture
def compared(run, monkeypatch):  # noqa: F811
    """Compares planted runs by name."""
    made = {}

    def plant(name, places, words=range(60), noise=0.05, claims=None, **labels):
        own = run(name, states(places, noise), words=words, **labels)
        settings = own.settings.model_copy(update={"claims": own.settings.claims.model_copy(update=claims)})
        made[name] = replace(own, settings=settings)
        return made[name].folder

    monkeypatch.setattr(compared_clusters, "look_into", lambda folder: made[folder.path.name])
    return plant


def counts(table, control="none"):
    own = table[(table["metric"] == "count") & (table["control"] == control)]
    return own.groupby("event")["value"].max().to_dict()


def test_the_same_clusters_are_kept_and_agree_wholly(compared):
    table = compare_clusters([compared("base", [0, 1, 2, 3, 4]), compared("tuned", [4, 3, 2, 1, 0])]).table
    assert list(table.columns) == list(COLUMNS) and set(table["site"]) == {"block.1"}
    kept = table[table["metric"] == "overlap"]
    assert set(kept["event"]) == {"kept"} and len(kept) == 5
    assert (kept["value"] == 1).all() and (kept["ci_high"] == 1).all()
    exact = 0.025 ** (1 / 12)
    assert kept["ci_low"].to_numpy() == pytest.approx(exact), "twelve prompts each do not make sure"
    assert set(kept["labels_a"]) == {f"task {task} 100%" for task in range(5)}
    assert (kept["labels_a"] == kept["labels_b"]).all()
    agreed = table[(table["metric"] == "ari") & (table["control"] == "none")].iloc[0]
    assert agreed["value"] == agreed["ci_high"] == 1
    assert 0.7 < agreed["ci_low"] < 0.95, "four of sixty may yet lie elsewhere"
    assert counts(table, "another_start")["kept"] == 5, "the control: one model with itself"


def test_two_tasks_that_tuning_puts_in_one_place_are_a_merge(compared):
    """Two clusters for five tasks: of four places, then of two."""
    base, tuned = compared("base", [0, 1, 2, 3, 4]), compared("tuned", [0, 0, 2, 3, 5])
    table = compare_clusters([base, tuned]).table
    agreed = table[(table["metric"] == "ari") & (table["control"] == "none")].iloc[0]
    assert agreed["value"] < 1 and agreed["ci_low"] <= agreed["value"] <= agreed["ci_high"]
    changed = table[(table["metric"] == "overlap") & (table["event"] != "kept")]
    assert all(set(one.split("; ")) <= {"task 0 100%", "task 1 100%"} for one in changed["labels_a"] if one)
    assert counts(table)["kept"] == 3


def test_prompts_to_classify_with_one_instruction_stand_alone(compared):
    """As where no instruction is told: else there is one unit, and all replicates are alike."""
    found, expected = (
        compare_clusters(
            [compared("base", range(5), noise=3.0, **labels), compared("tuned", [0, 0, 2, 3, 5], **labels)]
        ).table
        for labels in ({"instruction": "good or bad?"}, {})
    )
    shares = expected[expected["metric"].isin(["ari", "overlap"])]
    assert (shares["ci_low"] < shares["ci_high"]).all()
    assert found.equals(expected)


def test_of_one_unit_no_interval_is_told(compared):
    """One instruction and no task that would tell its prompts apart."""
    labels = {"claims": {"factor": "kind"}, "n_tasks": 1, "instruction": "say", "kind": "one"}
    table = compare_clusters([compared(name, range(5), **labels) for name in ("base", "tuned")]).table
    shares = table[table["metric"].isin(["ari", "overlap"])]
    assert {"ari", "overlap"} == set(shares["metric"])
    assert shares[["ci_low", "ci_high"]].isna().all(axis=None)


def test_both_are_prepared_as_the_first_asks(compared):
    places, noise = [0, 1, 2, 3, 4], 6.0
    base, tuned = (compared(name, places, noise=noise) for name in ("base", "tuned"))
    expected = compare_clusters([base, tuned]).table
    other = {"preparation": "whiten"}
    assert not compare_clusters([compared("base", places, noise=noise, claims=other), tuned]).table.equals(
        expected
    )
    compared("base", places, noise=noise)
    assert compare_clusters([base, compared("tuned", places, noise=noise, claims=other)]).table.equals(
        expected
    )


def test_prompts_that_differ_are_left_out_and_that_is_said(compared):
    base, tuned = compared("base", [0, 1, 2, 3, 4]), compared("tuned", [0, 1, 2, 3, 4], words=range(10, 70))
    found = compare_clusters([base, tuned])
    assert set(found.table["n_examples"]) == {50} and "share 50 of 60 prompts" in found.notes[0]
    strange = compared("strange", [0, 1, 2, 3, 4], words=range(100, 160))
    nothing = compare_clusters([base, strange])
    assert nothing.table.empty and "too few to compare them" in nothing.notes[0]


def test_sites_are_chosen_and_missing_ones_named(compared):
    folders = [compared("base", [0, 1, 2, 3, 4]), compared("tuned", [0, 1, 2, 3, 4])]
    table = compare_clusters(folders, sites=["embed", "block.1"]).table
    assert set(table["site"]) == {"embed", "block.1"}
    with pytest.raises(LabelsError, match=r"block\.7"):
        compare_clusters(folders, sites=["block.7"])
    with pytest.raises(LabelsError, match="no split 'nosuch'"):
        compare_clusters(folders, split="nosuch")


def test_steps_of_one_run_are_compared_and_one_alone_is_refused(compared):
    folder = compared("base", [0, 1, 2, 3, 4])
    table = compare_clusters([folder], steps=[0, 9]).table
    assert set(zip(table["step_a"], table["step_b"], strict=True)) == {(0, 9)}
    with pytest.raises(ConfigError, match="nothing to be compared"):
        compare_clusters([folder])
