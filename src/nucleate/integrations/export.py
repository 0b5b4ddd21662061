"""A run's points for other programs: embedding-atlas, anything that reads CSV, scanpy and its kin.

This module hides which picture is exported where none is named, how points find their states again, and
what each program calls things.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from nucleate.api.reading import opened
from nucleate.api.runs import Run
from nucleate.capture.hidden_states import HiddenStates
from nucleate.comparing.looked import look_into
from nucleate.errors import ConfigError, NucleateError, ScoresError
from nucleate.lazy import lazy
from nucleate.pictures.points_table import Projections
from nucleate.run_folder.atomic_write import whole
from nucleate.run_folder.finished import require_place_beside_runs
from nucleate.run_folder.paths import beside as path_beside

anndata, neighbors = lazy("anndata"), lazy("sklearn.neighbors")

_Site = tuple[int, str, str]
"""Step, position and site."""
Format = Literal["atlas", "csv", "anndata"]
Extra = Literal["vectors", "neighbors"]
_SUFFIX: dict[Format, str] = {"atlas": ".parquet", "csv": ".csv", "anndata": ".h5ad"}
_PLACE = ("embedding", "step", "position", "site")
_N_NEAREST = 10


def export(
    run: Run | Path | str,
    to: Format,
    out: Path | str | None = None,
    *,
    embedding: str | None = None,
    step: int | None = None,
    position: str | None = None,
    site: str | None = None,
    every: bool = False,
    extra: Collection[Extra] = (),
) -> Path:
    """Write the points of one picture, or of all, for another program.

    `atlas`: Parquet for `embedding-atlas FILE --x x --y y --text text`, and `--vector vector` or `--neighbors
    neighbors` where those are asked for. `csv`: the same as text. `anndata`: states as `X`, labels as `obs`,
    places in the plane as `obsm` (`X_tsne`, ...).

    Args:
        run: a run or its folder.
        to: the program.
        out: the file, `RUN-points` with the format's ending beside the folder where it is not given; a file
            that is there is replaced, a folder never.
        embedding: `tsne`, `pca`, ...; t-SNE where there is such a picture, else the first.
        step: of the picture; the last.
        position: where the claims are judged.
        site: the last block.
        every: all pictures, of what is named of these; rows say which they belong to.
        extra: `vectors`, the states themselves; `neighbors`, of one picture the ten nearest in the full
            space. Both load the model, or states that were kept.

    Returns:
        The file.

    Raises:
        ScoresError: there is no such picture. ConfigError: the package of a format is not installed, or
        neighbors of several pictures are asked for. RunFolderError: the states cannot be had, or `out` is a
        folder or a run's own file.
    """
    _refuse(to, extra, every)
    found = opened(run)
    found.folder.require("scoring")
    path = Path(out) if out is not None else path_beside(found.folder.path, "points" + _SUFFIX[to])
    require_place_beside_runs(path)
    pictures = Projections.read(found.folder.projections)
    named = {"embedding": embedding, "step": step, "position": position, "site": site}
    asked = {name: value for name, value in named.items() if value is not None}
    place = asked if every and to != "anndata" else _place(pictures, found, asked)
    points = pictures.to_pandas(**place)
    with whole(path, "Name a file in a folder that can be written to.") as temporary:
        if to == "anndata":
            _annotated(found, pictures, points, asked if every else None).write_h5ad(temporary)
        else:
            _write(_with_extra(found, points, extra), to, temporary)
    return path


def _refuse(to: Format, extra: Collection[Extra], every: bool) -> None:
    if to not in _SUFFIX:
        raise ConfigError(f"no format {to!r}", f"There are: {', '.join(_SUFFIX)}.")
    if to == "anndata" and importlib.util.find_spec("anndata") is None:
        raise ConfigError("writing h5ad needs the package anndata", "pip install 'nucleate[anndata]'")
    if "neighbors" in extra and every:
        raise ConfigError("neighbors are of one picture", "Leave out --every, or --with neighbors.")


def _place(pictures: Projections, run: Run, asked: dict[str, Any]) -> dict[str, Any]:
    """The picture that is asked for; what is not named is taken from where the claims are judged."""
    frames = pictures.frames.select(list(_PLACE)).to_pandas()
    wished = {"position": run.claim_settings.position, **asked}
    for name, value in wished.items():
        there = frames[frames[name] == value]
        if there.empty and name in asked:
            raise ScoresError(
                f"there is no picture of {name}={value}",
                f"There are: {', '.join(map(str, frames[name].unique()))}.",
            )
        frames = frames if there.empty else there
    if "embedding" not in asked and (frames["embedding"] == "tsne").any():
        frames = frames[frames["embedding"] == "tsne"]
    last = frames[frames["step"] == frames["step"].max()]
    blocks = last[last["site"].str.startswith("block.")]
    chosen = (last if blocks.empty else blocks).iloc[-1]
    return {name: chosen[name].item() if name == "step" else chosen[name] for name in _PLACE}


def _with_extra(run: Run, points: pd.DataFrame, extra: Collection[Extra]) -> pd.DataFrame:
    """Beside each point its text, and what else is asked for."""
    told = points.assign(text=_texts(points))
    if not extra:
        return told
    states = _States(run, told)
    parts = [_with_states(states.of(own, place), own, extra) for place, own in _by_place(told)]
    return pd.concat(parts, ignore_index=True)


def _by_place(points: pd.DataFrame) -> list[tuple[_Site, pd.DataFrame]]:
    groups = points.groupby(["step", "position", "site"], sort=False)
    return [((int(str(step)), str(position), str(site)), own) for (step, position, site), own in groups]


def _with_states(vectors: np.ndarray, points: pd.DataFrame, extra: Collection[Extra]) -> pd.DataFrame:
    made: dict[str, Any] = {}
    if "vectors" in extra:
        made["vector"] = list(vectors)
    if "neighbors" in extra:
        made["neighbors"] = _nearest(vectors)
    return points.assign(**made)


def _texts(points: pd.DataFrame) -> pd.Series:
    if "prompt" in points:
        return points["prompt"]
    if {"instruction", "input"} <= set(points.columns):
        return points["instruction"].astype(str) + " " + points["input"].astype(str)
    return pd.Series("", index=points.index)


class _States:
    """Those of a run's points, each step and position read once."""

    def __init__(self, run: Run, points: pd.DataFrame) -> None:
        self._looked, self._rows = look_into(run.folder), np.unique(points["instance"].to_numpy())
        self._read: dict[tuple[int, str], HiddenStates] = {}

    def of(self, points: pd.DataFrame, place: _Site) -> np.ndarray:
        """A vector per point."""
        step, position, site = place
        if (step, position) not in self._read:
            self._read[step, position] = self._looked.states(step, self._rows, (position,))
        states = self._read[step, position]
        of_points = np.searchsorted(self._rows, points["instance"].to_numpy())
        return states.at(position)[states.sites.index(site)][of_points]


