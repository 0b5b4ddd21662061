"""Tables and figures of `docs/findings.md`: from sweeps' folders, or from the tables that lie beside it.

python docs/findings.py gathering=runs/gathering    # tables from this folder, then figures
python docs/findings.py                             # figures from the tables that are there
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import scipy.stats

from nucleate.figures.style import TWO_COLUMNS, figure_of, save_figure

HERE = Path(__file__).parent
TABLES, IMAGES = HERE / "findings", HERE / "images"
METRICS = ("ari", "ari_across", "accuracy")
COLORS = {"sequence": "#0072b2", "answer": "#d55e00"}
POSITIONS = {
    "last_instruction": "last instruction token",
    "input": "input token",
    "instruction_mean": "mean over the instruction",
}


def write_table(name: str, folder: str) -> None:
    """What a finding rests on, of a sweep that was run into `folder`: small enough to keep."""
    scores = pq.read_table(Path(folder) / "scores.parquet").to_pandas()
    axes = [column for column in scores.columns if "." in column]
    is_kept = scores["metric"].isin(METRICS) & scores["method"].isin(["kmeans", "model"])
    kept = scores[is_kept & (scores["control"] != "shuffled_labels")]
    columns = ["seed", "step", "split", "position", "site", "layer", "metric", "control", "value"]
    TABLES.mkdir(exist_ok=True)
    small = kept[[*axes, *columns]].astype({"value": "float32"})
    small.to_parquet(TABLES / f"{name}.parquet", compression="zstd", index=False)


def at_the_end(name: str, metric: str = "ari_across") -> pd.DataFrame:
    """The highest block at the last step, of the model itself."""
    table = pd.read_parquet(TABLES / f"{name}.parquet")
    table = table[(table["metric"] == metric) & (table["control"] == "none")]
    table = table[table["step"] == table["step"].max()]
    return table[table["layer"].isna() | (table["layer"] == table["layer"].max())]


def over_seeds(values: pd.Series) -> tuple[float, float]:
    """Mean, and half of Student's 95 % interval between seeds."""
    half = scipy.stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean()), float(half)


def draw_gathering() -> None:
    """Agreement by the inputs that tasks draw from, for both objectives, at every position."""
    found = at_the_end("gathering")
    found = found[found["site"] != "final_norm"]
    with figure_of(
        "Agreement with task across dialects, highest block, step 300", TWO_COLUMNS, 2.5
    ) as figure:
        for panel, (position, words) in zip(
            figure.subplots(1, 3, sharey=True), POSITIONS.items(), strict=True
        ):
            panel.set_title(words)
            panel.set_xlabel("inputs that tasks draw their 5 from")
            for objective, color in COLORS.items():
                own = found[(found["position"] == position) & (found["training.objective"] == objective)]
                groups = own.groupby("corpus.input_vocabulary")["value"]
                means, halves = zip(*(over_seeds(values) for _, values in groups), strict=True)
                places = range(len(means))
                panel.errorbar(
                    places, means, halves, color=color, marker="o", ms=3, lw=1.4, label=f"loss on {objective}"
                )
                for place, (_, values) in zip(places, groups, strict=True):
                    panel.plot([place] * len(values), values, ".", color=color, ms=3, alpha=0.5)
                panel.set_xticks(places, [str(value) for value in groups.groups])
            panel.set_ylim(-0.08, 1.05)
        figure.axes[0].set_ylabel("ARI, pairs of different dialects")
        figure.axes[1].legend(loc="upper left")
        save_figure(figure, IMAGES, "findings-gathering", ("png",))


DRAWN = {"gathering": draw_gathering}


def main() -> None:
    """Tables of the sweeps that are named, then all figures."""
    for asked in sys.argv[1:]:
        name, _, folder = asked.partition("=")
        write_table(name, folder)
    for name, draw in DRAWN.items():
        if (TABLES / f"{name}.parquet").exists():
            draw()


if __name__ == "__main__":
    main()
