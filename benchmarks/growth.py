"""How time and memory grow: every size in a process of its own, and the exponent of the power law that fits.

1 is in proportion, 0 is not at all. Each axis is varied alone. Functions that begin with `prepare` are called
in the new process; what they return is the work that is timed.
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import make_blobs

from benchmarks import ours
from benchmarks.isolated import Alone, in_own_process, whole_process
from benchmarks.measuring import Findings, Measured, Reached, Row, exponent, last_exponent, seconds_of
from benchmarks.printing import number
from benchmarks.setup import Setup
from nucleate.capture.settings import CaptureSettings
from nucleate.capture.stored import store_states
from nucleate.corpus.saved import load_corpus
from nucleate.kmeans.kmeans import KMeansResult, kmeans
from nucleate.resampling.half_samples import Halves
from nucleate.run_folder.folder import RunFolder
from nucleate.scoring.methods import by_kmeans_of_a_breath
from nucleate.scoring.rows.cluster_figures import FactorFigures
from nucleate.scoring.rows.half_clusters import HalfClusters
from nucleate.settings.presets import resolve

LEAST_BYTES = 2**20
"""Memory is told apart from none down to this much: what the system itself adds to a process."""

BATCH_INSTRUCTIONS, TRAINED_STEPS = 32, 6
N_CLUSTERS, N_STARTS, N_EMBD = 20, 2, 64


def measure(setup: Setup) -> Findings:
    findings, sizes, preset = Findings(), setup.sizes, setup.sizes.preset
    here, corpora = partial(_grow, findings), setup.work / "growth"
    here("corpus, instances", sizes.instances, partial(_alone, "corpus", preset=preset, folder=str(corpora)))
    captured = here("capture, prompts", sizes.instances, partial(_alone, "capture", folder=str(corpora)))
    # Asked for at each size, the choice between precisions takes longer than what is measured.
    precision = ours.train_steps(resolve(preset), ours.corpus_of(preset), 1).precision
    trained = partial(_alone, "training", preset=preset, precision=precision)
    for axis, values in (("width", sizes.widths), ("layers", sizes.layers)):
        here(f"training step, {axis}", values, partial(trained, axis=axis))
    ran = here("run of smoke, checkpoints", sizes.checkpoints, partial(_run_with_checkpoints, setup.work))
    pages = [(n, one.answer["page"] / 1e6) for n, one in ran]
    _row(findings, "run of smoke, checkpoints: page", "MB", pages)
    clustered = here("k-means scoring, points", sizes.points, partial(_alone, "clustering"))
    _reach(findings, captured, clustered)
    return findings


def _grow(
    findings: Findings, what: str, sizes: Sequence[int], at: Callable[[int], Alone]
) -> list[tuple[int, Alone]]:
    """Measure every size, and add the rows of time and of memory, beyond what the work hands back."""
    taken = [(size, at(size)) for size in sizes]
    for quantity, unit, series in (
        ("time", "s", [(size, _seconds(one)) for size, one in taken]),
        ("memory", "MB", [(size, _working_bytes(one) / 1e6) for size, one in taken]),
    ):
        _row(findings, f"{what}: {quantity}", unit, series)
    return taken


def _row(findings: Findings, what: str, unit: str, series: list[tuple[int, float]]) -> None:
    fitted, last = exponent(*zip(*series, strict=True)), last_exponent(*zip(*series, strict=True))
    told = ", ".join(f"{size:,}: {number(value)} {unit}" for size, value in series)
    note = f"{told}; the last two alone {last:.2f}"
    row = Row("growth", what, "nucleate", "exponent", Measured((fitted,)), note=note, series=tuple(series))
    findings.rows.append(row)


def _seconds(one: Alone) -> float:
    """Of the work, or of a part of it where it tells that."""
    return one.answer["seconds"] if one.answer and "seconds" in one.answer else one.seconds


def _working_bytes(one: Alone) -> float:
    handed_back = one.answer["bytes"] if one.answer and "bytes" in one.answer else 0
    return max(LEAST_BYTES, one.peak_bytes - handed_back)


def _reach(findings: Findings, captured: list[tuple[int, Alone]], clustered: list[tuple[int, Alone]]) -> None:
    """The larger of the fitted exponent and that of the last two sizes: fixed costs flatter the first."""
    parts = {
        part: exponent([size for size, _ in clustered], [one.answer[part] for _, one in clustered])
        for part in ("k-means", "at most ten iterations", "interval")
    }
    size, largest = captured[-1]
    bytes_each, ids_each = _working_bytes(largest) / size, largest.answer["token bytes"] / size
    bounds = {
        "kmeans_exponent": ", ".join(f"{part} {value:.2f}" for part, value in parts.items()),
        "capture_exponent": f"{bytes_each:.0f} bytes a prompt; its ids are {ids_each:.0f}",
    }
    for key, taken, value_of in (
        ("kmeans_exponent", clustered, _seconds),
        ("capture_exponent", captured, _working_bytes),
    ):
        sizes, values = [size for size, _ in taken], [value_of(one) for _, one in taken]
        fitted, last = exponent(sizes, values), last_exponent(sizes, values)
        note = f"fitted {fitted:.2f}, the last two sizes alone {last:.2f}"
        findings.reached[key] = Reached(max(fitted, last), note=note, bound=bounds[key])


def _alone(what: str, size: int, **arguments: Any) -> Alone:
    return in_own_process(f"benchmarks.growth:prepare_{what}", size=size, **arguments)


def _run_with_checkpoints(work: Path, n: int) -> Alone:
    """A run of the smallest model with `n` checkpoints, all of them scored, for one position and factor."""
    steps = max(150, n - 1)
    chosen = sorted({round(i * steps / (n - 1)) for i in range(n)})
    changes = [
        f"training.steps={steps}",
        f"training.checkpoint_steps={chosen}",
        "scoring.positions=['last_instruction']",
        "scoring.factors=['task']",
        "scoring.milestones=0",
        "intervene.in_run=false",
    ]
    out = work / f"checkpoints-{n}"
    options = [word for change in changes for word in ("--set", change)]
    done = whole_process(ours.command("run", "smoke", "--out", str(out), *options))
    return replace(done, answer={"page": RunFolder.open(out).report.stat().st_size})


def prepare_corpus(size: int, preset: str, folder: str) -> Callable[[], None]:
    """Build and save a corpus of about `size` instances."""
    chosen = resolve(preset)
    variants = size // (chosen.corpus.n_tasks * chosen.corpus.n_inputs)
    kept = Path(folder) / str(size)
    overrides = [f"corpus.n_variants={variants}"]
    return lambda: ours.corpus_of(preset, *overrides).save(kept)


def prepare_capture(size: int, folder: str) -> Callable[[], dict[str, int]]:
    """Capture all prompts of a corpus with a model of two layers, to disk as an analysis does."""
    corpus, kept = load_corpus(Path(folder) / str(size)), Path(folder) / f"states-{size}"
    settings = resolve("smoke")
    model, rows = ours.model_of(settings, corpus), np.arange(corpus.table.num_rows)[:size]
    work = partial(store_states, model, corpus, step=0, positions=("input",), settings=CaptureSettings())

    def captured(some: np.ndarray = rows) -> dict[str, int]:
        shutil.rmtree(kept, ignore_errors=True)
        work(some, kept)
        return {"token bytes": corpus.table["input_ids"].nbytes}

    captured(rows[:8])

    return captured


def prepare_training(size: int, preset: str, axis: str, precision: str) -> Callable[[], dict[str, float]]:
    """Training steps at one width or number of layers, all in one precision: the median step."""
    changed = {
        "width": ["model.n_head=4", f"model.n_embd={size}"],
        "layers": [f"model.n_layer={size}"],
    }[axis]
    batch = f"training.batch_instructions={BATCH_INSTRUCTIONS}"
    settings = resolve(preset, [*changed, batch, f"training.precision={precision}"])
    corpus = ours.corpus_of(preset)
    ours.train_steps(settings, corpus, 1)
    return lambda: {
        "seconds": statistics.median(ours.train_steps(settings, corpus, TRAINED_STEPS).step_seconds[1:])
    }


def prepare_clustering(size: int) -> Callable[[], dict[str, float]]:
    """k-means of generated states in clear clusters, and its agreement with an interval from halves.

    Iterations until convergence differ from size to size all the same; at most ten, timed apart, differ less.
    """
    points, labels = make_blobs(
        size, n_features=N_EMBD, centers=N_CLUSTERS, center_box=(-1.0, 1.0), cluster_std=1.0, random_state=0
    )
    points, units = points[None].astype(np.float32), np.arange(size)
    cluster = partial(kmeans, points, N_CLUSTERS, seed=0, n_init=N_STARTS)
    kmeans(points[:, :100], N_CLUSTERS, seed=0, n_init=1)

    def interval(found: KMeansResult) -> None:
        halved = HalfClusters(points, Halves.draw(units, 0).rows).anew(by_kmeans_of_a_breath, labels, 0)
        figures_of = FactorFigures(labels, labels[None][:0], units, ("ari",), 0)
        list(figures_of.at_sites(found.labels, found.inertia, halved))

    def clustered() -> dict[str, float]:
        found: list[KMeansResult] = []
        whole = seconds_of(lambda: found.append(cluster()))
        of_interval = seconds_of(partial(interval, found[0]))
        ten = seconds_of(partial(cluster, max_iter=10))
        return {
            "seconds": whole + of_interval,
            "k-means": whole,
            "interval": of_interval,
            "at most ten iterations": ten,
        }

    return clustered
