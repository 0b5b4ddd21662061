"""The papers' claims about agreement: it rises, with depth, not at layer 0, on held-out instances too.

The rules' thresholds stand beside the code, so that a reader can disagree with a rule and still trust the
figures. Agreement is judged by what it has over the strongest of its controls, never as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

import numpy as np

from nucleate.capture.hidden_states import BEFORE_INPUT
from nucleate.claims.claim import Asked, Claim, Judgment
from nucleate.claims.evidence import Evidence, LayerCurve
from nucleate.claims.verdicts import Effect
from nucleate.display_names import two_decimals

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
"""Least excess on train for which it makes sense to ask whether held-out splits follow, and least change of
the top layer for which it does to ask whether layer 0 changes less."""
LEAST_SHARE_OF_TRAIN = 0.75
"""Held-out instances follow where their excess is at least this share of that of trained ones."""

_UNSEEN = "unseen_instruction"


def most_late_gain(highest: float) -> float:
    """How much the excess may gain or lose over the last third and still be saturated.

    Args:
        highest: its highest; where that is below 0 nothing was climbed, and no pace is given away.
    """
    return MOST_LATE_PACE * max(highest, 0.0) / 3


def _emerges(evidence: Evidence) -> Judgment:
    if lacking := evidence.lacks():
        return Judgment.unmeasured(lacking)
    top = evidence.held_out[-1]
    if np.isnan(top.late_gain):
        return Judgment.unmeasured("too few checkpoints in the last third: they tell of no saturation")
    most = most_late_gain(top.highest)
    gain = (top.late_gain_low, top.late_gain_high)
    asked = [
        Asked("a high value", "excess", top.excess_low, top.excess_high, HIGH),
        Asked("level over the last third", "late_gain", *gain, -most, most),
    ]
    columns = ("value", "control_value", "excess", "excess_low", "excess_high", "highest")
    gains = ("late_gain", "late_gain_low", "late_gain_high")
    figures = {name: getattr(top, name) for name in (*columns, *gains)}
    beside = evidence.plain_agreement(top.layer) | evidence.agreement_of_starts(top.layer)
    return Judgment.by_intervals(asked, figures | beside, top.control)


def _higher_layers_agree_better(evidence: Evidence) -> Judgment:
    if lacking := evidence.lacks(2):
        return Judgment.unmeasured(lacking)
    layers, bottom, top = evidence.held_out, evidence.held_out[0], evidence.held_out[-1]
    figures = {
        "rank_correlation": _rank_correlation(layers),
        **_named("layer_0_excess", bottom),
        **_named("top_excess", top),
    }
    apart = (top.excess_low - bottom.excess_high, top.excess_high - bottom.excess_low)
    asked = [
        _in_order(layers),
        _above_controls("the top above controls", "top_excess", top),
        Asked("the top above layer 0", "top_above_layer_0", *apart, 0.0, is_strict=True),
    ]
    return Judgment.by_intervals(asked, figures, top.control)


def _named(name: str, curve: LayerCurve, of: str = "excess") -> dict[str, float]:
    """A figure of a curve with its ends, under another name."""
    return {f"{name}{end}": getattr(curve, f"{of}{end}") for end in ("", "_low", "_high")}


def _above_controls(what: str, figure: str, *curves: LayerCurve) -> Asked:
    """All of them: as low as the lowest."""
    ends = (min(one.excess_low for one in curves), min(one.excess_high for one in curves))
    return Asked(what, figure, *ends, 0.0, is_strict=True)


def _in_order(layers: Sequence[LayerCurve]) -> Asked:
    """Ranks of layers have no interval: the figure decides."""
    found = _rank_correlation(layers)
    return Asked("layers in order", "rank_correlation", found, found, LEAST_RANK_CORRELATION)


def _rank_correlation(layers: Sequence[LayerCurve]) -> float:
    """Spearman's, of layers with their excess: 0 where all have the same, which says nothing of layers."""
    excess = np.array([one.excess for one in layers])
    ranks = (excess[:, None] > excess).sum(axis=1) + (excess[:, None] >= excess).sum(axis=1)
    if np.ptp(ranks) == 0:
        return 0.0
    return float(np.corrcoef(np.arange(len(ranks)), ranks)[0, 1])


def _layer_0_hardly_changes(evidence: Evidence) -> Judgment:
    if lacking := evidence.lacks(2):
        return Judgment.unmeasured(lacking)
    bottom, top = evidence.held_out[0], evidence.held_out[-1]
    if bottom.layer != 0:
        return Judgment.unmeasured("layer 0 (embed) is not scored")
    if np.isnan(bottom.change) or np.isnan(top.change):
        return Judgment.unmeasured("no step 0: untrained agreement is not known")
    moves = Asked(
        "a top layer that moves", "change_at_top", top.change_low, top.change_high, SOMETHING_TO_FOLLOW
    )
    if moves.standing == "missed":
        moved = two_decimals(top.change)
        return Judgment.unmeasured(f"nothing to compare with: the top layer moves by {moved}")
    beyond = _beyond_allowed(bottom, top)
    figures = {
        **_named("change_at_layer_0", bottom, "change"),
        **_named("change_at_top", top, "change"),
        "excess_at_layer_0": bottom.excess,
        **({"share_of_top_change": bottom.change / top.change} if top.change else {}),
        **beyond,
    }
    low, high = beyond["beyond_allowed_change_low"], beyond["beyond_allowed_change_high"]
    still = Asked("layer 0 as it was", "beyond_allowed_change", low, high, most=0.0)
    return Judgment.by_intervals([moves, still], figures)


