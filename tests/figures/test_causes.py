import pandas as pd

from nucleate.figures.causes import causes_figure
from nucleate.scores import Scores


def effects():
    rows = []
    for position in ("input", "last_instruction", "all_instruction"):
        for layer in range(4):
            for strength in (1.0, 2.0):
                for control, value in (("none", 0.2 * layer * (position == "input")), ("other_tasks", 0.01)):
                    rows.append(
                        {
                            "step": 200, "position": position, "site": f"block.{layer}" if layer else "embed",
                            "layer": layer, "intervention": "shift", "control": control, "strength": strength,
                            "metric": "becomes_b", "value": value, "ci_low": value - 0.03, "ci_high": value + 0.03,
                        }
                    )  # fmt: skip
    return pd.DataFrame(rows).astype({"layer": "Int64"})


def test_agreement_beside_cause_with_every_number_written(planted_scores):
    scores = Scores.concatenate(
        planted_scores(lambda step, layer: 0.1 + 0.2 * layer, position=position)
        for position in ("last_instruction", "input")
    )
    with causes_figure(scores, effects()) as figure:
        agreement, cause = (axes for axes in figure.axes if axes.images)
        assert [label.get_text() for label in agreement.get_yticklabels()] == [
            "input token", "last instruction token", "all instruction tokens",
        ]  # fmt: skip
        words = [text.get_text() for text in agreement.texts]
        assert words == ["0.10", "0.30", "0.50", "0.70"] * 2 + [""] * 4
        assert [text.get_text() for text in cause.texts][:4] == ["-0.01", "0.19", "0.39", "0.59"]
        pale = [text.get_color() == "#a0a0a0" for text in cause.texts[:4]]
        assert pale == [True, False, False, False]
        doses = [axes for axes in figure.axes if axes.lines]
        assert [len(axes.lines) for axes in doses] == [4, 4, 4]
