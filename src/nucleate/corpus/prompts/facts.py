"""Natural-language tasks from frozen tables of facts.

A task is a column of a table, its inputs are the table's rows, so all tasks on a table share their inputs.
It is asked for in three forms (question, command, fill-in), each a dialect of its task. This module hides
how phrasings are made from the templates and names of `tables/phrasings.toml` so that no bag of words gives
a task away. A *frame* fixes all words but the attributes; every task of a table is asked for with every
frame once; and a frame's mate swaps the attribute asked for with the one that is only mentioned.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from nucleate.corpus.prompts.files.prompt_files import Prompt
from nucleate.corpus.prompts.settings import FactSettings, Topic
from nucleate.corpus.splits import LEFT_OUT, draw_bridges, split_dialect
from nucleate.resampling.named_seeds import stream

Table = Mapping[str, Mapping[str, str]]
"""For each input its row: a value for every attribute."""


@dataclass(frozen=True)
class Frame:
    """All the words of a phrasing but the attributes.

    Attributes:
        template: with `{asked}`, `{input}` and perhaps `{other}`.
        asked, other: which of an attribute's names stand for it.
        shift: the other attribute is this many columns behind the one asked for; 0 where there is none.
    """

    template: str
    asked: int
    other: int = 0
    shift: int = 0

    def mate(self, n_attributes: int) -> Frame:
        """The frame whose phrasings have the same words, with the attributes changed over."""
        if not self.shift:
            return self
        return Frame(self.template, self.other, self.asked, n_attributes - self.shift)

    def phrasing(self, attribute: str, names: Mapping[str, Sequence[str]]) -> str:
        """How an attribute is asked for with this frame; `{input}` is left to be filled in."""
        columns = list(names)
        other = columns[(columns.index(attribute) + self.shift) % len(columns)]
        words = {"asked": names[attribute][self.asked], "other": names[other][self.other]}
        return self.template.format(**words, input="{input}")


def draw_prompts(settings: FactSettings, seed: int) -> list[Prompt]:
    """Every prompt of every split, in order of task, form, phrasing and input: a pure function."""
    return [prompt for topic in settings.topics for prompt in _Topic(topic, settings, seed).prompts()]


def write_prompts(prompts: Sequence[Prompt], path: Path) -> None:
    """As JSONL that `prompts.read_prompts` reads back."""
    path.write_text(prompts_text(prompts), encoding="utf-8")


def prompts_text(prompts: Sequence[Prompt]) -> str:
    """The same, as the text of a file."""
    return "".join(json.dumps(_record(prompt), ensure_ascii=False) + "\n" for prompt in prompts)


def read_table(topic: Topic) -> Table:
    """The frozen table of a topic, in its order."""
    rows = csv.reader(_file(f"{topic}.csv").splitlines())
    _, *attributes = next(rows)
    return {name: dict(zip(attributes, values, strict=True)) for name, *values in rows}


@cache
def stock() -> Mapping[str, Any]:
    """Templates by form, and names by topic and attribute."""
    return tomllib.loads(_file("phrasings.toml"))


def draw_frames(
    templates: Sequence[str], n_names: int, n_attributes: int, n: int, rng: np.random.Generator
) -> list[Frame]:
    """`n` different frames, mates next to each other, all templates used about equally often."""
    frames: dict[Frame, None] = {}
    while len(frames) < n:
        for template in rng.permutation(np.array(templates, dtype=object)):
            asked, other, shift = rng.integers([0, 0, 1], [n_names, n_names, n_attributes]).tolist()
            frame = Frame(template, asked, other, shift) if "{other}" in template else Frame(template, asked)
            frames |= {frame: None, frame.mate(n_attributes): None}
    return list(frames)[:n]


class _Topic:
    """One table with all that was drawn for its tasks."""

    def __init__(self, name: Topic, settings: FactSettings, seed: int) -> None:
        self.name, self.settings, self.seed = name, settings, seed
        self.table, self.names, self.templates = (
            read_table(name),
            stock()["names"][name],
            stock()["templates"],
        )
        self.n_trained = settings.n_phrasings // len(self.templates)
        self.n_unseen = settings.n_unseen_instructions(self.n_trained)
        drawn = self._stream("inputs").choice(settings.most_prominent, settings.n_inputs, replace=False)
        self.inputs = [list(self.table)[row] for row in sorted(drawn)]

    def prompts(self) -> Iterator[Prompt]:
        frames = {form: self._frames(form) for form in self.templates}
        for attribute in self.names:
            for form in self.templates:
                phrasings = [frame.phrasing(attribute, self.names) for frame in frames[form]]
                for phrasing, splits in zip(phrasings, self._splits(attribute, form), strict=True):
                    for x, split in zip(self.inputs, splits, strict=True):
                        if split != LEFT_OUT:
                            answer = self.table[x][attribute]
                            yield _prompt(self.name, attribute, form, phrasing, x, answer, split)

    def _frames(self, form: str) -> list[Frame]:
        n_names, n = min(map(len, self.names.values())), self.n_trained + self.n_unseen
        rng = self._stream("frames", form)
        return draw_frames(self.templates[form], n_names, len(self.names), n, rng)

    def _splits(self, attribute: str, form: str) -> np.ndarray:
        """Of every phrasing with every input; the last form is the one that can be an unseen dialect."""
        trained: Sequence[str] = self.inputs
        settings = self.settings
        if settings.unseen_dialect and form == list(self.templates)[-1]:
            trained = draw_bridges(trained, settings.bridge_inputs, self._stream("bridges", attribute))
        is_trained, rng = np.isin(self.inputs, trained), self._stream("splits", attribute, form)
        return split_dialect(self.n_trained, self.n_unseen, is_trained, settings.validation_fraction, rng)

    def _stream(self, *purpose: str) -> np.random.Generator:
        return stream(self.seed, *purpose, self.name)


def _prompt(topic: str, attribute: str, form: str, phrasing: str, x: str, y: str, split: str) -> Prompt:
    before, after = phrasing.split("{input}")
    start, task = len(before), f"{topic}/{attribute}"
    labels = {"task": task, "dialect": f"{task}/{form}", "form": form, "topic": topic}
    return Prompt(
        id=f"{task}/{form}: {phrasing.replace('{input}', x)}",
        text=f"{before}{x}{after}",
        instruction=(0, len(before.rstrip())),
        input=(start, start + len(x)),
        answer=f" {y}",
        split=split,
        labels=labels,
    )


def _record(prompt: Prompt) -> dict[str, str | None]:
    assert prompt.instruction is not None and prompt.input is not None
    tail = prompt.text[prompt.input[1] :]
    words = {
        "instruction": prompt.text[slice(*prompt.instruction)],
        "input": prompt.text[slice(*prompt.input)],
    }
    about = {"template": f"{{instruction}} {{input}}{tail}", "answer": prompt.answer, "split": prompt.split}
    return {"id": prompt.id, **words, **about, **prompt.labels}


def _file(name: str) -> str:
    return (resources.files("nucleate") / "corpus" / "prompts" / "tables" / name).read_text(encoding="utf-8")
