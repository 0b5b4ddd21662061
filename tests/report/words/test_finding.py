"""The opening sentences on planted runs: each would be wrong on another."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from nucleate.report.words.finding import failures, finding, peak_of

STEPS = (0, 10, 20, 50, 100)


def planted(contents, agreement, accuracy=lambda step: step / 100, bag=0.1, spread=0.05):
    """`agreement(step, layer)` at layers 0 to 2, a bag of tokens of `bag`, answers of `accuracy(step)`."""
    row = {
        "run": "x",
        "model": "m",
        "seed": 1,
        "split": "validation",
        "preparation": "raw",
        "n_clusters": 4,
        "n_examples": 60,
    }
    place = {**row, "position": "last_instruction", "factor": "task", "method": "kmeans", "metric": "ari"}
    rows = []
    for step in STEPS:
        answers = {
            "position": "",
            "factor": "",
            "site": "",
            "layer": None,
            "method": "model",
            "metric": "accuracy",
        }
        for control, value in (("none", accuracy(step)), *([("untrained", accuracy(0))] if step else [])):
            rows.append(
                {
                    **row,
                    **answers,
                    "step": step,
                    "control": control,
                    "value": value,
                    "ci_low": value,
                    "ci_high": value,
                }
            )
        for layer in range(3):
            at = {"step": step, "site": f"block.{layer}" if layer else "embed", "layer": layer}
            for control, value in (("none", agreement(step, layer)), ("bag_of_tokens", bag)):
                rows.append(
                    {
                        **place,
                        **at,
                        "control": control,
                        "value": value,
                        "ci_low": value - spread,
                        "ci_high": value + spread,
                    }
                )
    scores = pd.DataFrame(rows).astype({"layer": "Int64"})
    return replace(contents, scores=scores, config={"claims": {}})  # fmt: skip


def rise(step, layer, at=50):
    return 0.1 + 0.4 * layer * (step >= at)


@pytest.mark.parametrize(
    ("agreement", "options", "said"),
    [
        (rise, {}, "Clusters agree most with the task in layer 2 at step 50: 0.90 (95 % 0.85 to 0.95; adjusted Rand index, validation),"
         " where the strongest control reaches 0.10 (bag of tokens); agreement made half of its rise above the controls"
         " between steps 20 and 50, between the same two checkpoints as task accuracy, so which came first is unknown."),
        (lambda step, layer: rise(step, 2 - layer, at=100), {}, "Clusters agree most with the task in layer 0 at step 100: 0.90"
         " (95 % 0.85 to 0.95; adjusted Rand index, validation), where the strongest control reaches 0.10 (bag of tokens);"
         " agreement made half of its rise above the controls between steps 50 and 100, 0 to 80 steps after task accuracy (20 to 50)."),
        (lambda step, layer: rise(step, layer, at=10), {}, "between steps 0 and 10, 10 to 50 steps before task accuracy (20 to 50)."),
        (rise, {"accuracy": lambda step: 0.2}, "between steps 20 and 50 (task accuracy did not rise)."),
        (rise, {"bag": 0.95}, "At no layer and step do clusters agree with the task clearly above all controls; the highest value is 0.90"
         " (95 % 0.85 to 0.95; adjusted Rand index, validation), in layer 2 at step 50, where the strongest control reaches 0.95 (bag of tokens)."),
        (lambda step, layer: rise(step, layer) - 0.5 * (step == 100), {}, "(bag of tokens); by the last step it has fallen to 0.40, clearly lower; agreement made half of"),
    ],
    ids=["the same interval", "upside down and later", "before", "no answers", "not beyond", "falls"],
)  # fmt: skip
def test_where_agreement_peaks_and_when_it_rose(contents, agreement, options, said):
    assert said in finding(planted(contents, agreement, **options))


@pytest.mark.parametrize(
    "is_left_out",
    [
        lambda rows: rows["metric"] == "accuracy",
        lambda rows: (rows["metric"] == "accuracy") & (rows["step"].eq(0) | rows["control"].ne("none")),
        lambda rows: (rows["metric"] == "accuracy") & (rows["step"] < 100),
    ],
    ids=["prompts without answers", "no step 0", "one step"],
)
def test_of_accuracy_that_was_not_measured_or_has_no_control_nothing_is_said(contents, is_left_out):
    run = planted(contents, rise)
    said = finding(replace(run, scores=run.scores[~is_left_out(run.scores)]))
    assert said.endswith("rise above the controls between steps 20 and 50.")


def test_a_wide_interval_is_no_peak(contents):
    assert peak_of(planted(contents, rise, spread=0.5)).is_beyond is False
    assert peak_of(planted(contents, rise)).is_beyond is True


def test_nothing_is_said_of_one_step(contents):
    run = planted(contents, rise)
    assert finding(replace(run, scores=run.scores[run.scores["step"] == 100])) == ""


def test_the_peak_of_a_run_is_that_of_its_scores(contents):
    peak, view = peak_of(contents), contents.view
    assert view.metric == "ari_across", "what the claims are judged on, where there are dialects"
    rows = contents.scores.query(
        "metric == 'ari_across' and method == 'kmeans' and control == 'none' and factor == 'task' and split == 'validation'"
        f" and position == 'last_instruction' and step == {peak.step} and layer == {peak.layer}"
    )
    assert rows["value"].tolist() == [peak.value] and math.isclose(rows["ci_low"].iloc[0], peak.low)


@pytest.mark.parametrize(
    ("config", "by"),
    [({}, "dialect"), ({"scoring": {"across": "task_input"}}, "task and input"), ({"scoring": {"across": "family"}}, "family")],
)  # fmt: skip
def test_agreement_across_groups_is_said_with_what_they_are(contents, config, by):
    run = planted(contents, rise)
    scores = run.scores.assign(metric=run.scores["metric"].replace("ari", "ari_across"))
    said = finding(replace(run, scores=scores, config=config))
    assert f"; adjusted Rand index across groups by {by}, validation)" in said
    assert "across groups" not in finding(run)


def test_failing_claims_are_said_with_what_they_miss_by(contents):
    own = [one for one in contents.claims if one.position == "last_instruction"]
    failing = [one for one in own if one.verdict == "fails"]
    said = failures(contents)
    assert [one.words.rstrip(".") in said for one in own] == [one in failing for one in own]
    emergence = next(one for one in own if one.claim == "emergence")
    low = emergence.figures | {"excess": -0.125, "excess_low": -0.25, "excess_high": 0.0}
    failed = replace(emergence, verdict="fails", figures=low)
    said = failures(replace(contents, claims=(failed,)))
    begins = f"“{emergence.words.rstrip('.')}” fails: agreement above the strongest control −0.12"
    assert said.startswith(begins) and "0.62 short of 0.50" in said
    assert failures(replace(contents, claims=tuple(one for one in own if one.verdict == "holds"))) == ""
