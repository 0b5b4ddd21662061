"""Which model is looked at, which of its checkpoints, and how they are loaded."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nucleate.settings.config import Settings


class SeriesSettings(Settings):
    """A model that somebody else trained, or a series of its checkpoints."""

    name: str = Field(min_length=1, description="a folder, a GGUF file, or a name on the Hub")
    revisions: tuple[str, ...] = Field((), description="revisions on the Hub; empty: `main` alone")
    folder: str = Field("", description="a folder of checkpoints, instead of revisions")
    keep_identical: bool = Field(
        False, description="look at checkpoints too whose weights are those of another"
    )
    untrained: bool = Field(
        True, description="where there is no step 0, an untrained model of the same shape takes its place"
    )
    dtype: Literal["float32", "bfloat16", "float16"] = Field(
        "float32", description="precision of the weights while states are captured"
    )
    device: str = Field("auto", description="cpu, cuda or auto")
    device_map: str = Field("", description="spread over devices, such as `auto`; needs accelerate")
    disk_gb: float = Field(100.0, gt=0, description="what a single download may take, in GB")
