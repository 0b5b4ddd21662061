"""Settings by name: presets, TOML files, and what is changed in them.

What is hidden: the forms in which a setting can be changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
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
    from nucleate.settings.config import assignments, override

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
