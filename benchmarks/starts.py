"""Commands that only start and read: `--help`, `config`, `verify`, a run's scores, a scoring process.

Each is a fresh Python, from its start to its end, in turn with a Python that does nothing. What reads a run
reads the one that whole processes are timed on, which is made first where it is not there.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks import our_run, ours, profiles
from benchmarks.isolated import ROOT
from benchmarks.measuring import Findings, Reached, Row, in_turn
from benchmarks.reach import GOALS
from benchmarks.setup import Setup

NOTHING = "python -c pass"
SCORES = "import sys, nucleate; nucleate.load_run(sys.argv[1]).scores"
SCORING = "import nucleate.stages.looking"
"""What a process that scores loads before its first piece of work."""

A_CLAIM_FAILED = 1
"""Exit code of `nucleate verify` that is an answer and no error."""


def measure(setup: Setup) -> Findings:
    findings, preset = Findings(), setup.sizes.preset
    run = str(our_run.finished_run(setup).path)
    programs: dict[str, tuple[str, ...]] = {
        "help": ("-m", "nucleate", "--help"),
        "config": ("-m", "nucleate", "config", preset),
        "verify": ("-m", "nucleate", "verify", run),
        "load_run": ("-c", SCORES, run),
        "scoring_start": ("-c", SCORING),
    }
    contestants: dict[str, Callable[[], None]] = {NOTHING: partial(start, [sys.executable, "-c", "pass"])}
    contestants |= {key: partial(start, command_of(program)) for key, program in programs.items()}
    taken = in_turn(contestants, rounds=setup.sizes.starts)
    nothing = taken[NOTHING]
    findings.rows.append(Row("starts", NOTHING, "machine", "s", nothing))
    for key, program in programs.items():
        findings.rows.append(Row("starts", GOALS[key].what, "nucleate", "s", taken[key]))
        bound = f"Python alone {nothing.median:.3f} s; {profiles.of_imports(*program)}"
        spread = f"{taken[key].least:.2f} to {taken[key].most:.2f} s, {setup.sizes.starts} times"
        findings.reached[key] = Reached(taken[key].median, note=spread, bound=bound)
    return findings


def command_of(program: Sequence[str]) -> list[str]:
    """As a user calls it: the installed command where it is one of the program's own."""
    if tuple(program[:2]) == ("-m", "nucleate"):
        return ours.command(*program[2:])
    return [sys.executable, *program]


def start(command: Sequence[str]) -> None:
    """Run a command to its end.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, check=False)
    if done.returncode not in (0, A_CLAIM_FAILED):
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr}")
