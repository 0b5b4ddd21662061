from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from nucleate.report.data import score_data as module
from nucleate.report.data.score_data import KEY, score_data, with_controls


def rows_of(data):
    """The table that the series stand for."""
    codes, starts = {name: data["codes"][name].values for name in KEY}, data["starts"].values
    columns = {name: data[name].values for name in ("step", "value", "low", "high", "n_examples")}
    for index, (start, end) in enumerate(pairwise(starts)):
        key = {name: data["names"][name][codes[name][index]] for name in KEY}
        for row in range(start, end):
            yield key | {name: column[row] for name, column in columns.items()}


def test_every_figure_of_the_run_is_there_once(contents):
    found = pd.DataFrame(rows_of(score_data([contents])))
    expected = contents.scores[contents.scores["control"] == "none"]
    key = [name for name in KEY if name != "run"] + ["step"]
    both = expected.merge(
        found, on=key, how="outer", suffixes=("", "_page"), validate="one_to_one", indicator=True
    )
    assert (both.loc[both["control"] == "none", "_merge"] == "both").all()
    np.testing.assert_allclose(both["value"], both["value_page"].where(both["_merge"] == "both"), atol=1e-6)


def test_a_control_is_kept_at_its_last_step(contents):
    found = pd.DataFrame(rows_of(score_data([contents])))
    controls = found[(found["control"] == "untrained") & (found["factor"] == "task")]
    expected = contents.scores.query("control == 'untrained' and factor == 'task' and step == 12")
    assert set(controls["step"]) == {12} and len(controls) == len(expected) > 0


def test_sites_go_from_the_bottom_up_and_runs_keep_apart(contents):
    data = score_data([contents, contents])
    sites = [site for site in data["names"]["site"] if site]
    assert sites == ["embed", "block.1", "block.2", "final_norm"]
    assert data["names"]["run"] == ["0", "1"]
    found = pd.DataFrame(rows_of(data))
    assert (found["run"] == "0").sum() == (found["run"] == "1").sum()


def test_a_deeper_run_keeps_the_order_of_sites(contents):
    top = contents.scores["site"] == "block.2"
    deeper = contents.scores[top].assign(site="block.3", layer=3)
    both = replace(contents, scores=pd.concat([contents.scores, deeper], ignore_index=True))
    sites = [site for site in score_data([contents, both])["names"]["site"] if site]
    assert sites == ["embed", "block.1", "block.2", "block.3", "final_norm"]


def test_controls_of_the_further_analyses_are_kept_at_every_step(contents):
    agreement = contents.scores.query("metric == 'ari' and method == 'kmeans' and control != 'none'")
    unseen = agreement.assign(method="unseen")
    both = replace(contents, scores=pd.concat([contents.scores, unseen], ignore_index=True))
    found = pd.DataFrame(rows_of(score_data([both])))
    assert set(found.query("method == 'unseen' and control == 'untrained'")["step"]) == set(
        unseen.query("control == 'untrained'")["step"]
    )


def test_a_run_of_very_many_checkpoints_keeps_some_of_them(contents, monkeypatch):
    n_rows = sum(1 for _ in rows_of(score_data([contents])))
    monkeypatch.setattr(module, "MOST_ROWS", n_rows // 2)
    data = score_data([contents])
    found = pd.DataFrame(rows_of(data))
    steps = sorted(set(contents.scores["step"]))
    assert len(found) <= n_rows // 2 or found["step"].nunique() == 2
    assert {steps[0], steps[-1]} <= set(found["step"]) < set(steps)
    assert data["n_steps_in_file"] == len(steps)


def test_a_score_without_an_interval_is_never_clearly_beyond_its_controls(planted_scores):
    """Its value would have to pass itself; with an interval it passes the level of its controls."""
    frame = planted_scores(lambda step, layer: 0.2 * layer * (step > 0), bag=0.1).to_pandas()
    frame = frame[frame["metric"] == "ari"].reset_index(drop=True)
    bare = frame.assign(
        ci_low=frame["ci_low"].where(frame["layer"] < 4), ci_high=frame["ci_high"].where(frame["layer"] < 4)
    )
    rows = with_controls(bare).query("control == 'none' and step == 200")
    top, below = (rows[rows["layer"] == layer] for layer in (4, 3))
    assert (top["control_value"] == 0.1).all() and (top["value"] == top["control_high"]).all()
    assert (below["ci_low"] > below["control_high"]).all()
