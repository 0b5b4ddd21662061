"""The whole: `nucleate run` against the peer pipeline, and the start-up of `nucleate --help`.

Ours runs whole: corpus, training, scores with controls and intervals, analyses, figures and page. The peer
trains, captures and clusters, and draws nothing. By default its time is put together from some of its steps
and some of its checkpoints; `--whole` runs all of it and compares scores.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from functools import partial
from typing import Any

from benchmarks import ours, profiles
from benchmarks.isolated import ROOT, Alone, whole_process
from benchmarks.measuring import Findings, Measured, Reached, Row, in_turn
from benchmarks.setup import Setup
from benchmarks.training import ACCURACY_APART

ACCURACY = "accuracy, validation"
SHOWN = (
    ACCURACY,
    "agreement with task, train, last_instruction, final_norm",
    "agreement with task, validation, last_instruction, final_norm",
)
PEER = "Trainer + output_hidden_states + KMeans"
NOT_THE_PEERS = ("unseen", "figures", "report")
"""Stages of ours that have no counterpart there; scores of ours have intervals and controls beside them."""


def measure(setup: Setup) -> Findings:
    findings = Findings()
    _start_up(findings, setup)
    folder = ours.run_folder(setup).path
    shutil.rmtree(folder, ignore_errors=True)
    run = whole_process(ours.command("run", setup.sizes.preset, "--out", str(folder)))
    peer, told = _peer(setup)
    seconds = peer.seconds if setup.whole else estimated_seconds(peer.seconds, told)
    how = (
        "whole"
        if setup.whole
        else "estimated from {} steps and {} checkpoints".format(
            len(told["step_seconds"]), len(told["checkpoint_seconds"])
        )
    )
    what = f"run {setup.sizes.preset}"
    taken = {"nucleate": Measured((run.seconds,)), PEER: Measured((seconds,))}
    findings.compare("process", what, "s", taken, how)
    drawn = sum(ours.stage_seconds(ours.run_folder(setup)).get(stage, 0.0) for stage in NOT_THE_PEERS)
    alike = {"nucleate": Measured((run.seconds - drawn,)), PEER: Measured((seconds,))}
    findings.compare("process", f"{what}, without {', '.join(NOT_THE_PEERS)}", "s", alike, how)
    peaks = {"nucleate": Measured((run.peak_bytes / 1e6,)), PEER: Measured((peer.peak_bytes / 1e6,))}
    findings.compare("process", f"{what}, peak memory", "MB", peaks)
    fair, note = _compare_scores(findings, setup, told) if setup.whole else (True, f"peer {how}")
    findings.reached["run"] = Reached(seconds / run.seconds, fair, note, _stages(setup, run.seconds))
    return findings


def _start_up(findings: Findings, setup: Setup) -> None:
    def start(command: list[str]) -> None:
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)

    contestants = {
        "nucleate": partial(start, ours.command("--help")),
        "python -c pass": partial(start, [sys.executable, "-c", "pass"]),
    }
    taken = in_turn(contestants, rounds=setup.sizes.help_runs)
    findings.compare("process", "start-up of --help", "s", taken)
    bound = f"Python alone {taken['python -c pass'].median:.3f} s; {profiles.of_imports('nucleate.cli.main')}"
    findings.reached["help"] = Reached(taken["nucleate"].median, bound=bound)


def _peer(setup: Setup) -> tuple[Alone, dict[str, Any]]:
    """The peer pipeline in a process of its own, whole or a part of it, with what it tells of itself."""
    told = setup.work / "peer.json"
    command = [sys.executable, "-m", "benchmarks.peer_pipeline", str(ours.run_folder(setup).path), str(told)]
    if not setup.whole:
        command += ["--steps", str(setup.sizes.peer_steps[0] + 2), "--checkpoints", "2"]
    done = whole_process(command)
    return done, json.loads(told.read_text())


def estimated_seconds(of_a_part: float, told: dict[str, Any]) -> float:
    """What the whole peer pipeline takes: median steps and checkpoints times their number, and the rest.

    The first step is left out, as it pays for what later ones find ready.

    Args:
        of_a_part: seconds of the whole process that took some steps and scored some checkpoints.
        told: what that process told of these.
    """
    rest = of_a_part - sum(told["step_seconds"]) - sum(told["checkpoint_seconds"])
    steps = told["n_steps"] * statistics.median(told["step_seconds"][1:])
    return rest + steps + told["n_checkpoints"] * statistics.median(told["checkpoint_seconds"])


def _compare_scores(findings: Findings, setup: Setup, told: dict[str, Any]) -> tuple[bool, str]:
    """Accuracy and every agreement that both have, at the last step.

    The two models begin with the same weights and see other batches, so figures are alike, never the same.
    """
    own, theirs = ours.last_figures(ours.run_folder(setup)), told["figures"]
    for figure in SHOWN:
        for who, figures in (("nucleate", own), (PEER, theirs)):
            findings.rows.append(Row("process", figure, who, "", Measured((figures[figure],))))
    shared = sorted(own.keys() & theirs.keys())
    apart = Measured(tuple(abs(own[figure] - theirs[figure]) for figure in shared))
    findings.rows.append(Row("process", f"{len(shared)} figures, how far apart", "both", "", apart))
    fair = own[ACCURACY] >= theirs[ACCURACY] - ACCURACY_APART
    words = (
        f"accuracy {own[ACCURACY]:.3f}, the peer's {theirs[ACCURACY]:.3f}; figures {apart.median:.2f} apart"
    )
    return fair, f"whole; {words} in the median"


def _stages(setup: Setup, whole: float) -> str:
    """Where our own run's time went; what is outside all stages is imports above all."""
    seconds = ours.stage_seconds(ours.run_folder(setup))
    seconds["outside the stages"] = whole - sum(seconds.values())
    longest = sorted(seconds.items(), key=lambda one: -one[1])
    return "by stage: " + ", ".join(f"{name} {value:.0f} s" for name, value in longest if value >= 0.5)
