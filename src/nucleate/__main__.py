"""The program: its first lines, and its last.

Signals are ours before anything is loaded that takes time. Once one was heard and everything is in order, the
program is gone at once: libraries that take their leave one by one would take seconds.
"""

from __future__ import annotations

import os
import sys

from nucleate.lazy import lazy
from nucleate.run_folder.interrupts import quit_on_signals

program = lazy("nucleate.cli.main")


def main() -> int:
    """Run one command; returns the exit code."""
    quit_on_signals()
    code = int(program.main())
    if code > 128:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(main())
