"""What is gained by answering only where a state lies with its task, in a sentence for every split.

This module hides that the place which is told is the best of the highest layer, and is said to be the best
of how many.
"""

from __future__ import annotations

import pandas as pd

from nucleate.display_names import POSITIONS, say
from nucleate.report.data.encoding import visible

_RANKED = ("margin", "gap")


def selective_sentences(selective: pd.DataFrame) -> list[str]:
    """A sentence for every split; see `nucleate.unseen.selective.COLUMNS`."""
    areas = selective[selective["metric"] != "risk"]
    return [visible(one) for split in areas["split"].unique() if (one := _of_split(areas, str(split)))]


def _of_split(areas: pd.DataFrame, split: str) -> str:
    own = areas[areas["split"] == split]
    known = own[own["score"] == "confidence"]
    gains = own[(own["metric"] == "aurc_gain") & (own["layer"] == own["layer"].max())]
    error = float(own[own["score"] == "random"]["value"].iloc[0])
    if known.empty or gains.empty or error == 0:
        return ""
    best = gains.loc[gains["value"].idxmax()]
    area = "the area under the risk-coverage curve is"
    risk = f"{area} {_n(known['value'].iloc[0])} for the model's own confidence"
    where = f"{best['score']} at the {say(POSITIONS, str(best['position']))} in layer {best['layer']}"
    ends = f"95 % {_n(best['ci_low'])} to {_n(best['ci_high'])}, not corrected for this choice"
    gain = f"{_n(best['value'])} ({ends})"
    wrong = f"{100 * error:.1f} % wrong if all are answered"
    return (
        f"On {split.replace('_', ' ')} ({wrong}) {risk}; the best of "
        f"{len(gains)} cluster rankings, the {where}, gains {gain} over it: {_verdict(best)}."
    )


def _verdict(gain: pd.Series) -> str:
    if gain["ci_low"] > 0:
        return "clusters select clearly better"
    return "confidence selects clearly better" if gain["ci_high"] < 0 else "neither is clearly better"


def _n(value: float) -> str:
    return f"{value:z.4f}".replace("-", "−")
