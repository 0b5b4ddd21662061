"""Settings by name: presets, TOML files, and what is changed in them.

This module hides the forms in which a setting can be changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from nucleate.cluster.settings import RaySettings
    from nucleate.processes import Workplace
    from nucleate.settings.presets import ExperimentSettings

Preset: TypeAlias = "str | Path | ExperimentSettings"
"""A preset's name, a TOML file, or settings that are there already."""
Overrides = Mapping[str, Any] | Iterable[str]
"""Changed settings: `{"training.steps": 800}`, `{"training": {"steps": 800}}` or `["training.steps=800"]`."""


def presets() -> dict[str, str]:
    """The presets that come with nucleate, and what each is."""
    from nucleate.settings.presets import preset_names, preset_summary

    return {name: preset_summary(name) for name in preset_names()}


def resolve(preset: Preset, overrides: Overrides = (), seed: int | None = None) -> ExperimentSettings:
    """Every setting of a run, checked.

    Args:
        preset: a preset's name, a TOML file, or settings.
        overrides: changed settings, as for `run`.
        seed: the seed of everything.

    Raises:
        ConfigError: no such preset or file, an unknown key, values that do not go together.
    """
    from nucleate.settings import presets
    from nucleate.settings.tables import assignments, override

    if isinstance(preset, str | Path):
        return presets.resolve(str(preset), assignments(overrides), seed)
    chosen = [*assignments(overrides), *([] if seed is None else [f"seed={seed}"])]
    values = override(preset.model_dump(mode="json"), chosen)
    return type(preset).from_mapping(values, "the settings given")


def config(preset: Preset, overrides: Overrides = (), seed: int | None = None) -> str:
    """Every setting of a run as TOML, each below a comment that explains it; a file to change and run.

    Args:
        preset: a preset's name, a TOML file, or settings.
        overrides: changed settings, as for `run`.
        seed: the seed of everything.

    Raises:
        ConfigError: as for `resolve`.
    """
    from nucleate.settings.documentation import documented_toml

    heading = presets().get(preset, "") if isinstance(preset, str) else ""
    return documented_toml(resolve(preset, overrides, seed), heading)


@contextmanager
def workplace(on: Literal["local", "ray"], overrides: Iterable[str]) -> Iterator[tuple[Workplace, list[str]]]:
    """Where work is done, and the `overrides` that are not about that: those of `ray.` are.

    Raises:
        ConfigError: an unknown setting of Ray, or one where Ray is not asked for.
        ProcessError: Ray is not installed, or there is no cluster.
    """
    from nucleate.cluster.workers import cluster_workers
    from nucleate.processes import THIS_MACHINE

    settings, others = asked_of_ray(on, overrides)
    if settings is None:
        yield THIS_MACHINE, others
        return
    with cluster_workers(settings) as workers:
        yield workers, others


def asked_of_ray(
    on: Literal["local", "ray"], overrides: Iterable[str]
) -> tuple[RaySettings | None, list[str]]:
    """What is asked of a cluster, None where none is, and the `overrides` that are not about that.

    Raises:
        ConfigError: an unknown setting of Ray, or one where Ray is not asked for.
    """
    from nucleate.cluster.settings import ClusterSettings
    from nucleate.errors import ConfigError
    from nucleate.settings.tables import override

    asked = [*overrides]
    own = [one for one in asked if one.startswith("ray.")]
    if own and on == "local":
        raise ConfigError(f"{own[0]} is about a cluster", "Ask for one: --on ray.")
    if on == "local":
        return None, asked
    settings = ClusterSettings.from_mapping(override({}, own), "--set").ray
    return settings, [one for one in asked if one not in own]
