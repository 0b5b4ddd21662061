"""The page: how long it is built, how large it is, how fast it opens and answers its slider.

Built from the whole run, which is made first where it is not there; and once more with 5,000 points per
picture, the points of the run over and over. Chromium draws without a screen or a graphics card; where
there is no Chromium, its rows are left out and that is said.
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
        findings.rows.append(_size(name, text))
        _in_browser(findings, setup, name, text)
    return findings


def _size(name: str, text: str) -> Row:
    whole = text.encode()
    script = len(text[text.rindex("<script>") :].encode())
    note = f"{script / 1e3:.0f} kB of it script; {len(gzip.compress(whole)) / 1e6:.1f} MB compressed"
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


def _in_browser(findings: Findings, setup: Setup, name: str, text: str) -> None:
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
        moves = Measured(tuple(value / 1e3 for value in _open(browser, path).evaluate(SLIDE)))
    findings.rows.append(Row("page", f"open, {name}", "nucleate", "s", opened))
    note = f"{len(moves.values)} moves, drawn in software"
    findings.rows.append(Row("page", f"slider, {name}", "nucleate", "s", moves, note=note))


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
