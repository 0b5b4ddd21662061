"""What a model gives by itself: its own hidden states, logits and loss, held against what hooks read.

This module hides what of Hugging Face's `hidden_states` is which site. Some leave out the embeddings, most
give the last one after the final norm; and a model that attends to what comes later is no causal one,
whatever its class.
"""

from __future__ import annotations

import math

import torch
from transformers import PreTrainedModel

from nucleate.capture.passes.forward import Captured
from nucleate.capture.sites import read_sites
from nucleate.errors import ModelError
from nucleate.models.blocks import body_of, find_blocks

LARGEST_DIFFERENCE = {torch.float32: 1e-3, torch.float16: 2e-2, torch.bfloat16: 1e-1}
"""Of the largest value of a site's states: rounding, not a wrong token."""
_SAME = 1e-5
"""Two readings of one pass differ by no more."""
_UNTOUCHED = {torch.float32: 1e-4, torch.float16: 2e-2, torch.bfloat16: 1e-1}
"""Two passes of one length; experts, who are given other tokens together, round otherwise."""


@torch.no_grad()
def require_known_states(model: PreTrainedModel, prompt: list[int], name: str = "a text") -> None:
    """The sites that were found are the model's hidden states, and no later token changes an earlier one.

    Args:
        model: in evaluation mode.
        prompt: its tokens.
        name: of the prompt, where its states are no numbers.

    Raises:
        ModelError: they are not, or one does; or states are not finite, of which nothing else can be said.
    """
    states, hidden, last = _pass(model, prompt)
    _require_finite(states, f"the states of {name}")
    _require_own_sites(model, states, hidden, last)
    n, n_symbols = len(prompt) // 2, int(model.get_input_embeddings().weight.shape[0])
    after, _, _ = _pass(model, [*prompt[:n], *((token + 1) % n_symbols for token in prompt[n:])])
    _require_finite(after, f"with other tokens at its end, the states of {name}")
    for site, before in states.items():
        if n and not _agree(before[:n], after[site][:n], _UNTOUCHED.get(model.dtype, 1e-4)):
            raise ModelError(
                f"{type(model).__name__} is not causal: at {site} the states of a text change with tokens "
                "that come after them, so they would know the answer",
                "Use a causal language model; of a BERT, one that was trained with is_decoder=true.",
            )


@torch.no_grad()
def require_own_answer(model: PreTrainedModel, ids: list[int], n_prompt: int, found: Captured) -> None:
    """What was read of one prompt's answer is what the whole model says: likeliest token, probability, loss.

    Args:
        model: in evaluation mode.
        ids: of the prompt and its answer.
        n_prompt: tokens of the prompt alone.
        found: of this prompt alone.

    Raises:
        ModelError: it is not.
    """
    fed = torch.tensor([ids[:-1] if len(ids) > n_prompt else ids], device=model.device)
    logits = model(fed, attention_mask=torch.ones_like(fed), use_cache=False).logits[0].float()
    answer = torch.tensor(ids[n_prompt:], device=logits.device)
    told = logits[n_prompt - 1 :].log_softmax(-1)
    own = {"the probability of the next token": (float(told[0].max().exp()), float(found.confidence[0]))}
    if len(answer):
        loss = -float(told.gather(-1, answer[:, None]).mean())
        own["the loss of the answer"] = (loss, float(found.surprisal[0]))
    for name, (expected, read) in own.items():
        if not math.isfinite(expected):
            raise not_finite(f"{name} is {expected}: logits of {type(model).__name__}", "the head")
        if not abs(expected - read) <= LARGEST_DIFFERENCE.get(model.dtype, 1e-3) * (1 + abs(expected)):
            raise ModelError(
                f"{name} is {read:.4g} where {type(model).__name__} itself says {expected:.4g}",
                "Report the class of the model: its answers are read wrongly.",
            )


def not_finite(what: str, where: str) -> ModelError:
    """What is said of a model whose weights have diverged, are damaged or too large for their format."""
    return ModelError(
        f"{what} are not finite at {where}",
        "Load the weights in float32 (--set model.dtype=float32), leave the prompt out, or look at the "
        "model: its weights may be damaged.",
    )


def _require_finite(states: dict[str, torch.Tensor], what: str) -> None:
    """What is no number equals nothing, and would be told as another mistake."""
    for site, read in states.items():
        if not bool(read.isfinite().all()):
            raise not_finite(what, site)


def _pass(
    model: PreTrainedModel, prompt: list[int]
) -> tuple[dict[str, torch.Tensor], list[torch.Tensor], torch.Tensor]:
    """States `[token, width]` of every site, Hugging Face's own, and the last that the head is given."""
    states: dict[str, torch.Tensor] = {}
    ids = torch.tensor([prompt], device=model.device)
    with read_sites(find_blocks(model), lambda site, read: states.update({site: _of_one(read)})):
        output = body_of(model)(
            input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False, output_hidden_states=True
        )
    hidden = [_of_one(one) for one in output.hidden_states or ()]
    return states, hidden, _of_one(output.last_hidden_state)


def _of_one(read: torch.Tensor) -> torch.Tensor:
    return read[0].float().cpu() if isinstance(read, torch.Tensor) and read.ndim == 3 else torch.empty(0)


def _require_own_sites(
    model: PreTrainedModel, states: dict[str, torch.Tensor], hidden: list[torch.Tensor], last: torch.Tensor
) -> None:
    between = [site for site in states if site not in ("embed", "final_norm")][:-1]
    with_embed = [*(["embed"] if "embed" in states else []), *between]
    known = not hidden or any(
        all(_agree(states[site], own, _SAME) for site, own in zip(sites, hidden, strict=False))
        for sites in (with_embed, between)  # Mamba's leave out the embeddings
    )
    if not known:
        raise ModelError(
            f"the blocks that were found in {type(model).__name__} are not its hidden states",
            "Only models whose blocks are one list of modules can be looked at; report the class.",
        )
    norm = states.get("final_norm")
    if norm is not None and norm.shape == last.shape and not _agree(norm, last, _SAME):  # OPT's projects it
        raise ModelError(
            f"the final norm that was found in {type(model).__name__} is not what its head is given",
            "Report the class of the model if this one should be looked at.",
        )


def _agree(one: torch.Tensor, other: torch.Tensor, most: float) -> bool:
    """To within a share of the largest value; False where one is no states, or not finite."""
    if one.shape != other.shape or not one.numel():
        return False
    return float((one - other).abs().max()) <= most * max(float(other.abs().max()), 1e-9)
