"""A model that is there as an object: a series of one checkpoint that nobody loads.

This module hides how an object is known, so that another one in the same folder is told apart, and that its
adapters belong to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from nucleate.errors import ModelError
from nucleate.models.loading import untrained_like
from nucleate.models.series.audit import Audited
from nucleate.models.series.series import UNTRAINED, Series
from nucleate.models.series.settings import IN_MEMORY, SeriesSettings
from nucleate.models.series.step_names import MAIN


@dataclass(frozen=True)
class Loaded:
    """A model and its tokenizer.

    Attributes:
        model: in any precision and place; it is left as it came.
        tokenizer: that it was trained with.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase

    @classmethod
    def of(cls, model: Any, tokenizer: Any) -> Loaded:
        """Of PEFT's model the one inside, its adapters at work in it.

        Raises:
            ModelError: they are no model and tokenizer of transformers.
        """
        has_adapters = hasattr(model, "peft_config") and hasattr(model, "get_base_model")
        inner = model.get_base_model() if has_adapters else model
        if not isinstance(inner, PreTrainedModel) or not isinstance(tokenizer, PreTrainedTokenizerBase):
            raise ModelError(
                f"expected a model of transformers and its tokenizer, got {type(model).__name__} and "
                f"{type(tokenizer).__name__}",
                "Give analyze(model, prompts, tokenizer=...), or a folder or name in the model's place.",
            )
        return cls(inner, tokenizer)

    @property
    def name(self) -> str:
        """What it was loaded by, else its class."""
        where = Path(str(getattr(self.model.config, "_name_or_path", "") or ""))
        return where.name or type(self.model).__name__

    def digest(self) -> str:
        """SHA-256 over names and values of all weights."""
        digest = hashlib.sha256()
        for name, tensor in sorted(self.model.state_dict().items()):
            digest.update(name.encode())
            plain = tensor.detach().cpu().contiguous().reshape(-1)
            digest.update(plain.view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()


@dataclass(frozen=True)
class SeriesInMemory(Series):
    """A series of which the only trained model is an object."""

    loaded: Loaded | None = None

    @classmethod
    def holding(cls, settings: SeriesSettings, loaded: Loaded) -> SeriesInMemory:
        size = sum(tensor.numel() * tensor.element_size() for tensor in loaded.model.state_dict().values())
        row = Audited(MAIN, 1, size, loaded.digest(), "")
        return cls(settings, (row,), {}, Path(), loaded=loaded)

    @property
    def name(self) -> str:
        return self.settings.name.removeprefix(IN_MEMORY)

    @property
    def content(self) -> tuple[str, ...]:
        vocabulary = repr(sorted(self.tokenizer().get_vocab().items()))
        return (hashlib.sha256(vocabulary.encode()).hexdigest(),)

    def tokenizer(self) -> PreTrainedTokenizerBase:
        return self._held.tokenizer

    def for_elsewhere(self) -> Series:
        raise ModelError(
            f"{self.name} is an object in this process, and a cluster's nodes cannot have it",
            "Save it with save_pretrained where all nodes see it, and analyze that folder.",
        )

    @contextmanager
    def model(self, step: int, seed: int) -> Iterator[PreTrainedModel]:
        own = self._held.model
        yield untrained_like(own, seed) if self.members[step] == UNTRAINED else own

    @property
    def _held(self) -> Loaded:
        assert self.loaded is not None, "it is made by `holding`"
        return self.loaded
