"""Agreement beside cause, terms, and how to cite, in one page load."""

import json

import pytest

from nucleate.claims.causes import LEAST_FLIP

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
