"""A sweep on this machine, against the same runs made one after another by hand.

Both make everything that a run makes, figures and page too, of trainings that differ in their seeds; by hand
every run is a process of its own that pays for its imports. They differ in nothing else, so some of them are
made by hand and the median is taken for all.
"""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path

from benchmarks import ours
from benchmarks.isolated import whole_process
from benchmarks.measuring import Findings, Measured, Reached
from benchmarks.setup import Setup

_FILE = """base = "smoke"
seeds = {n}
keep = ["scores", "unseen", "claims", "figures", "page", "corpus", "checkpoints"]

[set]
"training.precision" = "float32"

[axes]
"training.steps" = [{steps}]
"""
_STEPS = 12


def measure(setup: Setup) -> Findings:
    n, findings = setup.sizes.sweep_points, Findings()
    some = [_run(setup.work / f"by-hand-{seed}", seed) for seed in range(1, setup.sizes.by_hand + 1)]
    by_hand = n * statistics.median(some)
    file, out = setup.work / "many.toml", setup.work / "many"
    file.write_text(_FILE.format(n=n, steps=_STEPS))
    shutil.rmtree(out, ignore_errors=True)
    swept = whole_process(ours.command("sweep", str(file), "--out", str(out))).seconds
    taken = {"nucleate": Measured((swept,)), "runs in turn": Measured((by_hand,))}
    note = f"{n} times the median of {len(some)} runs, {min(some):.1f} to {max(some):.1f} s"
    findings.compare("sweeps", f"{n} points of smoke, a sweep on this machine", "s", taken, note)
    findings.reached["sweep"] = Reached(
        swept / by_hand,
        True,
        f"{n} points, one round; in turn {note}",
        "what runs do alone already uses both processors",
    )
    return findings


def _run(out: Path, seed: int) -> float:
    shutil.rmtree(out, ignore_errors=True)
    settings = (
        "--set",
        f"seed={seed}",
        "--set",
        f"training.steps={_STEPS}",
        "--set",
        "training.precision=float32",
    )
    return whole_process(ours.command("run", "smoke", "--out", str(out), *settings)).seconds
