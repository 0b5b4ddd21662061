"""The control arms on a page: a small panel for each, a computed sentence, a table of what became of each.

This module hides that the panels are drawings without a script, the same on a run's page and on a sweep's.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources

import jinja2
import pandas as pd
from markupsafe import Markup

from nucleate.arms import ArmAtEnd, at_the_end, rows_of, sentence

WIDTH, HEIGHT = 100.0, 60.0
"""Of a panel, in its own units."""
_LEAST, _MOST = -0.05, 1.05


@dataclass(frozen=True)
class Scale:
    """Steps and values of all panels, as places in one."""

    first: float
    last: float
    low: float

    @classmethod
    def of(cls, table: pd.DataFrame) -> Scale:
        return cls(
            float(table["step"].min()), float(table["step"].max()), min(_LEAST, float(table["value"].min()))
        )

    def path(self, values: pd.Series) -> str:
        """The way of a line through values by step."""
        span = max(self.last - self.first, 1.0)
        known = values.dropna()
        places = (
            (WIDTH * (step - self.first) / span, self.height(value))
            for step, value in zip(known.index.to_numpy(float), known.to_numpy(float), strict=True)
        )
        return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in places)

    def height(self, value: float) -> float:
        return HEIGHT * (_MOST - value) / (_MOST - self.low)


@dataclass(frozen=True)
class Panel:
    """One arm: what became of it, and lines as paths of SVG."""

    end: ArmAtEnd
    mean: str
    seeds: tuple[str, ...]
    accuracy: str
    control: str


def panels_of(table: pd.DataFrame) -> list[Panel]:
    """A panel for every arm, all of one scale."""
    scale = Scale.of(table)
    return [
        _panel(end, rows_of(table, (end.objective, end.inputs, end.memorize)), scale)
        for end in at_the_end(table)
    ]


def _panel(end: ArmAtEnd, rows: pd.DataFrame, scale: Scale) -> Panel:
    mean = rows.groupby("step")[["value", "accuracy", "control_high"]].mean()
    seeds = [scale.path(seed.set_index("step")["value"]) for _, seed in rows.groupby("seed")]
    level = scale.path(mean["control_high"])
    return Panel(
        end=end,
        mean=scale.path(mean["value"]),
        seeds=tuple(seeds) if end.n_seeds > 1 else (),
        accuracy=scale.path(mean["accuracy"]),
        control=f"{level}V{HEIGHT:g}H0Z" if len(level) > 1 else "M0 0",
    )


def arms_section(table: pd.DataFrame) -> Markup:
    """The section of a page, without its heading."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    scale = Scale.of(table)
    html = environment.from_string(_own("arms.html")).render(
        panels=panels_of(table),
        sentence=sentence(table),
        zero=scale.height(0.0),
        one=scale.height(1.0),
        last=int(scale.last),
        several=int(table.groupby(["objective", "inputs", "memorize"])["seed"].nunique().max()) > 1,
    )
    return Markup(html)  # everything in it was escaped by the environment


def arms_style() -> str:
    """What the section looks like; it goes with the page's own style."""
    return _own("arms.css")


def _own(name: str) -> str:
    return (resources.files("nucleate.report") / name).read_text(encoding="utf-8")
