"""Where prompts in natural language come from: tables of facts, or a file of the user's own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from nucleate.corpus.settings import SplitSettings
from nucleate.settings.config import Settings

TEMPLATE = "{instruction} {input}"
ARRAYS = "arrays"
"""Stands for a file of prompts where there is none, since states were given as arrays."""

Topic = Literal["countries", "cities", "elements", "languages", "animals"]
_N_ANIMALS = 16


class FactSettings(SplitSettings):
    """Which facts are asked for, and how."""

    kind: Literal["facts"] = Field(
        "facts", description="what tells these settings from those of a corpus of grammars"
    )
    topics: tuple[Topic, ...] = Field(
        ("countries", "cities", "elements", "languages"),
        min_length=1,
        description="tables; each has its own inputs, and a task for every column",
    )
    n_inputs: int = Field(12, ge=1, le=80, description="inputs of a topic, shared by all its tasks")
    most_prominent: int = Field(
        40,
        ge=1,
        le=80,
        description="inputs are drawn from this many first rows; countries and cities are sorted by people, "
        "languages by speakers, elements by number",
    )
    n_phrasings: int = Field(
        30, ge=3, le=300, description="phrasings of a task that are trained on, over its three forms"
    )
    vocabulary: int = Field(
        2000,
        ge=300,
        description="tokens of the byte-level BPE that is trained for a model from scratch",
    )

    @model_validator(mode="after")
    def _check_facts(self) -> FactSettings:
        if "animals" in self.topics and self.most_prominent > _N_ANIMALS:
            raise ValueError(
                f"most_prominent ({self.most_prominent}) is above the {_N_ANIMALS} animals that there are"
            )
        if self.n_inputs > self.most_prominent:
            raise ValueError(f"n_inputs ({self.n_inputs}) is above most_prominent ({self.most_prominent})")
        if self.validation_fraction > 0 and self.n_inputs == 1:
            raise ValueError("validation_fraction is above 0, but n_inputs = 1 leaves no pair to hold out")
        if self.unseen_dialect and self.bridge_inputs > self.n_inputs:
            raise ValueError(f"bridge_inputs ({self.bridge_inputs}) is more than n_inputs ({self.n_inputs})")
        return self


class PromptSettings(Settings):
    """A file of prompts, known by its content."""

    file: str = Field(min_length=1, description="the prompts: a file of JSONL or CSV")
    sha256: str = Field(
        pattern="^[0-9a-f]{64}$", description="SHA-256 in hexadecimal; computed from the file; do not set it"
    )
    template: str = Field(TEMPLATE, description="how instruction and input make a prompt where there is none")
    delimiter: str = Field(
        " ", description="stands between prompt and answer where neither brings white space"
    )
    merge_labels: bool = Field(
        False,
        description="take labels as one that differ only by case, white space or Unicode's normal forms",
    )
    task: str = Field("", description="the factor that is the task; empty: `task`, or else the first field")
