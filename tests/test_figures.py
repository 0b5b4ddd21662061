import numpy as np
from matplotlib import pyplot as plt

from nucleate.figures import emergence_figure, save_figure
from nucleate.scores import Score, Scores


def scores():
    rows = []
    for split in ("train", "validation"):
        for step in (0, 5, 10):
            common = {"run": "r", "model": "m", "seed": 1, "step": step, "split": split, "n_examples": 9}
            rows.append(Score(**common, metric="accuracy", method="model", value=step / 10))
            for layer in range(3):
                value = layer * step / 30
                rows.append(
                    Score(
                        **common,
                        metric="ari",
                        method="kmeans",
                        factor="task",
                        position="input",
                        layer=layer,
                        site=f"block.{layer}",
                        value=value,
                        ci_low=value - 0.05,
                        ci_high=value + 0.05,
                    )
                )
    return Scores.from_rows(rows)


def test_every_layers_line_holds_its_scores():
    with emergence_figure(scores(), "input") as figure:
        assert [axes.get_title("left") for axes in figure.axes] == ["train", "validation"]
        lines = [line for line in figure.axes[1].lines if line.get_marker() == "o"]
        assert len(lines) == 3
        np.testing.assert_allclose(lines[2].get_ydata(), [0, 1 / 3, 2 / 3])
        dashed = [line for line in figure.axes[1].lines if line.get_label() == "task accuracy"]
        np.testing.assert_allclose(dashed[0].get_ydata(), [0, 0.5, 1])
    assert not plt.get_fignums()


def test_same_scores_same_bytes(tmp_path):
    for name in ("a", "b"):
        with emergence_figure(scores(), "input") as figure:
            save_figure(figure, tmp_path / name, "emergence")
    for kind in ("png", "svg"):
        first, second = ((tmp_path / name / f"emergence.{kind}").read_bytes() for name in ("a", "b"))
        assert first == second
