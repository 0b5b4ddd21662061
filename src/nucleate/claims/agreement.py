"""The papers' claims about agreement: it rises, with depth, not at layer 0, on held-out instances too.

The rules' thresholds stand beside the code, so that a reader can disagree with a rule and still trust the
figures. Agreement is judged by what it has over the strongest of its controls, never as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np

from nucleate.capture.hidden_states import BEFORE_INPUT
from nucleate.claims.claim import Claim, Judgment
from nucleate.claims.evidence import Evidence, LayerCurve
from nucleate.claims.verdicts import Effect, Straddle

HIGH = 0.5
"""Excess that counts as high: half of the way from no agreement to full agreement."""
MOST_LATE_PACE = 0.5
"""Saturated: over the last third the excess surely gains or loses at most this share of what a steady climb
to its highest would. Noise of 0.05 in each of three checkpoints alone gives a pace of 0.2: less is no
test."""
LEAST_RANK_CORRELATION = 0.7
"""Higher layers agree better where Spearman's correlation of layer with excess is at least this."""
MOST_CHANGE, MOST_CHANGE_SHARE = 0.1, 0.25
"""Layer 0 hardly changes where it moves by at most this, or by this share of the top layer's change."""
SOMETHING_TO_FOLLOW = 0.2
"""Least excess on train for which it makes sense to ask whether held-out splits follow."""
LEAST_SHARE_OF_TRAIN = 0.75
"""Held-out instances follow where their excess is at least this share of that of trained ones."""

_UNSEEN = "unseen_instruction"


def _emerges(evidence: Evidence) -> Judgment | None:
    if evidence.held_out is None:
        return None
    top = evidence.held_out[-1]
    if np.isnan(top.late_gain):
        return None  # one checkpoint tells of a height, and of no saturation
    gains = ("late_gain", "late_gain_low", "late_gain_high")
    columns = ("value", "control_value", "excess", "excess_low", "highest", *gains)
    low, high, most = top.late_gain_low, top.late_gain_high, MOST_LATE_PACE * top.highest / 3
    is_high = top.excess >= HIGH and top.excess_low > 0
    is_level, is_surely_not = max(-low, high) <= most, max(low, -high) > most
    asked = {"a high value": is_high, "level over the last third": not is_surely_not}
    figures = {name: getattr(top, name) for name in columns} | evidence.plain_agreement(top.layer)
    judged = Judgment.of(asked, figures, top.control)
    if not judged.holds or is_level:
        return judged
    open_ = Straddle("late_gain", low, high, most if high > most else -most)
    return replace(judged, holds=None, lacking=str(open_), straddles=(open_,))


def _higher_layers_agree_better(evidence: Evidence) -> Judgment | None:
    layers = evidence.held_out
    if layers is None or len(layers) < 2:
        return None
    bottom, top = layers[0], layers[-1]
    figures = {
        "rank_correlation": _rank_correlation(layers),
        "layer_0_excess": bottom.excess,
        "layer_0_excess_high": bottom.excess_high,
        "top_excess": top.excess,
        "top_excess_low": top.excess_low,
    }
    is_ordered = figures["rank_correlation"] >= LEAST_RANK_CORRELATION
    is_apart = top.excess_low > max(0.0, bottom.excess_high)
    asked = {"layers in order": is_ordered, "the top above layer 0 and controls": is_apart}
    return Judgment.of(asked, figures, top.control)


def _rank_correlation(layers: Sequence[LayerCurve]) -> float:
    """Spearman's, of layers with their excess: 0 where all have the same, which says nothing of layers."""
    excess = np.array([one.excess for one in layers])
    ranks = (excess[:, None] > excess).sum(axis=1) + (excess[:, None] >= excess).sum(axis=1)
    if np.ptp(ranks) == 0:
        return 0.0
    return float(np.corrcoef(np.arange(len(ranks)), ranks)[0, 1])


def _layer_0_hardly_changes(evidence: Evidence) -> Judgment | None:
    layers = evidence.held_out
    if layers is None or layers[0].layer != 0:
        return None
    bottom, top = layers[0], layers[-1]
    figures = {
        "change_at_layer_0": bottom.change,
        "change_at_top": top.change,
        "excess_at_layer_0": bottom.excess,
        "share_of_top_change": bottom.change / max(MOST_CHANGE / MOST_CHANGE_SHARE, top.change),
    }
    stands_still = bottom.change <= max(MOST_CHANGE, MOST_CHANGE_SHARE * top.change)
    return Judgment.of({"layer 0 as it was": stands_still}, figures)


def _held_out_follows_train(evidence: Evidence) -> Judgment | None:
    """Before the input, validation has the very states of train: there only other instructions are a test."""
    unseen = evidence.beside_size_matched(_UNSEEN)
    if _UNSEEN in unseen:
        return _unseen_follow_as_many_trained(evidence, unseen)
    return None if evidence.view.position in BEFORE_INPUT else _validation_follows_train(evidence)


def _unseen_follow_as_many_trained(evidence: Evidence, over: dict[str, float]) -> Judgment | None:
    top = evidence.layers[_UNSEEN][-1] if _UNSEEN in evidence.layers else None
    if top is None:
        return None
    trained = over["size_matched"]
    asked = {
        "something on trained instructions to follow": trained >= SOMETHING_TO_FOLLOW,
        "unseen instructions near as many trained ones": trained <= over[_UNSEEN] / LEAST_SHARE_OF_TRAIN,
        "unseen instructions above controls": top.excess_low > 0,
    }
    figures = {**over, f"{_UNSEEN}_low": top.excess_low, **_beyond_share(over[_UNSEEN], trained)}
    return Judgment.of(asked, figures, top.control)


