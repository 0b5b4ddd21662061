"""A run in words and small tables: what a reader wants to know before any figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nucleate.corpus.grammar_corpus import GrammarCorpus
from nucleate.report.contents import RunContents
from nucleate.report.encoding import visible

POSITION_WORDS = {
    "last_instruction": "last instruction token",
    "input": "input token",
    "instruction_mean": "mean over the instruction",
    "last": "last token before the answer",
}
_SMALL_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SHOWN_INSTANCES, _SHOWN_TASKS = 12, 60


def number(n: int) -> str:
    """Small numbers as words."""
    return _SMALL_NUMBERS[n] if n < len(_SMALL_NUMBERS) else f"{n:,}"


def position_words(position: str) -> str:
    """A position as a reader would say it."""
    return POSITION_WORDS.get(position, visible(position.replace("_", " ")))


def setting_in_a_sentence(run: RunContents) -> str:
    """The model, its training and its corpus, of what the settings say."""
    model, training, corpus = (run.config.get(part, {}) for part in ("model", "training", "corpus"))
    sentence = "A language model"
    if {"n_layer", "n_embd"} <= set(model):
        sentence = f"A GPT-2 of {number(model['n_layer'])} layers and width {model['n_embd']}"
    if "steps" in training:
        sentence += f", trained for {training['steps']:,} steps"
    if {"n_tasks", "n_dialects", "n_inputs", "input_vocabulary"} <= set(corpus):
        dialects = (
            "one wording each"
            if corpus["n_dialects"] == 1
            else f"{number(corpus['n_dialects'])} dialects each"
        )
        sentence += (
            f" on {number(corpus['n_tasks'])} tasks with {dialects}; "
            f"every task maps {number(corpus['n_inputs'])} of {number(corpus['input_vocabulary'])} inputs"
        )
    return sentence + "."


def accuracies(run: RunContents) -> list[tuple[str, float]]:
    """Task accuracy of each split at the last step."""
    rows = run.scores[(run.scores["metric"] == "accuracy") & (run.scores["control"] == "none")]
    if not rows.empty:
        last = rows[rows["step"] == rows["step"].max()]
        return [(visible(row.split), float(row.value)) for row in last.itertuples()]
    logged = [line["accuracy"] for line in run.training if "accuracy" in line]
    return [(visible(split), float(value)) for split, value in logged[-1].items()] if logged else []


def verdict_in_a_sentence(run: RunContents) -> str:
    """How many of the claims hold where the run judges them."""
    verdicts = [one.verdict for one in run.claims if one.position == run.claimed.position]
    judged = [verdict for verdict in verdicts if verdict != "not measured"]
    if not judged:
        return "No claim could be judged on this run."
    holding = sum(verdict == "holds" for verdict in judged)
    many = "All" if holding == len(judged) > 1 else number(holding).capitalize()
    of = f" {number(len(judged))}" if many == "All" else f" of {number(len(judged))}"
    return f"{many}{of} claims {'holds' if holding == 1 else 'hold'}."


def differing_settings(runs: Sequence[RunContents]) -> dict[str, list[Any]]:
    """Settings in which runs differ: dotted key to one value per run."""
    keys = sorted({key for run in runs for key in run.settings})
    values = {key: [run.settings.get(key, "–") for run in runs] for key in keys}
    return {key: row for key, row in values.items() if any(value != row[0] for value in row)}


def example_instances(run: RunContents) -> list[Mapping[str, Any]]:
    """A few instances, spread over the corpus."""
    if run.corpus is None:
        return []
    table = run.corpus.readable
    every = max(1, table.num_rows // _SHOWN_INSTANCES)
    rows = table.take(list(range(0, table.num_rows, every))[:_SHOWN_INSTANCES]).to_pylist()
    return [
        {
            name: visible(str(value))
            for name, value in row.items()
            if name not in ("instance", "instruction_id")
        }
        for row in rows
    ]


def grammars(run: RunContents) -> list[Mapping[str, Any]]:
    """Each task's function and the expressions that its instructions are drawn from."""
    tasks = run.corpus.tasks[:_SHOWN_TASKS] if isinstance(run.corpus, GrammarCorpus) else ()
    return [
        {
            "function": [(visible(x), visible(y)) for x, y in task.function.items()],
            "dialects": [(visible(one.regex), one.language_size) for one in task.dialects],
        }
        for task in tasks
    ]
