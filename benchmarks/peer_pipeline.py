"""What a user would write today for a run's scores: Trainer, output_hidden_states, KMeans layer by layer.

Same corpus, same samples, same checkpoints, same numbers of clusters and starts as the run that it is given.
A number of clusters that two factors share is clustered once. No intervals, controls, figures or page.
Whole, it trains to the end and scores its own checkpoints. With `--until` it trains until that accuracy
stands, or for `--at-most` seconds of steps, and with `--checkpoints` it scores some of the given run's
checkpoints, which cost the same. Accuracy is counted as often as in that run, off the clock.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from transformers import AutoModelForCausalLM, PreTrainedModel

from benchmarks import ours, peers
from nucleate.capture.hidden_states import HiddenStates
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.saved import load_corpus
from nucleate.run_folder.folder import RunFolder
from nucleate.scoring.examples import samples_at
from nucleate.settings.presets import ExperimentSettings
from nucleate.stages.context import settings_of
from nucleate.stages.measuring import scored_rows

BATCH = 256


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="a finished run of nucleate")
    parser.add_argument("told", type=Path, help="where seconds and scores are written, as JSON")
    parser.add_argument("--until", type=float, help="train until this validation accuracy stands")
    parser.add_argument("--at-most", type=float, default=math.inf, help="seconds of steps, if it never does")
    parser.add_argument("--checkpoints", type=int, help="score so many of the run's own only")
    chosen = parser.parse_args()
    run = RunFolder.open(chosen.run)
    settings, corpus = settings_of(run), load_corpus(run.corpus)
    folder, steps = chosen.told.with_suffix(""), settings.training.all_checkpoint_steps()
    watch = Watch(ours.Examiner(settings, corpus), settings, chosen.until, chosen.at_most)
    is_whole = chosen.checkpoints is None
    step_seconds = train(settings, corpus, steps if is_whole else (), folder, watch)
    scored = checkpoints_to_score(run, folder, steps, chosen.checkpoints)
    seconds, rows = score_checkpoints(settings, corpus, scored)
    told = {
        "step_seconds": step_seconds,
        "evaluations": watch.evaluations,
        "evaluation_seconds": watch.seconds,
        "checkpoint_seconds": seconds,
        "n_steps": settings.training.steps,
        "n_checkpoints": len(steps),
        "figures": figures_of(rows),
    }
    chosen.told.write_text(json.dumps(told, indent=1))


class Watch:
    """Counts the peer's accuracy at the steps at which ours was counted, and says when that is enough.

    Attributes:
        evaluations: steps with the validation accuracy at each.
        seconds: that counting took.
    """

    def __init__(
        self, examiner: ours.Examiner, settings: ExperimentSettings, until: float | None, at_most: float
    ) -> None:
        self._examiner, self._training = examiner, settings.training
        self._until, self._at_most = until, at_most
        self._begun = time.perf_counter()
        self.evaluations: list[tuple[int, float]] = []
        self.seconds = 0.0

    def __call__(self, step: int, model: PreTrainedModel) -> bool:
        if step % self._training.evaluate_every and step not in self._training.all_checkpoint_steps():
            return self._until is not None and self._is_late()
        begun = time.perf_counter()
        accuracy = self._examiner.accuracy(model)
        self.evaluations.append((step, accuracy))
        self.seconds += time.perf_counter() - begun
        return self._until is not None and (accuracy >= self._until or self._is_late())

    def _is_late(self) -> bool:
        return time.perf_counter() - self._begun - self.seconds > self._at_most


def train(
    settings: ExperimentSettings, corpus: Corpus, checkpoints: Sequence[int], folder: Path, watch: Watch
) -> list[float]:
    model, batch = peers.hugging_face_model(settings, corpus), ours.instances_per_step(settings, corpus)
    if 0 in checkpoints:
        model.save_pretrained(folder / "checkpoint-0")
    return peers.train_with_trainer(
        model,
        corpus,
        settings,
        steps=settings.training.steps,
        batch=batch,
        checkpoints=checkpoints,
        folder=folder,
        is_enough=watch,
    )


def checkpoints_to_score(run: RunFolder, own: Path, steps: list[int], n: int | None) -> list[Path]:
    """All of its own, or `n` of the run's, spread from early to last."""
    if n is None:
        return [own / f"checkpoint-{step}" for step in steps]
    return [run.checkpoint(steps[round(i * (len(steps) - 1) / n)]) for i in range(1, n + 1)]


def score_checkpoints(
    settings: ExperimentSettings, corpus: Corpus, checkpoints: list[Path]
) -> tuple[list[float], list[dict[str, Any]]]:
    """Seconds of every checkpoint, and the rows of the last."""
    rows_of_corpus, seconds, rows = scored_rows(settings, corpus), [], []
    for checkpoint in checkpoints:
        begun = time.perf_counter()
        model = AutoModelForCausalLM.from_pretrained(checkpoint)
        prompts, lengths = ours.prompts_at(corpus, rows_of_corpus)
        states = peers.output_hidden_states(model, prompts, lengths, BATCH)
        rows = list(score(states_of(states, settings, corpus, rows_of_corpus), settings))
        seconds.append(time.perf_counter() - begun)
    return seconds, rows


def states_of(
    states: dict[str, np.ndarray], settings: ExperimentSettings, corpus: Corpus, rows: np.ndarray
) -> HiddenStates:
    """The peer's states under our names, so that both score the very same examples."""
    positions, table = settings.scoring.positions, corpus.table.take(rows)
    block = np.stack([states[position] for position in positions], axis=2)
    sites = ("embed", *(f"block.{i}" for i in range(1, block.shape[1] - 1)), "final_norm")
    labels = {factor: values[rows] for factor, values in corpus.labels().items()}
    expected = np.array([ids[-1] for ids in table["input_ids"].to_pylist()])
    split = np.asarray(table["split"].to_pylist())
    return HiddenStates(block, sites, positions, split, labels, states["predicted"], expected, 0)


def score(states: HiddenStates, settings: ExperimentSettings) -> Any:
    """Agreement of every split, position, factor and layer; accuracy of every split."""
    scoring = settings.scoring
    for split in scoring.splits:
        part = states.of_split(split)
        yield {"figure": f"accuracy, {split}", "value": float((part.predicted == part.expected).mean())}
        for position in scoring.positions:
            for sample in samples_at(part, position, scoring.factors):
                found: dict[int, list[np.ndarray]] = {}
                for factor, labels in sample.labels.items():
                    k = len(np.unique(labels))
                    if k not in found:
                        found[k] = [
                            KMeans(k, n_init=scoring.starts(k), random_state=0).fit_predict(layer)
                            for layer in sample.points
                        ]
                    for site, clusters in zip(states.sites, found[k], strict=True):
                        value = float(adjusted_rand_score(labels, clusters))
                        figure = f"agreement with {factor}, {split}, {position}, {site}"
                        yield {"figure": figure, "value": value}


def figures_of(rows: list[dict[str, Any]]) -> dict[str, float]:
    return {row["figure"]: row["value"] for row in rows}


if __name__ == "__main__":
    main()
