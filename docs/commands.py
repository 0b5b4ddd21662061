"""Writes `commands.md`, the help of every command, from the program itself."""

import os
import subprocess
import sys
from pathlib import Path

from nucleate.cli.main import VERBS


def commands_page() -> str:
    """The whole page, as it should be."""
    parts = ["# Commands\n\nWritten by `python docs/commands.py` from the program's own help.\n"]
    for verb in ("", *(verb.__name__ for verb in VERBS)):
        title = f"nucleate {verb}".strip()
        parts.append(f"## `{title}`\n\n```\n{_help(verb)}\n```\n")
    return "\n".join(parts)


def _help(verb: str) -> str:
    command = [sys.executable, "-m", "nucleate", *([verb] if verb else []), "--help"]
    environment = {**os.environ, "COLUMNS": "88", "NO_COLOR": "1", "TERM": "dumb"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


if __name__ == "__main__":
    (Path(__file__).parent / "commands.md").write_text(commands_page(), encoding="utf-8")
