"""The whole: `nucleate run` against the Trainer pipeline and the same analysis, to equal validation accuracy.

Ours runs whole: corpus, training, scores with controls and intervals, analyses, figures and page. The peer
trains, captures and clusters, and draws nothing. Both are timed until the validation accuracy `ENOUGH` first
stands, counted by the same function at the same steps, with everything before and after but the rest of the
training. The peer trains until then, and scores some checkpoints whose time is multiplied; where it does not
come there in the time that it is given, the steps that it took stand for all, and the ratio is said to be
that at least. A further line has our run with the figures that the peer has, and no others, in the place of
its scores. `--whole` trains the peer to its end and compares scores.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import our_run, ours, profiles
from benchmarks.isolated import Alone, whole_process
from benchmarks.measuring import Findings, Measured, Reached, Row
from benchmarks.reach import GOALS, verdict
from benchmarks.setup import Setup
from nucleate.run_folder.folder import RunFolder

ENOUGH = 0.97
"""Validation accuracy that both come to."""

ACCURACY = "accuracy, validation"
SHOWN = (
    ACCURACY,
    "agreement with task, train, last_instruction, final_norm",
    "agreement with task, validation, last_instruction, final_norm",
)
PEER = "Trainer + output_hidden_states + KMeans"
SCORED = 2
"""Checkpoints that the peer scores where it does not run whole."""
NOT_THE_PEERS = ("unseen", "figures", "report")
"""Stages of ours that have no counterpart there; scores of ours have intervals and controls beside them."""
THE_PEERS_FIGURES = ("scoring.metrics=['ari']", "scoring.milestones=0", "scoring.n_resamples=1")
"""Its figures alone, as far as settings go: shuffled labels, texts and points of the page are still there."""


def measure(setup: Setup) -> Findings:
    findings, folder = Findings(), our_run.run_folder(setup).path
    shutil.rmtree(folder, ignore_errors=True)
    run = whole_process(ours.command("run", setup.sizes.preset, "--out", str(folder)))
    made = our_run.finished_run(setup)
    _share_of_scoring(findings, made)
    peer, told = _peer(setup, folder)
    peaks = {"nucleate": Measured((run.peak_bytes / 1e6,)), PEER: Measured((peer.peak_bytes / 1e6,))}
    findings.compare("process", f"run {setup.sizes.preset}, peak memory", "MB", peaks)
    _to_the_end(findings, setup, made, run, peer, told)
    _to_equal_accuracy(findings, made, run, peer, told)
    _same_figures(findings, setup, made, run, peer, told)
    if setup.whole:
        _compare_scores(findings, made, told)
    return findings


def _share_of_scoring(findings: Findings, made: RunFolder) -> None:
    """What bounds it is looked for only where it is too much: a milestone is scored once more for that."""
    seconds = our_run.stage_seconds(made)
    for stage in ("training", "scoring"):
        findings.rows.append(Row("process", stage, "nucleate", "s", Measured((seconds[stage],))))
    share = seconds["scoring"] / seconds["training"]
    note = f"scoring {seconds['scoring']:.0f} s, training {seconds['training']:.0f} s"
    reached = Reached(share, note=note)
    if verdict(GOALS["scoring_share"], reached) == "not reached":
        of_a_milestone = profiles.of_functions(our_run.scoring_of_a_milestone(made))
        reached = Reached(share, note=note, bound=f"the last checkpoint, in one thread: {of_a_milestone}")
    findings.reached["scoring_share"] = reached


def _peer(setup: Setup, folder: Path) -> tuple[Alone, dict[str, Any]]:
    """The peer pipeline in a process of its own, whole or a part of it, with what it tells of itself."""
    told = setup.work / "peer.json"
    shutil.rmtree(told.with_suffix(""), ignore_errors=True)
    command = [sys.executable, "-m", "benchmarks.peer_pipeline", str(folder), str(told)]
    if not setup.whole:
        command += ["--until", str(ENOUGH), "--at-most", str(setup.sizes.peer_seconds)]
        command += ["--checkpoints", str(SCORED)]
    done = whole_process(command)
    return done, json.loads(told.read_text())


def estimated_seconds(of_a_part: float, told: dict[str, Any], steps: int) -> float:
    """What the peer pipeline takes: median steps and checkpoints times their number, and the rest.

    The first step is left out, as it pays for what later ones find ready; so is the counting of its answers.

    Args:
        of_a_part: seconds of the whole process that took some steps and scored some checkpoints.
        told: what that process told of these.
        steps: of its training.
    """
    rest = of_a_part - sum(told["step_seconds"]) - sum(told["checkpoint_seconds"])
    rest -= told["evaluation_seconds"]
    trained = steps * statistics.median(told["step_seconds"][1:])
    return rest + trained + told["n_checkpoints"] * statistics.median(told["checkpoint_seconds"])


def first_reached(evaluations: Iterable[Sequence[float]], wanted: float) -> int | None:
    """The first step at which the accuracy is as wanted; None where it never is."""
    return next((int(step) for step, accuracy in evaluations if accuracy >= wanted), None)


def _to_the_end(
    findings: Findings, setup: Setup, made: RunFolder, run: Alone, peer: Alone, told: dict[str, Any]
) -> None:
    """All steps of both, whatever their accuracy: as it is, and without what the peer does not do."""
    steps = told["n_steps"]
    seconds = peer.seconds - told["evaluation_seconds"]
    how = "whole"
    if not setup.whole:
        seconds = estimated_seconds(peer.seconds, told, steps)
        how = f"estimated from {len(told['step_seconds'])} steps and {SCORED} checkpoints"
    stages = our_run.stage_seconds(made)
    drawn = sum(stages.get(stage, 0.0) for stage in NOT_THE_PEERS)
    theirs, what = Measured((seconds,)), f"run {setup.sizes.preset}, {steps} steps each"
    add = partial(findings.compare, "process", unit="s", note=how)
    add(what, measured={"nucleate": Measured((run.seconds,)), PEER: theirs})
    without = f"{what}, without {', '.join(NOT_THE_PEERS)}"
    add(without, measured={"nucleate": Measured((run.seconds - drawn,)), PEER: theirs})


def _to_equal_accuracy(
    findings: Findings, made: RunFolder, run: Alone, peer: Alone, told: dict[str, Any]
) -> None:
    """The row that is to be reached; where only the peer does not come there, the ratio is that at least."""
    counted = {"nucleate": our_run.evaluations(made), PEER: told["evaluations"]}
    own, theirs = (first_reached(evaluations, ENOUGH) for evaluations in counted.values())
    seconds, of_peer = _until_enough(made, run, peer, told)
    step = statistics.median(told["step_seconds"][1:])
    note = (
        f"{ENOUGH} stands: nucleate {_where(own, counted['nucleate'])}, peer {_where(theirs, counted[PEER])}"
        f" of {step:.2f} s, measured; {len(told['checkpoint_seconds'])} of its {told['n_checkpoints']}"
        f" checkpoints scored"
    )
    if theirs is None:
        note = f"at least, for the peer was stopped at step {len(told['step_seconds'])}; {note}"
    taken = {"nucleate": Measured((seconds,)), PEER: Measured((of_peer,))}
    findings.compare("process", f"whole, to validation accuracy {ENOUGH}", "s", taken, note)
    bound = _stages(made, run.seconds)
    findings.reached["run"] = Reached(of_peer / seconds, own is not None, note, bound)


def _until_enough(made: RunFolder, run: Alone, peer: Alone, told: dict[str, Any]) -> tuple[float, float]:
    """Seconds of our whole run and of the peer's, each without its steps after `ENOUGH`."""
    own = first_reached(our_run.evaluations(made), ENOUGH)
    theirs = first_reached(told["evaluations"], ENOUGH)
    seconds = run.seconds - (0.0 if own is None else our_run.seconds_after(made, own))
    n_taken = len(told["step_seconds"]) if theirs is None else theirs
    return seconds, estimated_seconds(peer.seconds, told, n_taken)


