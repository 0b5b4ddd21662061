"""What became of one model's clusters in another, as a section of the page of a comparison.

This module hides how many rows a reader is shown: all that changed, and of what was kept only how many.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from importlib import resources

import jinja2
import pandas as pd
from markupsafe import Markup

from nucleate.display_names import POSITIONS, say, site_words, two_decimals
from nucleate.report.data.encoding import visible

_ORDER = ("kept", "moved", "merged", "split", "made", "dissolved")
_LOOKS = ("run_a", "step_a", "run_b", "step_b", "site", "position")
_LONGEST = 90


@dataclass(frozen=True)
class Change:
    """One row: what became of clusters, what these mostly are, and how much they share."""

    event: str
    before: str
    after: str
    n_before: int
    n_after: int
    shared: str


@dataclass(frozen=True)
class Comparison:
    """Two models at one site.

    Attributes:
        title: which.
        sentence: how far the clusterings agree, and how many clusters changed, beside the control.
        changes: all that were not kept.
    """

    title: str
    sentence: str
    changes: tuple[Change, ...]


def comparisons_of(table: pd.DataFrame) -> list[Comparison]:
    """One for every two models and site; see `nucleate.comparing.clusters.COLUMNS`."""
    return [_comparison(rows) for _, rows in table.groupby(list(_LOOKS), sort=False)]


def _comparison(rows: pd.DataFrame) -> Comparison:
    first = rows.iloc[0]
    before, after = (
        f"{first['run_a']}, step {first['step_a']:,}",
        f"{first['run_b']}, step {first['step_b']:,}",
    )
    where = f"{site_words(first['site'])}, {say(POSITIONS, first['position'])}"
    changed = rows[(rows["metric"] == "overlap") & (rows["event"] != "kept")]
    return Comparison(
        visible(f"From {before} to {after}: {where}"),
        visible(sentence(rows)),
        tuple(_change(row) for _, row in changed.iterrows()),
    )


def sentence(rows: pd.DataFrame) -> str:
    """How far two clusterings agree and what became of the clusters, beside one model with itself."""
    own, control = rows[rows["control"] == "none"], rows[rows["control"] != "none"]
    ari = own[own["metric"] == "ari"].iloc[0]
    again = control[control["metric"] == "ari"]["value"]
    interval = f" (95 % {_n(ari['ci_low'])} to {_n(ari['ci_high'])})" if pd.notna(ari["ci_low"]) else ""
    counts = own[own["metric"] == "count"].set_index("event")["value"]
    said = ", ".join(f"{int(counts[name])} {name}" for name in _ORDER if counts.get(name, 0))
    kept = control[(control["metric"] == "count") & (control["event"] == "kept")]["value"]
    agreed = f"the two clusterings agree to {_n(ari['value'])}{interval}"
    alone = " and ".join(map(_n, again))
    return (
        f"On {int(ari['n_examples']):,} shared prompts {agreed}, where other k-means starts "
        f"on one model agree to {alone}. Of the clusters: {said}; other starts alone keep "
        f"{' and '.join(f'{int(one)}' for one in kept)}."
    )


def _change(row: pd.Series) -> Change:
    ends = f" [{_n(row['ci_low'])}, {_n(row['ci_high'])}]" if pd.notna(row["ci_low"]) else ""
    shared = f"{_n(row['value'])}{ends}"
    before, after = (visible(textwrap.shorten(row[key] or "–", _LONGEST)) for key in ("labels_a", "labels_b"))
    return Change(row["event"], before, after, int(row["n_a"]), int(row["n_b"]), shared)


def clusters_section(table: pd.DataFrame) -> Markup:
    """The section, without its heading."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    html = (resources.files("nucleate.report") / "clusters.html").read_text(encoding="utf-8")
    found = comparisons_of(table)
    return Markup(environment.from_string(html).render(comparisons=found))  # the environment has escaped it


def _n(value: float) -> str:
    return two_decimals(value).replace("-", "−")
