"""Where a run stands by its claims."""

from __future__ import annotations

from pydantic import Field

from nucleate.scoring.settings import PreparationName
from nucleate.settings.config import Settings
from nucleate.view import View


class ClaimSettings(Settings):
    """Where the claims are judged."""

    position: str = Field("last_instruction", description="the position that `nucleate verify` stands by")
    factor: str = Field("task", description="the labels that clusters are compared with")
    preparation: PreparationName = Field(
        "raw",
        description="what was done to the states; those of a pretrained model need `standardise`, "
        "or a few coordinates drown the rest",
    )
    pretrained: bool = Field(
        False, description="step 0 is a model that knows its language: the realistic setting"
    )

    @property
    def view(self) -> View:
        """What is judged, and so what figures and page show first."""
        return View(self.position, self.factor, self.preparation)
