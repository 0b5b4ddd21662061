"""The model that a run trains."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from nucleate.settings.config import Settings


class ModelSettings(Settings):
    """A GPT-2, by Hugging Face's names. `n_positions` and the vocabulary come from the corpus."""

    start: str = Field(
        "",
        description="folder or GGUF file of a pretrained model to train on; then no other model.* is used",
    )
    n_layer: int = Field(6, ge=1, description="blocks")
    n_head: int = Field(4, ge=1, description="attention heads; they share the width")
    n_embd: int = Field(128, ge=1, description="width: values of one hidden state")
    embd_pdrop: float = Field(0.0, ge=0, lt=1, description="dropout of the embeddings")
    attn_pdrop: float = Field(0.0, ge=0, lt=1, description="dropout of the attention weights")
    resid_pdrop: float = Field(0.0, ge=0, lt=1, description="dropout of what a block adds to its input")
    tie_word_embeddings: bool = Field(True, description="one matrix for the embeddings and the head")

    @property
    def name(self) -> str:
        """As it stands in tables."""
        return Path(self.start).stem or f"gpt2-{self.n_layer}x{self.n_embd}"

    @model_validator(mode="after")
    def _heads_share_the_width(self) -> ModelSettings:
        if self.n_embd % self.n_head:
            raise ValueError(f"model.n_embd={self.n_embd} is not a multiple of model.n_head={self.n_head}")
        return self
