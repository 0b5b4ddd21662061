"""What a sweep file says: a base, axes, seeds, what to keep of each run, and where it runs.

This module hides that an axis may be written as a list, a range or a log range, and that a mistake in the
file is one line with its key. Which points follow from it is `grid.py`'s.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from nucleate.cluster.settings import RaySettings
from nucleate.errors import ConfigError
from nucleate.settings.config import Settings, nearest
from nucleate.settings.tables import flat, override, read_toml

Keepable = Literal["scores", "unseen", "interventions", "claims", "figures", "page", "corpus", "checkpoints"]


class Range(Settings):
    """Values from one end to the other, both of them included."""

    start: float | int = Field(alias="from", description="the first value")
    end: float | int = Field(alias="to", description="the last value")
    n: int | None = Field(None, ge=2, description="how many values")
    step: float | int | None = Field(None, gt=0, description="from one to the next, where there is no n")
    scale: Literal["linear", "log"] = Field("linear", description="even steps, or even ratios")

    @model_validator(mode="after")
    def _has_an_order(self) -> Range:
        if self.start >= self.end:
            raise ValueError(f"from ({self.start}) is not below to ({self.end})")
        if self.scale == "log" and self.start <= 0:
            raise ValueError(f"a log range begins above 0, not at {self.start}")
        if self.n is not None and self.step is not None:
            raise ValueError("a range has n or step, not both")
        return self

    @property
    def is_whole(self) -> bool:
        return isinstance(self.start, int) and isinstance(self.end, int)

    def values(self) -> list[float | int]:
        """The values, ascending; whole numbers where both ends and the step are.

        Raises:
            ValueError: neither `n` nor `step` says which there are.
        """
        if self.step is not None:
            count = math.floor((self.end - self.start) / self.step + 1e-9) + 1
            return _distinct(self._number(self.start + i * self.step) for i in range(count))
        if self.n is None:
            raise ValueError("a range needs n or step, except where points are drawn at random")
        return _distinct(self.at(i / (self.n - 1)) for i in range(self.n))

    def at(self, share: float) -> float | int:
        """The value at `share` of the way, 0 to 1."""
        if self.scale == "log":
            return self._number(self.start * (self.end / self.start) ** share)
        return self._number(self.start + (self.end - self.start) * share)

    def _number(self, value: float) -> float | int:
        if self.is_whole and not isinstance(self.step, float):
            return round(value)
        return float(f"{value:.12g}")  # 0.1 + 0.2 is to be 0.3: a value names a point's folder


class LocalSettings(Settings):
    """How a sweep shares out one machine."""

    workers: int = Field(
        0, ge=0, description="processes; 0: as many as the threads of a point leave room for"
    )
    threads: int = Field(0, ge=0, description="of a point; 0: measured, or what the sweep began with")


class SweepFile(Settings):
    """A sweep as its file describes it."""

    base: str = Field(description="a preset, or a TOML file beside the sweep's")
    seeds: tuple[int, ...] | int = Field(
        (), description="of every point; a number: so many from the base's on"
    )
    design: Literal["grid", "zipped", "random", "fractional"] = Field(
        "grid", description="how axes are combined"
    )
    n_points: int = Field(0, ge=0, description="of a random or fractional design, for each seed")
    design_seed: int = Field(1, ge=0, description="of a random or fractional design")
    keep: tuple[Keepable, ...] = Field(("scores",), description="what of each run is kept")
    fixed: dict[str, Any] = Field({}, alias="set", description="settings of all points, by dotted keys")
    axes: dict[str, tuple[Any, ...] | Range] = Field(description="dotted keys and their values")
    local: LocalSettings = LocalSettings()
    ray: RaySettings = RaySettings()

    @field_validator("axes")
    @classmethod
    def _axes_have_values(
        cls, axes: dict[str, tuple[Any, ...] | Range]
    ) -> dict[str, tuple[Any, ...] | Range]:
        for key, values in axes.items():
            if not isinstance(values, Range):
                _check_list(key, values)
        return axes

    @field_validator("seeds")
    @classmethod
    def _seeds_are_distinct(cls, seeds: tuple[int, ...] | int) -> tuple[int, ...] | int:
        if isinstance(seeds, int):
            if seeds < 1:
                raise ValueError(f"seeds must be 1 or more, or a list, not {seeds}")
        elif len(set(seeds)) < len(seeds):
            raise ValueError("a seed is there twice")
        return seeds

    @model_validator(mode="after")
    def _design_has_a_size(self) -> SweepFile:
        drawn = self.design in ("random", "fractional")
        if drawn != bool(self.n_points):
            need = "needs n_points, the number of them" if drawn else "has no n_points: its axes say how many"
            raise ValueError(f'design = "{self.design}" {need}')
        twice = [key for axis in self.axes for key in keys_of(axis) if key in self.fixed or key == "seed"]
        if twice:
            mend = "its values belong in seeds" if twice[0] == "seed" else "it is under [set] too"
            raise ValueError(f"{twice[0]} cannot be an axis: {mend}")
        return self


def keys_of(axis: str) -> list[str]:
    """The settings that an axis moves: one, or several together where commas part them."""
    return [key.strip() for key in axis.split(",")]


def shipped_sweeps() -> list[str]:
    """The sweeps that come with the program."""
    return sorted(
        file.name.removesuffix(".toml") for file in _shipped().iterdir() if file.name.endswith(".toml")
    )


def read_sweep(
    name_or_file: str, overrides: Sequence[str] = (), seed: int | None = None
) -> tuple[SweepFile, str]:
    """A shipped sweep by its name, or a TOML file; with its base, a path where it is a file beside it.

    Args:
        name_or_file: which.
        overrides: `key=value`, put over what it has under `[set]`.
        seed: the only one, in the place of its own.

    Raises:
        ConfigError: no such sweep, or a mistake in it, in one line with its key.
    """
    if name_or_file in shipped_sweeps():
        with resources.as_file(_shipped() / f"{name_or_file}.toml") as path:
            return _checked(_changed(read_toml(path), overrides, seed), name_or_file, path)
    if not name_or_file.endswith(".toml"):
        raise ConfigError(
            f"no sweep {name_or_file!r}.{nearest(name_or_file, shipped_sweeps())}",
            f"Sweeps: {', '.join(shipped_sweeps())}; or name a file that ends in .toml.",
        )
    path = Path(name_or_file)
    return _checked(_changed(read_toml(path), overrides, seed), name_or_file, path)


def _changed(values: dict[str, Any], overrides: Sequence[str], seed: int | None) -> dict[str, Any]:
    for assignment in overrides:
        ((key, value),) = flat(override({}, [assignment]))
        values = {**values, "set": {**values.get("set", {}), key: value}}
    return values if seed is None else {**values, "seeds": [seed]}


def _checked(values: dict[str, Any], source: str, path: Path) -> tuple[SweepFile, str]:
    known = [field.alias or name for name, field in SweepFile.model_fields.items()]
    for key in values:
        if key not in known:
            raise ConfigError(
                f"unknown key {key} in {source}.{nearest(key, known)}",
                f"A sweep file has: {', '.join(known)}.",
            )
    for key, value in values.get("axes", {}).items() if isinstance(values.get("axes"), Mapping) else ():
        values["axes"][key] = _axis(key, value, source)
    file = SweepFile.from_mapping(values, source)
    beside = path.parent / file.base
    return file, str(beside) if file.base.endswith(".toml") else file.base


def _axis(key: str, value: Any, source: str) -> Any:
    """A list as it is, a range checked; what is neither is told by its key, not by pydantic's union."""
    if isinstance(value, list):
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(
            f"axes.{key} in {source}: expected a list or a range, got {value!r}",
            f'Write "{key}" = [1, 2], or = {{ from = 1, to = 8, n = 4 }}.',
        )
    if not {"from", "to"} <= set(value):
        nested = next(iter(value), "x")
        raise ConfigError(
            f"axes.{key} in {source}: a range needs from and to, got {', '.join(value) or 'nothing'}",
            f'Quote a dotted key: "{key}.{nested}" = [...]; a range is {{ from = 1, to = 8, n = 4 }}.',
        )
    return Range.from_mapping(value, f"axes.{key} of {source}")


def _check_list(key: str, values: tuple[Any, ...]) -> None:
    keys = keys_of(key)
    if not values:
        raise ValueError(f"{key} has no values")
    if any(values.count(value) > 1 for value in values):
        raise ValueError(f"{key} has a value twice")
    if len(keys) > 1 and any(
        not isinstance(value, list | tuple) or len(value) != len(keys) for value in values
    ):
        raise ValueError(f"{key} moves {len(keys)} settings together: each value is a list of {len(keys)}")


def _distinct(values: Any) -> list[float | int]:
    return list(dict.fromkeys(values))


def _shipped() -> Any:
    return resources.files("nucleate") / "sweep" / "sweep_files"
