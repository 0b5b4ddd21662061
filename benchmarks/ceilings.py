"""What the machine can do at best: products of matrices and copies of memory.

Nothing of nucleate is measured here. The best over several sizes counts: the smallest pay for being called,
the largest may fall out of the cache.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from benchmarks.measuring import Findings, Measured, Row, in_turn, seconds_of
from benchmarks.setup import Setup

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
LONGEST = 2.0
"""Seconds that one product may take: without units for it a processor multiplies bfloat16 a hundred times
slower, and the largest products alone would take minutes."""


def measure(setup: Setup) -> Findings:
    """Operations a second of the best square product in either precision, and bytes copied a second."""
    findings = Findings()
    for dtype in DTYPES:
        product, rates = best_product(dtype, setup)
        note = f"best of {', '.join(map(str, setup.sizes.products))}: {product.size}"
        what = f"matrix product, {dtype}"
        findings.rows.append(Row("ceilings", what, "machine", "GFLOP/s", rates.times(1e-9), note=note))
    rates = copying(setup.sizes.copied_bytes, setup.sizes.rounds)
    note = f"{setup.sizes.copied_bytes / 1e6:.0f} MB, read and written"
    findings.rows.append(Row("ceilings", "copy of memory", "machine", "GB/s", rates.times(1e-9), note=note))
    return findings


class Product:
    """Products of two square matrices, often enough to be timed.

    Attributes:
        size: rows and columns.
        operations: of one call, a multiplication with its addition counting two.
    """

    def __init__(self, dtype: str, size: int, least_operations: float) -> None:
        self.size = size
        self._repeats = max(1, round(least_operations / (2 * size**3)))
        self.operations = 2.0 * size**3 * self._repeats
        self._left, self._right = (torch.randn(size, size).to(DTYPES[dtype]) for _ in range(2))
        self._out = torch.empty_like(self._left)

    def __call__(self) -> None:
        for _ in range(self._repeats):
            torch.mm(self._left, self._right, out=self._out)


def best_product(dtype: str, setup: Setup) -> tuple[Product, Measured]:
    """The fastest of the square products, with its operations a second in every round."""
    products = {str(one.size): one for one in _short_enough(dtype, setup)}
    seconds = in_turn(products, rounds=setup.sizes.rounds)
    rates = {name: per_second(product.operations, seconds[name]) for name, product in products.items()}
    best = max(rates, key=lambda name: rates[name].median)
    return products[best], rates[best]


def _short_enough(dtype: str, setup: Setup) -> Iterator[Product]:
    """The smallest product, and larger ones until one takes too long; slow ones are called a single time."""
    first, *larger = sorted(setup.sizes.products)
    n_operations = setup.sizes.operations
    for size in (first, *larger):
        single = Product(dtype, size, 0.0)
        taken = seconds_of(single)
        if taken > LONGEST and size > first:
            return
        if taken * n_operations / single.operations > LONGEST:
            n_operations = single.operations
        yield Product(dtype, size, n_operations)


def copying(n_bytes: int, rounds: int) -> Measured:
    """Bytes a second, read and written counted both."""
    source = torch.ones(n_bytes // 4)
    target = torch.empty_like(source)
    seconds = in_turn({"copy": partial(target.copy_, source)}, rounds=rounds)["copy"]
    return per_second(2.0 * n_bytes, seconds)


def per_second(amount: float, seconds: Measured) -> Measured:
    return Measured(tuple(amount / value for value in seconds.values))
