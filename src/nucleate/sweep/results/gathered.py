"""What all points of a sweep say together, written to its folder: tables, figures and the page.

This module hides the order, and which split and position are drawn where nobody chose.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from nucleate.figures.clusters.arms import arms_figure
from nucleate.figures.style import save_figure
from nucleate.sweep.grid import Point
from nucleate.sweep.results.arms_table import arms_table, is_of_arms
from nucleate.sweep.results.diagrams import draw_diagrams
from nucleate.sweep.results.measures import first_shown, measures_table
from nucleate.sweep.results.sweep_page import sweep_page
from nucleate.sweep.results.tables import axes_of, emergence_over_seeds, joint_scores, over_seeds, write_table
from nucleate.sweep.sweep_folder import SweepFolder


def put_together(folder: SweepFolder, points: Sequence[Point]) -> None:
    """The tables, figures and page over points that are done, at least one."""
    axes, where = axes_of(points), points[0].settings.claims
    scores = joint_scores(folder, points)
    measures = measures_table(scores, axes, factor=where.factor, preparation=where.preparation)
    write_table(folder, scores, "scores.parquet")
    write_table(folder, over_seeds(scores), "over_seeds.parquet")
    write_table(folder, emergence_over_seeds(scores, axes), "emergence.parquet")
    write_table(folder, measures, "measures.parquet")
    arms = arms_table(points, scores) if is_of_arms(points) else None
    if arms is not None:
        write_table(folder, arms, "arms.parquet")
    shown = first_shown(measures, where.position)
    is_shown = measures["position"].isin(["", shown["position"]]) & (measures["split"] == shown["split"])
    with folder.writing("figures") as path:
        path.mkdir()
        draw_diagrams(measures[is_shown], axes, path)
        if arms is not None and len(arms):
            with arms_figure(arms) as figure:
                save_figure(figure, path, "arms", ("svg", "png"))
    pages = {
        name: f"points/{name}/report.html" for name, facts in folder.done().items() if "page" in facts["kept"]
    }
    page = sweep_page(PurePosixPath(folder.root).name, measures, axes, pages, shown, arms)
    folder.write_text(page, "sweep.html")
