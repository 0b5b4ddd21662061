"""One self-contained HTML file from the folders of one or more runs.

This module hides how template, style, script and data become one file that works offline and asks nobody
for anything. The policy in its head allows exactly the scripts and styles that are in it, by their hashes,
and no connection at all; whatever a label may say, there is nothing that could run it.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from nucleate import display_names
from nucleate.claims.causes import LEAST_FLIP
from nucleate.glossary import glossary
from nucleate.report.arms_section import arms_section, arms_style
from nucleate.report.clusters_section import clusters_section
from nucleate.report.contents import RunContents, read_run
from nucleate.report.data.encoding import page_json, visible
from nucleate.report.data.point_data import point_data
from nucleate.report.data.score_data import score_data
from nucleate.report.readings import shown_shares
from nucleate.report.states_section import states_section
from nucleate.report.words import finding, sentences
from nucleate.report.words.citation import citation
from nucleate.report.words.left_out import left_out
from nucleate.report.words.rules import rule_tests
from nucleate.report.words.selective import selective_sentences
from nucleate.report.words.terms import explained, terms
from nucleate.resampling.intervals import student_quantile
from nucleate.run_folder.atomic_write import whole
from nucleate.run_folder.folder import RunFolder
from nucleate.scoring.excess import LOWER_IS_BETTER, REFERENCES

_LONGEST_GROUP = 44


def build_page(
    folders: Sequence[RunFolder],
    clusters: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
) -> str:
    """The page of one run, or of several side by side. A pure function of what is in the folders.

    Args:
        folders: of the runs.
        clusters: what became of the first one's clusters; see `nucleate.comparing.clusters.COLUMNS`.
        states: how alike their states are; see `nucleate.comparing.states.COLUMNS`.

    Raises:
        RunFolderError: a folder has no finished scores and claims, or a file is not as it was written.
    """
    names = _names_of(folders)
    runs = [read_run(folder, name) for folder, name in zip(folders, names, strict=True)]
    return render(runs, clusters=clusters, states=states)


def write_page(page: str, path: Path) -> None:
    """Write the page; it is there whole or not at all.

    Raises:
        RunFolderError: `path` cannot be written.
    """
    with whole(path, "Name a file in a folder that can be written to.") as temporary:
        temporary.write_text(page, encoding="utf-8")


def render(
    runs: Sequence[RunContents],
    n_points: int | None = None,
    *,
    clusters: pd.DataFrame | None = None,
    states: pd.DataFrame | None = None,
) -> str:
    """The page of runs that were read already; `n_points` per picture instead of what the budget gives."""
    style, script, data = _own("style.css") + arms_style(), _own("page.js"), page_data(runs, n_points)
    document, numbers = page_json(data)
    return _template().render(
        title=_title([run.model_name if run.is_one_model else run.name for run in runs]),
        runs=runs,
        words=sentences,
        finding=finding,
        rule_tests=rule_tests,
        shown_shares=shown_shares,
        glossary=glossary(),
        arms_section=arms_section,
        selective_sentences=selective_sentences,
        clusters_section=None if clusters is None or clusters.empty else clusters_section(clusters),
        left_out=left_out,
        states_section=None if states is None or states.empty else states_section(states),
        citation=citation,
        policy=content_security_policy([script], [style]),
        # Marked as safe: our own files, what page_json has escaped, and base64.
        style=Markup(style),
        script=Markup(script),
        data=Markup(document),
        numbers=Markup(numbers),
        groups=data["groups"],
        one_step=all(run.scores["step"].nunique() == 1 for run in runs),
        has_first=len(runs) == 1 and runs[0].projections is not None,
    )


def page_data(runs: Sequence[RunContents], n_points: int | None = None) -> dict[str, Any]:
    """Everything that the script draws from."""
    groups = list(dict.fromkeys(run.group for run in runs))
    differing = sentences.differing_settings(runs)
    first = runs[0].view
    return {
        "runs": [
            {"name": visible(run.name), "seed": run.seed, "group": groups.index(run.group)} for run in runs
        ],
        "groups": [_name_of_group(group, runs, differing) for group in groups],
        "chosen": {
            "factor": first.factor,
            "position": first.position,
            "measure": f"{first.method}/{first.metric}",
            "preparation": first.preparation,
            "split": first.split,
        },
        "lower_is_better": LOWER_IS_BETTER,
        "words": {
            "position": display_names.POSITIONS,
            "factor": display_names.FACTORS,
            "metric": display_names.METRICS,
            "method": display_names.METHODS,
            "control": display_names.CONTROLS,
            "preparation": display_names.PREPARATIONS,
        },
        "terms": terms(),
        "least_flip": LEAST_FLIP,
        "references": REFERENCES,
        "student": [student_quantile(n) for n in range(len(runs) + 1)],
        "readings": [
            {
                "run": index,
                "step": one.step,
                "position": one.position,
                "site": one.site,
                "reading": one.reading,
            }
            for index, run in enumerate(runs)
            for one in run.readings
        ],
        "scores": score_data(runs),
        "points": [
            point_data(run.projections, len(runs), n_points) if run.projections else None for run in runs
        ],
    }


def content_security_policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """Only these scripts and styles; pictures that the page itself makes; no connection, form or frame."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {' '.join(map(_hash, styles))}",
            "img-src data: blob:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _names_of(folders: Sequence[RunFolder]) -> list[str]:
    """Each folder's own name, its parent's before it where two are the same."""
    paths = [folder.path.resolve() for folder in folders]
    count = Counter(path.name for path in paths)
    return [path.name if count[path.name] == 1 else f"{path.parent.name}/{path.name}" for path in paths]


def _title(names: Sequence[str]) -> str:
    if len(names) > 3:
        return f"{len(names)} runs"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _name_of_group(group: str, runs: Sequence[RunContents], differing: dict[str, list[Any]]) -> str:
    """What sets a group apart where that is short, its runs' names where it is not."""
    members = [index for index, run in enumerate(runs) if run.group == group]
    apart = ", ".join(f"{key} = {values[members[0]]}" for key, values in differing.items())
    if apart and len(apart) <= _LONGEST_GROUP:
        return visible(apart)
    names = [runs[index].name for index in members]
    together = ", ".join(names)
    return visible(together if len(together) <= _LONGEST_GROUP else f"{names[0]} and {len(names) - 1} more")


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        visible=lambda value: visible(str(value)),
        position=sentences.position_words,
        factor=sentences.factor_words,
        explained=explained,
    )
    return environment.from_string(_own("template.html"))


def _own(name: str) -> str:
    return (resources.files("nucleate.report") / Path(name).as_posix()).read_text(encoding="utf-8")
