"""Changed clusters on a page: the numbers that were found, names that cannot run anything."""

import pandas as pd

from nucleate.report.clusters_section import clusters_section, comparisons_of

LOOK = {
    "run_a": "base",
    "step_a": 0,
    "run_b": "tuned",
    "step_b": 60,
    "site": "block.6",
    "position": "last",
    "n_examples": 120,
}


def row(
    control="none", metric="overlap", event="kept", value=1.0, low=0.9, high=1.0, labels=("x 100%", "x 90%")
):
    return {
        **LOOK, "control": control, "metric": metric, "event": event, "labels_a": labels[0], "labels_b": labels[1],
        "n_a": 40, "n_b": 30, "value": value, "ci_low": low, "ci_high": high,
    }  # fmt: skip


TABLE = pd.DataFrame(
    [
        row(), row(event="merged", value=0.75, low=0.6, high=0.8, labels=("<b>a</b> 100%; c 80%", "a 50%")),
        row(metric="count", event="kept", value=1), row(metric="count", event="merged", value=1),
        row(metric="count", event="split", value=0), row(metric="ari", event="", value=0.4, low=0.3, high=0.5),
        row("another_start", "ari", "", 0.95), row("another_start", "ari", "", 0.9),
        row("another_start", "count", "kept", 2), row("another_start", "count", "kept", 1),
    ]
)  # fmt: skip


def test_what_changed_is_a_row_and_what_was_kept_is_counted():
    (one,) = comparisons_of(TABLE)
    assert one.title == "From base, step 0 to tuned, step 60: layer 6, last token before the answer"
    assert [(change.event, change.shared) for change in one.changes] == [("merged", "0.75 [0.60, 0.80]")]
    assert "agree to 0.40 (95 % 0.30 to 0.50)" in one.sentence and "agree to 0.95 and 0.90" in one.sentence
    assert "1 kept, 1 merged; other starts alone keep 2 and 1" in one.sentence


def test_labels_are_text():
    html = str(clusters_section(TABLE))
    assert "<b>a" not in html and "&lt;b&gt;a" in html
