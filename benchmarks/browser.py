"""Chromium as a measuring device: how long a page's main thread works, what it draws in a second, what moves.

This module hides which clocks are read. Seconds on the wall say what a reader waits for, and on a machine
that others share they say more of the others; so beside them stands the processor time of the page's own
thread, as the browser counts it. Nothing has a graphics card: everything is drawn in software.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WATCH = """() => {
  window.shift = 0;
  const add = (one) => { if (!one.hadRecentInput) window.shift += one.value; };
  const watch = new PerformanceObserver((list) => list.getEntries().forEach(add));
  watch.observe({ type: "layout-shift", buffered: true });
}"""
"""Adds up what moves by itself, from the first moment."""
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
TRAVEL = """async (moves) => {
  const slider = document.getElementById("step"), rates = [];
  let all = 0;
  document.getElementById("points").scrollIntoView();
  for (let i = 0; i < moves; i++) {
    let frames = 0;
    const begun = performance.now();
    slider.value = slider.value === slider.min ? slider.max : slider.min;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    while (performance.now() - begun < 320) {
      await new Promise(requestAnimationFrame);
      frames++;
    }
    all += frames;
    rates.push((frames / (performance.now() - begun)) * 1000);
  }
  return [all, rates];
}"""
"""All frames, and frames a second, while points travel between the first and the last step, move by move."""


@contextmanager
def chromium_at(executable: str) -> Iterator[Any]:
    """A browser without a screen, a graphics card or a network."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


def open_page(browser: Any, path: Path, motion: str = "reduce") -> Any:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, reduced_motion=motion)
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=120_000)
    return page


class Thread:
    """The main thread of a page: processor seconds so far, and the longest single task in a trace."""

    def __init__(self, page: Any) -> None:
        self._page, self._session = page, page.context.new_cdp_session(page)
        self._session.send("Performance.enable", {"timeDomain": "threadTicks"})
        self._events: list[dict[str, Any]] = []
        self._is_whole = False
        self._session.on("Tracing.dataCollected", lambda said: self._events.extend(said["value"]))
        self._session.on("Tracing.tracingComplete", self._finish)

    def seconds(self) -> float:
        metrics = self._session.send("Performance.getMetrics")["metrics"]
        return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))

    def trace(self) -> None:
        wanted = {"categories": "toplevel,devtools.timeline", "transferMode": "ReportEvents"}
        self._session.send("Tracing.start", wanted)

    def longest_task(self) -> float:
        """Processor seconds of the longest task since `trace`, of the thread that ran the page's script."""
        self._session.send("Tracing.end")
        while not self._is_whole:
            self._page.wait_for_timeout(50)
        scripts = [one for one in self._events if one["name"] == "EvaluateScript" and "tdur" in one]
        place = max(scripts, key=lambda one: one["tdur"])
        tasks = [
            one.get("tdur", 0)
            for one in self._events
            if one["name"].endswith("RunTask") and (one["pid"], one["tid"]) == (place["pid"], place["tid"])
        ]
        return max(tasks) / 1e6

    def _finish(self, _: Any) -> None:
        self._is_whole = True
