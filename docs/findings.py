"""Tables and figures of `docs/findings.md`: from sweeps' folders, or from the tables that lie beside it.

python docs/findings.py gathering=runs/gathering    # tables from this folder, then figures
python docs/findings.py                             # figures from these tables; numbers of finding 3
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.stats

from nucleate.figures.clusters.arms import arms_figure
from nucleate.figures.style import ONE_COLUMN, TWO_COLUMNS, figure_of, layer_colors, save_figure
from nucleate.sweep.results.arms_table import arms_table
from nucleate.sweep.run_sweep import plan_sweep

HERE = Path(__file__).parent
TABLES, IMAGES = HERE / "findings", HERE / "images"
METRICS = ("ari", "ari_across", "accuracy")
LEAST_FINAL = 0.2
"""Agreement that a layer has at the end before it is asked when half of it was there."""
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


def write_unseen(name: str, folder: str) -> None:
    """The same of what was asked of unseen instances, by dialect and bridges."""
    rows = []
    for file in sorted(Path(folder).glob("points/*/unseen.parquet")):
        corpus = tomllib.loads((file.parent / "config.toml").read_text())["corpus"]
        axes = {f"corpus.{key}": corpus[key] for key in ("bridge_inputs", "n_dialects")}
        rows.append(pq.read_table(file).to_pandas().assign(**axes))
    found = pd.concat(rows)
    is_asked = found["metric"].isin(["accuracy", "assignment_accuracy", "auroc"])
    is_asked &= (found["split"] == "unseen_dialect") & (found["control"] != "shuffled_labels")
    columns = [*axes, "seed", "step", "position", "site", "layer", "method", "metric", "control", "value"]
    small = found.loc[is_asked, columns].astype({"value": "float32"})
    small.to_parquet(TABLES / f"{name}.parquet", compression="zstd", index=False)


def write_arms(name: str, folder: str) -> None:
    """A shipped sweep of arms as the table of its figure; points are found by axes and seed."""
    scores = pq.read_table(Path(folder) / "scores.parquet").to_pandas()
    keys = [*(column for column in scores.columns if "." in column), "seed"]
    points = plan_sweep(name, folder).points
    names = {
        tuple({**point.axes, "seed": point.settings.seed}[key] for key in keys): point.name
        for point in points
    }
    scores["run"] = [names[one] for one in scores[keys].itertuples(index=False, name=None)]
    table = arms_table(points, pa.Table.from_pandas(scores, preserve_index=False))
    table.to_parquet(TABLES / f"{name}.parquet", compression="zstd", index=False)


def at_the_end(name: str, metric: str = "ari_across", *, highest: bool = True) -> pd.DataFrame:
    """The highest block, or all, at the last step, of the model itself."""
    table = pd.read_parquet(TABLES / f"{name}.parquet")
    table = table[(table["metric"] == metric) & (table["control"] == "none")]
    table = table[table["step"] == table["step"].max()]
    return table[table["layer"].isna() | (table["layer"] == table["layer"].max())] if highest else table


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


def by_prediction() -> pd.DataFrame:
    """Agreement at the last instruction token, of each seed and number of inputs by loss."""
    tables = [at_the_end(name) for name in ("gathering", "predicted")]
    found = pd.concat([table[table["site"] != "final_norm"] for table in tables])
    found = found[(found["position"] == "last_instruction") & found["corpus.input_vocabulary"].isin([5, 20])]
    return found.pivot_table("value", ["corpus.input_vocabulary", "seed"], "training.objective")


def effects_of_predictions() -> pd.DataFrame:
    """What predicting the input and the instruction add within a seed; half the first less the second."""
    of = by_prediction()
    found = pd.DataFrame(
        {
            "input": (of["sequence"] + of["input_answer"] - of["answer"] - of["instruction_answer"]) / 2,
            "instruction": (of["sequence"] + of["instruction_answer"] - of["answer"] - of["input_answer"])
            / 2,
        }
    )
    return found.assign(margin=found["input"].abs() / 2 - found["instruction"].abs())


def draw_predicted() -> None:
    """Agreement by what is predicted, beside answers: nothing, instructions, inputs, or both."""
    of = by_prediction()
    losses = {
        "answer": "nothing else",
        "instruction_answer": "instruction",
        "input_answer": "input",
        "sequence": "both",
    }
    colors = {5: "#d55e00", 20: "#0072b2"}
    with figure_of("Last instruction token, step 300", ONE_COLUMN, 2.3) as figure:
        axes = figure.subplots()
        for vocabulary, values in of.groupby("corpus.input_vocabulary"):
            means, halves = zip(*(over_seeds(values[loss]) for loss in losses), strict=True)
            words = "inputs shared (5 of 5)" if vocabulary == 5 else "own inputs (5 of 20)"
            axes.errorbar(
                range(4), means, halves, color=colors[vocabulary], marker="o", ms=3, lw=1.2, label=words
            )
            for place, loss in enumerate(losses):
                axes.plot([place] * len(values), values[loss], ".", color=colors[vocabulary], ms=3, alpha=0.5)
        axes.set_xticks(range(4), list(losses.values()))
        axes.set(xlabel="predicted beside answers", ylabel="agreement across dialects", ylim=(-0.08, 1.08))
        axes.legend(loc="center right", fontsize=6)
        save_figure(figure, IMAGES, "findings-predicted", ("png",))


def draw_quick_arms() -> None:
    """The control arms at the size of `quick`, as a sweep of them draws itself."""
    with arms_figure(pd.read_parquet(TABLES / "quick_arms.parquet")) as figure:
        save_figure(figure, IMAGES, "arms", ("png",))


def draw_depth() -> None:
    """Agreement by layer for models of each depth: by its number, and counted from the top."""
    found = at_the_end("depth", highest=False)
    found = found[found["layer"].notna() & (found["site"] != "final_norm")]
    with figure_of("Agreement with task across dialects, step 300", TWO_COLUMNS, 2.6) as figure:
        left, right = figure.subplots(1, 2, sharey=True)
        for color, (depth, own) in zip(
            layer_colors(found["model.n_layer"].nunique()), found.groupby("model.n_layer"), strict=True
        ):
            by_layer = own.groupby("layer")["value"]
            means, halves = zip(*(over_seeds(values) for _, values in by_layer), strict=True)
            layers = np.array(list(by_layer.groups), dtype=float)
            how = {"color": color, "marker": "o", "ms": 3, "lw": 1.4, "label": f"{depth} layers"}
            left.errorbar(layers, means, halves, **how)
            right.plot(layers / depth, means, **how)
        left.set(xlabel="layer", ylabel="ARI, pairs of different dialects", ylim=(-0.08, 1.1))
        right.set(xlabel="layer, as a share of the depth")
        right.legend(loc="upper left")
        save_figure(figure, IMAGES, "findings-depth", ("png",))


def half_rises() -> pd.DataFrame:
    """Of every model and layer of `depth` the step at which half of its own final agreement is reached.

    On straight lines between checkpoints, each model by itself; layers that end below `LEAST_FINAL` are left
    out.
    """
    table = pd.read_parquet(TABLES / "depth.parquet")
    is_own = (table["metric"] == "ari_across") & (table["control"] == "none") & table["layer"].notna()
    own = table[is_own & (table["position"] == "last_instruction")].sort_values("step")
    rows = []
    for (depth, seed, layer), curve in own.groupby(["model.n_layer", "seed", "layer"]):
        values, steps = curve["value"].to_numpy(), curve["step"].to_numpy()
        if values[-1] >= LEAST_FINAL:
            first = int(np.argmax(values >= values[-1] / 2))
            around = slice(max(first - 1, 0), first + 1)
            half = np.interp(values[-1] / 2, values[around], steps[around])
            rows.append({"layers": depth, "seed": seed, "layer": layer, "half_rise": half})
    return pd.DataFrame(rows)


def tell_depth() -> None:
    """The numbers of the third finding: agreement at the top, half-rises and their order within models."""
    found = at_the_end("depth", highest=False)
    top = found[(found["layer"] == found["model.n_layer"]) & (found["position"] == "last_instruction")]
    for depth, values in top.groupby("model.n_layer")["value"]:
        mean, half = over_seeds(values)
        print(
            f"{depth} layers, top: {mean:.2f} +- {half:.2f}, seeds {values.min():.2f} to {values.max():.2f}"
        )
    rises = half_rises()
    print(f"half-rises: steps {rises['half_rise'].min():.0f} to {rises['half_rise'].max():.0f}")
    for (depth, seed), own in rises[rises["layers"] >= 6].groupby(["layers", "seed"]):
        order = scipy.stats.spearmanr(own["layer"], own["half_rise"]).statistic
        print(f"{depth} layers, seed {seed}: {len(own)} layers, rank correlation {order:.2f}")


def draw_bridges() -> None:
    """Where an unseen dialect lies, and what is answered for it, by the inputs that tie it to its task."""
    found = pd.read_parquet(TABLES / "bridges.parquet")
    found = found[found["step"] == found["step"].max()]
    top = found[found["layer"] == found["layer"].max()]
    top = top[top["site"] != "final_norm"]
    assigned = top[(top["metric"] == "assignment_accuracy") & (top["position"] == "last_instruction")]
    answered = found[(found["metric"] == "accuracy") & (found["method"] == "model")]
    auroc = top[(top["metric"] == "auroc") & (top["control"] == "none")]
    confident = top[(top["metric"] == "auroc") & (top["control"] == "confidence")]
    panels = (
        ("lies nearest its own task", (("#0072b2", "o", "last instruction token", assigned),)),
        ("is answered right", (("#d55e00", "s", "the model", answered), *_baselines(found))),
        (
            "does the margin tell right from wrong?",
            (
                ("#0072b2", "o", "last instruction token", auroc[auroc["position"] == "last_instruction"]),
                ("#d55e00", "s", "input token", auroc[auroc["position"] == "input"]),
                ("#767676", "^", "the model's confidence", confident[confident["position"] == "input"]),
            ),
        ),
    )
    with figure_of("Unseen dialects, 2 and 3 dialects a task together, step 300", TWO_COLUMNS, 2.6) as figure:
        for axes, (title, curves) in zip(figure.subplots(1, 3, sharey=True), panels, strict=True):
            axes.set_title(title, fontsize=7.5)
            for color, marker, label, values in curves:
                by_bridges = values.groupby("corpus.bridge_inputs")["value"]
                means, halves = zip(*(over_seeds(one) for _, one in by_bridges), strict=True)
                axes.errorbar(
                    list(by_bridges.groups),
                    means,
                    halves,
                    color=color,
                    marker=marker,
                    ms=3,
                    lw=1.4,
                    label=label,
                )
            axes.set(xlabel="bridges, of 5 inputs", ylim=(-0.02, 1.05), xticks=[1, 2, 3, 4])
            axes.legend(loc="lower right", fontsize=6)
        save_figure(figure, IMAGES, "findings-bridges", ("png",))


def draw_surface() -> None:
    """Plain agreement, that of n-grams, agreement across dialects and accuracy, by dialects and width."""
    table = pd.read_parquet(TABLES / "surface.parquet")
    table = table[(table["step"] == table["step"].max()) & (table["site"] != "final_norm")]
    highest = table[(table["layer"] == table["layer"].max()) & (table["position"] == "last_instruction")]
    accuracy = table[(table["metric"] == "accuracy") & (table["control"] == "none")]
    of_metric = {metric: highest[highest["metric"] == metric] for metric in ("ari", "ari_across")}
    panels = {
        "plain agreement (ARI)": of_metric["ari"].query("control == 'none'"),
        "n-grams, no model (ARI)": of_metric["ari"].query("control == 'ngrams'"),
        "agreement across dialects": of_metric["ari_across"].query("control == 'none'"),
        "task accuracy": accuracy,
    }
    with figure_of("Dialects a task by width, last instruction token, step 300", TWO_COLUMNS, 1.9) as figure:
        for axes, (title, values) in zip(figure.subplots(1, 4, sharey=True), panels.items(), strict=True):
            axes.set_title(title, fontsize=7.5)
            found = values.groupby(["model.n_embd", "corpus.n_dialects"])["value"].mean().unstack()
            found = found.reindex(columns=[1, 2, 3, 6])
            axes.imshow(found, vmin=0, vmax=1, cmap="viridis", aspect="auto", origin="lower")
            for (row, column), value in np.ndenumerate(found.to_numpy()):
                text = "none" if np.isnan(value) else f"{value:z.2f}"
                color = "black" if np.isnan(value) or value > 0.6 else "white"
                axes.text(column, row, text, ha="center", va="center", fontsize=7, color=color)
            axes.set_xticks(range(4), ["1", "2", "3", "6"])
            axes.set_yticks(range(3), [str(one) for one in found.index])
            axes.set_xlabel("dialects a task")
            axes.grid(visible=False)
        figure.axes[0].set_ylabel("width")
        save_figure(figure, IMAGES, "findings-surface", ("png",))


def _baselines(found: pd.DataFrame) -> list[tuple[str, str, str, pd.DataFrame]]:
    accuracy = found[found["metric"] == "accuracy"]
    nearest = accuracy[accuracy["method"] == "nearest_neighbor"]
    return [("#767676", "^", "nearest trained pair", nearest)]


DRAWN = {
    "gathering": draw_gathering,
    "predicted": draw_predicted,
    "quick_arms": draw_quick_arms,
    "depth": draw_depth,
    "bridges": draw_bridges,
    "surface": draw_surface,
}


WRITTEN = {"bridges": write_unseen, "quick_arms": write_arms}


def main() -> None:
    """Tables of the sweeps that are named, then all figures."""
    for asked in sys.argv[1:]:
        name, _, folder = asked.partition("=")
        WRITTEN.get(name, write_table)(name, folder)
    for name, draw in DRAWN.items():
        if (TABLES / f"{name}.parquet").exists():
            draw()
    tell_depth()


if __name__ == "__main__":
    main()
