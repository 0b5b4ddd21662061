"""One look at the scores: which position, labels, preparation, split and measure.

A run's `View` is made once, from the settings of its claims, and handed to whatever judges, draws or tells,
so that what is drawn is what is judged. Where a run has not scored what is asked for, `as_scored` says what
is looked at instead; nothing else falls back.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nucleate.scores import Scores

_FALLS_BACK_IN = ("preparation", "factor", "position", "split")
"""The order in which what was not scored is replaced, each among what the ones before it leave."""


@dataclass(frozen=True)
class View:
    """Which figures are looked at; every attribute is a column of Scores.

    Attributes:
        position: which token's state.
        factor: the labels that clusters are compared with.
        preparation: of the states.
        split: the instances.
        metric: the figure.
        method: how it was clustered.
    """

    position: str = "last_instruction"
    factor: str = "task"
    preparation: str = "raw"
    split: str = "validation"
    metric: str = "ari"
    method: str = "kmeans"

    def rows(self, scores: Scores, *, every: tuple[str, ...] = ()) -> Scores:
        """The rows that are looked at, the model's own and its controls', at all steps and sites.

        Args:
            scores: of one run or several.
            every: columns of which all values are wanted and not the view's alone.
        """
        names = [field.name for field in fields(self) if field.name not in every]
        return scores.where(**{name: getattr(self, name) for name in names})

    def measured(self, scores: Scores) -> View:
        """This view of agreement across dialects where the labels were scored so, else as it is.

        Plain agreement is taken in by dialects; where there are none it is all there is.
        """
        across = replace(self, metric="ari_across")
        there = scores.where(control="none", metric=across.metric, method=self.method, factor=self.factor)
        return across if self.metric == "ari" and len(there) else self

    def as_scored(self, scores: Scores) -> View | None:
        """This view where its figures are there; what was not scored is replaced by the first that was.

        The measure is never replaced. None: there is nothing of it.
        """
        rows, chosen = scores.where(control="none", metric=self.metric, method=self.method), self
        if not len(rows):
            return None
        for name in _FALLS_BACK_IN:
            there, wanted = rows.values(name), getattr(self, name)
            chosen = replace(chosen, **{name: wanted if wanted in there else there[0]})
            rows = rows.where(**{name: getattr(chosen, name)})
        return chosen
