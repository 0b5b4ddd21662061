"""What a run left out, and why: examples not scored, labels above a limit, analyses that could not be made.

This module hides where each is known from. What was said in the terminal at the time lies in the manifest;
how many examples were scored is counted again from corpus and scores, so that an older run says it too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from nucleate.report.analyses import CAUSES, UNSEEN
from nucleate.report.contents import RunContents
from nucleate.report.data.encoding import visible


def left_out(run: RunContents) -> list[str]:
    """A sentence for each thing that is not on the page though a reader may look for it; may be empty."""
    return [visible(one) for one in (*_said(run), *_analyses(run), *_same_weights(run), *_examples(run))]


def _said(run: RunContents) -> Iterator[str]:
    """What was said of a user's own prompts when they were read."""
    yield from (_sentence(str(one)) for one in run.manifest.get("prompts", ()))


def _analyses(run: RunContents) -> Iterator[str]:
    there, why = set(run.scores["method"]), run.manifest.get("left_out", {})
    for name in (UNSEEN, CAUSES):
        if name in there:
            continue
        section = {UNSEEN: "Unseen", CAUSES: "Causes"}[name]
        if name in why:
            yield _sentence(f"{section}: {why[name]}")
        elif name == CAUSES:
            yield "Causes: no interventions were run; nucleate intervene runs them."


def _same_weights(run: RunContents) -> Iterator[str]:
    for row in run.manifest.get("audit", ()):
        if row.get("same_as"):
            yield f"Checkpoint {row['revision']}: it has the weights of {row['same_as']}."


def _examples(run: RunContents) -> Iterator[str]:
    """Splits of which a sample was scored."""
    if run.corpus is None or "split" not in run.corpus.table.column_names:
        return
    there = Counter(run.corpus.table["split"].to_pylist())
    rows = run.scores[(run.scores["method"] == "kmeans") & (run.scores["control"] == "none")]
    scored = rows.groupby("split")["n_examples"].max()
    few = [(str(name), int(n)) for name, n in scored.items() if n < there.get(str(name), 0)]
    if few:
        parts = ", ".join(f"{n:,} of {there[name]:,} ({name.replace('_', ' ')})" for name, n in few)
        more = "raise scoring.n_examples and scoring.n_tasks for more"
        yield f"Instances: only a sample was scored: {parts}; {more}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
