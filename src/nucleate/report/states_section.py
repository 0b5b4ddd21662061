"""How alike the states of models are, layer by layer, as maps on the page of a comparison.

This module hides that a map is a drawing without a script: a cell's shade is its CKA, its tip the interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup

from nucleate.display_names import POSITIONS, say, site_order, site_words, two_decimals
from nucleate.report.data.encoding import visible

CELL, LEFT, BELOW = 44, 84, 40
"""Pixels: a cell, and the room for the names of layers."""
_MOST_SITES = 16
"""Of more, every second one or fewer are shown: the table beside the page has them all."""
_LOOKS = ["run_a", "step_a", "run_b", "step_b", "position"]


@dataclass(frozen=True)
class Cell:
    """A pair of sites: where it stands, its value, and what its tip says."""

    x: int
    y: int
    value: float
    tip: str


@dataclass(frozen=True)
class StatesMap:
    """Two models, or one with itself.

    Attributes:
        title: which; `sentence` says how alike the same layers are.
        across: layers of the second model, named below; `down` those of the first, from the top.
        cells: a pair of layers each.
    """

    title: str
    sentence: str
    across: tuple[str, ...]
    down: tuple[str, ...]
    cells: tuple[Cell, ...]

    @property
    def width(self) -> int:
        return LEFT + CELL * len(self.across)

    @property
    def height(self) -> int:
        return CELL * len(self.down) + BELOW


def states_section(table: pd.DataFrame) -> Markup:
    """Maps of CKA of every two models and of each with itself; see `nucleate.comparing.states.COLUMNS`."""
    alike = table[table["metric"] == "cka"]
    maps = [_map_of(rows) for _, rows in alike.groupby(_LOOKS, sort=False)]
    text = (resources.files("nucleate.report") / "states.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    names = {"cell_size": CELL, "left": LEFT, "maps": maps, "thinned": _is_thinned(alike)}
    return Markup(environment.from_string(text).render(names))


def _map_of(rows: pd.DataFrame) -> StatesMap:
    first = rows.iloc[0]
    down, across = (_shown(rows[f"site_{one}"]) for one in "ab")
    places = {site: index for index, site in enumerate(across)}
    heights = {site: len(down) - 1 - index for index, site in enumerate(down)}
    shown = rows[rows["site_a"].isin(down) & rows["site_b"].isin(across)]
    cells = tuple(
        Cell(
            LEFT + CELL * places[row["site_b"]],
            CELL * heights[row["site_a"]],
            float(row["value"]),
            _tip(row),
        )
        for row in shown.to_dict("records")
    )
    before, after = (f"{first[f'run_{one}']}, step {first[f'step_{one}']:,}" for one in "ab")
    with_whom = f"{before}, and {after}" if before != after else f"{before}, with itself"
    title = visible(f"{with_whom}: {say(POSITIONS, first['position'])}")
    names = [tuple(map(site_words, one)) for one in (across, down[::-1])]
    return StatesMap(title, _sentence(rows), names[0], names[1], cells)


def _sentence(rows: pd.DataFrame) -> str:
    """Where the same layers are most and least alike; of one model with itself, neighboring ones."""
    same = rows[(rows["site_a"] == rows["site_b"]) & rows["value"].notna()].sort_values(
        "value", kind="stable"
    )
    is_itself = (
        rows["run_a"].iloc[0] == rows["run_b"].iloc[0] and rows["step_a"].iloc[0] == rows["step_b"].iloc[0]
    )
    if is_itself or same.empty:
        return ""
    least, most = same.iloc[0], same.iloc[-1]
    told = [
        f"{words} in {site_words(one['site_a'])}, {two_decimals(one['value'])} {_interval(one)}"
        for words, one in (("Most similar", most), ("least", least))
    ]
    return f"{'; '.join(told)}.".replace("-", "−")


def _interval(row: pd.Series) -> str:
    return f"(95 % {two_decimals(row['ci_low'])} to {two_decimals(row['ci_high'])})"


def _shown(sites: pd.Series) -> list[str]:
    """Of very many sites as many as a reader can tell, the lowest and the highest among them."""
    ordered = sorted(set(sites), key=site_order)
    every = -(-len(ordered) // _MOST_SITES)
    return [site for index, site in enumerate(ordered) if (len(ordered) - 1 - index) % every == 0]


def _is_thinned(table: pd.DataFrame) -> bool:
    return max(table["site_a"].nunique(), table["site_b"].nunique()) > _MOST_SITES


def _tip(row: Mapping[Any, Any]) -> str:
    ends = f"{two_decimals(row['ci_low'])} to {two_decimals(row['ci_high'])}"
    value = f"CKA {two_decimals(row['value'])} (95 % {ends}; {row['n_examples']:,} prompts)"
    return f"{site_words(row['site_a'])} and {site_words(row['site_b'])}: {value}".replace("-", "−")
