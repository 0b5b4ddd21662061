"""nucleate: when, where and why clusters form inside causal language models.

The public API: a function for every verb of the command line, what they return, and what takes your own
arrays, labels and trainings. Names are loaded when they are first used, so that `import nucleate` is quick.
The verbs `unseen`, `intervene`, `report` and `sweep` are also names of subpackages; calling the subpackage
runs the verb (`verb.py`).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nucleate import api
    from nucleate.api import (
        analyze,
        audit,
        changed_clusters,
        check,
        compare,
        config,
        intervene,
        judge_together,
        load_run,
        load_runs,
        make_corpus,
        presets,
        report,
        run,
        run_seeds,
        score,
        similarity,
        sweep,
        train_arms,
        unseen,
        verify,
    )
    from nucleate.api.runs import Run
    from nucleate.arrays.agreement import Agreement, agreement
    from nucleate.capture.hidden_states import HiddenStates
    from nucleate.claims.verdicts import ClaimVerdict
    from nucleate.corpus.corpus import Corpus
    from nucleate.errors import NucleateError
    from nucleate.integrations.callback import NucleateCallback
    from nucleate.integrations.export import export
    from nucleate.kmeans.estimator import KMeans
    from nucleate.scores import Scores
    from nucleate.settings.presets import ExperimentSettings

    __version__: str

_VERBS = (
    "analyze",
    "audit",
    "changed_clusters",
    "check",
    "compare",
    "config",
    "judge_together",
    "load_run",
    "load_runs",
    "make_corpus",
    "presets",
    "run",
    "run_seeds",
    "score",
    "similarity",
    "train_arms",
    "verify",
)
_ROOMS = ("intervene", "report", "sweep", "unseen")
"""Verbs whose name a room has: the room itself is called."""
_HOMES = {
    **dict.fromkeys(_VERBS, "api"),
    "Agreement": "arrays.agreement",
    "export": "integrations.export",
    "ClaimVerdict": "claims.verdicts",
    "Corpus": "corpus.corpus",
    "ExperimentSettings": "settings.presets",
    "HiddenStates": "capture.hidden_states",
    "KMeans": "kmeans.estimator",
    "NucleateCallback": "integrations.callback",
    "NucleateError": "errors",
    "Run": "api.runs",
    "Scores": "scores",
    "agreement": "arrays.agreement",
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
    "audit",
    "changed_clusters",
    "check",
    "compare",
    "config",
    "export",
    "intervene",
    "judge_together",
    "load_run",
    "load_runs",
    "make_corpus",
    "presets",
    "report",
    "run",
    "run_seeds",
    "score",
    "similarity",
    "sweep",
    "train_arms",
    "unseen",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("nucleate")
    if name in ("api", *_ROOMS):
        return importlib.import_module(f"nucleate.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'nucleate' has no attribute {name!r}")
    return getattr(importlib.import_module(f"nucleate.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
