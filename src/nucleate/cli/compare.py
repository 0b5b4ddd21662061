"""`nucleate compare`: several runs on one page, and how alike their states are."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from nucleate import api
from nucleate.api.showing import states_beside
from nucleate.cli.options import Flag, Text, WholeNumber
from nucleate.cli.verdicts import print_indented, print_verdicts_over_runs
from nucleate.errors import ComparisonWarning
from nucleate.lazy import lazy

clusters_section = lazy("nucleate.report.clusters_section")  # pandas
pandas = lazy("pandas")


def compare(
    *directories: Path,
    out: Path,
    states: Flag = False,
    clusters: Flag = False,
    sites: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="", show_default=False)] = (),
    position: Text = "",
    steps: Annotated[
        tuple[WholeNumber, ...], Parameter(consume_multiple=True, negative="", show_default=False)
    ] = (),
    split: Text = "",
) -> int:
    """Put several runs on one page: seeds as bands, settings side by side.

    With --states, the states of all sites, steps and runs are compared too (CKA and class-RSA), on prompts
    that the runs share: on the page and in OUT-states.parquet. With --clusters, so are the first run's
    clusters with those of the others, for example after tuning: on the page and in OUT-clusters.parquet.
    Notes say where prompts or tasks differ.

    Example: nucleate compare runs/quick-seed1 runs/quick-seed2 --out compared.html

    Args:
        directories: The runs' folders.
        out: The page to write, such as compared.html; it is replaced if it is there.
        states: Compare the runs' states too; loads their models.
        clusters: Match the runs' clusters: kept, moved, merged, split, made, dissolved; loads their models.
        sites: With --clusters, such as --sites block.3 block.6; the highest block if not given.
        position: With either, the position; where the first run's claims are judged if not given.
        steps: With either, checkpoints that every run has, such as --steps 0 400; the last if not given.
        split: With either, the split; all that are scored if not given.
    """
    console = Console(emoji=False, highlight=False, soft_wrap=True)
    how = {"position": position or None, "steps": steps or None, "split": split or None}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ComparisonWarning)
        page = api.compare(directories, out, states=states, clusters=clusters, sites=sites or None, **how)
    _print_kinds(console, directories)
    for one in told:
        print_indented(console, f"Note: {one.message}", "", "  ")
    console.print(f"  The page: {page}", markup=False)
    if states:
        console.print(f"  The states: {states_beside(page)}", markup=False)
    if clusters:
        _print_clusters(console, states_beside(page, "clusters"))
    return 0


def _print_kinds(console: Console, directories: tuple[Path, ...]) -> None:
    """Of every kind with several seeds the effects of the claims with their intervals between seeds."""
    kinds = api.judge_by_kind(directories)
    for members, claims in kinds:
        if len(members) > 1:
            console.print(f"\n  {', '.join(one.folder.name for one in members)}", style="dim", markup=False)
            print_verdicts_over_runs(claims, members[0].claim_settings.position, len(members))
    if kinds and all(len(members) == 1 for members, _ in kinds):
        console.print(
            "  One model of each kind: several seeds of one give its effects an interval.", markup=False
        )


def _print_clusters(console: Console, table: Path) -> None:
    for one in clusters_section.comparisons_of(pandas.read_parquet(table)):
        console.print()
        print_indented(console, one.title, "bold", "  ")
        print_indented(console, one.sentence, "", "  ")
        for change in one.changes:
            words = f"{change.event}: {change.before} -> {change.after} ({change.shared})"
            print_indented(console, words, "", hang="  ")
    console.print(f"\n  The clusters: {table}", markup=False)
