"""What moving a single token's state means, beside moving others with it: works, redundant, or idle.

A null at one token has more than one meaning. The token may hold nothing that is read; or others may hold
the same, so that changing one of them alone changes nothing. This module hides which interventions tell
these apart, and how their figures become a table and sentences.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

from nucleate.claims.causes import LEAST_FLIP, flips_above_controls
from nucleate.claims.evidence import at_last_step
from nucleate.display_names import POSITIONS, two_decimals
from nucleate.intervene.outcomes.effects import COMPANY
from nucleate.lazy import lazy
from nucleate.scores import Scores
from nucleate.view import View

if TYPE_CHECKING:
    import pandas as pd

pandas = lazy("pandas")

READINGS = {
    "works": "moving to the centroid flips answers",
    "in the state": "the whole state flips answers, its centroid does not",
    "read for the next token": "it flips no answers but changes the prediction of the next token",
    "needed": "its state alone breaks answers without flipping any: it is read together with others",
    "redundant": "alone it changes nothing, with the others it adds to their effect; they make up for it",
    "idle": "it changes answers neither alone nor with the others",
    "open": "too little to call it redundant, too much to call it idle",
}
"""What an intervention on a single token shows at a site."""
_SINGLE = ("last_instruction", "input")
_TOGETHER = {
    "added_to_instruction": ("all_instruction", "all instruction tokens"),
    "added_to_prompt": ("all_prompt", "all tokens up to the input"),
}
_STATE_OF_MANY = {"all_instruction": "instruction_mean"}
"""Where tokens are moved together, the position whose one state stands for them all."""
_MEASURED = {
    "excess": ("shift", "excess"),
    "whole_state": ("interchange", "excess"),
    "lost": ("interchange", "lost"),
    "next": ("shift", "next_excess"),
    "added_to_instruction": ("interchange", "added_to_instruction"),
    "added_to_prompt": ("interchange", "added_to_prompt"),
}


def read_interventions(scores: Scores, effects: pd.DataFrame, view: View) -> pd.DataFrame:
    """A row for every single token and site at the last step, in the order of the table.

    Columns: `position`, `site`, `layer`, `agreement` (of clusters as the view has it, but for its position;
        NaN where it was not scored); `excess` of moving the centroid, `whole_state` of swapping the whole
        state, `lost` by that from what they were, `next` the probability that moving the centroid gives,
        right behind it, to inputs that the other task alone has, `added_to_instruction`, `added_to_prompt`
        by this token where all others of them are swapped too, each with `_low` and `_high`;
        `all_instruction`, `all_prompt` of swapping all of them; and `reading`,
        one of `READINGS`.
    """
    last = at_last_step(effects)
    agreement = agreement_by_place(scores, int(effects["step"].max()), view)
    tables = [_read(last, position, agreement) for position in _SINGLE if position in set(last["position"])]
    return pandas.concat([pandas.DataFrame(columns=["position", "reading"]), *tables], ignore_index=True)


def agreement_by_place(scores: Scores, step: int, view: View) -> pd.DataFrame:
    """Agreement as the view has it, but for its position: a row per position, a column per site.

    Where an intervention acts on many tokens of the instruction, it is that of their mean.
    """
    frame = view.rows(scores.where(control="none", step=step), every=("position",)).to_pandas()
    table = frame.pivot_table(index="position", columns="site", values="value")
    means = {position: one for position, one in _STATE_OF_MANY.items() if one in table.index}
    return pandas.concat([table, table.loc[list(means.values())].set_axis(list(means), axis=0)])


def sentences(readings: pd.DataFrame) -> Iterator[str]:
    """What the readings say, one sentence for every run of neighboring sites that read the same."""
    rows = [row for _, row in readings.iterrows()]
    for (position, reading), group in groupby(rows, key=lambda row: (row["position"], row["reading"])):
        yield _sentence(position, reading, pandas.DataFrame(list(group)))


def _read(last: pd.DataFrame, position: str, agreement: pd.DataFrame) -> pd.DataFrame:
    found = {
        name: flips_above_controls(last, position, intervention, metric)
        for name, (intervention, metric) in _MEASURED.items()
    }
    table = found["excess"][["layer"]].copy()
    table.insert(0, "position", position)
    at = agreement.loc[position] if position in agreement.index else pandas.Series(dtype=float)
    table["agreement"] = at.reindex(table.index).astype(float)
    for name, one in found.items():
        ends = one[["value", "ci_low", "ci_high"]].reindex(table.index)
        table[[name, f"{name}_low", f"{name}_high"]] = ends.to_numpy(dtype=float)
    for together, _ in _TOGETHER.values():
        table[together] = flips_above_controls(last, together, "interchange")["value"].reindex(table.index)
    table["reading"] = _readings(found, table)
    return table.rename_axis("site").reset_index()


def _readings(found: dict[str, pd.DataFrame], table: pd.DataFrame) -> np.ndarray:
    """What was not looked at rules out neither redundancy nor idleness; the input is of no instruction."""
    works = {name: one["works"].reindex(table.index, fill_value=False) for name, one in found.items()}
    of_answers = [name for name in found if name != "next"]
    place = table["position"].iloc[0]
    asked = [name for name in of_answers if (place, name) in COMPANY or name not in _TOGETHER]
    is_idle = (table[[f"{name}_high" for name in asked]] < LEAST_FLIP).all(axis=1)
    adds = works["added_to_instruction"] | works["added_to_prompt"]
    conditions = [works["excess"], works["whole_state"], works["next"], works["lost"], adds, is_idle]
    return np.select(conditions, list(READINGS)[:-1], "open")


def _sentence(position: str, reading: str, group: pd.DataFrame) -> str:
    agreement = group["agreement"].dropna()
    where = _site_range(list(group["site"]))
    where += f" (agreement with task {_range(agreement)})" if len(agreement) else ""
    alone = f"its centroid turns {_reach(group, 'excess')} of the answers, its whole state "
    alone += f"{_reach(group, 'whole_state')} and takes {_reach(group, 'lost')} from what they were"
    if group["next"].notna().all():
        alone += f"; right behind it {_reach(group, 'next')} goes to inputs that the other task alone has"
    together = "".join(
        f"; {words} together turn {_range(group[place])}, of which {_reach(group, added)} are lost without it"
        for added, (place, words) in _TOGETHER.items()
        if group[added].notna().all()
    )
    return f"{POSITIONS[position]}, {where}: {reading}; {alone}{together}"


def _reach(group: pd.DataFrame, name: str) -> str:
    low, high = two_decimals(group[f"{name}_low"].min()), two_decimals(group[f"{name}_high"].max())
    return f"{_range(group[name])} [{low}, {high}]"


def _range(values: pd.Series) -> str:
    low, high = two_decimals(values.min()), two_decimals(values.max())
    return low if low == high else f"{low} to {high}"


def _site_range(sites: list[str]) -> str:
    names = {"embed": "layer 0", "final_norm": "final norm"}
    words = [names.get(site, f"layer {site.removeprefix('block.')}") for site in sites]
    layers = [word.removeprefix("layer ") for word in words if word.startswith("layer")]
    parts = []
    if layers:
        parts.append(f"layer {layers[0]}" if len(layers) == 1 else f"layers {layers[0]} to {layers[-1]}")
    return " and ".join([*parts, *(["final norm"] if "final norm" in words else [])])
