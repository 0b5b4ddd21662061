"""Where a Ray cluster is, and what of it a piece of work gets."""

from __future__ import annotations

from pydantic import Field

from nucleate.settings.config import Settings


class RaySettings(Settings):
    """Where a cluster is, and what of it a piece of work needs: a sweep's point, a checkpoint of a series."""

    address: str = Field(
        "", description="of a cluster that runs; empty: one is started here, for this command"
    )
    cpus: float = Field(0.0, ge=0, description="of a piece; 0: as many as its threads")
    gpus: float = Field(0.0, ge=0, description="of a piece; 0.25 lets four share one")
    memory_gb: float = Field(0.0, ge=0, description="of a piece; 0: nothing is set aside")
    retries: int = Field(3, ge=0, description="times that a piece is done again after its node was lost")


class ClusterSettings(Settings):
    """What a command that is no sweep can be told of a cluster: `--set ray.KEY=VALUE`."""

    ray: RaySettings = RaySettings()
