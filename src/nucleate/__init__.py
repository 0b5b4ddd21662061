"""nucleate: when, where and why clusters form inside causal language models.

The public API. Names are loaded when they are first used, so that `import nucleate` is quick. Three verbs
share their names with rooms: `nucleate.api.unseen`, `nucleate.api.intervene` and `nucleate.api.report`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nucleate import api
    from nucleate.api import analyze, check, compare, load_run, load_runs, run, run_seeds, score, verify
    from nucleate.api.runs import Run
    from nucleate.capture.hidden_states import HiddenStates
    from nucleate.claims.verdicts import ClaimVerdict
    from nucleate.corpus.corpus import Corpus
    from nucleate.errors import NucleateError
    from nucleate.integrations.agreement import Agreement, agreement
    from nucleate.integrations.array_run import score_arrays
    from nucleate.integrations.callback import NucleateCallback
    from nucleate.kmeans.estimator import KMeans
    from nucleate.scores import Scores
    from nucleate.settings.presets import ExperimentSettings

    __version__: str

_VERBS = ("analyze", "check", "compare", "load_run", "load_runs", "run", "run_seeds", "score", "verify")
_HOMES = {
    **dict.fromkeys(_VERBS, "api"),
    "Agreement": "integrations.agreement",
    "ClaimVerdict": "claims.verdicts",
    "Corpus": "corpus.corpus",
    "ExperimentSettings": "settings.presets",
    "HiddenStates": "capture.hidden_states",
    "KMeans": "kmeans.estimator",
    "NucleateCallback": "integrations.callback",
    "NucleateError": "errors",
    "Run": "api.runs",
    "Scores": "scores",
    "agreement": "integrations.agreement",
    "score_arrays": "integrations.array_run",
}
__all__ = [
    "Agreement",
    "ClaimVerdict",
    "Corpus",
    "ExperimentSettings",
    "HiddenStates",
    "KMeans",
    "NucleateCallback",
    "NucleateError",
    "Run",
    "Scores",
    "__version__",
    "agreement",
    "analyze",
    "api",
    "check",
    "compare",
    "load_run",
    "load_runs",
    "run",
    "run_seeds",
    "score",
    "score_arrays",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("nucleate")
    if name == "api":
        return importlib.import_module("nucleate.api")
    if name not in _HOMES:
        raise AttributeError(f"module 'nucleate' has no attribute {name!r}")
    return getattr(importlib.import_module(f"nucleate.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
