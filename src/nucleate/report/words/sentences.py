"""A run in words and small tables: what a reader wants to know before any figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from nucleate.claims.verdicts import ClaimOverRuns, ClaimVerdict, claims_over_runs
from nucleate.display_names import FACTORS, POSITIONS, figure_words, figures_in_words, say, two_decimals
from nucleate.report.contents import RunContents
from nucleate.report.data.encoding import visible
from nucleate.report.data.score_data import with_controls

_SMALL_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SHOWN_INSTANCES, _SHOWN_TASKS, _LONGEST_EXAMPLE = 12, 60, 200
_NOT_SHOWN = ("instance", "instruction_id", "prompt_length")


def number(n: int) -> str:
    """Small numbers as words."""
    return _SMALL_NUMBERS[n] if n < len(_SMALL_NUMBERS) else f"{n:,}"


def position_words(position: str) -> str:
    """A position as a reader would say it."""
    return visible(say(POSITIONS, position))


def factor_words(factor: str) -> str:
    """A factor as a reader would say it."""
    return visible(say(FACTORS, factor))


def claim_figures(claim: ClaimVerdict) -> list[tuple[str, str]]:
    """What a verdict rests on: names in words, numbers as they are read, with their intervals."""
    numbers = {name: value for name, value in claim.figures.items() if isinstance(value, int | float)}
    others = [
        (figure_words(name), str(value)) for name, value in claim.figures.items() if name not in numbers
    ]
    return [(visible(words), visible(said)) for words, said in [*figures_in_words(numbers), *others]]


def setting_in_a_sentence(run: RunContents) -> str:
    """The model, its training and its corpus, of what the settings say."""
    model, training, corpus = (run.config.get(part, {}) for part in ("model", "training", "corpus"))
    model, training, corpus = (
        part if isinstance(part, Mapping) else {} for part in (model, training, corpus)
    )
    sentence = "A language model"
    if {"n_layer", "n_embd"} <= set(model) and not model.get("start"):
        sentence = f"A GPT-2 of {number(model['n_layer'])} layers and width {model['n_embd']}"
    elif names := sorted(set(run.scores["model"].dropna()) - {""}):
        sentence = f"The model {visible(', '.join(names))}"
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
    elif run.corpus is not None:
        sentence += f", given {run.corpus.table.num_rows:,} prompts"
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
    if len(judged) == 1:
        said = "is inconclusive" if judged[0] == "inconclusive" else judged[0]
        return f"The one claim that could be judged {said}."
    holding = sum(verdict == "holds" for verdict in judged)
    neither = "Neither" if len(judged) == 2 else "None"
    many = "All" if holding == len(judged) else number(holding).capitalize() if holding else neither
    of = f" {number(len(judged))}" if many == "All" else f" of {number(len(judged))}"
    n_open = sum(verdict == "inconclusive" for verdict in judged)
    rest = f"; {number(n_open)} {'is' if n_open == 1 else 'are'} inconclusive" if n_open else ""
    return f"{many}{of} claims {'holds' if holding < 2 else 'hold'}{rest}."


def headline_of_one_model(run: RunContents) -> list[str]:
    """What clusters of one model follow, at the layer where they follow a label best.

    A label counts where the interval of its agreement lies above its strongest control.
    """
    claimed = run.claimed
    rows = with_controls(run.scores)
    for column, wanted in (
        ("metric", "ari"),
        ("method", "kmeans"),
        ("control", "none"),
        ("position", claimed.position),
        ("preparation", claimed.preparation),
    ):
        rows = rows[rows[column] == wanted]
    rows = rows[rows["layer"].notna() & (rows["factor"] != "")]
    if rows.empty:
        return []
    split = "validation" if "validation" in set(rows["split"]) else rows["split"].iloc[0]
    rows = rows[rows["split"] == split]
    above = rows[rows["ci_low"].fillna(rows["value"]) > rows["control_high"].fillna(np.inf)]
    if above.empty:
        return [f"In no layer do clusters follow any label above its controls ({visible(split)})."]
    best = above.sort_values("value", kind="stable").iloc[-1]
    asked = rows[(rows["factor"] == claimed.factor) & (rows["layer"] == best["layer"])]
    is_claimed = best["factor"] == claimed.factor or asked.empty
    other = float(best["control_value"] if is_claimed else asked["value"].iloc[0])
    value, at = two_decimals(best["value"], other), two_decimals(other, best["value"])
    beside = f", more than {_label(claimed.factor)}, {at}"
    if is_claimed:
        beside = f", where the strongest control reaches {at}"
    elif other >= best["value"]:
        beside = f"; {_label(claimed.factor)} has {at}, which is not above its controls"
    followed = f"In layer {best['layer']} clusters follow {_label(best['factor'])}, {value}"
    return [f"{followed}{beside} (adjusted Rand index, {visible(split)})."]


def _label(factor: str) -> str:
    return f"the {factor_words(factor)}"


def surface_alone(run: RunContents) -> tuple[float, str] | None:
    """How far clusters of the instructions' words alone agree with the label judged, and on which split."""
    rows, view = run.scores, run.claimed.view
    for column, wanted in (
        ("control", "bag_of_tokens"),
        ("method", view.method),
        ("metric", view.metric),
        ("preparation", view.preparation),
        ("factor", view.factor),
        ("position", view.position),
    ):
        rows = rows[rows[column] == wanted]
    if rows.empty:
        return None
    split = view.split if view.split in set(rows["split"]) else rows["split"].iloc[0]
    rows = rows[rows["split"] == split]
    return float(rows.loc[rows["step"] == rows["step"].max(), "value"].max()), visible(split)


