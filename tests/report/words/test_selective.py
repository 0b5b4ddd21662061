"""Sentences about selective answering: the figures that were measured, and no more than they allow."""

import pandas as pd
import pytest

from nucleate.report.words.selective import selective_sentences


def table(low, high, error=0.1):
    rows = [
        {"split": "validation", "score": "random", "metric": "aurc", "value": error},
        {"split": "validation", "score": "confidence", "metric": "aurc", "value": 0.02},
        *(
            {"split": "validation", "score": score, "metric": "aurc_gain", "position": "input", "layer": layer,
             "value": value, "ci_low": low, "ci_high": high}
            for score, layer, value in (("margin", 1, 0.9), ("margin", 2, 0.005), ("gap", 2, 0.001))
        ),
    ]  # fmt: skip
    return pd.DataFrame(rows).astype({"layer": "Int64"})


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.001, 0.01, "clusters select clearly better"),
        (-0.01, -0.001, "confidence selects clearly better"),
        (-0.01, 0.01, "neither is clearly better"),
    ],
)
def test_the_best_of_the_highest_layer_is_told_with_its_interval(low, high, said):
    (one,) = selective_sentences(table(low, high))
    assert "10.0 % wrong if all are answered" in one and "is 0.0200 for the model's own confidence" in one
    assert "the best of 2 cluster rankings, the margin at the input token in layer 2" in one
    assert "gains 0.0050 (95 %" in one and one.endswith(f"{said}.")


def test_where_nothing_is_wrong_there_is_nothing_to_select():
    assert selective_sentences(table(0, 0, error=0.0)) == []
