"""What cells say against each other: an edit beside its controls, a token beside the others of the prompt.

This module hides how one looks at many sites and many controls, picks the best, and still errs no more
often than said. Differences are taken instance by instance, and the intervals of one family hold all at
once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nucleate.capture.hidden_states import layer_of
from nucleate.intervene.outcomes.cells import METRICS, Cell, Values
from nucleate.intervene.outcomes.effects import COMPANY, CONTROLS, Effect
from nucleate.lazy import Float, Int
from nucleate.resampling.intervals import Draws
from nucleate.scores import RunTag

_LEVEL = 95.0
Flips = dict[Cell, Float[np.ndarray, " example"]]


def contrasts(
    values: Values,
    units: Int[np.ndarray, " example"],
    *,
    n_resamples: int,
    tag: RunTag,
    **common: Any,
) -> Iterator[Effect]:
    """Every edit above its strongest control, and what every single token adds to the others.

    `excess`: the share of answers that become B's, less that under the strongest control.
    `lost`: the share that is no longer A's where whole states are swapped, less that under the strongest
    control.
    `next_excess`: the probability, behind the last instruction token, of inputs that B alone has, less that
    under the strongest control: of pairs whose tasks have inputs of their own.
    `added_to_instruction`, `added_to_prompt`: how much more of them become B's where this token's state is
    swapped with all others' than where the others' alone are, less the same of a swap within the task.

    Args:
        values: of `measure_pairs`.
        units: the instruction of every pair.
        n_resamples: bootstrap replicates.
        tag: whose rows they are; the draws are of its seed.
        common: `step` and `split` of every row.
    """
    draws = Draws(units, n_resamples, tag.seed)
    at_one = {cell: value for cell, value in values.items() if cell.strength == 1.0}
    flips = {cell: value[METRICS.index("becomes_b")] for cell, value in at_one.items()}
    losses = {cell: 1.0 - value[METRICS.index("stays_a")] for cell, value in at_one.items()}
    nexts = {cell: value[METRICS.index("next_mass_b")] for cell, value in at_one.items()}
    sites = list(dict.fromkeys(cell.site for cell in flips))
    families = [
        (position, name, metric, _above_controls(turned, name, position, sites))
        for metric, turned, names in (
            ("excess", flips, CONTROLS),
            ("lost", losses, ("interchange",)),
            ("next_excess", nexts, CONTROLS),
        )
        for name in names
        for position in dict.fromkeys(cell.position for cell in flips if cell.intervention == name)
    ]
    families += [
        (position, "interchange", metric, _added(flips, *places, sites))
        for (position, metric), places in COMPANY.items()
        if {position, *places} <= {cell.position for cell in flips}
    ]
    for position, name, metric, differences in families:
        told = ~np.isnan(differences).any(axis=(0, 1))
        if not told.any():
            continue
        own = draws if told.all() else Draws(units[told], n_resamples, tag.seed)
        for site, value, low, high in _least(differences[..., told], sites, own):
            yield Effect(
                **tag.columns,
                **common,
                layer=layer_of(site),
                metric=metric,
                n_examples=int(told.sum()),
                value=value,
                ci_low=low,
                ci_high=high,
                **Cell(site, position, name, "none", 1.0)._asdict(),
            )


def simultaneous_interval(
    differences: Float[np.ndarray, "control site example"], draws: Draws
) -> tuple[Float[np.ndarray, "control site"], Float[np.ndarray, "control site"]]:
    """Ends of 95 % intervals of differences of shares, all at once: in 95 % of samples not one misses.

    Each interval is as many standard errors wide as the greatest deviation of any of them reaches in 95 %
    of bootstrap replicates. None is narrower than what no exception in so many units leaves open, with
    Bonferroni's correction: n units without one are compatible with a share of up to ln(m / 0.025) / n.

    Source: Romano and Wolf (2005), "Exact and approximate stepdown methods for multiple hypothesis testing",
    the single step with studentized statistics; Hanley and Lippman-Hand (1983), the rule of three.
    """
    weights = draws.weights
    means = differences.mean(-1)
    replicates = differences @ (weights / weights.sum(1, keepdims=True)).T
    deviations = np.abs(replicates - means[..., None])
    errors = replicates.std(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        furthest = np.nanmax(
            np.where(errors[..., None] > 0, deviations / errors[..., None], 0.0), axis=(0, 1)
        )
    least = np.log(means.size / 0.025) / draws.n_units
    reach = np.maximum(np.percentile(furthest, _LEVEL) * errors, least)
    return np.maximum(means - reach, -1.0), np.minimum(means + reach, 1.0)


def _above_controls(
    flips: Flips, name: str, position: str, sites: Sequence[str]
) -> Float[np.ndarray, "control site example"]:
    own = np.stack([flips[Cell(site, position, name, "none", 1.0)] for site in sites])
    others = [[flips[Cell(site, position, *control, 1.0)] for site in sites] for control in CONTROLS[name]]
    return own - np.stack(others)


def _added(
    flips: Flips, with_it: str, without_it: str, sites: Sequence[str]
) -> Float[np.ndarray, "1 site example"]:

    def gained(site: str, control: str) -> np.ndarray:
        both = (flips[Cell(site, where, "interchange", control, 1.0)] for where in (with_it, without_it))
        return np.subtract(*both)

    return np.stack([gained(site, "none") - gained(site, "within_task") for site in sites])[None]


def _least(
    differences: Float[np.ndarray, "control site example"], sites: Sequence[str], draws: Draws
) -> Iterator[tuple[str, float, float, float]]:
    """At each site the least of the differences from all controls, and the least of their ends."""
    low, high = simultaneous_interval(differences, draws)
    columns = (differences.mean(-1).min(0), low.min(0), high.min(0))
    return zip(sites, *(column.tolist() for column in columns), strict=True)
