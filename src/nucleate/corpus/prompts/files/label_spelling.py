"""Labels, and splits, that a person would take for one: case, white space or Unicode's forms alone differ.

This module hides what counts as the same spelling. Two such labels are two clusters to find, and a word
such as `nan`, which tables write where nothing is, is a third; neither is a mistake for certain, so both
are said and not mended.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from nucleate.corpus.prompts.files.prompt_files import Prompt

_NOTHING = {"nan", "none", "null", "n/a", "na", "-", "?", "nat", "<na>"}
_SHOWN = 3
_JUDGED = ("train", "validation")
"""Splits that claims about agreement are judged on."""


def odd_labels(prompts: Sequence[Prompt]) -> list[str]:
    """A line for each factor with labels that look alike, or that say that there is none."""
    return [line for factor in prompts[0].labels for line in _odd_in(prompts, factor)]


def _odd_in(prompts: Sequence[Prompt], factor: str) -> list[str]:
    counts = Counter(prompt.labels[factor] for prompt in prompts)
    alike: dict[str, list[str]] = {}
    for label in counts:
        alike.setdefault(spelling_of(label), []).append(label)
    pairs = [labels for labels in alike.values() if len(labels) > 1]
    lines = []
    if pairs:
        shown = "; ".join(" and ".join(map(repr, sorted(labels))) for labels in pairs[:_SHOWN])
        more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
        lines.append(
            f"labels of {factor} differ by case, white space or Unicode form alone: {shown}{more}; "
            "--set prompts.merge_labels=true takes them as one"
        )
    for label in counts:
        if label.strip().casefold() in _NOTHING:
            lines.append(
                f"{counts[label]} prompts have {label!r} for their {factor}, and it is taken as a label"
            )
    return lines


def odd_splits(splits: Iterable[str]) -> list[str]:
    """A line for each split that a person would take for another, and for one that claims are judged on.

    Args:
        splits: those that there are.
    """
    there = sorted(set(splits))
    alike = [
        (split, other)
        for split in there
        for other in dict.fromkeys((*_JUDGED, *there))
        if split != other and spelling_of(split) == spelling_of(other) and (other in _JUDGED or split < other)
    ]
    lines = [
        f"the split {split!r} is not {other!r}: names of splits count to the letter" for split, other in alike
    ]
    missing = [split for split in _JUDGED if split not in there]
    if missing:
        named = " or ".join(map(repr, missing))
        lines.append(
            f"no example has the split {named}, and claims about agreement that are judged on it are not "
            f"measured; there are: {', '.join(there)}"
        )
    return lines


def merged(prompts: Sequence[Prompt]) -> list[Prompt]:
    """The same prompts, each label in the commonest of its spellings, the first of equally common ones."""
    factors = list(prompts[0].labels) if prompts else []
    chosen = {factor: _chosen([prompt.labels[factor] for prompt in prompts]) for factor in factors}
    return [
        replace(
            prompt, labels={name: chosen[name][spelling_of(label)] for name, label in prompt.labels.items()}
        )
        for prompt in prompts
    ]


def _chosen(labels: Sequence[str]) -> Mapping[str, str]:
    """Spelling -> label."""
    found: dict[str, str] = {}
    for label, _ in Counter(labels).most_common():
        found.setdefault(spelling_of(label), unicodedata.normalize("NFC", label.strip()))
    return found


def spelling_of(label: str) -> str:
    """What labels that a person would take for one have in common."""
    return " ".join(unicodedata.normalize("NFKC", label).casefold().split())
