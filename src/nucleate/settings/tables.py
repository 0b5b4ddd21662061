"""Settings before they are checked: TOML, and tables within tables under dotted keys.

This module hides in how many forms a setting can be changed. It needs no pydantic, so that who opens a
finished run does not wait for it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nucleate.errors import ConfigError
from nucleate.lazy import lazy

tomli_w = lazy("tomli_w")


def read_toml(path: Path) -> dict[str, Any]:
    """Raises ConfigError where the file is missing or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"no such file: {path}", "Name a preset or a TOML file that exists.") from None
    except (ValueError, RecursionError, OSError) as error:  # a number of 5,000 digits is a ValueError too
        raise ConfigError(f"{path} is not readable TOML: {error}", "Mend the file at that place.") from None


def override(values: Mapping[str, Any], overrides: Iterable[str]) -> dict[str, Any]:
    """`values` with every `dotted.key=value` of `overrides` put in.

    A value is read as TOML (`0.1`, `true`, `[1, 2]`, `"text"`); what is not TOML is text.
    """
    result = _deep_copy(values)
    for assignment in overrides:
        key, equals, text = assignment.partition("=")
        if not equals or not key.strip():
            raise ConfigError(
                f"expected KEY=VALUE, got {assignment!r}", "Write for instance: --set training.steps=400"
            )
        _put(result, key.strip().split("."), _parse_value(text.strip()), assignment)
    return result


def assignments(overrides: Mapping[str, Any] | Iterable[str]) -> tuple[str, ...]:
    """Overrides as `dotted.key=value`, however they are given: so, or as a dictionary, nested or dotted.

    Raises:
        ConfigError: a value is nothing that a setting can be.
    """
    if isinstance(overrides, Mapping):
        return tuple(f"{key}={_as_toml(key, value)}" for key, value in flat(overrides))
    return (overrides,) if isinstance(overrides, str) else tuple(overrides)


def merge(values: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with all of `others` put over them, table by table."""
    result = _deep_copy(values)
    for key, value in others.items():
        both_tables = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merge(result[key], value) if both_tables else value
    return result


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of nested tables with its dotted key."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _put(values: dict[str, Any], path: list[str], value: Any, assignment: str) -> None:
    *tables, last = path
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise ConfigError(
                f"{table} is a value, not a table, in {assignment!r}", "Name a setting in full."
            )
    values[last] = value


def _as_toml(key: str, value: Any) -> str:
    try:
        return (
            tomli_w.dumps({"x": str(value) if isinstance(value, Path) else value})
            .removeprefix("x = ")
            .strip()
        )
    except TypeError:
        raise ConfigError(
            f"{key} cannot be {value!r}, a {type(value).__name__}",
            "Give a number, a text, true or false, or a list of these.",
        ) from None


def _parse_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # no setting is nested so deep, or has so many digits
        return text


def _deep_copy(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _deep_copy(value) if isinstance(value, Mapping) else value for key, value in values.items()}
