"""Which model is looked at, which of its checkpoints, and how they are loaded."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator

from nucleate.settings.config import Settings

IN_MEMORY, FROM_A_LOOP = "memory:", "trainer:"
"""Before the name of a model that was given as an object, or watched while somebody's loop trained it."""


class SeriesSettings(Settings):
    """A model that somebody else trained, or a series of its checkpoints."""

    name: str = Field(min_length=1, description="a folder, a GGUF file, or a name on the Hub")
    revisions: tuple[str, ...] = Field((), description="revisions on the Hub; empty: `main` alone")
    folder: str = Field("", description="a folder of checkpoints, instead of revisions")
    keep_identical: bool = Field(
        False, description="look at checkpoints too whose weights are those of another"
    )
    step_regex: str = Field(
        "", description="what finds a step in a checkpoint's name, as its first group; empty: the known forms"
    )
    untrained: bool = Field(
        True, description="where there is no step 0, an untrained model of the same shape takes its place"
    )
    dtype: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="precision of the weights while states are captured"
    )
    device: str = Field(
        "auto",
        description="where the model runs: cpu, cuda, mps, or auto: the first of cuda, mps, cpu there is",
    )
    device_map: str = Field(
        "", description="how the model is spread over devices, such as `auto`; needs accelerate"
    )
    disk_gb: float = Field(100.0, gt=0, description="what a single download may take, in GB")

    @property
    def is_gone(self) -> bool:
        """Whether the model is nowhere to be loaded from again; its states are kept."""
        return self.name.startswith((IN_MEMORY, FROM_A_LOOP))

    @field_validator("step_regex")
    @classmethod
    def _finds_a_number(cls, pattern: str) -> str:
        try:
            n_groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        if pattern and not n_groups:
            raise ValueError("needs a group that is the step, such as 'tokens([0-9]+)'")
        return pattern
