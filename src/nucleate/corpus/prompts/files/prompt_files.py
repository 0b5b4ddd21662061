"""The user's own labeled prompts, from JSONL or CSV.

This module hides what a file may look like, and where in a prompt its instruction and input are. A mistake
is told as `FILE:LINE: FIELD: what`, before anything costly is begun. What a prompt is in tokens, a
tokenizer says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nucleate.corpus.prompts.files.prompt_lines import OWN_FIELDS, kind_of, mistake, read_lines
from nucleate.corpus.prompts.settings import TEMPLATE
from nucleate.errors import CorpusError
from nucleate.scores import SCHEMA

SPAN_COLUMNS = {
    "instruction": ("instruction_start", "instruction_end"),
    "input": ("input_start", "input_end"),
}
PROMPT_LENGTH = "prompt_length"

TAKEN = (
    "instance",
    "instruction_id",
    "input_ids",
    PROMPT_LENGTH,
    *(name for names in SPAN_COLUMNS.values() for name in names),
    *SCHEMA.names,
    "predicted",
    *("embedding", "point", "x", "y", "cluster", "text", "vector", "neighbors"),  # of a picture's points
)
"""Columns of our tables that say something else than a label."""

Span = tuple[int, int]
"""From its first character up to, and not with, the one behind its last."""


@dataclass(frozen=True)
class Prompt:
    """One text for a model, with the labels that the model is never shown.

    Attributes:
        id: unique in its file.
        text: what the model is given before the answer.
        instruction: where the instruction stands in `text`, None where that is not known.
        input: where the input stands in `text`; it may lie within the instruction.
        answer: what should follow `text`, to the letter; None where nothing is expected.
        split: `train` where a file says none.
        labels: factor -> label.
    """

    id: str
    text: str
    instruction: Span | None
    input: Span | None
    answer: str | None
    split: str
    labels: Mapping[str, str]

    @property
    def spoken(self) -> dict[str, str]:
        """The words of instruction, input and answer, those that there are."""
        words = {"instruction": self.instruction, "input": self.input}
        found = {name: self.text[slice(*span)] for name, span in words.items() if span}
        return found if self.answer is None else {**found, "output": self.answer.strip()}


def read_prompts(path: Path, template: str = TEMPLATE, delimiter: str = " ") -> list[Prompt]:
    """Every prompt of a file, in order.

    A line has `prompt`, or `instruction` and `input` that are put into `template` (its own, or the one
    given); where it has all, the two are found inside the prompt. `answer`, `split` and `id` are optional,
    every other field is a factor.

    Args:
        path: ends in `.jsonl`, `.csv` or `.tsv`; UTF-8.
        template: has `{instruction}` and `{input}` once each.
        delimiter: stands between prompt and answer where neither of them brings white space.

    Raises:
        CorpusError: at the first mistake, with its place.
    """
    name = str(path)
    prompts = [
        _prompt_of(_Record(name, line, values), template, delimiter) for line, values in read_lines(path)
    ]
    if not prompts:
        raise mistake(
            name, 1, "prompt", "the file holds no prompts", "Write at least one line with a prompt."
        )
    _check_together(name, prompts)
    return [prompt for _, prompt in prompts]


def compose(template: str, instruction: str, input: str) -> tuple[str, Span, Span]:
    """A prompt from its parts: text, where the instruction stands in it, and where the input does.

    Raises:
        CorpusError: the template has not each part once.
    """
    words, text = {"instruction": instruction, "input": input}, ""
    spans: dict[str, Span] = {}
    pieces = re.split(r"\{(instruction|input)\}", template)
    if sorted(pieces[1::2]) != ["input", "instruction"]:
        raise CorpusError(
            f"the template {template!r} must have {{instruction}} and {{input}} once each",
            'Write for instance: "{instruction} {input}"',
        )
    for number, piece in enumerate(pieces):
        start = len(text)
        text += words[piece] if number % 2 else piece
        if number % 2:
            spans[piece] = (start, len(text))
    return text, spans["instruction"], spans["input"]


@dataclass(frozen=True)
class _Record:
    """One line of a file, its values as they were read."""

    file: str
    line: int
    values: Mapping[str, Any]

    def text(self, field: str) -> str | None:
        """None where the field is left out, is null, or is empty, which is how CSV leaves out."""
        value = self.values.get(field)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise self.error(field, f"is {kind_of(value)}, not text", "Put it in quotes.")
        return self.checked(field, value)

    def label(self, field: str) -> str:
        value = self.values[field]
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            return str(value)
        if not isinstance(value, str):
            raise self.error(field, f"is {kind_of(value)}, not a label", "Labels are text or whole numbers.")
        if not value.strip():
            raise self.error(field, "is empty", "Give every line a label, or leave the field out of all.")
        return self.checked(field, value)

    def checked(self, field: str, value: str) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise self.error(field, "holds half of a surrogate pair", "Write the whole character.") from None
        return value

    def error(self, field: str, what: str, mend: str) -> CorpusError:
        return mistake(self.file, self.line, field, what, mend)


def _prompt_of(record: _Record, template: str, delimiter: str) -> tuple[int, Prompt]:
    """The line's number goes beside, for what can be judged over all lines only."""
    text, instruction, input_ = _text_and_spans(record, template)
    for field in record.values:
        if field in TAKEN and field not in OWN_FIELDS:
            what = "is the name of a column of ours, and cannot be a label's"
            others = ", ".join(name for name in TAKEN if name not in OWN_FIELDS)
            raise record.error(field, what, f"Give the field another name than these: {others}.")
    answer = record.text("answer")
    if answer is not None and not (text[-1].isspace() or answer[0].isspace()):
        answer = delimiter + answer
    labels = {field: record.label(field) for field in record.values if field not in OWN_FIELDS}
    name, split = record.text("id") or str(record.line), record.text("split") or "train"
    return record.line, Prompt(name, text, instruction, input_, answer, split, labels)


