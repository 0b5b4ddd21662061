"""Where a user's prompts are and how they are read."""

from __future__ import annotations

import pydantic

from nucleate.config import Settings
from nucleate.corpus.prompts import TEMPLATE


class PromptSettings(Settings):
    """A file of prompts, known by its content."""

    file: str = pydantic.Field(min_length=1, description="JSONL or CSV")
    sha256: str = pydantic.Field(pattern="^[0-9a-f]{64}$", description="of the file")
    template: str = TEMPLATE
    delimiter: str = pydantic.Field(
        " ", description="stands between prompt and answer where neither brings white space"
    )
    task: str = pydantic.Field(
        "", description="the factor that is the task; empty: `task`, or else the first field"
    )
