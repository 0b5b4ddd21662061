"""The names of the tables in words, as figures and page write them.

This module hides how a column's short value is said to a reader. A name that is not listed, such as a
factor of the user's own, is said as it is, with spaces.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from nucleate.view import View

POSITIONS = {
    "last_instruction": "last instruction token",
    "input": "input token",
    "instruction_mean": "mean over the instruction",
    "last": "last token before the answer",
    "prompt_mean": "mean over the whole prompt",
    "every_token": "every token, one sampled per prompt",
    "all_instruction": "all instruction tokens",
    "all_prompt": "all tokens up to the input",
}
FACTORS = {"task_input": "task and input", "": "no label"}
CONTROLS = {
    "untrained": "untrained model",
    "bag_of_tokens": "bag of tokens",
    "ngrams": "n-grams of tokens",
    "size_matched": "as many trained instructions",
    "confidence": "the model's own confidence",
    "dialect_oracle": "perfect dialects, merged at random",
    "shuffled_labels": "shuffled labels",
}
METRICS = {
    "ari": "adjusted Rand index",
    "ari_across": "adjusted Rand index across groups",
    "ami": "adjusted mutual information",
    "knn_purity": "k-NN purity",
    "becomes_b": "answers that become the other task's",
    "stays_a": "answers that stay",
    "other": "answers of neither task",
    "kl": "divergence from the untouched answer, nats",
    "next_mass_b": "probability, at the next token, of inputs that only the other task has",
    "next_mass_a": "probability, at the next token, of inputs that only its own task has",
    "next_kl": "divergence from the untouched next token, nats",
    "next_excess": "probability moved to the other task's inputs, above the controls",
    "acted": "instances on which anything changed",
    "excess": "answers that become the other task's, above the controls",
    "lost": "answers that changed, above the controls",
    "added_to_instruction": "answers flipped beyond what the rest of the instruction flips",
    "added_to_prompt": "answers flipped beyond what the rest of the prompt flips",
    "loss": "loss of the answer, nats",
    "first_token_accuracy": "first tokens of answers that are right",
    "matched": "share matched one to one",
    "stability": "agreement between starts",
    "right": "wrong answers corrected",
    "auroc": "AUROC of membership for a right answer",
    "assignment_accuracy": "share that lie nearest to their own centroid",
    "accuracy_if_right": "answered right, of those nearest to their own centroid",
    "accuracy_if_wrong": "answered right, of those nearest to another",
}
RANKINGS = {
    "margin": "margin of its own task's centroid",
    "gap": "gap between the two nearest centroids",
    "confidence": "the model's own confidence",
    "random": "in random order",
}
"""What instances are ranked by where some may be left unanswered."""
METHODS = {
    "kmeans": "k-means",
    "kmeans_from_train": "k-means fitted on train",
    "labels": "no clustering",
    "ridge": "linear probe",
    "states": "no clustering",
    "train_centroids": "centroids of train",
}
FIGURES = {
    "value": "agreement",
    "control_value": "strongest control",
    "excess": "above the control",
    "excess_low": "lower 95 % bound of the difference",
    "excess_high": "upper 95 % bound of the difference",
    "highest": "highest above the control",
    "late_gain": "gain over the last third",
    "late_gain_low": "that gain, lower 95 % bound",
    "late_gain_high": "that gain, upper 95 % bound",
    "layer_0_excess": "layer 0 above its control",
    "layer_0_excess_low": "lower 95 % bound of that",
    "layer_0_excess_high": "upper 95 % bound of that",
    "excess_at_layer_0": "layer 0 above its control",
    "top_excess": "top layer above its control",
    "top_excess_low": "lower 95 % bound of that",
    "top_excess_high": "upper 95 % bound of that",
    "change_at_layer_0": "layer 0 moved by",
    "change_at_top": "top layer moved by",
    "rank_correlation": "rank correlation with depth",
    "assignment_accuracy": "nearest to their own centroid",
    "accuracy_if_right": "answered right, of those",
    "accuracy_if_wrong": "answered right, of the others",
    "auroc": "AUROC",
    "shuffled_auroc": "AUROC of shuffled labels",
    "plain_ari": "plain ARI",
    "stability": "agreement between starts, last step",
    "share_of_top_change": "share of the top layer's change",
    "beyond_allowed_change": "layer 0 moved beyond what is allowed, by",
    "beyond_share_of_train": "beyond the required share of train",
    "least_upper_excess": "lowest of the upper layers, above its control",
    "least_expected": "instances expected in the emptiest of four cells",
    "unseen_instruction": "unseen instructions, above the control",
    "size_matched": "as many trained instructions",
    "unseen_instruction_placed": "unseen, assigned to train's clusters",
    "size_matched_placed": "as many trained, assigned",
    "becomes_b": "answers that became the other task's",
}
"""What verdicts rest on."""
COUNTS = ("layer", "layers_that_work")
"""Those of them that are whole numbers."""
MEASURES = {("kmeans", "ari"): "ARI", ("kmeans", "ari_across"): "ARI across groups"}
"""Method and metric together, as short as an axis wants them; the groups are those of `scoring.across`."""
PREPARATIONS = {
    "raw": "raw",
    "standardise": "standardized",
    "pca": "PCA-reduced",
    "tsne": "t-SNE-reduced",
    "center": "centered",
    "l2": "unit-length",
    "whiten": "whitened",
}
"""What was done to states, as it stands before their name."""


def say(names: dict[str, str], name: str) -> str:
    """`name` in words."""
    return names.get(name, name.replace("_", " "))


def figure_words(name: str) -> str:
    """A figure that a verdict rests on, in words."""
    for end, words in (("low", "lower 95 % bound"), ("high", "upper 95 % bound")):
        if name not in FIGURES and name.endswith(f"_{end}"):
            return f"{figure_words(name.removesuffix(f'_{end}').removesuffix('_ci'))}, {words}"
    return say(FIGURES, name)


def two_decimals(value: float, beside: float = 0.0) -> str:
    """Two decimals, or as many more, up to six, as it takes that a number is not read as 0, or as another.

    On which side of 0, or of a threshold, an end lies may decide a verdict or a reading.
    """
    others = {other for other in (0.0, beside) if other != value}
    for decimals in range(2, 7):
        if all(round(value, decimals) != round(other, decimals) for other in others):
            return f"{value + 0.0:.{decimals}f}"  # no -0.00
    return f"{round(value, 2) + 0.0:.2f}"


def interval_words(low: float, high: float, beside: float = 0.0) -> str:
    """Both ends in brackets, each told from what the interval is held against."""
    return f"[{two_decimals(low, beside)}, {two_decimals(high, beside)}]"


def figure_number(name: str, value: float) -> str:
    """A figure that a verdict rests on, as it is read: layers and counts are whole numbers."""
    return f"{value:.0f}" if name in COUNTS else two_decimals(value)


def figures_in_words(figures: Mapping[str, float]) -> list[tuple[str, str]]:
    """What a verdict rests on: names in words, numbers as they are read, with their intervals in brackets."""
    said = []
    for name in without_ends(figures):
        number = figure_number(name, figures[name])
        if ends := _ends(name, figures):
            number += f" {interval_words(*(figures[end] for end in ends))}"
        said.append((figure_words(name), number))
    return said


def without_ends(figures: Collection[str]) -> list[str]:
    """Names of figures, without the ends of an interval where the figure and both are there."""
    ends = {end for name in figures for end in _ends(name, figures)}
    return [name for name in figures if name not in ends]


def _ends(name: str, figures: Collection[str]) -> tuple[str, ...]:
    """The names of both ends of its interval, where they are there."""
    both = [(f"{name}{infix}_low", f"{name}{infix}_high") for infix in ("", "_ci")]
    return next((ends for ends in both if set(ends) <= set(figures)), ())


def place_words(view: View) -> str:
    """Where a figure looks: the position, and what was done to the states where anything was."""
    return f"{say(POSITIONS, view.position)}{prepared_words(view)}"


def prepared_words(view: View) -> str:
    """What was done to the states first, to be added to a title; empty where nothing was."""
    return "" if view.preparation == "raw" else f" ({say(PREPARATIONS, view.preparation)} states)"


def measure_words(view: View) -> str:
    """What a figure's numbers are."""
    named = MEASURES.get((view.method, view.metric))
    return named or f"{say(METRICS, view.metric)}, {say(METHODS, view.method)}"


def site_words(site: str) -> str:
    """`layer 3` for a block, `layer 0` for the embeddings, `final norm` for the site that is no layer."""
    if site == "embed":
        return "layer 0"
    return f"layer {site.removeprefix('block.')}" if site.startswith("block.") else site.replace("_", " ")


def site_order(site: str) -> float:
    """From the embeddings up; `final_norm` after the last layer."""
    words = site_words(site).split()
    return float(words[1]) if words[0] == "layer" else math.inf
