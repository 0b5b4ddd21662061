"""Which points a sweep has: pure, from a sweep file to settings.

This module hides how axes are combined (all with all, side by side, at random, or a balanced fraction of
all), and that every combination is checked before the first is run.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nucleate.errors import ConfigError
from nucleate.run_folder.manifest import digest_of
from nucleate.settings.presets import ExperimentSettings, resolve
from nucleate.sweep.sweep_file import Range, SweepFile, keys_of

Values = tuple[Any, ...]
"""One value for each axis, in their order."""
_STARTS = 20
_CANDIDATES = 20_000
"""Points of a whole grid that a fraction is chosen from, at most."""


@dataclass(frozen=True)
class Point:
    """One run of a sweep.

    Attributes:
        axes: the value of every setting that an axis moves, by its dotted key.
        settings: all of them, resolved.
    """

    axes: Mapping[str, Any]
    settings: ExperimentSettings

    @cached_property
    def name(self) -> str:
        """Of its folder: a digest of every setting, so that two points of one name are the same run."""
        return self.settings.digest()[:16]

    @cached_property
    def training(self) -> str:
        """A digest of all that training reads: points that share it have one training."""
        settings = self.settings
        parts = (settings.corpus.digest(), settings.model.digest(), settings.training.digest())
        return digest_of(settings.seed, *parts)[:16]


def points_of(file: SweepFile, base: str, source: str) -> list[Point]:
    """Every point once, seed by seed within each combination of the axes.

    Raises:
        ConfigError: an axis is no setting, or values do not hold together; it names the point.
    """
    fixed = [*_without_pictures(file), *(_assignment(key, value) for key, value in file.fixed.items())]
    own = _settings(base, fixed, f"{source}, [set]").seed
    points: dict[str, Point] = {}
    for values in combinations(file):
        axes = dict(_settings_moved(file, values))
        for seed in seeds_of(file, own):
            chosen = [*fixed, *(_assignment(key, value) for key, value in axes.items()), f"seed={seed}"]
            said = ", ".join(f"{key}={value}" for key, value in axes.items())
            point = Point(axes, _settings(base, chosen, f"{source}, axes at {said}"))
            points.setdefault(point.name, point)
    return list(points.values())


def _without_pictures(file: SweepFile) -> list[str]:
    """t-SNE pictures, more than half of what scoring takes, are for a page: none is kept, none is made."""
    return [] if "page" in file.keep else ["pictures.tsne=false"]


def combinations(file: SweepFile) -> list[Values]:
    """The values of the axes at every point of the design, seeds apart.

    Raises:
        ConfigError: axes side by side differ in length, or a fraction is larger than the whole.
    """
    if file.design == "random":
        return list(_at_random(file))
    levels = [_levels(key, values) for key, values in file.axes.items()]
    if file.design == "zipped":
        return _side_by_side(list(file.axes), levels)
    if file.design == "grid":
        return list(itertools.product(*levels))
    return _fraction(levels, file.n_points, file.design_seed)


def seeds_of(file: SweepFile, own: int) -> list[int]:
    """The seeds of every point; the base's own where the file names none."""
    if isinstance(file.seeds, int):
        return list(range(own, own + file.seeds))
    return list(file.seeds) or [own]


def _levels(key: str, values: Sequence[Any] | Range) -> list[Any]:
    try:
        return values.values() if isinstance(values, Range) else list(values)
    except ValueError as error:
        raise ConfigError(
            f"axes.{key}: {error}", "Write for instance: { from = 1, to = 8, n = 4 }."
        ) from None


def _side_by_side(keys: Sequence[str], levels: Sequence[Sequence[Any]]) -> list[Values]:
    for key, values in zip(keys, levels, strict=True):
        if len(values) != len(levels[0]):
            raise ConfigError(
                f"axes.{key} has {len(values)} values, but axes.{keys[0]} has {len(levels[0])}: "
                "zipped axes go side by side",
                'Give them the same number, or set design = "grid".',
            )
    return list(zip(*levels, strict=True))


def _at_random(file: SweepFile) -> Iterator[Values]:
    """Each axis on its own; more points leave those before as they were."""
    for index in range(file.n_points):
        rng = np.random.default_rng([file.design_seed, index])
        yield tuple(_draw(values, rng) for values in file.axes.values())


def _draw(values: Sequence[Any] | Range, rng: np.random.Generator) -> Any:
    share = rng.random()
    if isinstance(values, Range) and values.n is None and values.step is None:
        return values.at(share)
    levels = values.values() if isinstance(values, Range) else values
    return levels[int(share * len(levels))]


def _fraction(levels: Sequence[Sequence[Any]], n_points: int, seed: int) -> list[Values]:
    """Points of the whole grid in which every value, and every pair of values, is met as evenly as can be.

    Points are exchanged one by one from several random starts, and the most even choice is kept. Of 2 x 2 x 2
    four points are the classical half.
    """
    grid = np.array(list(itertools.product(*(range(len(values)) for values in levels))))
    if n_points > len(grid):
        raise ConfigError(
            f"n_points is {n_points}, but the whole grid has {len(grid)}",
            'Lower n_points, or set design = "grid".',
        )
    rng = np.random.default_rng(seed)
    candidates = grid[np.sort(rng.permutation(len(grid))[: max(_CANDIDATES, n_points)])]
    met_by = _pairs_met(candidates)
    choices = [_exchanged(met_by, rng.permutation(len(candidates))[:n_points]) for _ in range(_STARTS)]
    best = min(choices, key=lambda chosen: _unevenness(met_by, chosen))
    return [
        tuple(values[i] for values, i in zip(levels, at, strict=True)) for at in candidates[np.sort(best)]
    ]


def _exchanged(met_by: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Each point in turn gives way to the one that leaves the choice most even, until none does."""
    was = np.inf
    while (now := _unevenness(met_by, chosen)) < was - 1e-9:
        was = now
        for place in range(len(chosen)):
            others = np.delete(chosen, place)
            cost = met_by @ met_by[others].sum(axis=0)
            cost[others] = np.inf  # no point is chosen twice
            if cost.min() < cost[chosen[place]] - 1e-9:
                chosen[place] = int(cost.argmin())
    return chosen


def _unevenness(met_by: np.ndarray, chosen: np.ndarray) -> float:
    return float((met_by[chosen].sum(axis=0) ** 2).sum())


def _pairs_met(points: np.ndarray) -> np.ndarray:
    """Which values of two axes a point meets: 0 or 1 [point, pair], axes of many values weighing as much."""
    columns = []
    n_axes = points.shape[1]
    for a, b in itertools.combinations_with_replacement(range(n_axes), 2):
        code = points[:, a] * (points[:, b].max() + 1) + points[:, b]
        found = np.unique(code)
        columns.append((code[:, None] == found) * np.sqrt(len(found)))
    return np.concatenate(columns, axis=1)


def _settings_moved(file: SweepFile, values: Values) -> Iterator[tuple[str, Any]]:
    for axis, value in zip(file.axes, values, strict=True):
        keys = keys_of(axis)
        yield from zip(keys, value if len(keys) > 1 else (value,), strict=True)


def _assignment(key: str, value: Any) -> str:
    return f"{key}={json.dumps(value)}"  # JSON's numbers, texts and lists are TOML's too


def _settings(base: str, chosen: Sequence[str], where: str) -> ExperimentSettings:
    try:
        return resolve(base, chosen)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.what}", error.mend) from None