def _nearest(vectors: np.ndarray) -> list[dict[str, list[Any]]]:
    """Of each point the nearest others, as embedding-atlas reads them."""
    found = neighbors.NearestNeighbors(n_neighbors=min(_N_NEAREST, len(vectors) - 1)).fit(vectors)
    distances, ids = found.kneighbors()
    return [{"ids": i.tolist(), "distances": d.tolist()} for i, d in zip(ids, distances, strict=True)]


def _write(points: pd.DataFrame, to: Format, path: Path) -> None:
    if to == "atlas":
        points.to_parquet(path, index=False)
        return
    for name, whole_of in (
        ("vector", lambda one: " ".join(f"{value:.6g}" for value in one)),
        ("neighbors", str),
    ):
        if name in points:
            points[name] = points[name].map(whole_of)
    points.to_csv(path, index=False)


def _annotated(run: Run, pictures: Projections, points: pd.DataFrame, where: dict[str, Any] | None) -> Any:
    """States, labels and the pictures of these points: of one place, or of all that are asked for."""
    place = points.iloc[0][list(_PLACE)]
    try:
        values = _States(run, points).of(points, (int(place["step"]), place["position"], place["site"]))
    except NucleateError as error:
        raise ConfigError(f"the states cannot be had: {error.what}", "Use --to atlas or --to csv.") from error
    told = points.drop(columns=[*_PLACE, "point", "x", "y"]).astype({"cluster": str})
    words = {name: object for name, kind in told.dtypes.items() if pd.api.types.is_string_dtype(kind)}
    told = told.astype(words).set_axis(_numbered(len(told)))
    axes = pd.DataFrame(index=_numbered(values.shape[1]))
    held = anndata.AnnData(
        X=values, obs=told, var=axes, uns={"nucleate": {name: str(place[name]) for name in _PLACE}}
    )
    same = {"step": int(place["step"]), "position": place["position"], "site": place["site"]}
    for (embedding, step, position, site), own in pictures.to_pandas(
        **(same if where is None else where)
    ).groupby(list(_PLACE)):
        here = (step, position, site) == tuple(same.values())
        name = f"X_{embedding}" if here else f"X_{embedding}_{step}_{position}_{site}"
        if len(own) == len(told):
            held.obsm[name] = own[["x", "y"]].to_numpy(np.float32)
    return held


def _numbered(n: int) -> pd.Index:
    """Names that anndata can write: it knows no strings of Arrow."""
    return pd.Index([str(number) for number in range(n)], dtype=object)
