"""nucleate: when, where and why clusters form inside causal language models.

The public API. Names are loaded when they are first used, so that `import nucleate` is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nucleate.claims import ClaimVerdict
    from nucleate.corpus.corpus import Corpus
    from nucleate.errors import NucleateError
    from nucleate.experiment import Run, analyze, load_run, run
    from nucleate.hidden_states import HiddenStates
    from nucleate.presets import ExperimentSettings
    from nucleate.scores import Scores
    from nucleate.seeds import load_runs, run_seeds

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
    "ClaimVerdict": "claims",
    "Corpus": "corpus.corpus",
    "ExperimentSettings": "presets",
    "HiddenStates": "hidden_states",
    "NucleateError": "errors",
    "Run": "experiment",
    "Scores": "scores",
    "analyze": "experiment",
    "load_run": "experiment",
    "load_runs": "seeds",
    "run": "experiment",
    "run_seeds": "seeds",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nucleate' has no attribute {name!r}")
    return getattr(importlib.import_module(f"nucleate.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
