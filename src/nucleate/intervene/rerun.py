"""A forward pass that can go on from any site.

This module hides how a Hugging Face model is made to skip what lies before a site. Masks, position ids and
everything else that belongs to an architecture stay the model's own: the whole model is called, with blocks
that were run already handing out what they gave the first time. No model code of our own.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import torch
from transformers import PreTrainedModel

from nucleate.lazy import Bool, Float, Int
from nucleate.models.blocks import find_blocks, giving


class CachedPass:
    """One batch of prompts, run once; `from_site` runs the rest again from changed states.

    Attributes:
        sites: in order.
        states: of every site, `[row, token, n_embd]`.
        logits: of the token after each of those that are read, untouched: `[row, read, vocabulary]`.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        input_ids: Int[torch.Tensor, "row token"],
        mask: Bool[torch.Tensor, "row token"],
        read: Int[torch.Tensor, "row read"] | None = None,
    ) -> None:
        """`mask` is true on each prompt, and padding lies on the right. `model` is in evaluation mode.

        `read` are the tokens behind which the prediction is looked at; None: the last of each prompt.
        """
        self._model, self._ids, self._mask = model, input_ids, mask
        self._read = mask.sum(1, keepdim=True) - 1 if read is None else read
        blocks = find_blocks(model)
        self.sites = blocks.sites
        modules = [*blocks.blocks, *([blocks.final_norm] if blocks.final_norm is not None else [])]
        self._modules = dict(zip(self.sites[1:], modules, strict=True))
        self._outputs: dict[str, Any] = {}
        with ExitStack() as stack:
            keep_input = modules[0].register_forward_pre_hook(self._keep_input, with_kwargs=True)
            stack.callback(keep_input.remove)
            for site, module in self._modules.items():
                stack.callback(module.register_forward_hook(self._keep_output(site)).remove)
            self.logits = self._forward()
        self.states = {site: _states_in(output) for site, output in self._outputs.items()}

    def from_site(
        self, site: str, states: Float[torch.Tensor, "row token n_embd"]
    ) -> Float[torch.Tensor, "row read vocabulary"]:
        """Logits of the next tokens where `states` stand at `site`; what lies before is not run again."""
        with ExitStack() as stack:
            if site == "embed":
                replace = self._modules[self.sites[1]].register_forward_pre_hook(
                    _handing_in(states), with_kwargs=True
                )
                stack.callback(replace.remove)
            else:
                for earlier in self.sites[1 : self.sites.index(site)]:
                    stack.enter_context(giving(self._modules[earlier], self._outputs[earlier]))
                output = _like(self._outputs[site], states)
                stack.enter_context(giving(self._modules[site], output))
            return self._forward()

    @torch.no_grad()
    def _forward(self) -> Float[torch.Tensor, "row read vocabulary"]:
        """The head is run on the tokens that are read alone; what it does after is the model's own."""
        rows = torch.arange(len(self._ids), device=self._ids.device)[:, None]

        def only_read(_module: torch.nn.Module, arguments: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
            return (arguments[0][rows, self._read],)

        hook = self._model.get_output_embeddings().register_forward_pre_hook(only_read)
        try:
            output = self._model(self._ids, attention_mask=self._mask.long(), use_cache=False)
        finally:
            hook.remove()
        return output.logits.float()

    def _keep_input(
        self, _module: torch.nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> None:
        self._outputs["embed"] = arguments[0] if arguments else named["hidden_states"]

    def _keep_output(self, site: str) -> Any:
        def hook(_module: torch.nn.Module, _arguments: tuple[Any, ...], output: Any) -> None:
            self._outputs[site] = output

        return hook


def _handing_in(states: torch.Tensor) -> Any:
    def hook(
        _module: torch.nn.Module, arguments: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if arguments:
            return (states, *arguments[1:]), named
        return arguments, named | {"hidden_states": states}

    return hook


def _states_in(output: Any) -> torch.Tensor:
    return output[0] if isinstance(output, tuple) else output


def _like(output: Any, states: torch.Tensor) -> Any:
    """`states` in the form in which the block gives them out: a tensor, or the first of a tuple."""
    return (states, *output[1:]) if isinstance(output, tuple) else states
