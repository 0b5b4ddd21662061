"""How many bridges does an unseen dialect need?

In the last dialect of every task only `bridge_inputs` of the inputs are trained; here that number runs from 1
to all, and the answers to the other inputs stand beside the distance of the dialect's states to its task.
Runs are kept and continued: `python benchmarks/bridges.py --out runs/bridges --seeds 1 2 3`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

import nucleate
from nucleate.claims_of_cause import HARDEST_FIRST
from nucleate.figures.style import POSITION_WORDS, figure_of, save_figure
from nucleate.presets import resolve
from nucleate.scores import Scores

_METHODS = {
    "model": "model",
    "lookup_table": "lookup table",
    "nearest_neighbour": "1-nearest neighbour",
    "chance": "chance",
}


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
    draw(table, chosen.out)
    print(
        table.groupby(["bridges", "split", "position", "figure"])["value"]
        .mean()
        .unstack()
        .round(3)
        .to_string()
    )


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
    frame = Scores.read(done.folder.unseen).to_pandas()
    split = next(one for one in HARDEST_FIRST if one in set(frame["split"]))
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


def draw(table: pd.DataFrame, folder: Path) -> None:
    with figure_of("Answers in an unseen dialect, and how near it lies to its task", 8.6, 3.7) as figure:
        answers, distance = figure.subplots(1, 2)
        for method, words in _METHODS.items():
            _line(answers, table[table["figure"] == method], words, "-" if method == "model" else ":")
        distances = table[table["figure"] == "relative_distance"]
        for position, part in distances.groupby("position"):
            _line(distance, part, POSITION_WORDS.get(position, position), "-")
        answers.set_title("answered right")
        answers.set_ylim(-0.02, 1.02)
        distance.set_title("distance to own task / to others")
        for axes in (answers, distance):
            axes.set_xticks(sorted(table["bridges"].unique()))
            axes.set_xlabel("inputs trained in the unseen dialect")
            axes.legend()
        save_figure(figure, folder, "bridges")


def _line(axes, part: pd.DataFrame, words: str, style: str) -> None:
    by_bridges = part.groupby("bridges")["value"]
    mean, low, high = by_bridges.mean(), by_bridges.min(), by_bridges.max()
    (line,) = axes.plot(mean.index, mean, ls=style, marker="o", ms=3, label=words)
    axes.fill_between(mean.index, low, high, color=line.get_color(), alpha=0.15, lw=0)


if __name__ == "__main__":
    main()
