"""Which step a checkpoint's name tells of.

This module hides the forms in which published series, trainers and users write steps, that the steps of a
later stage begin anew, and what becomes of names that tell none. Where a step is not what a name says,
words tell so: a figure over training with wrong steps looks like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MAIN = "main"

_NUMBER = r"(\d+(?:\.\d+)?[km](?![a-z0-9])|\d+)"
_FORMS = tuple(
    re.compile(form + _NUMBER, re.IGNORECASE)
    for form in (
        r"(?<![a-z])(?:global[-_]?)?steps?[-_=]?",
        r"(?<![a-z])iter(?:ation)?s?[-_=]?",
        r"(?<![a-z])(?:checkpoint|ckpt)s?[-_=]?",
        r"^(?:model[-_])?(?=\d+[km]?$)",
    )
)
"""From what is sure to what is likely: `epoch=3-step=500` is step 500, `checkpoint_7_step_100` step 100."""
_EPOCH = re.compile(r"(?<![a-z])epochs?[-_=]?" + _NUMBER, re.IGNORECASE)
_STAGE = re.compile(r"(?<![a-z])stage[-_=]?(\d+)", re.IGNORECASE)
_MULTIPLES = {"": 1.0, "k": 1e3, "m": 1e6}
_MEND = "Name the number with --step-regex, such as 'tokens([0-9]+)'."


@dataclass(frozen=True)
class Steps:
    """The step of every checkpoint.

    Attributes:
        of: name -> step; no two are the same, but for `main` beside the checkpoint that it equals.
        note: what is to be said aloud, where a step is not simply the one in the name; else empty.
    """

    of: Mapping[str, int]
    note: str = ""


def read_steps(names: Sequence[str], same_as_main: Sequence[str] = (), pattern: str = "") -> Steps:
    """The step that every name tells of; names that tell none come after all others.

    A stage whose steps do not go on where those of the one before ended counts from its end. Where names tell
    epochs alone, those are taken. Where two names tell the same step after all, every checkpoint is numbered
    from 1 in the order of the names.

    Args:
        names: of the checkpoints, in their order.
        same_as_main: those with the weights of `main`, which then has the step of the last one.
        pattern: a regular expression whose first group is the step, instead of the known forms.
    """
    own = re.compile(pattern) if pattern else None
    told = _told(names, (own,) if own else _FORMS)
    notes = []
    if not told and own is None:
        told = _told(names, (_EPOCH,))
        notes += ["epochs are shown as steps: no name tells a step"] if told else []
    told, joined = _join_stages(told)
    notes += [joined] if joined else []
    if len(set(told.values())) < len(told):
        twice = next(step for step in told.values() if list(told.values()).count(step) > 1)
        both = " and ".join([name for name, step in told.items() if step == twice][:2])
        numbered = {name: number for number, name in enumerate(names, 1)}
        return Steps(numbered, f"checkpoints are numbered as named: {both} tell the same step. {_MEND}")
    placed, note = _place_the_rest(names, told, same_as_main)
    return Steps(placed, ". ".join([*notes, *([note] if note else [])]))


def _told(names: Sequence[str], forms: Sequence[re.Pattern[str]]) -> dict[str, int]:
    """The first form that a name has counts."""
    matches = ((name, next(filter(None, (form.search(name) for form in forms)), None)) for name in names)
    numbers = ((name, _number(found)) for name, found in matches if found)
    return {name: number for name, number in numbers if number is not None}


def _number(found: re.Match[str]) -> int | None:
    """The first group that took part, `50K` as 50,000; None where a user's own is no number."""
    written = next((group for group in found.groups() if group), "")
    number = re.fullmatch(r"(\d+(?:\.\d+)?)([km]?)", written.lower())
    return round(float(number[1]) * _MULTIPLES[number[2]]) if number else None


def _join_stages(told: Mapping[str, int]) -> tuple[dict[str, int], str]:
    """Steps counted through all stages, and what was done to those of later ones."""
    stages = {name: int(found[1]) if (found := _STAGE.search(name)) else 0 for name in told}
    joined: dict[str, int] = {}
    moved = []
    for stage in sorted(set(stages.values())):
        own = {name: step for name, step in told.items() if stages[name] == stage}
        last = max(joined.values(), default=-1)
        begins = last + (min(own.values()) == 0)  # its step 0 is a checkpoint too
        shift = begins if min(own.values()) <= last else 0
        moved += [f"stage {stage} counts from step {begins}"] if shift else []
        joined |= {name: step + shift for name, step in own.items()}
    note = f"{', '.join(moved)}, where the named ones of the stage before end" if moved else ""
    return {name: joined[name] for name in told}, note


def _place_the_rest(
    names: Sequence[str], told: dict[str, int], same_as_main: Sequence[str]
) -> tuple[dict[str, int], str]:
    last = max(told.values(), default=0)
    if MAIN in names and any(told.get(name) == last for name in same_as_main):
        told = told | {MAIN: last}
    rest = [name for name in names if name not in told]
    placed = told | {name: last + number for number, name in enumerate(rest, 1)}
    if not rest or list(names) == [MAIN]:
        return placed, ""
    which = f"{rest[0]} and {len(rest) - 1} more tell" if len(rest) > 1 else f"{rest[0]} tells"
    numbers = " to ".join(str(placed[name]) for name in dict.fromkeys((rest[0], rest[-1])))
    after = f", after step {last}" if told else ""
    return placed, f"{which} no step, numbered {numbers}{after}. {_MEND}"
