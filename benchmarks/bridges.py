"""How many bridges does an unseen dialect need?

In the last dialect of every task only `bridge_inputs` of the inputs are trained; here that number runs from 1
to all, and the answers to the other inputs stand beside the distance of the dialect's states to its task.
Runs are kept and continued: `python benchmarks/bridges.py --out runs/bridges --seeds 1 2 3`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

import nucleate
from nucleate.claims.evidence import hardest_split
from nucleate.display_names import POSITIONS
from nucleate.figures.style import figure_of, save_figure
from nucleate.scores import Scores
from nucleate.settings.presets import resolve

_BASELINES = {
    "nearest_neighbor": ("1-nearest neighbor", "#666666", "s"),
    "lookup_table": ("lookup table per dialect", "#999999", "D"),
    "chance": ("chance", "#bbbbbb", "v"),
}
_POSITIONS = {"last_instruction": "#d55e00", "input": "#0072b2", "instruction_mean": "#009e73"}
"""Okabe and Ito's colors."""
_CLAIMED = ("last_instruction", "input")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    chosen = parser.parse_args()
    n_inputs = resolve(chosen.preset, chosen.overrides).corpus.n_inputs
    rows = [
        row
        for bridges in range(1, n_inputs + 1)
        for seed in chosen.seeds
        for row in run_one(chosen.out, chosen.preset, chosen.overrides, bridges, seed)
    ]
    table = pd.DataFrame(rows)
    table.to_csv(chosen.out / "bridges.csv", index=False)
    draw(table, chosen.out, n_inputs)
    means = table.groupby(["bridges", "split", "position", "figure"])["value"].mean()
    print(means.unstack().round(3).to_string())


def run_one(out: Path, preset: str, overrides: list[str], bridges: int, seed: int) -> list[dict[str, object]]:
    """One run's figures at the last step and the top layer, of the hardest split that it has.

    Where all inputs are trained there is no unseen dialect, and unseen instructions stand in for it.
    """
    folder = out / f"bridges-{bridges}-seed-{seed}"
    changes = [
        *overrides,
        "corpus.unseen_dialect=true",
        f"corpus.bridge_inputs={bridges}",
        "intervene.in_run=false",
    ]
    done = nucleate.run(preset, folder, overrides=[*changes, f"seed={seed}"])
    unseen = Scores.read(done.folder.unseen)
    frame, split = unseen.to_pandas(), hardest_split(unseen) or hardest_split(unseen, least_errors=0)
    last = frame[
        (frame["step"] == frame["step"].max()) & (frame["split"] == split) & (frame["control"] == "none")
    ]
    top = last[last["layer"] == last["layer"].max()]
    common = {"bridges": bridges, "seed": seed, "split": split}
    accuracy = last[last["metric"] == "accuracy"]
    return [
        {**common, "position": position, "figure": figure, "value": value}
        for position, figure, value in (
            *(("", row.method, row.value) for row in accuracy.itertuples()),
            *((row.position, row.metric, row.value) for row in top.itertuples()),
        )
    ]


def draw(table: pd.DataFrame, folder: Path, n_inputs: int) -> None:
    """Answers, where the dialect lies, and whether the one goes with the other; bands are ranges of seeds."""
    title = f"An unseen dialect: of its {n_inputs} inputs some are trained, the others asked"
    with figure_of(title, 11.4, 4.1) as figure:
        answers, distance, together = figure.subplots(1, 3)
        of_figure = dict(iter(table.groupby("figure")))
        _line(answers, of_figure["model"], n_inputs, "model", "#1a1a1a", "o", 2.2)
        for method, (words, color, marker) in _BASELINES.items():
            _line(answers, of_figure[method], n_inputs, words, color, marker, 1.2)
        for position, color in _POSITIONS.items():
            part = of_figure["relative_distance"].query("position == @position")
            _line(distance, part, n_inputs, POSITIONS[position], color, "o", 1.8)
        for position in _CLAIMED:
            for name, words, marker, style in (
                ("accuracy_if_right", "answered right, if nearest its task", "^", "-"),
                ("accuracy_if_wrong", "if nearest another", "v", ":"),
            ):
                part = of_figure[name].query("position == @position")
                label = f"{POSITIONS[position]}:\n{words}" if name.endswith("right") else words
                _line(together, part, n_inputs, label, _POSITIONS[position], marker, 1.6, style)
        _finish(answers, n_inputs, "answered right", 0.0)
        _finish(distance, n_inputs, "distance to its task / to other tasks", None)
        _finish(together, n_inputs, "answered right, by nearest task", 0.0)
        answers.set_ylabel("share of instances")
        save_figure(figure, folder, "bridges")


def _finish(axes: Axes, n_inputs: int, title: str, bottom: float | None) -> None:
    axes.set_title(title)
    axes.set_xticks(range(1, n_inputs + 1), [*map(str, range(1, n_inputs)), "all, new\ninstructions"])
    axes.set_xlabel("inputs trained in the dialect")
    if bottom is not None:
        axes.set_ylim(bottom - 0.02, 1.02)
    axes.axvspan(n_inputs - 0.5, n_inputs + 0.5, color="#f2f2f2", lw=0, zorder=0)
    axes.set_xlim(0.7, n_inputs + 0.5)
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.27), fontsize=7.5, ncols=1)


def _line(
    axes: Axes,
    part: pd.DataFrame,
    n_inputs: int,
    words: str,
    color: str,
    marker: str,
    width: float,
    style: str = "-",
) -> None:
    """Mean and range over seeds. All inputs trained is another question: its point stands alone."""
    by_bridges = part.groupby("bridges")["value"]
    mean, low, high = by_bridges.mean(), by_bridges.min(), by_bridges.max()
    within = mean.index < n_inputs
    axes.fill_between(mean.index[within], low[within], high[within], color=color, alpha=0.14, lw=0)
    axes.plot(
        mean.index[within], mean[within], ls=style, color=color, marker=marker, ms=4, lw=width, label=words
    )
    whole = mean.index == n_inputs
    reach = [mean[whole] - low[whole], high[whole] - mean[whole]]
    axes.errorbar(mean.index[whole], mean[whole], reach, fmt=marker, color=color, ms=4, lw=1)


if __name__ == "__main__":
    main()
