"""What a Python user calls: a function for every verb of the command line, and `Run`, a folder to read.

This module hides what each verb needs. Importing this loads next to nothing; a function loads what it needs
when it is called, and this room is the only place where that is so, for users and for the command line.
"""

from nucleate.api.costing import analysis_cost
from nucleate.api.making import analyze, audit, make_corpus, run, run_seeds
from nucleate.api.measuring import intervene, score, unseen
from nucleate.api.reading import check, judge_by_kind, judge_together, load_run, load_runs, verify
from nucleate.api.settings import config, presets, resolve
from nucleate.api.showing import changed_clusters, compare, report, similarity
from nucleate.api.sweeping import plan_sweep, sweep, train_arms

__all__ = [
    "analysis_cost",
    "analyze",
    "audit",
    "changed_clusters",
    "check",
    "compare",
    "config",
    "intervene",
    "judge_by_kind",
    "judge_together",
    "load_run",
    "load_runs",
    "make_corpus",
    "plan_sweep",
    "presets",
    "report",
    "resolve",
    "run",
    "run_seeds",
    "score",
    "similarity",
    "sweep",
    "train_arms",
    "unseen",
    "verify",
]
