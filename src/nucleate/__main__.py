"""The first lines of the program: signals are ours before anything is loaded that takes time."""

from __future__ import annotations

import sys

from nucleate.lazy import lazy
from nucleate.run_folder.interrupts import quit_on_signals

program = lazy("nucleate.cli.main")


def main() -> int:
    """Run one command; returns the exit code."""
    quit_on_signals()
    return int(program.main())


if __name__ == "__main__":
    sys.exit(main())
