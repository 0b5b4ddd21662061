"""Settings: pydantic models from tables, and back.

This module knows no setting by name. A component's own settings live beside it, as a subclass of
`Settings`; `presets.py` puts them together. What is hidden here: how values and defaults become one checked
model, and how a mistake becomes one line that names the key.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Self, TypeVar, Union, get_args, get_origin

import pydantic
import tomli_w

from nucleate.errors import ConfigError


class Settings(pydantic.BaseModel):
    """Base of every component's settings: immutable, and no key that is not known."""

    model_config = pydantic.ConfigDict(
        extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False, defer_build=True
    )

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _no_nul(cls, value: Any) -> Any:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("holds a NUL character, which no name or path has")
        return value

    @pydantic.field_validator("*", mode="before")
    @classmethod
    def _no_switch_for_a_number(cls, value: Any, info: pydantic.ValidationInfo) -> Any:
        held = {bool} & set(map(type, value if isinstance(value, list | tuple) else [value]))
        if held and _is_number(cls.model_fields[str(info.field_name)].annotation):
            raise ValueError("true and false are no numbers")  # to pydantic they are 1 and 0
        return value

    def digest(self) -> str:
        """SHA-256 over all values: two settings with one digest are the same."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_toml(self) -> str:
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str) -> Self:
        """Check `values`; `source` names where they came from in an error.

        Raises:
            ConfigError: a key is unknown, a value is out of range, or values do not go together.
        """
        try:
            return cls.model_validate(values)
        except pydantic.ValidationError as error:
            raise _first_problem(error, cls, source) from None


AnySettings = TypeVar("AnySettings", bound=Settings)


def nearest(word: str, words: Iterable[str]) -> str:
    """` Did you mean X?`, or nothing where no word is near."""
    matches = difflib.get_close_matches(word, list(words), n=1, cutoff=0.5)
    return f" Did you mean {matches[0]}?" if matches else ""


def setting_names(model: type[Settings], prefix: str = "") -> Iterator[str]:
    """Every dotted key that `model` knows, in order."""
    for name, field in model.model_fields.items():
        inner = list(settings_in(field.annotation))
        for one in inner:
            yield from setting_names(one, f"{prefix}{name}.")
        if not inner:
            yield f"{prefix}{name}"


def settings_in(annotation: Any) -> Iterator[type[Settings]]:
    """The settings that a field can hold: one kind, or one of several kinds."""
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    elif get_origin(annotation) in (Union, UnionType, Annotated):
        for one in get_args(annotation):
            yield from settings_in(one)


def _is_number(annotation: Any) -> bool:
    """Whether a field holds a number, or several, and no switch."""
    inner = get_args(annotation)
    return annotation in (int, float) or (any(map(_is_number, inner)) and bool not in inner)


def _first_problem(error: pydantic.ValidationError, model: type[Settings], source: str) -> ConfigError:
    problem = error.errors(include_url=False)[0]
    key = ".".join(str(part) for part in problem["loc"] if not str(part).startswith("("))  # no (kind)
    if problem["type"] == "extra_forbidden":
        names = set(setting_names(model))
        what = f"{key} does not go with the other settings" if key in names else f"unknown setting {key}"
        return ConfigError(
            f"{what} in {source}.{nearest(key, sorted(names - {key}))}",
            "See every setting with: nucleate config quick",
        )
    message = problem["msg"].removeprefix("Value error, ")
    if not key:
        return ConfigError(
            f"the settings in {source} do not go together: {message}", "Change one of the two."
        )
    came = "" if isinstance(problem["input"], dict) else f", got {problem['input']!r}"
    return ConfigError(f"{key} in {source}: {message[0].lower()}{message[1:]}{came}", f"Change {key}.")