def claims_of_groups(runs: Sequence[RunContents]) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each claim what every group of seeds says: in how many of its runs it holds, and its effect."""
    groups = list(dict.fromkeys(run.group for run in runs))
    joint = [
        {
            one.claim: one
            for one in claims_over_runs([run.claims for run in members], members[0].claimed.position)
        }
        for members in ([run for run in runs if run.group == group] for group in groups)
    ]
    names = dict.fromkeys(claim for one in joint for claim in one)
    words = {claim: one.words for group in joint for claim, one in group.items()}
    return [
        (words[name], [(_held(one.get(name)), effect_over_seeds(one.get(name))) for one in joint])
        for name in names
    ]


def _held(claim: ClaimOverRuns | None) -> str:
    if claim is None or not claim.n_judged:
        return "not measured"
    return f"holds in {claim}"


def effect_over_seeds(claim: ClaimOverRuns | None) -> str:
    """How far a claim goes: its effect, its interval between seeds, and what is asked of it; may be empty."""
    if claim is None or claim.effect is None:
        return ""
    effect = claim.effect
    mean, low, high = (
        two_decimals(one, effect.effect.threshold) for one in (effect.mean, effect.low, effect.high)
    )
    value = f"{visible(figure_words(effect.effect.figure))} {mean}"
    if effect.n < 2:
        return f"{value}, one model"
    interval = f"95 % between {effect.n} seeds {low} to {high}"
    return f"{value}, {interval}; required: {effect.effect}; {effect.words}".replace("-", "−")


def all_settings(runs: Sequence[RunContents]) -> dict[str, list[Any]]:
    """Every setting of any run: dotted key to one value per run."""
    keys = sorted({key for run in runs for key in run.settings})
    return {key: [run.settings.get(key, "–") for run in runs] for key in keys}


def differing_settings(runs: Sequence[RunContents]) -> dict[str, list[Any]]:
    """Settings in which runs differ: dotted key to one value per run."""
    values = all_settings(runs)
    return {key: row for key, row in values.items() if any(value != row[0] for value in row)}


def example_instances(run: RunContents) -> list[Mapping[str, Any]]:
    """A few instances, spread over the corpus."""
    if run.corpus is None:
        return []
    table = run.corpus.table
    shown = [
        one.name for one in table.schema if not pa.types.is_nested(one.type) and one.name not in _NOT_SHOWN
    ]
    table = table.select([name for name in shown if not name.endswith(("_start", "_end"))])
    every = max(1, table.num_rows // _SHOWN_INSTANCES)
    rows = table.take(list(range(0, table.num_rows, every))[:_SHOWN_INSTANCES]).to_pylist()
    return [{name: _in_brief(value) for name, value in row.items()} for row in rows]


def _in_brief(value: object) -> str:
    if value is None:
        return "–"
    text = str(value)
    return visible(text if len(text) <= _LONGEST_EXAMPLE else text[: _LONGEST_EXAMPLE - 1] + "…")


def grammars(run: RunContents) -> list[Mapping[str, Any]]:
    """Each task's function and the expressions that its instructions are drawn from."""
    tasks = run.corpus.tasks[:_SHOWN_TASKS] if run.corpus else ()
    return [
        {
            "function": [(visible(x), visible(y)) for x, y in task["function"].items()],
            "dialects": [(visible(one["regex"]), one["language_size"]) for one in task["dialects"]],
        }
        for task in tasks
    ]