def _beyond_allowed(bottom: LayerCurve, top: LayerCurve) -> dict[str, float]:
    """How far layer 0 goes beyond what the top layer's change allows: at most, where that goes least far."""

    def beyond(change: float, change_at_top: float) -> float:
        return change - max(MOST_CHANGE, MOST_CHANGE_SHARE * change_at_top)

    return {
        "beyond_allowed_change": beyond(bottom.change, top.change),
        "beyond_allowed_change_low": beyond(bottom.change_low, top.change_high),
        "beyond_allowed_change_high": beyond(bottom.change_high, top.change_low),
    }


def _held_out_follows_train(evidence: Evidence) -> Judgment:
    """Before the input, validation has the very states of train: there only other instructions are a test."""
    unseen = evidence.beside_size_matched(_UNSEEN)
    if _UNSEEN in unseen:
        return _unseen_follow_as_many_trained(evidence, unseen)
    if evidence.view.position in BEFORE_INPUT:
        return Judgment.unmeasured(f"validation has train's states here; {evidence.why_without(_UNSEEN)}")
    return _validation_follows_train(evidence)


def _unseen_follow_as_many_trained(evidence: Evidence, over: dict[str, float]) -> Judgment:
    top = evidence.layers[_UNSEEN][-1] if _UNSEEN in evidence.layers else None
    if top is None:
        return Judgment.unmeasured(evidence.why_without(_UNSEEN))
    ends = (over["size_matched_low"], over["size_matched_high"])
    beyond = _beyond_share(top, over["size_matched"], *ends)
    asked = [
        Asked("something on trained instructions to follow", "size_matched", *ends, SOMETHING_TO_FOLLOW),
        _follows("unseen instructions near as many trained ones", beyond),
        _above_controls("unseen instructions above controls", _UNSEEN, top),
    ]
    return Judgment.by_intervals(asked, {**over, **_named(_UNSEEN, top), **beyond}, top.control)


def _beyond_share(held_out: LayerCurve, trained: float, low: float, high: float) -> dict[str, float]:
    """How far held-out instances are beyond what is asked: a difference, as trained ones can be at 0.

    The distances to the ends add up as errors that know nothing of each other do.

    Source: Zou and Donner (2008), "Construction of confidence limits about effect measures".
    """
    share = LEAST_SHARE_OF_TRAIN
    beyond = held_out.excess - share * trained
    below = float(np.hypot(held_out.excess - held_out.excess_low, share * (high - trained)))
    above = float(np.hypot(held_out.excess_high - held_out.excess, share * (trained - low)))
    name = "beyond_share_of_train"
    return {name: beyond, f"{name}_low": beyond - below, f"{name}_high": beyond + above}


def _follows(what: str, beyond: dict[str, float]) -> Asked:
    name = "beyond_share_of_train"
    return Asked(what, name, beyond[f"{name}_low"], beyond[f"{name}_high"], 0.0)


def _validation_follows_train(evidence: Evidence) -> Judgment:
    held_out = evidence.view.split
    for split in (held_out, "train"):
        if split not in evidence.layers:
            return Judgment.unmeasured(evidence.why_without(split))
    splits = [split for split in ("train", held_out, _UNSEEN) if split in evidence.layers]
    tops = {split: evidence.layers[split][-1] for split in splits}
    train = tops["train"]
    ends = (train.excess_low, train.excess_high)
    beyond = _beyond_share(tops[held_out], train.excess, *ends)
    # Few unseen instructions make poor clusters, so of them it is asked only to be sure, not to be as high.
    asked = [
        Asked("something on train to follow", "train", *ends, SOMETHING_TO_FOLLOW),
        _follows("validation near train", beyond),
        *(
            _above_controls(f"{split.replace('_', ' ')} above controls", split, top)
            for split, top in tops.items()
            if split != "train"
        ),
    ]
    figures = {name: value for split, top in tops.items() for name, value in _named(split, top).items()}
    return Judgment.by_intervals(asked, figures | beyond, train.control)


