"""Training: a step against Trainer and a plain loop, as a share of the machine's ceiling, and the whole.

All see as many instances per step: ours 128 instructions with their inputs, packed; peers the same number of
single instances, drawn at random and padded. The ceiling of the share is timed in turn with the steps.
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
ACCURACY_APART = 0.01
"""What ours may be less accurate at most for its time to count."""


def measure(setup: Setup) -> Findings:
    findings = Findings()
    for width, heads in setup.sizes.heads:
        _steps(findings, setup, width, heads)
    if setup.whole:
        _whole(findings, setup)
    return findings


def _steps(findings: Findings, setup: Setup, width: int, heads: int) -> None:
    """Seconds of a step at one width; the ratio of the first width is the one that is to be reached."""
    settings = resolve(setup.sizes.preset, [f"model.n_embd={width}", f"model.n_head={heads}"])
    what = f"step, width {width}"
    contestants, dtype, flops = _contestants(setup, settings)
    product, _ = ceilings.best_product(dtype, setup)
    contestants["ceiling"] = partial(seconds_of, product)
    taken = in_turn(contestants, rounds=setup.sizes.rounds, warm_up=1, take=lambda contestant: contestant())
    ceiling = ceilings.per_second(product.operations, taken.pop("ceiling"))
    findings.compare("training", what, "s", taken)
    share = ceilings.per_second(flops, taken["nucleate"]).over(ceiling)
    note = f"{flops / 1e9:.1f} GFLOP a step, of {ceiling.median / 1e9:.0f} GFLOP/s in {dtype}"
    findings.rows.append(
        Row("training", f"{what}, share of ceiling", "nucleate", "%", share.times(100), note=note)
    )
    bound = _profile(settings, ours.corpus_of(setup.sizes.preset))
    findings.reached[f"share_{width}"] = Reached(share.median, note=note, bound=bound)
    if width == setup.sizes.heads[0][0] and not setup.whole:
        ratio = taken[TRAINER].over(taken["nucleate"]).median
        findings.reached["training"] = Reached(ratio, note="of a step; whole: --whole", bound=bound)


def _contestants(setup: Setup, settings: ExperimentSettings) -> tuple[dict[str, Contestant], str, float]:
    """By name, what gives the median seconds of a step; ours first, with its precision and its arithmetic."""
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
        f"{TRAINER}, bf16=True": partial(of_peer, peers.train_with_trainer, bf16=True),
        "plain loop": partial(of_peer, peers.train_plainly),
    }
    model = settings.model
    flops = settings.training.batch_instructions * model_flops(
        mean_work(corpus), n_layer=model.n_layer, n_embd=model.n_embd, vocab_size=corpus.vocab_size
    )
    return contestants, ours.train_steps(settings, corpus, 1).dtype, flops


def _whole(findings: Findings, setup: Setup) -> None:
    """One whole training each: ours with its evaluations and checkpoints, Trainer with nothing but steps."""
    settings, corpus = resolve(setup.sizes.preset), ours.corpus_of(setup.sizes.preset)
    trained = ours.train_whole(settings, corpus)
    model, batch = peers.hugging_face_model(settings, corpus), ours.instances_per_step(settings, corpus)
    seconds = sum(
        peers.train_with_trainer(model, corpus, settings, steps=settings.training.steps, batch=batch)
    )
    accuracy = {
        "nucleate": ours.accuracy_of(trained.model, corpus),
        TRAINER: ours.accuracy_of(model, corpus),
    }
    taken = {"nucleate": Measured((trained.seconds,)), TRAINER: Measured((seconds,))}
    findings.compare("training", f"whole, {settings.training.steps} steps", "s", taken)
    for who, value in accuracy.items():
        findings.rows.append(Row("training", "accuracy, validation", who, "", Measured((value,))))
    note = f"whole; accuracy {accuracy['nucleate']:.3f}, Trainer's {accuracy[TRAINER]:.3f}"
    fair = accuracy["nucleate"] >= accuracy[TRAINER] - ACCURACY_APART
    ratio = seconds / trained.seconds
    findings.reached["training"] = Reached(ratio, fair, note, _profile(settings, corpus))


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
