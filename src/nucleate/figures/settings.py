"""What files the figures of a run are written as.

This module hides that a figure is laid out once, whatever it is written as.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from nucleate.settings.config import Settings

Format = Literal["png", "svg", "pdf"]


class FigureSettings(Settings):
    """Files of the figures."""

    formats: tuple[Format, ...] = Field(
        ("png", "svg", "pdf"),
        min_length=1,
        description="what every figure is written as; `pdf` comes in the width of a page and of a column",
    )
