"""All settings of a corpus in one flat table, and what must hold between them.

Grammar, tasks and splits each know their own; here they become the keys `corpus.n_tasks`,
`corpus.n_symbols` and so on. The defaults are those of the `quick` preset.
"""

from __future__ import annotations

from pydantic import Field, model_validator

from nucleate.corpus.grammar import GrammarSettings
from nucleate.corpus.splits import SplitSettings
from nucleate.corpus.tasks import TaskSettings


class CorpusSettings(SplitSettings, GrammarSettings, TaskSettings):
    """What a model is taught.

    Attributes:
        n_dialects: expressions per task.
        n_variants: instructions of a task that are trained on, over all its dialects; the mean over tasks.
        variant_spread: a dialect's share of them lies within this much of the mean, relative to it.
    """

    n_dialects: int = Field(3, ge=1)
    n_variants: int = Field(90, ge=1)
    variant_spread: float = Field(0.2, ge=0.0, lt=1.0)

    @model_validator(mode="after")
    def _check_variants(self) -> CorpusSettings:
        if self.n_variants < self.n_dialects:
            raise ValueError(
                f"n_variants ({self.n_variants}) is below n_dialects ({self.n_dialects}), "
                "and every dialect needs one"
            )
        per_dialect = self.n_variants // self.n_dialects
        wanted = per_dialect + self.n_unseen_instructions(per_dialect)
        if wanted > self.max_language_size:
            raise ValueError(
                f"n_variants ({self.n_variants}) asks for {wanted} instructions per dialect with the unseen "
                f"ones, above max_language_size ({self.max_language_size})"
            )
        return self

    @model_validator(mode="after")
    def _check_held_out(self) -> CorpusSettings:
        if self.validation_fraction > 0 and self.n_inputs == 1:
            raise ValueError("validation_fraction is above 0, but n_inputs = 1 leaves no pair to hold out")
        if self.unseen_dialect and self.n_dialects == 1:
            raise ValueError(
                "unseen_dialect is on, but n_dialects = 1 leaves no dialect to learn a task from"
            )
        if self.unseen_dialect and self.bridge_inputs > self.n_inputs:
            raise ValueError(
                f"unseen_dialect is on, but bridge_inputs ({self.bridge_inputs}) is more than "
                f"n_inputs ({self.n_inputs})"
            )
        return self