def _text_and_spans(record: _Record, template: str) -> tuple[str, Span | None, Span | None]:
    text, instruction, input_ = map(record.text, ("prompt", "instruction", "input"))
    if text is not None:
        if not text.strip():
            raise record.error("prompt", "is empty", "Write what the model is to be given.")
        return text, _find(record, "instruction", text, instruction), _find(record, "input", text, input_)
    for field, value in (("instruction", instruction), ("input", input_)):
        if value is None or not value.strip():
            raise record.error(
                field if instruction or input_ else "prompt",
                "is missing or empty",
                f"Give `prompt`, or both `instruction` and `input`; the fields here are: "
                f"{', '.join(record.values) or 'none'}.",
            )
    try:
        return compose(record.text("template") or template, instruction or "", input_ or "")
    except CorpusError as error:
        raise record.error("template", error.what, error.mend) from None


def _find(record: _Record, field: str, text: str, part: str | None) -> Span | None:
    if part is None:
        return None
    starts = [match.start() for match in re.finditer(f"(?={re.escape(part)})", text)]
    if len(starts) != 1 or not part.strip():
        what = "is not in the prompt" if not starts else f"is in the prompt {len(starts)} times"
        raise record.error(
            field, what, "Write it as it stands there, or leave out `prompt` and give a `template`."
        )
    return starts[0], starts[0] + len(part)


def _check_together(name: str, prompts: Sequence[tuple[int, Prompt]]) -> None:
    """Ids must differ, and all lines must have the labels of the first."""
    first, lines = prompts[0], dict[str, int]()
    for line, prompt in prompts:
        if prompt.id in lines:
            what = f"{prompt.id!r} is the id of line {lines[prompt.id]} too"
            raise mistake(name, line, "id", what, "Give every line an id of its own, or none.")
        lines[prompt.id] = line
        odd = sorted(prompt.labels.keys() ^ first[1].labels.keys())
        if odd:
            has = "is missing" if odd[0] in first[1].labels else f"is not in line {first[0]}"
            raise mistake(name, line, odd[0], has, "Give every line the same fields.")
