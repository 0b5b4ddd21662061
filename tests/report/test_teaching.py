"""Agreement beside cause, terms, and how to cite."""

import json
from dataclasses import replace

import pandas as pd
import pytest

from nucleate.claims.causes import LEAST_FLIP
from tests.report.test_page import saved

pytestmark = pytest.mark.browser


def test_agreement_beside_cause_and_terms(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        rows = contents.scores.query(
            "method == 'intervene' and metric == 'excess' and factor == 'shift' and control == 'none'"
        )
        rows = rows[(rows["preparation"] == "strength 1") & (rows["step"] == 12)].set_index(
            ["position", "site"]
        )
        works = rows[(rows["value"] >= LEAST_FLIP) & (rows["ci_low"] > 0)]["value"]
        single = works[[not position.startswith("all_") for position, _ in works.index]]
        rows = rows["value"]
        places = page.evaluate("({...document.getElementById('twin-plot').dataset})")
        positions, sites = places["positions"].split(","), places["sites"].split(",")
        assert set(rows.index) == {(position, site) for position in positions for site in sites}
        for position, values in zip(positions, json.loads(places["cause"]), strict=True):
            assert values == pytest.approx([rows[position, site] for site in sites], abs=1e-6)
        told = contents.scores.query(
            f"metric == '{contents.view.metric}' and method == 'kmeans' and factor == 'task' and control == 'none'"
            " and split == 'validation' and position == 'input' and step == 12"
        ).set_index("site")["value"]
        assert json.loads(places["agreement"])[positions.index("input")] == pytest.approx(
            [told[site] for site in sites], abs=1e-6
        )
        opened_at = rows[page.input_value("#causes-position")]
        expected = next(some for some in (single, works, rows) if len(some))
        assert opened_at.max() == expected.max(), "opens where most is moved, at one token if that is enough"
        page.focus("#twin-frame")
        for key in ("Home", "ArrowUp", "ArrowUp", "ArrowUp"):
            page.keyboard.press(key)
        assert page.input_value("#causes-position") == positions[0] and page.input_value("#site") == sites[0]
        assert (
            page.text_content("#twin-readout")
            .lower()
            .startswith(f"{positions[0].replace('_', ' ')} token, layer 0: agreement")
        )
        assert page.locator("table.readings tbody tr").count() == len(contents.readings)
        term = page.locator("#finding .term", has_text="adjusted Rand index across groups")
        term.focus()
        assert "over pairs of examples that differ in" in page.text_content("#tip")
        assert page.locator("#emergence-caption .term").count() > 1
        page.click("#how summary")
        assert "adjusted Rand index: agreement of two partitions" in page.text_content("#how")
        assert page.text_content("#bibtex").startswith("@software{nucleate")


def moved_twice(contents, reading):
    """The run with states moved at step 0 as well, to no effect, and one word for every place at the last step."""
    causes = contents.scores.query("method == 'intervene'")
    before = causes.assign(step=0, value=0.0, ci_low=0.0, ci_high=0.0)
    readings = tuple(replace(one, reading=reading) for one in contents.readings)
    return replace(
        contents, scores=pd.concat([contents.scores, before], ignore_index=True), readings=readings
    )


def words_of(page):
    """The words in the cells of the map of causes."""
    return page.locator("#twin-plot text[font-style=italic]").all_text_contents()


def test_a_reading_stands_at_its_own_step_alone(open_page, contents):
    with open_page(moved_twice(contents, "idle")) as opened:
        page = opened.page
        places = {(one.position, one.site) for one in contents.readings}
        page.select_option("#causes-position", contents.readings[0].position)
        found = {(row["position"], row["site"]): row["reading"] for row in saved(page, "twin")}
        assert found == {place: "idle" if place in places else "" for place in found}
        assert page.text_content("#twin-readout").endswith(": idle") and set(words_of(page)) == {"idle"}
        page.select_option("#causes-step", "0")
        assert {(row["step"], row["reading"]) for row in saved(page, "twin")} == {("0", "")}
        assert page.text_content("#twin-readout").endswith("instances)") and words_of(page) == []
        page.locator("#twin-plot rect.cause").first.hover(position={"x": 8, "y": 8})
        assert page.is_visible("#tip") and "reading" not in page.text_content("#tip")


def test_several_seeds_have_a_reading_where_they_agree(open_page, contents):
    first = replace(contents, readings=tuple(replace(one, reading="idle") for one in contents.readings))
    other, *rest = first.readings
    second = replace(
        first,
        name="seed two",
        config={**contents.config, "seed": 2},
        readings=(replace(other, reading="works"), *rest),
    )
    with open_page(first, second) as opened:
        page = opened.page
        found = {(row["position"], row["site"]): row["reading"] for row in saved(page, "twin")}
        agreeing = {(one.position, one.site) for one in rest}
        assert found == {place: "idle" if place in agreeing else "" for place in found}
        assert "where all seeds agree" in page.text_content("#twin-caption")
