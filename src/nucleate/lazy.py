"""Libraries that take long to load, for places that may never be reached, and types for those who check them.

`cluster = lazy("sklearn.cluster")` at the head of a file stands for the module; it is imported when an
attribute is first asked for. So a process that scores states starts in a fraction of a second, and the head
of a file still names all that the file uses.

Shapes in signatures are jaxtyping's, and are checked under test. Loading it takes as long as loading NumPy:
where nobody has loaded it before, `Float[np.ndarray, " example"]` is `np.ndarray` and no more.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int, Num, Shaped, UInt16

_SHAPES = ("Bool", "Float", "Int", "Num", "Shaped", "UInt16")
__all__ = ["Bool", "Float", "Int", "Num", "Shaped", "UInt16", "lazy"]


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


class _Unchecked:
    """Stands for each of jaxtyping's types: of an array and its shape it keeps what kind of array it is."""

    def __getitem__(self, array_and_shape: tuple[Any, str]) -> Any:
        return array_and_shape[0]


def __getattr__(name: str) -> Any:
    if name not in _SHAPES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(sys.modules["jaxtyping"], name) if "jaxtyping" in sys.modules else _Unchecked()
