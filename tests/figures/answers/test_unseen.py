from nucleate.claims.evidence import hardest_split
from nucleate.figures.answers.unseen import unseen_figure
from nucleate.scores import Score, Scores


def row(step, metric, value, **changes):
    given = {
        "run": "r", "model": "m", "seed": 1, "step": step, "split": "unseen_dialect", "metric": metric, "value": value,
        "n_examples": 50, "method": "nearest_centroid", "ci_low": value - 0.1, "ci_high": value + 0.1,
    }  # fmt: skip
    return Score(**given | changes)


def test_the_split_drawn_is_the_one_that_the_claim_is_judged_on():
    rows = [
        row(10, "accuracy", right, method="model", split=split)
        for split, right in (("unseen_dialect", 0.96), ("unseen_instruction", 0.8), ("validation", 0.8))
    ]
    rows += [
        row(10, "assignment_accuracy", 0.5, position="input", site="embed", layer=0, split=split)
        for split in ("unseen_dialect", "unseen_instruction", "validation")
    ]
    unseen = Scores.from_rows(rows)
    assert hardest_split(unseen) == "unseen_instruction"
    with unseen_figure(unseen) as figure:
        assert "(unseen instruction)" in figure.get_suptitle()


def test_of_one_step_there_is_no_course_and_a_line_is_broken_where_there_is_no_instance():
    rows = [row(1, "accuracy", 0.5, method="model", split="validation")]
    for layer in (0, 1, 2):
        place = {"position": "last", "site": f"block.{layer}", "layer": layer, "split": "validation"}
        rows.append(row(1, "assignment_accuracy", 0.5, **place))
        rows += [row(1, "accuracy_if_right", 0.5, **place)] if layer != 1 else []
    with unseen_figure(Scores.from_rows(rows)) as figure:
        assert "optimizer step" not in [axes.get_xlabel() for axes in figure.axes]
        layers = next(axes for axes in figure.axes if axes.get_ylabel() == "share of instances")
        assert str(layers.lines[0].get_ydata().tolist()) == "[0.5, nan, 0.5]"


def test_the_hardest_split_over_training_and_by_layer():
    rows = [row(step, "accuracy", step / 20, method="model") for step in (0, 5, 10)]
    rows += [
        row(10, "accuracy", 0.1, method="chance"),
        row(0, "accuracy", 0.9, method="model", split="validation"),
    ]
    for step in (0, 10):
        for position in ("input", "last_instruction"):
            for layer in (0, 1):
                place = {"position": position, "site": f"block.{layer}", "layer": layer}
                for metric in ("assignment_accuracy", "accuracy_if_right", "accuracy_if_wrong"):
                    rows.append(row(step, metric, 0.2 + layer / 2, **place))
    rows += [
        row(10, "auroc", value, position="input", site="block.1", layer=1, control=control)
        for control, value in (("none", 0.8), ("shuffled_labels", 0.5))
    ]
    with unseen_figure(Scores.from_rows(rows)) as figure:
        course, *layers = figure.axes[:3]
        assert course.lines[0].get_ydata().tolist() == [0, 0.25, 0.5]
        assert "nearest to its own task, input token" in [
            text.get_text() for text in figure.legends[0].get_texts()
        ]
        assert all(axes.lines[0].get_ydata().tolist() == [0.2, 0.7] for axes in layers)
        ranks = next(axes for axes in figure.axes if "AUROC" in axes.get_ylabel())
        assert {line.get_label(): line.get_ydata().tolist() for line in ranks.lines[:2]} == {
            "AUROC, margin to shuffled centroids": [0.5],
            "AUROC, margin": [0.8],
        }
        bars = next(axes for axes in figure.axes if axes.get_xlabel() == "answered right")
        assert [label.get_text() for label in bars.get_yticklabels()] == ["model", "chance"]
        assert [patch.get_width() for patch in bars.patches] == [0.5, 0.1]
