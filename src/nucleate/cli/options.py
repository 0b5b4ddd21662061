"""What several verbs ask alike, and what each tells the manifest."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter, Token


def _whole(_kind: type[int], tokens: Sequence[Token]) -> int:
    """A number as it is written: cyclopts itself rounds 1.7 to 2."""
    text = tokens[0].value
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is no whole number") from None


Overrides = Annotated[
    tuple[str, ...],
    Parameter(name="--set", consume_multiple=False, negative="", show_default=False, metavar="KEY=VALUE"),
]
Flag = Annotated[bool, Parameter(negative="", show_default=False)]
WholeNumber = Annotated[int, Parameter(converter=_whole, show_default=False)]
Text = Annotated[str, Parameter(show_default=False)]


def command_line() -> list[str]:
    """This very command, for the manifest."""
    return ["nucleate", *sys.argv[1:]]
