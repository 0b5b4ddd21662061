"""What a run found, in two sentences: where agreement peaks and when it rose; which claims fail, by how much.

This module hides what may be said. A peak counts only where its interval lies beyond every control; a rise
is set beside that of task accuracy only where checkpoints lie close enough to tell which came first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from nucleate.display_names import CONTROLS, FACTORS, METRICS, say, two_decimals
from nucleate.report.contents import RunContents
from nucleate.report.data.encoding import visible
from nucleate.report.data.score_data import with_controls
from nucleate.report.words.rules import not_met
from nucleate.scores import SCHEMA, Scores
from nucleate.scoring.emergence import emergence_table
from nucleate.scoring.excess import excess_of
from nucleate.scoring.settings import ACROSS


@dataclass(frozen=True)
class Peak:
    """Where agreement is highest, of the cells beyond their controls, or of all where there is none.

    Attributes:
        layer: the layer; `step` the checkpoint, `value` the agreement there.
        low: lower end of the 95 % interval; `high` the upper one. NaN where there is none.
        control: name of the strongest control there; `control_value` what it has.
        is_beyond: whether the interval lies beyond those of all controls.
        last: agreement of the layer at the last step.
        lost: what was lost since the peak, 0 where intervals overlap.
        half_rise: the checkpoints between which half of the highest excess was reached; None: its rise is
            not sure.
        accuracy_rise: the same of task accuracy; None where no rise is sure, or none can be told.
        is_accuracy_known: whether a rise of task accuracy could be told: there are steps and a control.
    """

    layer: int
    step: int
    value: float
    low: float
    high: float
    control: str
    control_value: float
    is_beyond: bool
    last: float
    lost: float
    half_rise: tuple[int, int] | None
    accuracy_rise: tuple[int, int] | None
    is_accuracy_known: bool


def peak_of(run: RunContents) -> Peak | None:
    """None where nothing was scored where the run judges its claims, or at one step only."""
    view = run.view
    wanted = {"position": view.position, "factor": view.factor, "preparation": view.preparation}
    wanted |= {"method": view.method, "metric": view.metric, "split": view.split}
    frame = run.scores
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    if frame["step"].nunique() < 2:
        return None
    rows = with_controls(frame)
    rows = rows[(rows["control"] == "none") & rows["layer"].notna() & (rows["step"] > 0)]
    rows = rows[rows["control_value"].notna()]
    if rows.empty:
        return None
    is_beyond = rows["ci_low"].fillna(rows["value"]) > rows["control_high"]
    shown = rows[is_beyond] if is_beyond.any() else rows
    order = ["value", "step", "layer"]
    best = shown.sort_values(order, ascending=[False, True, False], kind="stable").iloc[0]
    return _peak(run, rows[rows["site"] == best["site"]], best, bool(is_beyond.any()))


def _peak(run: RunContents, curve: pd.DataFrame, best: pd.Series, is_beyond: bool) -> Peak:
    rise = _rise(run, str(best["site"]))
    half, lag, steps = rise["half_rise"], rise["lag"], sorted(run.scores["step"].unique())
    return Peak(
        layer=int(best["layer"]),
        step=int(best["step"]),
        value=float(best["value"]),
        low=float(best["ci_low"]),
        high=float(best["ci_high"]),
        control=str(best["strongest"]),
        control_value=float(best["control_value"]),
        is_beyond=is_beyond,
        last=float(curve.sort_values("step")["value"].iloc[-1]),
        lost=float(rise["overshoot"]),
        half_rise=None if pd.isna(half) else _around(steps, half),
        accuracy_rise=None if pd.isna(lag) else _around(steps, half - lag),
        is_accuracy_known=_is_accuracy_known(run),
    )


def _is_accuracy_known(run: RunContents) -> bool:
    """Whether task accuracy, where claims are judged, has intervals and a control at several steps."""
    frame = run.scores
    is_answer = (frame["metric"] == "accuracy") & (frame["method"] == "model")
    known = excess_of(frame[is_answer & (frame["split"] == run.view.split)])
    return bool(known.loc[known["excess_low"].notna(), "step"].nunique() > 1)


def _rise(run: RunContents, site: str) -> pd.Series:
    """The row of `emergence_table` of a site, where the run judges its claims."""
    view, frame = run.view, run.scores
    is_own = (frame["position"] == view.position) & (frame["factor"] == view.factor) & (frame["site"] == site)
    is_answer = (frame["method"] == "model") & (frame["site"] == "")
    rows = frame[(is_own | is_answer) & (frame["split"] == view.split)]
    scores = Scores(pa.Table.from_pandas(rows[SCHEMA.names], schema=SCHEMA, preserve_index=False))
    table = emergence_table(scores, view)
    return table[(table["site"] == site) & (table["metric"] == view.metric)].iloc[0]


def _around(steps: list[int], at: float) -> tuple[int, int]:
    """The checkpoints between which a step lies: more is not known of what was reached then."""
    n_before = sum(step < at for step in steps)
    return steps[max(n_before - 1, 0)], steps[min(n_before, len(steps) - 1)]


def finding(run: RunContents) -> str:
    """The first sentence: where agreement peaks, its interval and control, when it rose; may be empty."""
    peak, view = peak_of(run), run.view
    if peak is None:
        return ""
    label, measure = visible(say(FACTORS, view.factor)), _measure_words(run)
    interval = "" if pd.isna(peak.low) else f"95 % {_n(peak.low)} to {_n(peak.high)}; "
    value = f"{_n(peak.value)} ({interval}{measure}, {visible(view.split.replace('_', ' '))})"
    control = (
        f"the strongest control reaches {_n(peak.control_value)} ({visible(say(CONTROLS, peak.control))})"
    )
    where = f"in layer {peak.layer} at step {peak.step:,}"
    if not peak.is_beyond:
        return (
            f"At no layer and step do clusters agree with the {label} clearly above all controls; "
            f"the highest value is {value}, {where}, where {control}."
        )
    most = f"Clusters agree most with the {label} {where}: {value}, where {control}"
    return f"{most}{_after(peak)}{_when(peak)}."


def _measure_words(run: RunContents) -> str:
    """The metric, and of what groups it is where it asks pairs across them."""
    words = say(METRICS, run.view.metric)
    if run.view.metric != "ari_across":
        return words
    scoring = run.config.get("scoring", {})
    across = scoring.get("across", ACROSS) if isinstance(scoring, Mapping) else ACROSS
    return f"{words} by {visible(say(FACTORS, str(across)))}"


def _when(peak: Peak) -> str:
    if peak.half_rise is None:
        return ""
    begin, end = peak.half_rise
    rose = f"; agreement made half of its rise above the controls between steps {begin:,} and {end:,}"
    if peak.accuracy_rise is None:
        return f"{rose} (task accuracy did not rise)" if peak.is_accuracy_known else rose
    first, last = peak.accuracy_rise
    if (begin, end) == (first, last):
        return f"{rose}, between the same two checkpoints as task accuracy, so which came first is unknown"
    least, most, order = (
        (begin - last, end - first, "after") if begin >= last else (first - end, last - begin, "before")
    )
    return f"{rose}, {least:,} to {most:,} steps {order} task accuracy ({first:,} to {last:,})"


def _after(peak: Peak) -> str:
    return f"; by the last step it has fallen to {_n(peak.last)}, clearly lower" if peak.lost > 0 else ""


def failures(run: RunContents) -> str:
    """Which claims fail where the run judges them, and by how much; empty where none does."""
    failing = [one for one in run.claims if one.position == run.claimed.position and one.verdict == "fails"]
    said = []
    for claim in failing:
        why = "; ".join([test.missed_by for test in not_met(claim)][:1]) or claim.lacking
        said.append(f"“{visible(claim.words.rstrip('.'))}” fails{f': {visible(why)}' if why else ''}.")
    return " ".join(said)


def _n(value: float) -> str:
    return two_decimals(value).replace("-", "−")
