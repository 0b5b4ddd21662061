"""The stages that show what was measured: the claims' verdicts, the figures and the page.

This module hides what in the folder each is made from. It is tables alone, so all of it is made again
without any model.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from nucleate.claims.evidence import Evidence
from nucleate.claims.judging import judge_claims, rules_digest
from nucleate.claims.verdicts import write_claims
from nucleate.figures.gallery import draw_figures
from nucleate.report.page import build_page
from nucleate.run_folder.folder import RunFolder
from nucleate.scoring.emergence import emergence_table
from nucleate.settings.presets import AnalysisSettings, MeasurementSettings
from nucleate.stages.context import FolderContext, settings_of
from nucleate.stages.observer import Observer


def judge(context: FolderContext[MeasurementSettings], *, again: bool = False) -> None:
    """Judge the claims, and say how figures rose; needs no model."""
    folder, where = context.folder, context.settings.claims
    with context.stage("claims", *_inputs_of(context), needs="scoring", again=again) as is_due:
        if is_due:
            evidence = Evidence.read(folder, where)
            with folder.commit(folder.claims) as path:
                write_claims(judge_claims(evidence), path)
            with folder.commit(folder.emergence) as path:
                emergence_table(evidence.scores, evidence.view).to_parquet(path, index=False)


def draw(context: FolderContext[MeasurementSettings], *, again: bool = False) -> None:
    """Judge the claims and draw the figures; needs no model."""
    judge(context, again=again)
    folder, where = context.folder, context.settings.claims
    inputs = (*_inputs_of(context), context.settings.figures.digest(), *_arms_of(folder))
    with context.stage("figures", *inputs, needs="scoring", again=again) as is_due:
        if is_due:
            evidence = Evidence.read(folder, where)
            with folder.commit(folder.figures) as path:
                draw_figures(
                    evidence.scores,
                    path,
                    evidence.view,
                    unseen=evidence.unseen,
                    effects=evidence.effects,
                    is_series=isinstance(context.settings, AnalysisSettings),
                    has_twin=_has_twin(context.settings),
                    selective=pd.read_parquet(folder.selective) if folder.holds(folder.selective) else None,
                    arms=pd.read_parquet(folder.arms) if folder.holds(folder.arms) else None,
                    formats=context.settings.figures.formats,
                    on_progress=context.observer.on_progress,
                )


def _inputs_of(context: FolderContext[MeasurementSettings]) -> tuple[Any, ...]:
    made_from = map(context.folder.outputs_digest, ("scoring", "unseen", "intervene"))
    return (context.settings.claims.digest(), rules_digest(), *made_from)


def _has_twin(settings: MeasurementSettings) -> bool:
    """Whether step 0 may be an untrained model of ours beside somebody else's."""
    return isinstance(settings, AnalysisSettings) and settings.model.untrained


def _arms_of(folder: RunFolder) -> tuple[str, ...]:
    """A run without control arms is drawn from what it was always drawn from."""
    return (folder.outputs_digest("arms"),) if folder.is_finished("arms") else ()


def make_report(context: FolderContext[MeasurementSettings], *, again: bool = False) -> None:
    """Write the run's page from everything that is in its folder."""
    folder = context.folder
    if problem := folder.problem_of_log():
        context.observer.on_note(f"{problem}; it is not read, and nothing else needs it")
    others = {stage: folder.outputs_digest(stage) for stage in folder.manifest["stages"] if stage != "report"}
    with context.stage("report", others, again=again) as is_due:
        if is_due:
            with folder.commit(folder.report) as path:
                path.write_text(build_page([folder]), encoding="utf-8")


def draw_again(folder: RunFolder, observer: Observer) -> None:
    """Verdicts, figures and page again, from the scores that are there; needs no model."""
    with folder.locked():
        context = FolderContext(settings_of(folder), folder, observer)
        draw(context, again=True)
        make_report(context, again=True)
