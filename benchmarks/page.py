"""The page: how long it is built, how large it is, how fast it opens and answers.

Built from the whole run, which is made first where it is not there; once more with 5,000 points per picture,
the points of the run over and over; and once with a single map of 100,000 that travel between two steps. What
is asked of the page stands in `TARGETS`, and beside every figure whether it is met. Where there is no
Chromium, its rows are left out and that is said.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import our_run
from benchmarks.browser import LAYERS, SLIDE, TRAVEL, WATCH, Thread, chromium_at, open_page
from benchmarks.measuring import Findings, Measured, Row, in_turn, seconds_of
from benchmarks.setup import Setup
from nucleate.pictures.points_table import Projections
from nucleate.report.contents import RunContents, read_run
from nucleate.report.page import build_page, render

MANY, MOST = 5000, 100_000
TARGETS = {
    "size": 4.0,
    "open": 1.5,
    "slider": 0.1,
    "layer change": 0.1,
    "layout shift": 0.05,
    "longest task": 0.2,
}
"""At most, in the units of the rows, of the preset's own page."""


def measure(setup: Setup) -> Findings:
    findings, folder = Findings(), our_run.finished_run(setup)
    built = in_turn({"nucleate": partial(build_page, [folder])}, rounds=setup.sizes.rounds)["nucleate"]
    findings.rows.append(Row("page", f"build, {setup.sizes.preset}", "nucleate", "s", built))
    contents, own = read_run(folder), setup.sizes.preset
    pages = {
        own: build_page([folder]),
        f"{MANY:,} points": render([with_points(contents, MANY)], MANY),
        f"one map of {MOST:,}": render([with_points(one_map(contents), MOST)], MOST),
    }
    for name, text in pages.items():
        findings.rows.append(_size(name, text, is_asked=name == own))
        findings.rows += _in_browser(setup, name, text, is_asked=name == own)
    return findings


def _met(what: str, value: float, is_asked: bool) -> str:
    """Whether what is asked of the page is met, in words."""
    if not is_asked or what not in TARGETS:
        return ""
    return f"asked: at most {TARGETS[what]:.3g}, {'met' if value <= TARGETS[what] else 'NOT met'}; "


def _size(name: str, text: str, is_asked: bool) -> Row:
    whole = text.encode()
    script = len(text[text.rindex("<script>") :].encode())
    met = _met("size", len(whole) / 1e6, is_asked)
    note = f"{met}{script / 1e3:.0f} kB of it script; {len(gzip.compress(whole)) / 1e6:.1f} MB compressed"
    return Row("page", f"size, {name}", "nucleate", "MB", Measured((len(whole) / 1e6,)), note=note)


def one_map(contents: RunContents) -> RunContents:
    """The same run with principal axes of the highest layer alone, at its first and last step."""
    points, view = contents.projections, contents.view
    assert points is not None, "a run that was just made has projections"
    steps, frames = pa.array([points.steps[0], points.steps[-1]]), points.frames
    here = pc.and_(pc.equal(frames["embedding"], "pca"), pc.equal(frames["position"], view.position))
    frames = frames.filter(pc.and_(here, pc.is_in(frames["step"], steps)))
    top = max((site for site in set(frames["site"].to_pylist()) if site.startswith("block.")), key=_layer)
    frames = frames.filter(pc.equal(frames["site"], top))
    columns = points.examples.column_names
    answers = pa.array([[row[0], row[-1]] for row in points.examples["predicted"].to_pylist()])
    examples = points.examples.set_column(columns.index("predicted"), "predicted", answers)
    return replace(contents, projections=Projections(examples, frames, points.neighbors.slice(0, 0)))


def _layer(site: str) -> int:
    return int(site.partition(".")[2])


def with_points(contents: RunContents, n: int) -> RunContents:
    """The same run with `n` points in every picture: its own, over and over, each a little beside itself."""
    projections = contents.projections
    assert projections is not None, "a run that was just made has projections"
    noise = np.random.default_rng(0)
    frames = projections.frames.to_pylist()
    for row in frames:
        many = np.arange(n) % len(row["x"])
        for name in ("x", "y"):
            row[name] = np.array(row[name])[many] + noise.normal(scale=np.ptp(row[name]) / 100, size=n)
        row["cluster"] = [row["cluster"][index] for index in many]
    table = pa.Table.from_pylist(frames, schema=projections.frames.schema)
    many = np.arange(n) % projections.examples.num_rows
    return replace(
        contents, projections=replace(projections, examples=projections.examples.take(many), frames=table)
    )


def _in_browser(setup: Setup, name: str, text: str, is_asked: bool) -> Iterator[Row]:
    path = setup.work / "page.html"
    path.write_text(text, encoding="utf-8")
    chromium = shutil.which("chromium")
    if chromium is None:
        nothing = Measured((float("nan"),))
        yield Row("page", f"open and slider, {name}", "nucleate", "", nothing, note="no chromium")
        return
    with chromium_at(chromium) as browser:
        rounds = range(setup.sizes.rounds + 1 if is_asked else 2)
        opened = [seconds_of(partial(open_page, browser, path)) for _ in rounds][1:]
        busy, longest = zip(*[_opening(browser, path) for _ in rounds], strict=True)
        timed = {"open": opened, "open, processor time": busy, "longest task": longest}
        timed |= _answers(browser, path)
    for what, values in timed.items():
        unit = {"layout shift": "", "frames while points travel": "per second"}.get(what, "s")
        measured = Measured(tuple(values))
        times = f"{len(measured.values)} times, at most {measured.most:.3g}, drawn in software"
        clock = "; processor time of the page's thread" if what == "longest task" else ""
        note = f"{_met(what, measured.median, is_asked)}{times}{clock}"
        yield Row("page", f"{what}, {name}", "nucleate", unit, measured, note=note)


def _opening(browser: Any, path: Any) -> tuple[float, float]:
    """Processor seconds of a page's thread until it is ready, and of its longest task."""
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    thread = Thread(page)
    thread.trace()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=120_000)
    taken = thread.seconds(), thread.longest_task()
    page.close()
    return taken


def _answers(browser: Any, path: Any) -> dict[str, Any]:
    """Seconds of slider and layer change, layout shift, frames a second."""
    page = open_page(browser, path)
    page.evaluate(WATCH)
    taken = {
        what: [value / 1e3 for value in page.evaluate(script)]
        for what, script in (("slider", SLIDE), ("layer change", LAYERS))
    }
    taken["layout shift"] = [page.evaluate("window.shift")]
    page.close()
    page = open_page(browser, path, motion="no-preference")
    thread = Thread(page)
    begun = thread.seconds()
    frames, rates = page.evaluate(TRAVEL, 8)
    taken["frames while points travel"] = rates
    taken["a frame, processor time"] = [(thread.seconds() - begun) / frames]
    page.close()
    return taken
