import pandas as pd
import pytest

from nucleate.figures.answers.causes import causes_figure, causes_over_training_figure
from nucleate.scores import Scores
from nucleate.view import View


def row(position, layer, control, metric, value, strength=1.0, intervention="shift"):
    return {
        "step": 200, "position": position, "site": f"block.{layer}" if layer else "embed", "layer": layer,
        "intervention": intervention, "control": control, "strength": strength, "metric": metric,
        "value": value, "ci_low": value - 0.03, "ci_high": value + 0.03,
    }  # fmt: skip


def effects():
    rows = []
    for position in ("input", "last_instruction", "all_instruction"):
        for layer in range(4):
            flips = 0.2 * layer * (position == "input")
            rows.append(row(position, layer, "none", "excess", flips - 0.01))
            for metric in ("excess", "lost", "added_to_prompt", "added_to_instruction"):
                rows.append(row(position, layer, "none", metric, 0.0, intervention="interchange"))
            for strength in (1.0, 2.0):
                for control, value in (("none", flips), ("other_tasks", 0.01)):
                    rows.append(row(position, layer, control, "becomes_b", value, strength))
    return pd.DataFrame(rows).astype({"layer": "Int64"})


def test_agreement_beside_cause_with_every_number_written(planted_scores):
    scores = Scores.concatenate(
        planted_scores(lambda step, layer: 0.1 + 0.2 * layer, position=position)
        for position in ("last_instruction", "input")
    )
    with causes_figure(scores, effects(), View()) as figure:
        agreement, cause = (axes for axes in figure.axes if axes.images)
        assert [label.get_text().replace("\n", " ") for label in agreement.get_yticklabels()] == [
            "input token", "last instruction token", "all instruction tokens",
        ]  # fmt: skip
        words = [text.get_text() for text in agreement.texts]
        assert words == ["0.10", "0.30", "0.50", "0.70"] * 2 + ["–"] * 4
        assert [text.get_text() for text in cause.texts][:4] == ["-0.01", "0.19", "0.39", "0.59"]
        pale = [text.get_color() == "#a0a0a0" for text in cause.texts[:4]]
        assert pale == [True, False, False, False]
        assert [text.get_text() for text in cause.texts[12:]] == ["idle"] * 5, (
            "where it works, nothing is said"
        )
        doses = [axes for axes in figure.axes if axes.lines and not axes.images]
        assert [len(axes.lines) for axes in doses] == [4, 4, 4]


def test_several_steps_are_drawn_over_training(planted_scores):
    both = pd.concat([effects().assign(step=0), effects()])
    scores = planted_scores(lambda step, layer: 0.1 * layer * (step > 0), position="input")
    with causes_over_training_figure(scores, both, View()) as figure:
        agreement, cause = figure.axes[0], figure.axes[3]
        assert agreement.lines[3].get_xydata().tolist() == [[0, 0], [200, pytest.approx(0.3)]]
        assert cause.lines[3].get_ydata().tolist() == pytest.approx([0.59, 0.59])
        assert len(figure.axes) == 6