def _beyond_share(held_out: float, trained: float) -> dict[str, float]:
    """How far held-out instances are beyond what is asked: a difference, as trained ones can be at 0."""
    return {"beyond_share_of_train": held_out - LEAST_SHARE_OF_TRAIN * trained}


def _validation_follows_train(evidence: Evidence) -> Judgment | None:
    held_out = evidence.view.split
    if not {"train", held_out} <= set(evidence.layers):
        return None
    splits = [split for split in ("train", held_out, _UNSEEN) if split in evidence.layers]
    tops = {split: evidence.layers[split][-1] for split in splits}
    over = {split: top.excess for split, top in tops.items()}
    is_something = over["train"] >= SOMETHING_TO_FOLLOW
    follows = over["train"] <= over[held_out] / LEAST_SHARE_OF_TRAIN
    # Few unseen instructions make poor clusters, so of them it is asked only to be sure, not to be as high.
    is_sure = all(top.excess_low > 0 for split, top in tops.items() if split != "train")
    asked = {
        "something on train to follow": is_something,
        "validation near train": follows,
        "held-out splits above controls": is_sure,
    }
    lows = {f"{split}_low": top.excess_low for split, top in tops.items() if split != "train"}
    figures = {**over, **lows, **_beyond_share(over[held_out], over["train"])}
    return Judgment.of(asked, figures, tops["train"].control)


def _seen_in_a_pretrained_model(evidence: Evidence) -> Judgment | None:
    layers = evidence.held_out
    if not evidence.pretrained or layers is None or len(layers) < 3:
        return None
    lower, upper = layers[: len(layers) // 3], layers[-(len(layers) // 3) :]
    figures = {
        "upper_third_excess": fmean(one.excess for one in upper),
        "upper_third_excess_low": min(one.excess_low for one in upper),
        "lower_third_excess": fmean(one.excess for one in lower),
        "rank_correlation": _rank_correlation(layers),
    }
    is_high = figures["upper_third_excess"] >= HIGH and figures["upper_third_excess_low"] > 0
    is_ordered = figures["rank_correlation"] >= LEAST_RANK_CORRELATION
    asked = {"a high value": is_high, "layers in order": is_ordered}
    return Judgment.of(asked, figures, upper[-1].control)


AGREEMENT = (
    Claim(
        "emergence",
        "Agreement with task identity rises during training until it saturates at a high value.",
        "top layer, validation, last third of training: mean excess over the strongest control at least "
        f"{HIGH}, interval above all controls, and a fitted line gains or loses at most {MOST_LATE_PACE} of "
        "what a steady climb to the highest excess would, by the whole of its interval; fails where the "
        "height is lacking or that interval lies wholly beyond; inconclusive where it lies on both sides",
        _emerges,
        {"HIGH": HIGH, "MOST_LATE_PACE": MOST_LATE_PACE},
        version=2,
        effect=Effect("excess", HIGH),
    ),
    Claim(
        "depth",
        "Higher layers agree better than lower ones.",
        "validation, last third: rank correlation of layer with excess over the strongest control at least "
        f"{LEAST_RANK_CORRELATION}, top layer's interval above all controls and above layer 0's",
        _higher_layers_agree_better,
        {"LEAST_RANK_CORRELATION": LEAST_RANK_CORRELATION},
        effect=Effect("rank_correlation", LEAST_RANK_CORRELATION),
    ),
    Claim(
        "baseline",
        "Layer 0 hardly changes.",
        f"layer 0, validation: never further from its untrained agreement than {MOST_CHANGE}, or than "
        f"{MOST_CHANGE_SHARE} of the furthest that the top layer goes",
        _layer_0_hardly_changes,
        {"MOST_CHANGE": MOST_CHANGE, "MOST_CHANGE_SHARE": MOST_CHANGE_SHARE},
        effect=Effect("share_of_top_change", MOST_CHANGE_SHARE, at_most=True),
    ),
    Claim(
        "generalisation",
        "Validation follows training.",
        "top layer, last third: before the input, where validation has the very states of train, excess of "
        "as many trained instructions as there are unseen ones (size_matched) at least "
        f"{SOMETHING_TO_FOLLOW}, on unseen_instruction at least {LEAST_SHARE_OF_TRAIN} of it, its interval "
        f"above all controls; elsewhere excess on train at least {SOMETHING_TO_FOLLOW}, on validation at "
        f"least {LEAST_SHARE_OF_TRAIN} of it, intervals of validation, and of unseen_instruction where "
        "scored, above all controls",
        _held_out_follows_train,
        {"SOMETHING_TO_FOLLOW": SOMETHING_TO_FOLLOW, "LEAST_SHARE_OF_TRAIN": LEAST_SHARE_OF_TRAIN},
        version=2,
        effect=Effect("beyond_share_of_train", 0.0),
    ),
    Claim(
        "realistic",
        "The same is seen in a more realistic setting.",
        "a pretrained model trained on, validation, last third of that training: mean excess of the upper "
        "third of layers over the strongest control, the model as it was among them, at least "
        f"{HIGH}, all their intervals above all controls; rank correlation of layer with excess at least "
        f"{LEAST_RANK_CORRELATION}",
        _seen_in_a_pretrained_model,
        {"HIGH": HIGH, "LEAST_RANK_CORRELATION": LEAST_RANK_CORRELATION},
        effect=Effect("upper_third_excess", HIGH),
    ),
)
