"""The table of single tokens is what was read of the interventions, each share with its interval and its instances."""

from dataclasses import replace

import pandas as pd
import pytest

from nucleate.claims.evidence import Evidence
from nucleate.claims.single_tokens import read_interventions
from nucleate.report.page import page_data
from nucleate.report.readings import Share, readings_of, shown_shares


def test_rows_are_the_readings_of_the_run(contents, run_folder):
    evidence = Evidence.read(run_folder, contents.claimed)
    table = read_interventions(evidence.scores, evidence.effects, evidence.view)
    assert [(one.position, one.site, one.reading) for one in contents.readings] == list(
        table[["position", "site", "reading"]].itertuples(index=False, name=None)
    )
    for row, one in zip(table.to_dict("records"), contents.readings, strict=True):
        share = one.shares["flipped by its centroid"]
        assert (share.value, share.low, share.high) == (row["excess"], row["excess_low"], row["excess_high"])
        assert one.agreement == row["agreement"]
    assert {one.step for one in contents.readings} == {int(evidence.effects["step"].max())}
    own = evidence.effects.query("metric == 'becomes_b' and intervention == 'shift' and control == 'none'")
    assert {one.n for one in contents.readings} == set(own["n_examples"])
    at_input = tuple(one for one in contents.readings if one.position == "input")
    assert "flipped by it beyond the rest of the instruction" not in shown_shares(at_input)
    assert "flipped by it beyond the rest of the instruction" in shown_shares(contents.readings)


def test_the_page_has_the_step_of_each_reading(contents):
    first, *others = contents.readings
    earlier = replace(contents, readings=(replace(first, step=6), *others))
    found = [(one["run"], one["step"]) for one in page_data([contents, earlier])["readings"]]
    assert found == [(0, 12)] * len(contents.readings) + [(1, 6)] + [(1, 12)] * len(others)


def test_no_interventions_no_rows(contents):
    scores = pd.DataFrame()
    assert readings_of(Evidence(scores, contents.view)) == () and shown_shares(()) == []


def test_a_bar_is_cut_where_the_table_ends():
    places = Share(0.45, -0.5, 1.2).places()
    assert places == pytest.approx({"zero": 100 / 11, "value": 50.0, "low": 0.0, "high": 100.0}, abs=0.01)
    assert (Share(-0.001, -0.5, 0.2).said, Share(0.1, -0.0011, 0.2).interval) == ("−0.001", "−0.001 to 0.20")
