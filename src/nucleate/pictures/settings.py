"""Which pictures a run makes of its states.

This module hides that few points show as much. Groups of a dozen points are islands already, and t-SNE
takes time with the square of their number.
"""

from __future__ import annotations

from pydantic import Field

from nucleate.settings.config import Settings


class PictureSettings(Settings):
    """t-SNE pictures of the states, every layer by every checkpoint; for looking at, never for scoring."""

    tsne: bool = Field(True, description="make t-SNE pictures of the states, where the claims are judged")
    n_points: int = Field(300, ge=10, description="points of a t-SNE picture, of all splits together")
    n_steps: int = Field(10, ge=1, description="checkpoints that have one, spread from first to last")
