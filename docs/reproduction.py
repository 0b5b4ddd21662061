"""The tables and the figure of `reproduction.md`, from the folder of `nucleate sweep reproduce`.

Run it as `python docs/reproduction.py runs/reproduce runs/reproduce_chosen`. It applies the rules that were
written down before the study was run and prints the tables as Markdown; the figure goes to `docs/images`.
"""

import json
import sys
import tomllib
from functools import reduce
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import t

from nucleate.figures.style import TWO_COLUMNS, figure_of, layer_colors, save_figure
from nucleate.metrics.curves import late
from nucleate.sweep.grid import Point, points_of
from nucleate.sweep.sweep_file import read_sweep

CLAIMS = ("emergence", "depth", "baseline", "generalisation")
READINGS = ("input", "last_instruction", "instruction_mean", "prompt_mean", "every_token")
LEAST_ACCURACY = 0.9
GO_WITH_OTHERS = ("corpus.input_vocabulary", "model.attn_pdrop", "model.resid_pdrop")
MARKS = {"holds": "✓", "fails": "✗", "inconclusive": "?", "not measured": "–"}


def cells(folder: Path, sweep: str = "reproduce") -> pd.DataFrame:
    """A row for each point and reading that is done: factors, accuracy, verdicts, excess and plain index."""
    file, base = read_sweep(sweep)
    rows = []
    for number, point in enumerate(points_of(file, base, sweep), 1):
        own = _folder_of(point, folder / "points")
        if own is None:
            continue
        frame = pd.read_parquet(own / "scores.parquet")
        verdicts = json.loads((own / "claims.json").read_text())
        for reading in READINGS:
            found = _of_reading(frame, verdicts, reading)
            about = {"cell": number, "seed": point.settings.seed, "reading": reading}
            rows.append({**about, **dict(point.axes), **found})
    return pd.DataFrame(rows)


def _folder_of(point: Point, points: Path) -> Path | None:
    """By its axes and seed: a later program has settings more, and so other names."""
    for file in points.glob("*/claims.json"):
        there = tomllib.loads((file.parent / "config.toml").read_text())
        values = {key: reduce(dict.__getitem__, key.split("."), there) for key in point.axes}
        if (there["seed"], values) == (point.settings.seed, dict(point.axes)):
            return file.parent
    return None


def _of_reading(frame: pd.DataFrame, verdicts: list[dict], reading: str) -> dict[str, object]:
    own = {one["claim"]: one for one in verdicts if one["position"] == reading}
    held_out = frame[(frame["split"] == "validation") & (frame["control"] == "none")]
    is_accuracy = (held_out["method"] == "model") & (held_out["metric"] == "accuracy")
    accuracy = held_out[is_accuracy].sort_values("step")
    is_plain = (held_out["metric"] == "ari") & (held_out["method"] == "kmeans")
    plain = held_out[is_plain & (held_out["position"] == reading)]
    wide = plain.dropna(subset="layer").pivot(index="layer", columns="step", values="value")
    is_late = late(wide.columns.to_numpy(float))
    ends = wide.loc[:, is_late].mean(axis=1)
    return {
        "accuracy": accuracy["value"].iloc[-1],
        **{claim: own[claim]["verdict"] if claim in own else "not measured" for claim in CLAIMS},
        "held": sum(claim in own and own[claim]["verdict"] == "holds" for claim in CLAIMS),
        "excess": own["emergence"]["figures"].get("excess", np.nan) if "emergence" in own else np.nan,
        "control": own["emergence"]["control"] if "emergence" in own else "",
        "plain_top": ends.iloc[-1],
        "plain_untrained": wide.iloc[-1, 0],
        "plain_layer_0": ends.iloc[0],
        "curves": wide,
    }


