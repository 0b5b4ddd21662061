"""The stages that show what was measured: the claims' verdicts, the figures and the page.

What is hidden: what in the folder each is made from. It is tables alone, so all of it is made again without
any model.
"""

from __future__ import annotations

from nucleate.claims.agreement import judge_claims, write_claims
from nucleate.claims.causes import judge_causes, read_causes
from nucleate.figures.gallery import draw_figures
from nucleate.report.page import build_page
from nucleate.scores import Scores
from nucleate.scoring.emergence import emergence_table
from nucleate.settings.presets import MeasurementSettings
from nucleate.stages.context import FolderContext


def draw(context: FolderContext[MeasurementSettings], *, again: bool = False) -> None:
    """Judge the claims and draw the figures; needs no model."""
    folder, where = context.folder, context.settings.claims
    inputs = (where.digest(), *map(folder.outputs_digest, ("scoring", "unseen", "intervene")))
    with context.stage("claims", *inputs, needs="scoring", again=again) as is_due:
        if is_due:
            scores, (unseen, effects) = Scores.read(folder.scores), read_causes(folder)
            with folder.commit(folder.claims) as path:
                write_claims([*judge_claims(scores, where), *judge_causes(unseen, effects, where)], path)
            with folder.commit(folder.emergence) as path:
                emergence_table(scores, preparation=where.preparation).to_parquet(path, index=False)
    with context.stage("figures", *inputs, needs="scoring", again=again) as is_due:
        if is_due:
            scores, (unseen, effects) = Scores.read(folder.scores), read_causes(folder)
            with folder.commit(folder.figures) as path:
                draw_figures(
                    scores, path, position=where.position, factor=where.factor, unseen=unseen, effects=effects
                )


def make_report(context: FolderContext[MeasurementSettings], *, again: bool = False) -> None:
    """Write the run's page from everything that is in its folder."""
    folder = context.folder
    others = {stage: folder.outputs_digest(stage) for stage in folder.manifest["stages"] if stage != "report"}
    with context.stage("report", others, again=again) as is_due:
        if is_due:
            with folder.commit(folder.report) as path:
                path.write_text(build_page([folder]), encoding="utf-8")
