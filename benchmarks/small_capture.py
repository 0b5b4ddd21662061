"""Capture against `output_hidden_states`, of the small model that the experiments train.

Time and the most memory beyond the weights, each contestant in a process of its own, in turn. Both hand
back the states of all prompts at three positions; that they are the same states is measured too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from transformers import AutoModelForCausalLM

from benchmarks import ours, peers, profiles
from benchmarks.isolated import Alone, in_own_process, in_turn_alone
from benchmarks.measuring import Findings, Measured, Reached, Row
from benchmarks.setup import Setup
from nucleate.capture.record import capture
from nucleate.corpus.saved import load_corpus
from nucleate.corpus.subset import analysis_subset
from nucleate.models.loading import load_model

OUR_BATCH, USUAL_BATCH = 256, 32
SAME = 1e-4
"""How far apart states may lie at most, as a share of their deviation: rounding, no more."""

POSITIONS = ("last_instruction", "input", "instruction_mean")
PEER = f"output_hidden_states, {OUR_BATCH} a batch"


def measure(setup: Setup) -> Findings:
    findings, study = Findings(), ours.study_of(setup)
    about: dict[str, Any] = {
        "checkpoint": str(study.checkpoints[-1]),
        "corpus": str(study.corpus_folder),
        "n": setup.sizes.prompts,
    }
    contestants = {
        "nucleate": partial(in_own_process, "benchmarks.small_capture:prepare_ours", **about),
        PEER: partial(in_own_process, "benchmarks.small_capture:prepare_peer", batch=OUR_BATCH, **about),
        f"output_hidden_states, {USUAL_BATCH} a batch": partial(
            in_own_process, "benchmarks.small_capture:prepare_peer", batch=USUAL_BATCH, **about
        ),
    }
    done = in_turn_alone(contestants, rounds=setup.sizes.rounds)
    what = f"{setup.sizes.prompts} prompts, {len(POSITIONS)} positions"
    seconds = {who: _measured(ones, lambda one: one.seconds) for who, ones in done.items()}
    findings.compare("small_capture", what, "s", seconds)
    peaks = {who: _measured(ones, lambda one: one.peak_bytes / 1e6) for who, ones in done.items()}
    findings.compare("small_capture", f"{what}, peak beyond weights", "MB", peaks)
    apart = largest_difference(study, min(setup.sizes.prompts, OUR_BATCH))
    findings.rows.append(
        Row("small_capture", "states apart / their deviation, at most", "both", "", Measured((apart,)))
    )
    handed_back = done["nucleate"][0].answer["bytes"] / 1e6
    bounds = {
        "small_capture_time": profiles.of_operations(prepare_ours(**about)),
        "small_capture_memory": f"of our {peaks['nucleate'].median:.0f} MB {handed_back:.0f} are the states",
    }
    fair, note = apart < SAME, f"small model; states apart by {apart:.0e} at most"
    for key, taken in (("small_capture_time", seconds), ("small_capture_memory", peaks)):
        ratio = taken[PEER].over(taken["nucleate"]).median
        findings.reached[key] = Reached(ratio, fair, note, bounds[key])
    return findings


def _measured(ones: list[Alone], value_of: Callable[[Alone], float]) -> Measured:
    return Measured(tuple(value_of(one) for one in ones))


def prepare_ours(checkpoint: str, corpus: str, n: int) -> Callable[[], dict[str, Any]]:
    loaded, rows = _read(corpus, n)
    model = load_model(Path(checkpoint))
    work = partial(capture, model, loaded, step=0, positions=POSITIONS)
    work(rows[:8])
    return lambda: {"bytes": work(rows).states.nbytes}


def prepare_peer(checkpoint: str, corpus: str, n: int, batch: int) -> Callable[[], dict[str, Any]]:
    prompts, lengths = ours.prompts_at(*_read(corpus, n))
    model = AutoModelForCausalLM.from_pretrained(checkpoint)
    peers.output_hidden_states(model, prompts[:8], lengths[:8], batch)
    return lambda: {
        "bytes": sum(
            one.nbytes for one in peers.output_hidden_states(model, prompts, lengths, batch).values()
        )
    }


def _read(corpus: str, n: int) -> tuple[Any, np.ndarray]:
    loaded = load_corpus(Path(corpus))
    return loaded, analysis_subset(loaded, loaded.n_tasks, n, ("train",), seed=0)


def largest_difference(study: ours.Study, n: int) -> float:
    """Between our states and the peer's, at all sites but the last block's output, which the peer lacks.

    Returns: the largest, as a share of the deviation of all states.
    """
    rows = study.rows(n)
    model = load_model(study.checkpoints[-1])
    own = capture(model, study.corpus, rows, step=0, positions=POSITIONS)
    found = peers.output_hidden_states(model, *ours.prompts_at(study.corpus, rows), OUR_BATCH)
    theirs = np.stack([found[position] for position in POSITIONS], axis=2)
    shared = [*range(theirs.shape[1] - 1), -1]
    apart = np.abs(own.states[:, shared] - theirs).max()
    return float(apart / theirs.std())
