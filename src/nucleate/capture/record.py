"""model + corpus -> HiddenStates.

What is hidden: batches of like length, padding that no state can see, and that only the chosen
positions leave the forward pass, so memory does not grow with the length of the text.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int
from transformers import PreTrainedModel

from nucleate.capture.positions import position_weights
from nucleate.capture.sites import read_sites
from nucleate.corpus.corpus import Corpus
from nucleate.hidden_states import HiddenStates
from nucleate.models import find_blocks


@torch.no_grad()
def capture(
    model: PreTrainedModel,
    corpus: Corpus,
    rows: Int[np.ndarray, " example"],
    *,
    step: int,
    positions: tuple[str, ...],
    batch_size: int = 256,
) -> HiddenStates:
    """The states of the given rows of a corpus, at every site and the given positions, in float32.

    The text that the model sees is `[I; x]`: the output could tell nothing to a token before it.
    The model is left as it came, in training or in evaluation mode.
    """
    table = corpus.table.take(rows)
    sequences = table["input_ids"].to_pylist()
    prompts = prompts_of(sequences, corpus.answer_lengths(table))
    instruction_lengths = np.asarray(corpus.instruction_lengths(table))
    blocks = find_blocks(model)
    shape = (len(rows), len(blocks.sites), len(positions), model.config.hidden_size)
    states, predicted = np.empty(shape, dtype=np.float32), np.empty(len(rows), dtype=np.int64)
    expected = np.array([ids[len(prompt)] for ids, prompt in zip(sequences, prompts, strict=True)])
    surprisal = np.empty(len(rows), dtype=np.float32)
    was_training = model.training
    model.eval()
    order = np.argsort([len(prompt) for prompt in prompts], kind="stable")
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        ids, mask = right_padded([prompts[i] for i in chosen], model.device)
        lengths = torch.from_numpy(instruction_lengths[chosen]).to(model.device)
        weights = position_weights(positions, lengths, mask.sum(1), ids.shape[1])

        def keep(
            site: str, hidden: torch.Tensor, weights: torch.Tensor = weights, at: np.ndarray = chosen
        ) -> None:
            states[at, blocks.sites.index(site)] = torch.bmm(weights, hidden.float()).cpu().numpy()

        with read_sites(blocks, keep):
            output = model.base_model(input_ids=ids, attention_mask=mask, use_cache=False)
        predicted[chosen], surprisal[chosen] = _answers(
            model, output.last_hidden_state, mask.sum(1), expected[chosen]
        )
    model.train(was_training)
    labels = {factor: values[rows] for factor, values in corpus.labels().items()}
    split = np.asarray(table["split"].to_pylist())
    counts = _token_counts(sequences, instruction_lengths)
    return HiddenStates(
        states, blocks.sites, positions, split, labels, predicted, expected, step, counts, surprisal
    )


def prompts_of(sequences: list[list[int]], answer_lengths: list[int]) -> list[list[int]]:
    """What comes before each answer."""
    return [ids[: len(ids) - answer] for ids, answer in zip(sequences, answer_lengths, strict=True)]


def _token_counts(
    sequences: list[list[int]], lengths: Int[np.ndarray, " example"]
) -> Int[np.ndarray, "example token"]:
    """Bags of the instructions' tokens: a column for each token that occurs in some instruction."""
    tokens = np.concatenate([ids[:length] for ids, length in zip(sequences, lengths, strict=True)])
    columns = np.unique(tokens, return_inverse=True)[1]
    counts = np.zeros((len(lengths), columns.max() + 1), dtype=np.int64)
    np.add.at(counts, (np.repeat(np.arange(len(lengths)), lengths), columns), 1)
    return counts


def _answers(
    model: PreTrainedModel,
    last_hidden: torch.Tensor,
    lengths: torch.Tensor,
    expected: Int[np.ndarray, " example"],
) -> tuple[Int[np.ndarray, " example"], Float[np.ndarray, " example"]]:
    """Greedy next tokens and the surprisal of the expected ones; the head is run on those states alone."""
    states = last_hidden[torch.arange(len(lengths), device=lengths.device), lengths - 1]
    logits = model.get_output_embeddings()(states).float()
    wanted = torch.from_numpy(expected).to(logits.device)
    surprisal = torch.nn.functional.cross_entropy(logits, wanted, reduction="none")
    return logits.argmax(-1).cpu().numpy(), surprisal.cpu().numpy()


def right_padded(prompts: list[list[int]], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and mask; behind the text, padding is out of sight of every causal state before it."""
    width = max(map(len, prompts))
    ids = torch.zeros(len(prompts), width, dtype=torch.long)
    for row, prompt in zip(ids, prompts, strict=True):
        row[: len(prompt)] = torch.tensor(prompt)
    lengths = torch.tensor([len(prompt) for prompt in prompts])
    mask = (torch.arange(width)[None, :] < lengths[:, None]).long()
    return ids.to(device), mask.to(device)