def effects(table: pd.DataFrame) -> pd.DataFrame:
    """Least squares of the top layer's excess on eight factors, per reading; intervals over all at once."""
    moved = [name for name in table.columns if "." in name and table[name].nunique() > 1]
    factors = [name for name in moved if name not in GO_WITH_OTHERS]
    trained = table[(table["accuracy"] >= LEAST_ACCURACY) & table["excess"].notna()]
    rows = []
    for reading, part in trained.groupby("reading", sort=False):
        high = np.stack([(part[name] == table[name].max()).to_numpy(float) for name in factors], axis=1)
        design = np.column_stack([np.ones(len(part)), high - 0.5])
        free = len(part) - np.linalg.matrix_rank(design)
        if free < 1 or np.linalg.matrix_rank(design) < design.shape[1]:
            continue
        y = part["excess"].to_numpy(float)
        found, *_ = np.linalg.lstsq(design, y, rcond=None)
        variance = ((y - design @ found) ** 2).sum() / free * np.linalg.inv(design.T @ design).diagonal()
        reach = t.ppf(1 - 0.025 / (len(factors) * len(READINGS)), free) * np.sqrt(variance)
        for name, one, half in zip(factors, found[1:], reach[1:], strict=True):
            ends = {"low": one - half, "high": one + half}
            rows.append({"reading": reading, "factor": name, "effect": one, **ends})
    return pd.DataFrame(rows)


def draw(table: pd.DataFrame, folder: Path) -> None:
    """The papers' figure, plain agreement over steps and layers, for each reading: means of trained cells."""
    trained = table[table["accuracy"] >= LEAST_ACCURACY]
    n = trained["cell"].nunique()
    title = f"Plain agreement (ARI) on validation, mean of {n} trained cells; dotted: untrained top layer"
    with figure_of(title, TWO_COLUMNS, 2.4) as figure:
        panels = figure.subplots(1, len(READINGS), sharex=True, sharey=True)
        for axes, reading in zip(panels, READINGS, strict=True):
            curves = sum(one for one in trained.loc[trained["reading"] == reading, "curves"]) / n
            for color, (layer, values) in zip(layer_colors(len(curves)), curves.iterrows(), strict=True):
                axes.plot(curves.columns, values, color=color, lw=1.4, label=f"layer {int(layer)}")
            axes.axhline(curves.iloc[-1, 0], color="#767676", ls=":", lw=1)
            axes.set_title(reading.replace("_", " "), fontsize=7.5)
            axes.set(ylim=(-0.02, 1.02), xlabel="step")
        panels[0].legend(fontsize=5, loc="upper left")
        save_figure(figure, folder, "reproduction", ("png",))
    plt.close("all")


def print_chosen(folder: Path) -> None:
    """The chosen cells again, with seeds that had no part in the choice: what rule 5 asks."""
    table = cells(folder, "reproduce_chosen")
    table["cell"] = table["corpus.output_vocabulary"].map({100: 14, 1000: 16})
    print(
        "\n| cell | seed | accuracy | " + " | ".join(READINGS) + " |\n|---|---|---|" + "---|" * len(READINGS)
    )
    for (cell, seed), part in table.groupby(["cell", "seed"]):
        said = " | ".join(_in_a_cell(row) for _, row in part.iterrows())
        print(f"| {cell} | {seed} | {part['accuracy'].iloc[0]:.2f} | {said} |")


def _in_a_cell(row: pd.Series) -> str:
    return f"{''.join(MARKS[row[claim]] for claim in CLAIMS)} {row['excess']:.2f} ({row['plain_top']:.2f})"


def main() -> None:
    """Print the tables and draw the figure."""
    if len(sys.argv) > 2:
        print_chosen(Path(sys.argv[2]))
    table = cells(Path(sys.argv[1]))
    table.drop(columns="curves").to_csv(Path(sys.argv[1]) / "reproduction.csv", index=False)
    print("| cell | accuracy | " + " | ".join(READINGS) + " |\n|---|---|" + "---|" * len(READINGS))
    for cell, part in table.groupby("cell"):
        said = [_in_a_cell(row) for _, row in part.iterrows()]
        print(f"| {cell} | {part['accuracy'].iloc[0]:.2f} | " + " | ".join(said) + " |")
    trained = table[table["accuracy"] >= LEAST_ACCURACY]
    print("\n| claim | " + " | ".join(READINGS) + " |\n|---|" + "---|" * len(READINGS))
    for claim in CLAIMS:
        by_reading = trained.groupby("reading", sort=False)
        counts = [f"{(part[claim] == 'holds').sum()} of {len(part)}" for _, part in by_reading]
        print(f"| {claim} | " + " | ".join(counts) + " |")
    print(effects(table).round(2).to_string())
    best = trained.sort_values(["held", "excess"], ascending=False).drop_duplicates("cell").head(2)
    print(best[["cell", "reading", "held", "excess"]])
    draw(table, Path(__file__).parent / "images")


if __name__ == "__main__":
    main()
