"""What is looked at of every point: agreement, accuracy, and when agreement rose.

This module hides which rows of the tables these are. They are of the labels that the claims stand by and of
the last step, at every position, split and layer.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from nucleate.sweep.results.tables import emergence_of_points

AT_THE_END = {
    "ari": "agreement (ARI)",
    "ari_across": "agreement across groups",
    "accuracy": "task accuracy",
}
"""Metrics of the last step, by the words for them."""
OF_EMERGENCE = {
    "half_rise": "half-rise (step)",
    "onset": "onset (step)",
    "level_excess": "level over controls",
    "lag": "lag behind accuracy (steps)",
}


def measures_table(
    scores: pa.Table, axes: Sequence[str], *, factor: str = "task", preparation: str = "raw"
) -> pd.DataFrame:
    """One row for every number that is shown.

    Args:
        scores: of all points, with the axes as columns.
        axes: their names.
        factor: the labels that agreement is with.
        preparation: of the states.

    Returns: `run`, `seed`, the axes, `split`, `position` (empty for accuracy), `layer` (null for accuracy),
        `measure`, and `value`, which is null where something never happened.
    """
    ends = _at_the_end(scores, axes, factor, preparation)
    own = emergence_of_points(scores, axes)
    own = own[(own["factor"] == factor) & (own["preparation"] == preparation) & own["layer"].notna()]
    keys = ["run", "seed", *axes, "split", "position", "layer"]
    rises = own.melt(id_vars=keys, value_vars=list(OF_EMERGENCE), var_name="measure", value_name="value")
    rises["measure"] = rises["measure"].map(OF_EMERGENCE)
    return pd.concat([ends, rises], ignore_index=True).astype({"layer": "Int64"})


def first_shown(measures: pd.DataFrame, position: str) -> dict[str, str]:
    """The position and split that are shown where nobody chose: the claims' own, and what was held out."""
    positions = [one for one in measures["position"].unique() if one]
    splits = sorted(measures["split"].unique(), key=lambda split: (split != "validation", split))
    return {"position": position if position in positions else next(iter(positions), ""), "split": splits[0]}


def _at_the_end(scores: pa.Table, axes: Sequence[str], factor: str, preparation: str) -> pd.DataFrame:
    is_agreement = (
        (pc.field("method") == "kmeans")
        & (pc.field("factor") == factor)
        & (pc.field("preparation") == preparation)
        & pc.field("layer").is_valid()
    )
    is_accuracy = (pc.field("method") == "model") & (pc.field("metric") == "accuracy")
    is_shown = pc.field("metric").isin(list(AT_THE_END)) & (pc.field("control") == "none")
    frame = scores.filter(is_shown & (is_agreement | is_accuracy)).to_pandas()
    frame = frame[frame["step"] == frame.groupby("run")["step"].transform("max")]
    frame["measure"] = frame["metric"].map(AT_THE_END)
    return frame[["run", "seed", *axes, "split", "position", "layer", "measure", "value"]]
