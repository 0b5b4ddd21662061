"""What a reader does with the page: choose points, pin one, copy the address, go back; and pictures that say what they are."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from nucleate.report.data.score_data import with_controls

pytestmark = pytest.mark.browser


def saved(page, figure):
    with page.expect_download() as download:
        page.click(f"[data-save=csv][data-figure={figure}]")
    return list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))


def frame_of(contents, embedding, step=12, site="block.2", position="last_instruction"):
    place = {"embedding": embedding, "step": step, "site": site, "position": position}
    rows = contents.projections.frames.to_pylist()
    return next(row for row in rows if all(row[name] == value for name, value in place.items()))


def misclustered(contents, n):
    """Points whose label is not the commonest of their cluster, by the numbers of the folder."""
    clusters = np.array(frame_of(contents, "pca")["cluster"][:n])
    tasks = np.array(contents.projections.examples["task"].to_pylist()[:n])
    most = {k: np.bincount(tasks[clusters == k]).argmax() for k in np.unique(clusters)}
    return {i for i in range(n) if tasks[i] != most[clusters[i]]}


def test_what_was_measured_seldom_is_not_joined(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        groups = page.locator("#measure optgroup").evaluate_all("all => all.map(one => one.label)")
        steps = sorted(set(contents.scores.query("metric == 'purity'")["step"]))
        assert groups == ["every checkpoint", f"steps {steps[0]} and {steps[-1]} only"]
        assert page.locator("#emergence-plot .line[data-joined=yes] .curve").count() > 0
        page.select_option("#measure", "kmeans/purity")
        lines = page.locator("#emergence-plot .line:not(.accuracy)")
        assert set(lines.evaluate_all("all => all.map(one => one.dataset.joined)")) == {"no"}
        assert page.locator("#emergence-plot .line:not(.accuracy) .curve").count() == 0
        assert page.locator("#emergence-plot .line:not(.accuracy) .dots").count() == lines.count()
        assert f"steps {steps[0]} and {steps[-1]} only" in page.text_content("#emergence-caption")
        assert page.text_content("#emergence-lede") == f"measured at steps {steps[0]} and {steps[-1]}"


def test_a_sentence_turns_with_the_measure(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        assert "lower is better" not in page.text_content("#emergence-caption")
        page.select_option("#measure", "labels/collapse")
        assert "lower is better" in page.text_content("#emergence-caption")
        assert "no label" not in page.locator("#factor option").all_text_contents()


def test_a_dot_marks_what_is_not_beyond_its_controls(open_page, contents):
    rows = with_controls(contents.scores).query(
        "metric == 'ari_across' and method == 'kmeans' and factor == 'task' and control == 'none' and preparation == 'raw'"
        " and split == 'validation' and position == 'last_instruction'"
    )
    marked = (rows["ci_low"] <= rows["control_high"]) & rows["control_high"].notna()
    expected = rows.assign(marked=marked).pivot(index="site", columns="step", values="marked")
    with open_page(contents) as opened:
        page = opened.page
        found = page.evaluate("JSON.parse(document.getElementById('atlas-plot').dataset.notAbove)")
        assert found == expected.loc[["embed", "block.1", "block.2", "final_norm"]].values.tolist()
        assert page.locator("#atlas-plot .not-above").count() == int(marked.sum()) > 0


def test_one_selection_is_everywhere(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        n = contents.projections.examples.num_rows
        ids = contents.projections.examples["instance"].to_pylist()
        before = page.evaluate("document.querySelector('#moments canvas').toDataURL()")
        page.click("[data-chip=misclustered]")
        wanted = misclustered(contents, n)
        assert page.text_content("#selection") == f"{len(wanted)} points selected (misclustered)."
        assert {int(row["instance"]) for row in saved(page, "selection")} == {ids[i] for i in wanted}
        assert page.evaluate("document.querySelector('#moments canvas').toDataURL()") != before
        page.click("#clear")
        assert len(saved(page, "selection")) == n
        page.focus("#confusion")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        count = int(page.text_content("#spoken").split(" of ")[0])
        if count:
            assert page.text_content("#selection").startswith(f"{count} point")
            assert len(saved(page, "selection")) == count
        page.keyboard.press("Escape")
        page.get_by_role("radio", name="box").check(force=True)
        page.locator("#points").scroll_into_view_if_needed()
        box = page.locator("#points").bounding_box()
        page.mouse.move(box["x"] + 4, box["y"] + 4)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4, steps=3)
        page.mouse.up()
        few = len(frame_of(contents, "tsne")["x"])
        assert page.text_content("#selection") == f"{few} points selected (by box)."


def test_a_pinned_point_has_its_neighbors_in_the_full_space(open_page, contents):
    near = next(
        row
        for row in contents.projections.neighbors.to_pylist()
        if (row["step"], row["site"]) == (12, "block.2")
    )
    examples = contents.projections.examples.to_pylist()
    with open_page(contents) as opened:
        page = opened.page
        page.focus("#points")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        found = page.locator("#pin-near button").all_text_contents()
        expected = [examples[i] for i in near["nearest"][:10]]
        assert len(found) == 10
        for text, one in zip(found, expected, strict=True):
            assert one["instruction"] in text and text.startswith(f"task {one['task']} ")
        assert f"to own task{near['to_own'][0]:.2f}" in page.text_content("#pin-facts")
        page.keyboard.press("Escape")
        assert not page.is_visible("#pin")


def test_the_view_is_in_the_address_and_comes_back(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        page.select_option("#position", "input")
        page.wait_for_url(lambda url: "position=input" in url)
        page.focus("#step")
        page.keyboard.press("Home")
        page.click("[data-chip=misclustered]")
        page.wait_for_url(lambda url: "why=misclustered" in url and "step=0" in url)
        said, address = page.text_content("#selection"), page.url
        page.goto("about:blank")
        page.goto(address)
        page.wait_for_selector("html[data-ready=yes]")
        assert page.text_content("#selection") == said and page.input_value("#position") == "input"
        assert page.text_content("#step-readout").startswith("0 of")
        page.select_option("#factor", "dialect")
        page.wait_for_url(lambda url: "factor=dialect" in url)
        page.go_back()
        page.wait_for_url(lambda url: "factor=dialect" not in url)
        assert page.input_value("#factor") == "task"
        assert page.text_content("#selection") == said


def test_curves_are_read_with_the_arrow_keys(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        page.focus("#emergence-plot")
        page.keyboard.press("ArrowRight")
        first = page.text_content("#spoken")
        assert first.startswith("train: layer 0, step 0, value ")
        page.keyboard.press("ArrowUp")
        assert page.text_content("#spoken").startswith("train: layer 1, step 0, value ")
        page.keyboard.press("ArrowRight")
        assert "step 0," not in page.text_content("#spoken")


def test_a_choice_that_is_not_to_be_had_is_replaced_aloud(open_page, contents):
    gone = contents.scores.query("not (metric == 'purity' and factor == 'dialect')")
    with open_page(replace(contents, scores=gone)) as opened:
        page = opened.page
        page.select_option("#measure", "kmeans/purity")
        assert page.text_content("#lens-note") == ""
        page.select_option("#factor", "dialect")
        note = page.text_content("#lens-note")
        assert note.startswith(
            "Not measured for dialect: purity (k-means). Shown instead: adjusted Rand index"
        )


def test_the_matrix_is_about_the_factor_above(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        for factor, title in (("dialect", "Clusters against dialect"), ("task", "Clusters against task")):
            page.select_option("#factor", factor)
            assert page.text_content("#confusion-title") == title
        page.select_option("#factor", "task_input")
        assert "have no label" in page.text_content("#confusion-note")


def test_two_maps_share_the_selection(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        page.click("#two")
        assert page.input_value("#besideSite") == "block.2" and page.input_value("#besideStep") == "0"
        before = page.evaluate("document.getElementById('points-beside').toDataURL()")
        page.click("[data-chip=misclustered]")
        assert page.evaluate("document.getElementById('points-beside').toDataURL()") != before
        lit = page.evaluate("document.getElementById('points-beside').toDataURL()")
        page.select_option("#besideStep", "12")
        assert page.evaluate("document.getElementById('points-beside').toDataURL()") != lit
        same = "document.getElementById('points{}').toDataURL()"
        sizes = [page.locator(f"#points{one}").bounding_box()["width"] for one in ("", "-beside")]
        if sizes[0] == sizes[1]:
            assert page.evaluate(same.format("")) == page.evaluate(same.format("-beside"))
        page.wait_for_url(lambda url: "two=true" in url)


def test_what_was_asked_for_comes_back(open_page, contents):
    with open_page(contents) as opened:
        page = opened.page
        page.select_option("#factor", "dialect")
        assert page.input_value("#measure") == "kmeans/ari" and page.text_content("#lens-note") != ""
        page.select_option("#factor", "task")
        assert page.input_value("#measure") == "kmeans/ari_across" and page.text_content("#lens-note") == ""
