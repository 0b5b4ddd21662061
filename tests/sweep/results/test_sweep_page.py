"""The page of a sweep: whole, harmless, and leading to the points."""

import json
import re

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

from nucleate.sweep.results.sweep_page import page_data, sweep_page

AXES = ["corpus.n_dialects", "training.objective"]


@pytest.fixture
def measures():
    rows = [
        {"run": run, "seed": seed, AXES[0]: dialects, AXES[1]: "</script>", "split": split, "position": position,
         "layer": layer, "measure": measure, "value": value}
        for run, seed, dialects in (("a", 1, 1), ("b", 1, 2))
        for split in ("train", "validation")
        for position, layer, measure, value in (
            ("last_instruction", 0, "agreement (ARI)", 0.123456), ("last_instruction", 1, "agreement (ARI)", None),
            ("", None, "task accuracy", 1.0),
        )
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"layer": "Int64", "value": float})


def test_numbers_find_their_point_layer_and_measure(measures):
    data = page_data(measures, AXES, {"b": "points/b/report.html"})
    assert [point["name"] for point in data["points"]] == ["a", "b"]
    assert [point["page"] for point in data["points"]] == ["", "points/b/report.html"]
    found = {
        (data["points"][p]["name"], data["split"][s], data["position"][q], layer, data["measure"][m]): value
        for p, s, q, layer, m, value in data["rows"]
    }
    assert len(found) == len(measures)
    assert found["b", "train", "last_instruction", 0, "agreement (ARI)"] == 0.1235
    assert found["b", "train", "last_instruction", 1, "agreement (ARI)"] is None
    assert found["a", "validation", "", -1, "task accuracy"] == 1.0


def test_the_page_is_one_file_that_nothing_can_leave(measures):
    page = sweep_page("<b>mine", measures, AXES, {}, {"position": "last_instruction", "split": "validation"})
    assert "<b>mine" not in page and "&lt;b&gt;mine" in page
    assert page.count("</script>") == 2, "no label ends the script"
    assert "default-src &#39;none&#39;" in page and not re.search(r"(src|href)=", page)
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL).group(1))
    assert data["points"][0]["values"] == [1, "</script>"]
    assert data["first"] == {"position": "last_instruction", "split": "validation"}


@pytest.mark.browser
def test_a_reader_chooses_a_measure_and_reaches_a_point(measures, tmp_path, browser):
    file = tmp_path / "sweep.html"
    text = sweep_page(
        "s", measures, AXES, {"b": "points/b/report.html"}, {"position": "last_instruction", "split": "train"}
    )
    file.write_text(text, encoding="utf-8")
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text))
    page.goto(file.as_uri())
    assert page.locator("#said").inner_text() == "agreement (ARI) over corpus.n_dialects and layer"
    assert page.locator("#cells tbody tr").count() == 2
    assert page.locator("#cells tbody tr").last.locator("button").first.inner_text() == "0.1235"
    assert page.locator("#cells tbody tr").first.locator("button").first.inner_text() == "never"
    page.get_by_label("measure").select_option(label="task accuracy")
    assert page.locator("#cells tbody button").all_inner_texts() == ["1", "1"]
    page.locator("#cells tbody button").last.click()
    assert page.locator("#points a").get_attribute("href") == "points/b/report.html"
    for width, scheme in ((1440, "light"), (390, "dark")):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert [one["id"] for one in Axe().run(page).response["violations"]] == []
    page.close()
    assert errors == []
