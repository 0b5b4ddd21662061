"""nucleate: when, where and why clusters form inside causal language models.

The public API. Names are loaded when they are first used, so that `import nucleate` is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nucleate.api import Run, analyze, load_run, load_runs, run, run_seeds
    from nucleate.capture.hidden_states import HiddenStates
    from nucleate.claims.verdicts import ClaimVerdict
    from nucleate.corpus.corpus import Corpus
    from nucleate.errors import NucleateError
    from nucleate.scores import Scores
    from nucleate.settings.presets import ExperimentSettings

__all__ = [
    "ClaimVerdict",
    "Corpus",
    "ExperimentSettings",
    "HiddenStates",
    "NucleateError",
    "Run",
    "Scores",
    "analyze",
    "load_run",
    "load_runs",
    "run",
    "run_seeds",
]

_HOMES = {
    "ClaimVerdict": "claims.verdicts",
    "Corpus": "corpus.corpus",
    "ExperimentSettings": "settings.presets",
    "HiddenStates": "capture.hidden_states",
    "NucleateError": "errors",
    "Run": "api",
    "Scores": "scores",
    "analyze": "api",
    "load_run": "api",
    "load_runs": "api",
    "run": "api",
    "run_seeds": "api",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nucleate' has no attribute {name!r}")
    return getattr(importlib.import_module(f"nucleate.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
