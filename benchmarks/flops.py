"""How much arithmetic a training step cannot do without, whoever does it and however.

Counted are products of matrices, two operations for each multiplication with its addition, forward and
backward, of what the loss needs: the tokens of an instruction once, whatever the number of inputs behind it;
no padding; no token that is only ever predicted (an instance's last); attention from each token to those
that it may see and to no others; logits only where something is predicted. Norms, activations, softmax,
the optimizer and looking up embeddings are not counted: they are small, and their cost is exactly what
a share of the ceiling is to show. This is the "model FLOPs" of Chowdhery et al. (2022), "PaLM", appendix B,
for shared prefixes.

A GPT-2 block of width d has weights d x 3d (queries, keys, values), d x d (projection), d x 4d and 4d x d:
12 d^2 multiplications for a token, and 2 d for each pair of a token and one that it sees (score and weighted
sum). The head has d x V for each prediction. The backward pass needs two products for each one of the forward
pass.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nucleate.corpus.corpus import Corpus

FORWARD_AND_BACKWARD = 3
PER_MULTIPLICATION = 2


@dataclass(frozen=True)
class Work:
    """What one instruction with all its instances asks of a model, as a mean over instructions.

    Attributes:
        tokens: that pass through the blocks.
        pairs: of a token and one that it may see, itself among them.
        predictions: places at which logits are needed.
    """

    tokens: float
    pairs: float
    predictions: float


def work_of(n_shared: int, branches: list[int]) -> Work:
    """The work of an instruction of `n_shared` tokens and branches of so many tokens, output included.

    Every token predicts; the last instruction token predicts the first token of all branches at once.
    """
    inner = [length - 1 for length in branches]
    tokens = n_shared + sum(inner)
    pairs = n_shared * (n_shared + 1) // 2 + sum(n * n_shared + n * (n + 1) // 2 for n in inner)
    return Work(tokens, pairs, tokens)


def mean_work(corpus: Corpus, split: str = "train") -> Work:
    """Mean over the instructions of a split."""
    table = corpus.of_split(split)
    shared = np.asarray(corpus.instruction_lengths(table))
    lengths = np.array([len(ids) for ids in table["input_ids"].to_pylist()])
    groups = table["instruction_id"].to_numpy()
    works = [
        work_of(int(shared[rows[0]]), (lengths[rows] - shared[rows]).tolist())
        for rows in (np.flatnonzero(groups == group) for group in np.unique(groups))
    ]
    return Work(
        *(
            float(np.mean([getattr(one, name) for one in works]))
            for name in ("tokens", "pairs", "predictions")
        )
    )


def model_flops(work: Work, *, n_layer: int, n_embd: int, vocab_size: int) -> float:
    """Operations of forward and backward pass for that work; see the module's docstring."""
    in_blocks = n_layer * (12 * n_embd**2 * work.tokens + 2 * n_embd * work.pairs)
    in_head = n_embd * vocab_size * work.predictions
    return FORWARD_AND_BACKWARD * PER_MULTIPLICATION * (in_blocks + in_head)
