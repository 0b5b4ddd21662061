"""Training: a step against Trainer and a plain loop, and as a share of the machine's ceiling.

All see as many instances per step: ours 128 instructions with their inputs, packed; peers the same number of
single instances, drawn at random and padded. The ceiling of the share is timed in turn with the steps. Where
ours chose float32, bfloat16 is slower, many times so without units for it, and `Trainer(bf16=True)` is left
out. Wider models take the precision that was chosen for the first, which
is timed once. Whole trainings are compared in `process.py`.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial

from benchmarks import ceilings, ours, peers, profiles
from benchmarks.flops import mean_work, model_flops
from benchmarks.measuring import Contestant, Findings, Measured, Reached, Row, in_turn, seconds_of
from benchmarks.setup import Setup
from nucleate.corpus.corpus import Corpus
from nucleate.settings.presets import ExperimentSettings, resolve

TRAINER = "Trainer"


def measure(setup: Setup) -> Findings:
    findings = Findings()
    (width, heads), *wider = setup.sizes.heads
    precision = _chosen(resolve(setup.sizes.preset, _shape(width, heads)), setup)
    taken, bound = _steps(findings, setup, width, heads, precision)
    ratio = taken[TRAINER].over(taken["nucleate"])
    note = f"{precision}; {ratio.least:.1f} to {ratio.most:.1f} in {setup.sizes.rounds} rounds"
    goal = f"training_{_dtype(precision)}"
    findings.reached[goal] = Reached(ratio.median, note=note, bound=bound)
    for width, heads in wider:
        _steps(findings, setup, width, heads, precision)
    return findings


def _shape(width: int, heads: int) -> list[str]:
    return [f"model.n_embd={width}", f"model.n_head={heads}"]


def _chosen(settings: ExperimentSettings, setup: Setup) -> str:
    """The precision that the program chooses here, by the name that its settings have for it."""
    return ours.train_steps(settings, ours.corpus_of(setup.sizes.preset), 1).precision


def _dtype(precision: str) -> str:
    return precision.partition("-")[0]


def _steps(
    findings: Findings, setup: Setup, width: int, heads: int, precision: str
) -> tuple[dict[str, Measured], str]:
    """Add the rows of one width. Returns: seconds of a step by contestant, and what bounds ours."""
    settings = resolve(setup.sizes.preset, [*_shape(width, heads), f"training.precision={precision}"])
    what, dtype, flops = f"step, width {width}", _dtype(precision), _flops(setup, settings)
    product, _ = ceilings.best_product(dtype, setup)
    contestants = _contestants(setup, settings, dtype) | {"ceiling": partial(seconds_of, product)}
    taken = in_turn(contestants, rounds=setup.sizes.rounds, warm_up=1, take=lambda contestant: contestant())
    ceiling = ceilings.per_second(product.operations, taken.pop("ceiling"))
    findings.compare("training", what, "s", taken)
    share = ceilings.per_second(flops, taken["nucleate"]).over(ceiling)
    note = f"{flops / 1e9:.1f} GFLOP a step, of {ceiling.median / 1e9:.0f} GFLOP/s in {dtype}"
    findings.rows.append(
        Row("training", f"{what}, share of ceiling", "nucleate", "%", share.times(100), note=note)
    )
    bound = _profile(settings, ours.corpus_of(setup.sizes.preset))
    spread = f"{share.least:.0%} to {share.most:.0%}; {note}"
    findings.reached[f"share_{width}"] = Reached(share.median, note=spread, bound=bound)
    return taken, bound


def _flops(setup: Setup, settings: ExperimentSettings) -> float:
    corpus, model = ours.corpus_of(setup.sizes.preset), settings.model
    return settings.training.batch_instructions * model_flops(
        mean_work(corpus), n_layer=model.n_layer, n_embd=model.n_embd, vocab_size=corpus.vocab_size
    )


def _contestants(setup: Setup, settings: ExperimentSettings, dtype: str) -> dict[str, Contestant]:
    """By name, what gives the median seconds of a step; ours first."""
    corpus = ours.corpus_of(setup.sizes.preset)
    batch = ours.instances_per_step(settings, corpus)
    (our_steps, our_first), (steps, first) = setup.sizes.our_steps, setup.sizes.peer_steps

    def of_peer(train: Callable[..., list[float]], **options: object) -> float:
        model = peers.hugging_face_model(settings, corpus)
        return statistics.median(train(model, corpus, settings, steps=steps, batch=batch, **options)[first:])

    contestants: dict[str, Contestant] = {
        "nucleate": lambda: statistics.median(
            ours.train_steps(settings, corpus, our_steps).step_seconds[our_first:]
        ),
        TRAINER: partial(of_peer, peers.train_with_trainer),
    }
    if dtype != "float32":
        contestants[f"{TRAINER}, bf16=True"] = partial(of_peer, peers.train_with_trainer, bf16=True)
    return contestants | {"plain loop": partial(of_peer, peers.train_plainly)}


def _profile(settings: ExperimentSettings, corpus: Corpus) -> str:
    """Of steps alone, neither of laying out the corpus before them nor of the checkpoint after them."""
    operations, first, last = profiles.Operations(), 2, 6

    def watch(step: int) -> None:
        if step == first:
            operations.start()
        if step == last:
            operations.stop()

    ours.train_steps(settings, corpus, last, watch)
    return str(operations)
