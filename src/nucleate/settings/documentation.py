"""Settings explained: as comments in TOML, as a page of tables, and as a JSON schema that editors read.

This module hides where an explanation comes from. Description, bounds, choices and default all stand once,
beside the setting's own field; the three forms are read off these and can say nothing else.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import annotated_types
import tomli_w
from pydantic.fields import FieldInfo

from nucleate.settings.config import Settings, settings_in

WIDTH = 100
"""Characters of a line of TOML, where it can be broken."""
_BOUNDS = (
    (annotated_types.Ge, "ge", "at least"),
    (annotated_types.Gt, "gt", "above"),
    (annotated_types.Le, "le", "at most"),
    (annotated_types.Lt, "lt", "below"),
)


@dataclass(frozen=True)
class Explained:
    """One setting, explained.

    Attributes:
        name: its key within its table.
        description: what it is, with its unit.
        allowed: its bounds or choices, in words; empty where anything goes.
        default: its default as TOML; empty where there is none and it must be given.
    """

    name: str
    description: str
    allowed: str
    default: str


def explain(name: str, field: FieldInfo) -> Explained:
    """What `field` says about itself."""
    default = "" if field.is_required() else as_toml(field.get_default(call_default_factory=True))
    return Explained(name, field.description or "", _allowed(field), default)


def tables_of(model: type[Settings]) -> Iterator[tuple[str, type[Settings], list[Explained]]]:
    """Every table of `model` with the settings in it; one that has several kinds comes once for each.

    Yields: its name, empty for the top, whose settings these are, and its settings.
    """
    inner = {name: list(settings_in(field.annotation)) for name, field in model.model_fields.items()}
    yield "", model, [explain(name, model.model_fields[name]) for name, kinds in inner.items() if not kinds]
    for name, kinds in inner.items():
        for kind in kinds:
            yield name, kind, [explain(key, field) for key, field in kind.model_fields.items()]


def documented_toml(settings: Settings, heading: str = "") -> str:
    """`settings` as TOML that reads back as the same, each setting below a comment that explains it."""
    lines = [f"#:schema {schema_file().as_uri()}", *_comment(heading), *_entries(settings)]
    for name in type(settings).model_fields:
        table = getattr(settings, name)
        if isinstance(table, Settings):
            lines += [f"[{name}]", *_comment(_first_line(type(table))), "", *_entries(table)]
    return "\n".join(lines).rstrip() + "\n"


def json_schema(model: type[Settings]) -> str:
    """The JSON schema of a file of `model`'s settings."""
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Settings of a nucleate run"
    schema["properties"]["with_start"] = {
        "type": "object",
        "description": "Settings that are put over the others where model.start is given.",
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def schema_file() -> Path:
    """Where the schema of a run's settings was installed."""
    return Path(str(resources.files("nucleate") / "settings" / "schema.json"))


def as_toml(value: Any) -> str:
    """A value as it is written in TOML, on one line."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(as_toml, value))}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").strip()


def _entries(settings: Settings) -> Iterator[str]:
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if not isinstance(value, Settings):
            told, written = explain(name, field), as_toml(value)
            differs = f"default {told.default}" if told.default not in ("", written) else ""
            yield from _comment(told.description, told.allowed, differs)
            yield from _assignment(name, value, written)
            yield ""


def _assignment(name: str, value: Any, written: str) -> list[str]:
    line = f"{name} = {written}"
    if len(line) <= WIDTH or not isinstance(value, tuple | list):
        return [line]
    return [f"{name} = [", *(f"    {as_toml(one)}," for one in value), "]"]


def _comment(*parts: str) -> list[str]:
    sentences = " ".join(f"{part[0].upper()}{part[1:].rstrip('.')}." for part in parts if part)
    return [f"# {line}" for line in textwrap.wrap(sentences, WIDTH - 2, break_on_hyphens=False)]


def _first_line(kind: type[Settings]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]


def _allowed(field: FieldInfo) -> str:
    choices = _choices(field.annotation)
    if choices:
        return (
            f"{'any' if get_origin(field.annotation) is tuple else 'one'} of {', '.join(map(str, choices))}"
        )
    each = _bounds(_of_members(field.annotation))
    return f"each {each}" if each else _bounds(field.metadata)


def _bounds(metadata: Iterable[Any]) -> str:
    return " and ".join(
        f"{words} {_plain(getattr(one, key))}"
        for one in metadata
        for kind, key, words in _BOUNDS
        if isinstance(one, kind)
    )


def _of_members(annotation: Any) -> list[Any]:
    """What is known of the first number of a tuple, and so of each."""
    inner = get_args(annotation) if get_origin(annotation) is tuple else ()
    return list(FieldInfo.from_annotation(inner[0]).metadata) if inner else []


def _choices(annotation: Any) -> tuple[Any, ...]:
    """Of a field that is one of several words, or a tuple of such."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    inner = get_args(annotation) if get_origin(annotation) is tuple else ()
    return _choices(inner[0]) if inner else ()


def _plain(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
