"""What a judge has before it: the tables of a run, and where in them to look.

This module hides where the tables lie and whether they were made, which positions each of them speaks of,
and how agreement over the last third of training is summed up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from nucleate.claims.settings import ClaimSettings
from nucleate.corpus.splits import HARDEST_FIRST
from nucleate.intervene.outcomes.effects import read_effects
from nucleate.metrics.curves import late, late_gain, late_gain_interval
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import Scores
from nucleate.scoring.emergence import excess
from nucleate.view import View

Table = Literal["scores", "unseen", "effects"]
"""What a claim rests on."""
LEAST_ERRORS = 5
"""Fewer right or wrong answers than this tell nothing of what goes with being right."""


@dataclass(frozen=True)
class Evidence:
    """What was measured of one run, and the view of it.

    Attributes:
        scores: agreement of clusters.
        view: where to look.
        pretrained: step 0 is a model that knows its language.
        unseen: `unseen.parquet`, None where it was not made.
        effects: `interventions.parquet`, None where it was not made.
    """

    scores: Scores
    view: View
    pretrained: bool = False
    unseen: Scores | None = None
    effects: pd.DataFrame | None = None

    @classmethod
    def of(cls, scores: Scores, settings: ClaimSettings) -> Evidence:
        """Scores alone, looked at as the settings say."""
        return cls(scores, settings.view.measured(scores), settings.pretrained)

    @classmethod
    def read(cls, folder: RunFolder, settings: ClaimSettings) -> Evidence:
        """Everything that was finished in a folder.

        Raises:
            RunFolderError: a table is not the one that was written.
        """
        done = {name for name, stage in folder.manifest["stages"].items() if stage["status"] == "done"}
        for stage in ("scoring", *sorted(done & {"unseen", "intervene"})):
            folder.require(stage)
        return replace(
            cls.of(Scores.read(folder.scores), settings),
            unseen=Scores.read(folder.unseen) if "unseen" in done else None,
            effects=read_effects(folder.interventions) if "intervene" in done else None,
        )

    def at(self, position: str) -> Evidence:
        """The same, looked at elsewhere."""
        return replace(self, view=replace(self.view, position=position))

    @cached_property
    def positions(self) -> Mapping[Table, list[str]]:
        """The positions that each table speaks of."""
        agreement = self.view.rows(self.scores.where(control="none"), every=("position", "split"))
        looked = (
            [] if self.unseen is None else self.unseen.where(method="nearest_centroid").values("position")
        )
        moved: list[str] = []
        if self.effects is not None:
            moved = sorted(self.effects.loc[self.effects["intervention"] == "shift", "position"].unique())
        return {"scores": agreement.values("position"), "unseen": looked, "effects": moved}

    @cached_property
    def layers(self) -> dict[str, pd.DataFrame]:
        """Agreement by split: a row per layer, for splits with two steps or more.

        Means over the last third of training: `value`, `excess`, `excess_low`, `excess_high`,
        `control_value`; over all of it: `highest` excess, `change`, the furthest from the first value; and
        `late_gain` with its interval `late_gain_low`, `late_gain_high`, and `control`, the strongest at the
        last step.
        """
        figures = excess(self.view.rows(self.scores, every=("split",))).dropna(subset=["layer", "excess"])
        return {
            str(split): pd.DataFrame(
                {int(curve["layer"].iloc[0]): _summary(curve) for _, curve in part.groupby("layer")}
            ).T
            for split, part in figures.groupby("split")
            if part["step"].nunique() > 1
        }

    def plain_agreement(self, site_layer: int) -> dict[str, float]:
        """The papers' plain index of a layer over the last third, where the view's is another."""
        if self.view.metric == "ari":
            return {}
        plain = replace(self.view, metric="ari").rows(self.scores.where(control="none", layer=site_layer))
        curve = plain.to_pandas().sort_values("step")
        return {"plain_ari": float(curve["value"][late(curve["step"].to_numpy(float))].mean())}

    def beside_size_matched(self, split: str) -> dict[str, float]:
        """The excess of a split's top layer, and that of as many trained instructions over the same controls.

        Means over the last third, of clusters of its own; and at the last step, `placed` among the clusters
        of train. Empty where nothing of the kind was scored.
        """
        rows = self.view.rows(self.scores, every=("split", "method")).where(split=split)
        matched = rows.where(control="size_matched").to_pandas()
        figures = excess(rows).dropna(subset=["layer", "excess"])
        columns = ["step", "method", "site", "value"]
        both = figures.merge(matched[columns].rename(columns={"value": "matched"}), on=columns[:3])
        both = both[both["layer"] == both["layer"].max()].sort_values("step")
        found: dict[str, float] = {}
        for method, suffix in ((self.view.method, ""), ("kmeans_from_train", "_placed")):
            curve = both[both["method"] == method]
            if len(curve):
                steps = curve["step"].to_numpy(float)
                chosen = curve[steps == steps.max()] if suffix else curve[late(steps)]
                found[f"{split}{suffix}"] = float(chosen["excess"].mean())
                over = chosen["matched"] - chosen["control_value"]
                found[f"size_matched{suffix}"] = float(over.mean())
        return found

    @property
    def held_out(self) -> pd.DataFrame | None:
        """`layers` of the view's split, None where it was not scored at two steps or more."""
        return self.layers.get(self.view.split)


def hardest_split(unseen: Scores, least_errors: int = LEAST_ERRORS) -> str | None:
    """The split that says most of unseen instances: the hardest with enough right and wrong answers.

    None: no split has `least_errors` of both at the last step.
    """
    accuracy = at_last_step(unseen.where(method="model", metric="accuracy").to_pandas())
    right = accuracy["value"] * accuracy["n_examples"]
    fewest = np.minimum(right, accuracy["n_examples"] - right)
    looked = unseen.where(method="nearest_centroid").values("split")
    there = {split for split in accuracy.loc[fewest >= least_errors, "split"] if split in looked}
    return next((split for split in HARDEST_FIRST if split in there), None)


def at_last_step(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that claims about a finished model rest on."""
    return rows[rows["step"] == rows["step"].max()]


def _summary(curve: pd.DataFrame) -> pd.Series:
    steps, over = curve["step"].to_numpy(float), curve["excess"].to_numpy()
    means = curve.loc[late(steps), ["value", "excess", "excess_low", "excess_high", "control_value"]].mean()
    change = (curve["value"] - curve["value"].iloc[0]).abs().max()
    ends = (curve[end].fillna(curve["value"]).to_numpy(float) for end in ("ci_low", "ci_high"))
    low, high = late_gain_interval(steps, over, *ends)
    gain = {"late_gain": late_gain(steps, over), "late_gain_low": low, "late_gain_high": high}
    others = {"highest": over.max(), "change": change, **gain}
    return pd.Series({**means, **others, "control": curve["control"].iloc[-1]})
