"""How states are read off a model: what bounds its memory, and what is run once."""

from __future__ import annotations

import pydantic

from nucleate.settings.config import Settings


class CaptureSettings(Settings):
    """How prompts are put together for the forward pass; no figure depends on it but for rounding."""

    batch_tokens: int = pydantic.Field(
        1024,
        ge=1,
        description="tokens of a batch, padding among them; memory grows with it, and with nothing else",
    )
    share_beginnings: bool = pydantic.Field(
        True, description="run what prompts of one instruction begin with once, where the model can"
    )