def _same_figures(
    findings: Findings, setup: Setup, made: RunFolder, run: Alone, peer: Alone, told: dict[str, Any]
) -> None:
    """To equal accuracy as well, but scored for what the peer scores, and nothing else done."""
    again = setup.work / "the-peers-figures"
    shutil.rmtree(again, ignore_errors=True)
    shutil.copytree(made.path, again)
    changes = (word for change in THE_PEERS_FIGURES for word in ("--set", change))
    whole_process(ours.command("score", str(again), *changes))
    stages, scored = our_run.stage_seconds(made), our_run.stage_seconds(RunFolder.open(again))["scoring"]
    left_out = sum(stages.get(stage, 0.0) for stage in (*NOT_THE_PEERS, "scoring"))
    seconds, of_peer = _until_enough(made, run, peer, told)
    taken = {"nucleate": Measured((seconds - left_out + scored,)), PEER: Measured((of_peer,))}
    what = f"to validation accuracy {ENOUGH}, the peer's figures alone"
    findings.compare(
        "process", what, "s", taken, f"scored in {scored:.0f} s instead of {stages['scoring']:.0f}"
    )


def _where(step: int | None, evaluations: Sequence[Sequence[float]]) -> str:
    if step is not None:
        return f"at step {step}"
    last = f"{evaluations[-1][1]:.3f} at step {evaluations[-1][0]}" if evaluations else "never counted"
    return f"not yet ({last})"


def _compare_scores(findings: Findings, made: RunFolder, told: dict[str, Any]) -> None:
    """Accuracy and every agreement that both have, at the last step.

    The two models begin with the same weights and see other batches, so figures are alike, never the same.
    """
    own, theirs = our_run.last_figures(made), told["figures"]
    shared = sorted(own.keys() & theirs.keys())
    for figure in (figure for figure in SHOWN if figure in shared):
        for who, figures in (("nucleate", own), (PEER, theirs)):
            findings.rows.append(Row("process", figure, who, "", Measured((figures[figure],))))
    apart = Measured(tuple(abs(own[figure] - theirs[figure]) for figure in shared))
    findings.rows.append(Row("process", f"{len(shared)} figures, how far apart", "both", "", apart))


def _stages(made: RunFolder, whole: float) -> str:
    """Where our own run's time went; what is outside all stages is imports above all."""
    seconds = our_run.stage_seconds(made)
    seconds["outside the stages"] = whole - sum(seconds.values())
    longest = sorted(seconds.items(), key=lambda one: -one[1])
    return "by stage: " + ", ".join(f"{name} {value:.0f} s" for name, value in longest if value >= 0.5)
