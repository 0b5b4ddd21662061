"""Precision `auto`: which arithmetic and which attention are fastest here, asked once and remembered.

Short rows make the usual wisdom wrong: on one CPU fused attention in bfloat16 was slower than float32,
plain attention in bfloat16 twice as fast. So a few steps of the real model on a real batch are timed.
The default (float32, fused attention) is left only for a clear margin, and the answer is kept per machine,
thread count and shapes, so that one command gives the same bytes each time.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import platformdirs
import torch

from nucleate.errors import RunFolderError
from nucleate.run_folder.atomic_write import whole

CLEAR_MARGIN = 0.75
"""A candidate is chosen over the one before it only where it takes at most this share of its time."""

HOPELESS = 5
"""A number format is not tried again when its first step takes so many times as long as the fastest first
step: a processor without units for bfloat16 would spend as long on the trial as on 200 steps of training."""

_WARM_UP, _TIMED = 2, 5

_PROCEDURE = 2
"""Raised where choices could come out otherwise than those that were remembered."""


@dataclass(frozen=True)
class Precision:
    """How the forward and backward pass are computed; weights and optimizer stay in float32."""

    dtype: str
    attention: str

    def __str__(self) -> str:
        return f"{self.dtype}, {self.attention} attention"

    def autocast(self, device: torch.device) -> torch.autocast:
        return torch.autocast(device.type, torch.bfloat16, enabled=self.dtype == "bfloat16")


DEFAULT = Precision("float32", "sdpa")


def parse_precision(name: str) -> Precision:
    """`float32` and `bfloat16` use fused attention; `bfloat16-eager` and the like name it."""
    dtype, _, attention = name.partition("-")
    return Precision(dtype, attention or "sdpa")


def choose_precision(
    step: Callable[[Precision], None], device: torch.device, shapes: tuple[int, ...]
) -> Precision:
    """The remembered choice for this machine and these shapes, or a new one by timing `step`.

    Args:
        step: runs forward and backward on a real batch with the given precision.
        device: where it runs.
        shapes: whatever the speed depends on: layers, heads, width, vocabulary, rows, tokens.
    """
    remembered = _cache_file(device, shapes)
    try:
        return Precision(**json.loads(remembered.read_text())["choice"])
    except (OSError, ValueError, KeyError, TypeError):
        seconds = _time(step, _candidates(device), device)
        choice = _pick(seconds)
        _remember(remembered, choice, seconds)
        return choice


def _candidates(device: torch.device) -> list[Precision]:
    has_bfloat16 = device.type == "cpu" or torch.cuda.is_bf16_supported()
    dtypes = ["float32", *(["bfloat16"] if has_bfloat16 else [])]
    return [Precision(dtype, attention) for dtype in dtypes for attention in ("sdpa", "eager")]


def _time(
    step: Callable[[Precision], None], candidates: list[Precision], device: torch.device
) -> dict[Precision, float]:
    """Median seconds of each, taken in turn so that a drifting machine treats all alike."""
    if device.type != "cpu":  # what is used there first is loaded first: seconds that no later step takes
        for candidate in candidates:
            _seconds(step, candidate)
    first: dict[Precision, float] = {}
    for candidate in candidates:
        if not any(one.dtype == candidate.dtype and _is_hopeless(one, first) for one in first):
            first[candidate] = _seconds(step, candidate)
    seconds: dict[Precision, list[float]] = {one: [] for one in first if not _is_hopeless(one, first)}
    for round_number in range(1, _WARM_UP + _TIMED):
        for candidate, counted in seconds.items():
            taken = _seconds(step, candidate)
            if round_number >= _WARM_UP:
                counted.append(taken)
    return first | {candidate: statistics.median(values) for candidate, values in seconds.items()}


def _is_hopeless(candidate: Precision, first: dict[Precision, float]) -> bool:
    return first[candidate] > HOPELESS * min(first.values())


def _seconds(step: Callable[[Precision], None], candidate: Precision) -> float:
    begun = time.perf_counter()
    step(candidate)
    if torch.accelerator.is_available():
        torch.accelerator.synchronize()
    return time.perf_counter() - begun


def _pick(seconds: dict[Precision, float]) -> Precision:
    choice = DEFAULT
    for candidate in sorted(seconds, key=lambda one: (one.dtype != "float32", one.attention != "sdpa")):
        if seconds[candidate] <= CLEAR_MARGIN * seconds[choice]:
            choice = candidate
    return choice


def _cache_file(device: torch.device, shapes: tuple[int, ...]) -> Path:
    machine = torch.cuda.get_device_name() if device.type == "cuda" else _processor()
    key = json.dumps([_PROCEDURE, machine, torch.__version__, torch.get_num_threads(), str(device), *shapes])
    folder = Path(os.environ.get("NUCLEATE_CACHE_DIR") or platformdirs.user_cache_dir("nucleate"))
    return folder / f"precision-{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"


def _processor() -> str:
    return f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()} {os.cpu_count()}"


def _remember(path: Path, choice: Precision, seconds: dict[Precision, float]) -> None:
    record = {
        "choice": asdict(choice),
        "seconds": {str(one): round(value, 5) for one, value in seconds.items()},
    }
    with suppress(OSError, RunFolderError):  # a cache that cannot be written costs the next run seconds
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole(path) as beside:
            beside.write_text(json.dumps(record, indent=2) + "\n")