def _seen_in_a_pretrained_model(evidence: Evidence) -> Judgment:
    if not evidence.pretrained:
        return Judgment.unmeasured("the training does not begin with a pretrained model")
    if lacking := evidence.lacks(3):
        return Judgment.unmeasured(lacking)
    layers = evidence.held_out
    lower, upper = layers[: len(layers) // 3], layers[-(len(layers) // 3) :]
    ends = (fmean(one.excess_low for one in upper), fmean(one.excess_high for one in upper))
    each = _above_controls("each upper layer above controls", "least_upper_excess", *upper)
    figures = {
        "upper_third_excess": fmean(one.excess for one in upper),
        "upper_third_excess_low": ends[0],
        "upper_third_excess_high": ends[1],
        "least_upper_excess": min(one.excess for one in upper),
        "least_upper_excess_low": each.low,
        "least_upper_excess_high": each.high,
        "lower_third_excess": fmean(one.excess for one in lower),
        "rank_correlation": _rank_correlation(layers),
    }
    asked = [Asked("a high value", "upper_third_excess", *ends, HIGH), each, _in_order(layers)]
    return Judgment.by_intervals(asked, figures, upper[-1].control)


AGREEMENT = (
    Claim(
        "emergence",
        "Agreement with task identity rises during training until it saturates at a high value.",
        "top layer, validation, last third of training: mean excess over the strongest control at least "
        f"{HIGH}, and a fitted line gains or loses at most {MOST_LATE_PACE} of what a steady climb to the "
        "highest excess would, both by the whole of their intervals; fails where one of these intervals lies "
        "wholly outside, inconclusive where one lies on both sides",
        _emerges,
        {"HIGH": HIGH, "MOST_LATE_PACE": MOST_LATE_PACE},
        version=5,
        effect=Effect("excess", HIGH),
    ),
    Claim(
        "depth",
        "Higher layers agree better than lower ones.",
        "validation, last third: rank correlation of layer with excess over the strongest control at least "
        f"{LEAST_RANK_CORRELATION}, top layer's interval above all controls and above layer 0's; fails where "
        "the correlation, which has no interval, is lower, or the top's interval lies wholly at or below "
        "controls, or below layer 0's; inconclusive where these intervals overlap",
        _higher_layers_agree_better,
        {"LEAST_RANK_CORRELATION": LEAST_RANK_CORRELATION},
        version=2,
        effect=Effect("rank_correlation", LEAST_RANK_CORRELATION),
    ),
    Claim(
        "baseline",
        "Layer 0 hardly changes.",
        f"layer 0, validation: never further from its agreement at step 0 than {MOST_CHANGE}, or than "
        f"{MOST_CHANGE_SHARE} of the furthest that the top layer goes, which is at least "
        f"{SOMETHING_TO_FOLLOW}, by the whole of their intervals; fails where layer 0's lies wholly outside, "
        "inconclusive where one lies on both sides; not measured without step 0, or where the top layer "
        f"surely goes less far than {SOMETHING_TO_FOLLOW}: there is nothing to compare with",
        _layer_0_hardly_changes,
        {
            "MOST_CHANGE": MOST_CHANGE,
            "MOST_CHANGE_SHARE": MOST_CHANGE_SHARE,
            "SOMETHING_TO_FOLLOW": SOMETHING_TO_FOLLOW,
        },
        version=2,
        effect=Effect("beyond_allowed_change", 0.0, at_most=True),
    ),
    Claim(
        "generalisation",
        "Validation follows training.",
        "top layer, last third: before the input, where validation has the very states of train, excess of "
        "as many trained instructions as there are unseen ones (size_matched) at least "
        f"{SOMETHING_TO_FOLLOW}, on unseen_instruction at least {LEAST_SHARE_OF_TRAIN} of it, and above all "
        f"controls; elsewhere excess on train at least {SOMETHING_TO_FOLLOW}, on validation at least "
        f"{LEAST_SHARE_OF_TRAIN} of it, and of validation, and of unseen_instruction where scored, above all "
        "controls; each by the whole of its interval, that of the share with both errors; fails where one of "
        "these intervals lies wholly outside, inconclusive where one lies on both sides",
        _held_out_follows_train,
        {"SOMETHING_TO_FOLLOW": SOMETHING_TO_FOLLOW, "LEAST_SHARE_OF_TRAIN": LEAST_SHARE_OF_TRAIN},
        version=3,
        effect=Effect("beyond_share_of_train", 0.0),
    ),
    Claim(
        "realistic",
        "The same is seen in a more realistic setting.",
        "a pretrained model trained on, validation, last third of that training: mean excess of the upper "
        "third of layers over the strongest control, the model as it was among them, at least "
        f"{HIGH}, and each of them above all controls, by the whole of their intervals; rank correlation of "
        f"layer with excess at least {LEAST_RANK_CORRELATION}; fails where the correlation is lower or one "
        "of these intervals lies wholly outside, inconclusive where one lies on both sides",
        _seen_in_a_pretrained_model,
        {"HIGH": HIGH, "LEAST_RANK_CORRELATION": LEAST_RANK_CORRELATION},
        version=2,
        effect=Effect("upper_third_excess", HIGH),
    ),
)
