"""The stages that show what was measured: the claims' verdicts, the figures and the page.

Hidden here: what in the folder each is made from. It is tables alone, so all of it is made again without any
model.
"""

from __future__ import annotations

from nucleate.claims import judge_claims, write_claims
from nucleate.claims_of_cause import judge_causes, read_causes
from nucleate.emergence import emergence_table
from nucleate.figures.gallery import draw_figures
from nucleate.presets import MeasurementSettings
from nucleate.report.page import build_page
from nucleate.run_folder import RunFolder, digest_of
from nucleate.scores import Scores
from nucleate.stages.observer import Observer


def draw(
    settings: MeasurementSettings, folder: RunFolder, observer: Observer, *, again: bool = False
) -> None:
    """Judge the claims and draw the figures; needs no model."""
    stages = ("scoring", "unseen", "intervene")
    inputs = digest_of(settings.claims.digest(), *map(folder.outputs_digest, stages))
    if not again and folder.is_done("claims", inputs) and folder.is_done("figures", inputs):
        observer.on_stage("figures", "is done already")
        return
    folder.require("scoring")
    scores, (unseen, effects) = Scores.read(folder.scores), read_causes(folder)
    where = settings.claims
    observer.on_stage("figures", "begins")
    with folder.stage("claims", inputs):
        with folder.commit(folder.claims) as path:
            write_claims([*judge_claims(scores, where), *judge_causes(unseen, effects, where)], path)
        with folder.commit(folder.emergence) as path:
            emergence_table(scores, preparation=where.preparation).to_parquet(path, index=False)
    with folder.stage("figures", inputs), folder.commit(folder.figures) as path:
        draw_figures(
            scores, path, position=where.position, factor=where.factor, unseen=unseen, effects=effects
        )
    observer.on_stage("figures", "ends")


def make_report(folder: RunFolder, observer: Observer, *, again: bool = False) -> None:
    """Write the run's page from everything that is in its folder."""
    others = {stage: folder.outputs_digest(stage) for stage in folder.manifest["stages"] if stage != "report"}
    inputs = digest_of(others)
    if not again and folder.is_done("report", inputs):
        observer.on_stage("report", "is done already")
        return
    observer.on_stage("report", "begins")
    with folder.stage("report", inputs), folder.commit(folder.report) as path:
        path.write_text(build_page([folder]), encoding="utf-8")
    observer.on_stage("report", "ends")
