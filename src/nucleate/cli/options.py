"""What several verbs ask alike, and what each tells the manifest."""

from __future__ import annotations

import sys
from typing import Annotated

from cyclopts import Parameter

Overrides = Annotated[
    tuple[str, ...],
    Parameter(name="--set", consume_multiple=False, negative="", show_default=False, metavar="KEY=VALUE"),
]
Flag = Annotated[bool, Parameter(negative="", show_default=False)]
Text = Annotated[str, Parameter(show_default=False)]


def command_line() -> list[str]:
    """This very command, for the manifest."""
    return ["nucleate", *sys.argv[1:]]
