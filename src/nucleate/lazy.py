"""Libraries that take long to load, for places that may never be reached.

`cluster = lazy("sklearn.cluster")` at the head of a file stands for the module; it is imported when an
attribute is first asked for. So a process that scores states starts in a fraction of a second, and the head
of a file still names all that the file uses.
"""

from __future__ import annotations

import importlib
from typing import Any


class _Lazy:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(importlib.import_module(self._name), attribute)
        self.__dict__[attribute] = value  # found there from now on, without coming here again
        return value


def lazy(name: str) -> Any:
    """A stand-in for a module of another library.

    Raises, when an attribute is asked for: ModuleNotFoundError: it is not installed.
    """
    return _Lazy(name)
