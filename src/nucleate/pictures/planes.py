"""Hidden states as points in the plane that travel from step to step.

The axes of a site and position are the two principal directions of the last step, and every other step
is seen along the same two. So whatever moves on the screen moved in the model, and nothing turns or jumps
for the picture's sake; the price is that an early step may have had its largest spread elsewhere.
t-SNE pictures, where they are asked for, begin from the one before. Hidden here: the sample of points, the
signs of the axes, and that clusters keep their numbers while their members stay.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from nucleate.capture.hidden_states import HiddenStates
from nucleate.kmeans.kmeans import kmeans
from nucleate.pictures.points_table import FRAMES_SCHEMA, Projections
from nucleate.pictures.tsne import embed

POINTS_PER_SPLIT = 600
_STARTS = 2


def balanced_order(
    split: np.ndarray, task: Int[np.ndarray, " example"], per_split: int, seed: int
) -> Int[np.ndarray, " point"]:
    """Examples to show, up to `per_split` of each split, in turns over splits and tasks.

    Any beginning of the result is itself a balanced sample.
    """
    shuffled = np.random.default_rng(seed).permutation(len(split))
    strata = np.unique(np.stack([split.astype(str), task.astype(str)]), axis=1, return_inverse=True)[1]
    within_task = _turns(np.ravel(strata)[shuffled])
    in_turns = shuffled[np.argsort(within_task, kind="stable")]
    names = np.unique(split, return_inverse=True)[1][in_turns]
    rank = _turns(names)
    kept = np.flatnonzero(rank < per_split)
    return in_turns[kept[np.argsort(rank[kept], kind="stable")]]


def _turns(groups: Int[np.ndarray, " example"]) -> Int[np.ndarray, " example"]:
    """How many of each one's group came before it."""
    order = np.argsort(groups, kind="stable")
    _, begins, counts = np.unique(groups[order], return_index=True, return_counts=True)
    turns = np.empty(len(groups), dtype=np.int64)
    turns[order] = np.arange(len(groups)) - np.repeat(begins, counts)
    return turns


@dataclass(frozen=True)
class StepPoints:
    """The points of one step in the plane.

    Attributes:
        step: of the states.
        sites: of the points, in order.
        predicted: the token that the model gave the highest logit after each point's prompt.
        plane: by position.
        clusters: by position, numbered as k-means happened to.
        n_clusters: as many as there are tasks among the points.
    """

    step: int
    sites: tuple[str, ...]
    predicted: Int[np.ndarray, " point"]
    plane: Mapping[str, Float[np.ndarray, "site point 2"]]
    clusters: Mapping[str, Int[np.ndarray, "site point"]]
    n_clusters: int


class Projector:
    """Collects the points of one run, step after step."""

    def __init__(self, last: HiddenStates, shown: Int[np.ndarray, " point"], seed: int) -> None:
        """Set the axes.

        Args:
            last: states of the points at the last step, in the order of `shown`.
            shown: the examples of every step's states that are drawn.
            seed: of the clusters and of t-SNE.
        """
        self.shown, self.seed = shown, seed
        self._centre = {name: last.at(name).mean(axis=1, keepdims=True) for name in last.positions}
        self._axes = {name: principal_axes(last.at(name)) for name in last.positions}
        self._clusters: dict[str, Int[np.ndarray, "site point"]] = {}
        self._tsne: dict[tuple[str, str], Float[np.ndarray, "point 2"]] = {}
        self._frames: list[dict[str, object]] = []
        self._predicted: list[Int[np.ndarray, " point"]] = []

    def project(self, states: HiddenStates) -> StepPoints:
        """The points of one step; of all that is kept here, only the axes matter."""
        n_clusters = len(np.unique(states.labels["task"][self.shown]))
        plane, clusters = {}, {}
        for position in states.positions:
            points = states.at(position)[:, self.shown]
            clusters[position] = kmeans(points, n_clusters, n_init=_STARTS, seed=self.seed).best_labels
            plane[position] = (points - self._centre[position]) @ self._axes[position]
        return StepPoints(
            states.step, states.sites, states.predicted[self.shown], plane, clusters, n_clusters
        )

    def add(self, points: StepPoints) -> None:
        """Take in the next step, its clusters numbered after the step before where members agree."""
        self._predicted.append(points.predicted)
        for position, found in points.clusters.items():
            pairs = zip(found, self._clusters.get(position, found), strict=True)
            numbered = [renumber(new, old, points.n_clusters) for new, old in pairs]
            self._clusters[position] = np.stack(numbered)
            self._add_frames(points.step, points.sites, "pca", position, points.plane[position])

    def add_pictures(self, states: HiddenStates, positions: Collection[str]) -> None:
        """t-SNE pictures of the step that was taken in last, at some positions."""
        for position in positions:
            points = states.at(position)[:, self.shown]
            pictures = [
                self._picture(block, position, site) for block, site in zip(points, states.sites, strict=True)
            ]
            self._add_frames(states.step, states.sites, "tsne", position, np.stack(pictures))

    def _picture(
        self, points: Float[np.ndarray, "point n_embd"], position: str, site: str
    ) -> Float[np.ndarray, "point 2"]:
        key = (position, site)
        self._tsne[key] = embed(points, self._tsne.get(key), seed=self.seed).picture
        return self._tsne[key]

    def _add_frames(
        self,
        step: int,
        sites: tuple[str, ...],
        embedding: str,
        position: str,
        plane: Float[np.ndarray, "site point 2"],
    ) -> None:
        """With the clusters that the position has now."""
        for index, site in enumerate(sites):
            x, y = plane[index].T
            place: dict[str, object] = {"embedding": embedding, "step": step, "position": position}
            self._frames.append(
                place | {"site": site, "x": x, "y": y, "cluster": self._clusters[position][index]}
            )

    def finish(self, examples: pa.Table, text_of: Callable[[int], str]) -> Projections:
        """Args: one row of text and labels per point; the text of a token, for the answers."""
        answers = np.stack(self._predicted, axis=1)
        texts = {token: text_of(token) for token in np.unique(answers).tolist()}
        predicted = pa.array([[texts[i] for i in row] for row in answers.tolist()], pa.list_(pa.string()))
        table = examples.append_column("predicted", predicted)
        return Projections(table, pa.Table.from_pylist(self._frames, schema=FRAMES_SCHEMA))


def principal_axes(points: Float[np.ndarray, "site point n_embd"]) -> Float[np.ndarray, "site n_embd 2"]:
    """The two directions of largest variance; of each, the largest entry is positive.

    Where states have fewer than two directions, the axes that are missing are zero.
    """
    centred = points - points.mean(axis=1, keepdims=True)
    axes = np.zeros((len(points), points.shape[2], 2), dtype=np.float32)
    for index, block in enumerate(centred):
        _, _, directions = np.linalg.svd(block, full_matrices=False)
        for column, direction in enumerate(directions[:2]):
            axes[index, :, column] = direction * np.sign(direction[np.abs(direction).argmax()])
    return axes


def renumber(
    new: Int[np.ndarray, " point"], old: Int[np.ndarray, " point"], n_clusters: int
) -> Int[np.ndarray, " point"]:
    """`new` with its clusters given the numbers of `old`, the largest overlaps first."""
    overlap = np.zeros((n_clusters, n_clusters), dtype=np.int64)
    np.add.at(overlap, (new, old), 1)
    number = np.full(n_clusters, -1)
    for flat in np.argsort(-overlap, axis=None, kind="stable"):
        ours, theirs = divmod(int(flat), n_clusters)
        if number[ours] < 0 and theirs not in number:
            number[ours] = theirs
    return number[new]
