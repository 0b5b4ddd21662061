"""Rooms that are verbs too: `nucleate.unseen(run)` measures, and `nucleate.unseen.analysis` stays a module.

This module hides that Python puts a package into its parent under its own name as soon as anybody imports
it, so that a function of that name would be gone by then. A module may have a class of its own, and so a
call.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class _Room(ModuleType):
    @property
    def _function(self) -> Callable[..., Any]:
        return getattr(importlib.import_module("nucleate.api"), self.__name__.rpartition(".")[2])

    @property
    def __doc__(self) -> str | None:  # type: ignore[override]  # of the verb: it is what `help` is asked for
        return self._function.__doc__

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self._function)

    def __call__(self, *given: Any, **named: Any) -> Any:
        return self._function(*given, **named)


def is_verb_too(room: str) -> None:
    """Let a package be called: it does what the function of its name in `nucleate.api` does."""
    sys.modules[room].__class__ = _Room
