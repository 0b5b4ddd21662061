"""The page: how long it is built, how large it is, how fast it opens and answers.

Built from the whole run, which is made first where it is not there; and once more with 5,000 points per
picture, the points of the run over and over. What is asked of the page stands in `TARGETS`, and beside every
figure whether it is met. Chromium draws without a screen or a graphics card; where there is no Chromium, its
rows are left out and that is said.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks import ours
from benchmarks.isolated import whole_process
from benchmarks.measuring import Findings, Measured, Row, in_turn, seconds_of
from benchmarks.setup import Setup
from nucleate.report.contents import RunContents, read_run
from nucleate.report.page import build_page, render
from nucleate.run_folder.folder import RunFolder

MANY = 5000
TARGETS = {
    "size": 4.0,
    "open": 1.5,
    "slider": 0.1,
    "layer change": 0.1,
    "layout shift": 0.05,
    "longest task": 0.2,
}
"""At most, in the units of the rows, of the preset's own page."""
WATCH = """() => {
  window.seen = { shift: 0, longest: 0 };
  const watch = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  watch("layout-shift", (one) => { if (!one.hadRecentInput) window.seen.shift += one.value; });
  watch("longtask", (one) => { window.seen.longest = Math.max(window.seen.longest, one.duration); });
}"""
"""Adds up what moves by itself, and keeps the longest task, from the first moment."""
LAYERS = """async () => {
  const select = document.getElementById("site"), taken = [];
  for (const { value } of [...select.options]) {
    const begun = performance.now();
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    taken.push(performance.now() - begun);
  }
  return taken;
}"""
SLIDE = """async () => {
  const slider = document.getElementById("step"), taken = [];
  for (let step = Number(slider.min); step <= Number(slider.max); step++) {
    const begun = performance.now();
    slider.value = step;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    taken.push(performance.now() - begun);
  }
  return taken;
}"""
"""Milliseconds of every move of the slider, from the event to the end of the frame that it is drawn in."""


def measure(setup: Setup) -> Findings:
    findings, folder = Findings(), ours.run_folder(setup)
    if not folder.report.exists():
        whole_process(ours.command("run", setup.sizes.preset, "--out", str(folder.path)))
    folder = RunFolder.open(folder.path)
    built = in_turn({"nucleate": partial(build_page, [folder])}, rounds=setup.sizes.rounds)["nucleate"]
    findings.rows.append(Row("page", f"build, {setup.sizes.preset}", "nucleate", "s", built))
    contents = read_run(folder)
    pages = {
        setup.sizes.preset: build_page([folder]),
        f"{MANY:,} points": render([with_points(contents, MANY)], MANY),
    }
    for name, text in pages.items():
        findings.rows.append(_size(name, text, is_asked=name == setup.sizes.preset))
        _in_browser(findings, setup, name, text, is_asked=name == setup.sizes.preset)
    return findings


def _met(what: str, value: float, is_asked: bool) -> str:
    """Whether what is asked of the page is met, in words."""
    if not is_asked:
        return ""
    return f"asked: at most {TARGETS[what]:.3g}, {'met' if value <= TARGETS[what] else 'NOT met'}; "


def _size(name: str, text: str, is_asked: bool) -> Row:
    whole = text.encode()
    script = len(text[text.rindex("<script>") :].encode())
    met = _met("size", len(whole) / 1e6, is_asked)
    note = f"{met}{script / 1e3:.0f} kB of it script; {len(gzip.compress(whole)) / 1e6:.1f} MB compressed"
    return Row("page", f"size, {name}", "nucleate", "MB", Measured((len(whole) / 1e6,)), note=note)


def with_points(contents: RunContents, n: int) -> RunContents:
    """The same run with `n` points in every picture: its own, over and over."""
    projections = contents.projections
    assert projections is not None, "a run that was just made has projections"
    many = np.arange(n) % projections.examples.num_rows
    frames = projections.frames.to_pylist()
    for row in frames:
        for name in ("x", "y", "cluster"):
            row[name] = [row[name][index] for index in many]
    table = pa.Table.from_pylist(frames, schema=projections.frames.schema)
    return replace(
        contents, projections=replace(projections, examples=projections.examples.take(many), frames=table)
    )


def _in_browser(findings: Findings, setup: Setup, name: str, text: str, is_asked: bool) -> None:
    path = setup.work / "page.html"
    path.write_text(text, encoding="utf-8")
    chromium = shutil.which("chromium")
    if chromium is None:
        row = Row(
            "page", f"open and slider, {name}", "nucleate", "", Measured((float("nan"),)), note="no chromium"
        )
        findings.rows.append(row)
        return
    with _browser(chromium) as browser:
        opened = Measured(
            tuple(seconds_of(partial(_open, browser, path)) for _ in range(setup.sizes.rounds + 1))[1:]
        )
        page = _open(browser, path)
        page.evaluate(WATCH)
        timed = {"open": opened}
        for what, script in (("slider", SLIDE), ("layer change", LAYERS)):
            timed[what] = Measured(tuple(value / 1e3 for value in page.evaluate(script)))
        seen = page.evaluate("window.seen")
    timed |= {
        "layout shift": Measured((seen["shift"],)),
        "longest task": Measured((seen["longest"] / 1e3,)),
    }
    for what, measured in timed.items():
        unit = "" if what == "layout shift" else "s"
        note = f"{_met(what, measured.median, is_asked)}{len(measured.values)} times, drawn in software"
        findings.rows.append(Row("page", f"{what}, {name}", "nucleate", unit, measured, note=note))


@contextmanager
def _browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield browser
        browser.close()


def _open(browser: Any, path: Path) -> Any:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=120_000)
    return page
