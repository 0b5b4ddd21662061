"""How large the benchmarks are: the sizes of `make bench`, and small ones that only prove that all runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sizes:
    """All sizes in one place.

    Attributes:
        preset: of `nucleate run`; its corpus, model and schedule are those of the training benchmarks.
        rounds: of everything that is timed in turn, after a warm-up.
        products, operations, copied_bytes: of the ceilings; small products are repeated up to `operations`.
        heads: of the models trained, by their widths.
        our_steps, peer_steps: trained per round, and how many of them are not counted.
        peer_seconds: that the peer pipeline is given to come to the accuracy, where it does not run whole.
        study_steps: checkpoints of the short training whose states are clustered, pictured and captured.
        n_points: states clustered per layer.
        clusterings: clusters and starts of each k-means.
        draws: seeds over which inertia is compared.
        n_resamples: bootstrap replicates.
        tsne_points, tsne_rounds: of each picture.
        prompts: captured.
        starts: of each command that only starts and reads.
        sweep_points, by_hand: runs made by a sweep, and how many of them one after another.
        instances, widths, layers, checkpoints, points: growth.
    """

    preset: str
    rounds: int
    products: tuple[int, ...]
    operations: float
    copied_bytes: int
    heads: tuple[tuple[int, int], ...]
    our_steps: tuple[int, int]
    peer_steps: tuple[int, int]
    peer_seconds: float
    study_steps: tuple[int, ...]
    n_points: int
    clusterings: tuple[tuple[int, int], ...]
    draws: int
    n_resamples: int
    tsne_points: int
    tsne_rounds: int
    prompts: int
    starts: int
    sweep_points: int
    by_hand: int
    instances: tuple[int, ...]
    widths: tuple[int, ...]
    layers: tuple[int, ...]
    checkpoints: tuple[int, ...]
    points: tuple[int, ...]


FULL = Sizes(
    preset="quick",
    rounds=3,
    products=(256, 512, 1024, 2048, 3072),
    operations=2e10,
    copied_bytes=2**28,
    heads=((128, 4), (256, 8)),
    our_steps=(14, 4),
    peer_steps=(3, 1),
    peer_seconds=480.0,
    study_steps=(0, 25, 50, 75, 100),
    n_points=1000,
    clusterings=((20, 10), (100, 5)),
    draws=20,
    n_resamples=200,
    tsne_points=500,
    tsne_rounds=2,
    prompts=2000,
    starts=9,
    sweep_points=16,
    by_hand=4,
    instances=(1_000, 10_000, 100_000, 1_000_000),
    widths=(64, 128, 256, 512, 768),
    layers=(2, 6, 12, 24),
    checkpoints=(5, 50, 150),
    points=(1_000, 10_000, 100_000, 1_000_000),
)

QUICK = Sizes(
    preset="smoke",
    rounds=2,
    products=(64, 128),
    operations=1e8,
    copied_bytes=2**20,
    heads=((32, 2), (64, 2)),
    our_steps=(4, 1),
    peer_steps=(3, 1),
    peer_seconds=4.0,
    study_steps=(0, 4, 8),
    n_points=48,
    clusterings=((4, 3), (8, 2)),
    draws=3,
    n_resamples=20,
    tsne_points=48,
    tsne_rounds=1,
    prompts=48,
    starts=2,
    sweep_points=2,
    by_hand=1,
    instances=(200, 1_000, 2_000),
    widths=(16, 32),
    layers=(1, 2),
    checkpoints=(3, 5),
    points=(1_000, 4_000),
)


@dataclass(frozen=True)
class Setup:
    """What every part is told.

    Attributes:
        sizes: full or small.
        whole: whether whole trainings and runs are compared, where a part would else extrapolate.
        work: a folder for runs; what one part leaves there another may use.
    """

    sizes: Sizes
    whole: bool
    work: Path
