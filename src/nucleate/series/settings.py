"""Which model is looked at, which of its checkpoints, and how they are loaded."""

from __future__ import annotations

from typing import Literal

import pydantic

from nucleate.config import Settings


class SeriesSettings(Settings):
    """A model that somebody else trained, or a series of its checkpoints."""

    name: str = pydantic.Field(min_length=1, description="a folder, a GGUF file, or a name on the Hub")
    revisions: tuple[str, ...] = pydantic.Field((), description="of the Hub; empty: `main` alone")
    folder: str = pydantic.Field("", description="of checkpoints, instead of revisions")
    keep_identical: bool = pydantic.Field(
        False, description="look at checkpoints too whose weights are those of another"
    )
    untrained: bool = pydantic.Field(
        True, description="where there is no step 0, an untrained model of the same shape takes its place"
    )
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"
    device: str = "auto"
    device_map: str = pydantic.Field("", description="spread over devices, such as `auto`; needs accelerate")
    disk_gb: float = pydantic.Field(100.0, gt=0, description="what a single download may take")
