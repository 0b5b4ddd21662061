"""Every kind of page at the widths and in the colors that it is read in: it fits, and axe finds nothing at all."""

import re
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser
ALL = [(1440, "light"), (1440, "dark"), (390, "dark"), (390, "light")]
ENDS = [(1440, "light"), (390, "dark")]


def assert_it_fits_and_axe_finds_nothing(page, looks):
    """One page for all: a width and a scheme are what a reader may change too."""
    for width, scheme in looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(f"document.querySelector('#emergence-plot svg').clientWidth <= {width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (width, scheme)
        found = Axe().run(page).response["violations"]
        told = [(one["id"], one["impact"], one["nodes"][0]["html"][:120]) for one in found]
        assert told == [], (width, scheme)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", ground)[:3])) < 200) == (scheme == "dark")


def test_a_run_with_interventions(open_page, contents):
    with open_page(contents) as opened:
        assert opened.page.is_visible("#causes") and opened.page.is_visible("#unseen")
        opened.page.click("#how summary")
        opened.page.click("#two")
        opened.page.focus("#points")
        opened.page.keyboard.press("ArrowRight")
        opened.page.keyboard.press("Enter")
        assert_it_fits_and_axe_finds_nothing(opened.page, ALL)


def test_a_model_of_ones_own(open_page, prompts):
    with open_page(prompts) as opened:
        assert_it_fits_and_axe_finds_nothing(opened.page, ENDS)


def test_runs_side_by_side(open_page, contents):
    wider = {**contents.config, "model": {**contents.config["model"], "n_embd": 64}}
    others = [
        replace(contents, name="seed two", config={**contents.config, "seed": 2}),
        replace(contents, name="wider", config=wider),
    ]
    with open_page(contents, *others) as opened:
        assert_it_fits_and_axe_finds_nothing(opened.page, ENDS)
