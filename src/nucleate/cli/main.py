"""The command line: verbs by name, and what a user sees when something is wrong.

A verb's file says how its words and its result look; what it does is a function of `nucleate.api`, which
loads what it needs when it is called, so that `nucleate --help` is quick. Here every error becomes two
lines and an exit code; no verb catches its own.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence

import cyclopts
from rich.console import Console

from nucleate.cli.analyze import analyze
from nucleate.cli.check import check
from nucleate.cli.compare import compare
from nucleate.cli.config import config
from nucleate.cli.corpus import corpus
from nucleate.cli.export import export
from nucleate.cli.intervene import intervene
from nucleate.cli.presets import presets
from nucleate.cli.report import report
from nucleate.cli.run import run
from nucleate.cli.score import score
from nucleate.cli.sweep import sweep
from nucleate.cli.unseen import unseen
from nucleate.cli.verify import verify
from nucleate.errors import Interrupted, NucleateError
from nucleate.lazy import lazy
from nucleate.run_folder.interrupts import raise_on_signals

metadata = lazy("importlib.metadata")
os.environ.setdefault("TQDM_DISABLE", "1")  # bars of libraries, which know nothing of ours
# To look for plugins, pydantic reads all packages' metadata.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
app = cyclopts.App(
    name="nucleate",
    help="Shows when, where and why clusters form inside causal language models.",
    help_epilogue="Exit codes: 0 done; 1 a verdict or check failed; 2 a mistake in what was asked; "
    "130 and 143 interrupted.",
    version=lambda: metadata.version("nucleate"),
    help_format="plaintext",  # the list of verbs has no marks, and what reads them takes long to load
)
VERBS: tuple[Callable[..., int], ...] = (
    run,
    verify,
    analyze,
    score,
    report,
    sweep,
    compare,
    unseen,
    intervene,
    export,
    corpus,
    check,
    presets,
    config,
)
for place, verb in enumerate(VERBS):
    app.command(sort_key=place, help_format="markdown")(verb)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that is not UTF-8 is no reason to stop
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in tokens
    tokens = [token for token in tokens if token != "--debug"]
    try:
        with raise_on_signals():
            result = app(tokens, exit_on_error=False, print_error=False, result_action="return_value")
    except (NucleateError, cyclopts.CycloptsError) as error:
        if debug:
            raise
        _explain(error)
        return 2
    except OSError as error:
        if debug:
            raise
        _say(f"error: {error.strerror or error}: {error.filename or 'a file'}", style="bold red")
        _say("  fix: Make room or look at the permissions; what was finished is kept.")
        return 2
    except Interrupted as interrupt:
        _say("Interrupted. Everything finished so far is kept; the same command goes on from here.")
        return 128 + interrupt.signal_number
    return result if isinstance(result, int) else 0


def _explain(error: NucleateError | cyclopts.CycloptsError) -> None:
    if isinstance(error, NucleateError):
        what, mend = error.what, error.mend
    else:
        what, mend = " ".join(str(error).split()), "See: nucleate --help"
    _say(f"error: {what}", style="bold red")
    _say(f"  fix: {mend}")


def _say(text: str, style: str = "") -> None:
    Console(emoji=False, stderr=True, soft_wrap=True, highlight=False).print(text, style=style, markup=False)


if __name__ == "__main__":
    sys.exit(main())
