"""Hidden states as points in the plane that travel from step to step.

The axes of a site and position are the two principal directions of the last step, and every other step is
seen along the same two. So whatever moves on the screen moved in the model, and nothing turns or jumps for
the picture's sake; the price is that an early step may have had its largest spread elsewhere. At the spot
that is looked at most closely there are two further maps: t-SNE, each picture begun at the one before, and
discriminant axes, which use the labels. This module hides the sample of points, and that clusters keep
their numbers while their members stay.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from nucleate.capture.hidden_states import HiddenStates
from nucleate.kmeans.breathing import MANY_BREATHS
from nucleate.kmeans.kmeans import kmeans
from nucleate.lazy import Float, Int
from nucleate.pictures.axes import discriminant_axes, principal_axes
from nucleate.pictures.films import films, reduced
from nucleate.pictures.neighbors import Neighbors, neighbors_of
from nucleate.pictures.points_table import FRAMES_SCHEMA, NEIGHBORS_SCHEMA, Projections

TRAIN = "train"
POINTS_PER_SPLIT = 600
_FEWEST = 10
"""Points of which t-SNE can make a picture that says anything."""


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
class Spot:
    """Where a run is looked at most closely: t-SNE, discriminant axes and neighbors are of this place.

    Attributes:
        position: of the states.
        factor: whose labels the discriminant axes part, and whose centroids distances are taken to.
        n_points: of t-SNE and neighbors, the first of those shown; none where it is 0.
        steps: that have a t-SNE picture and neighbors.
    """

    position: str
    factor: str
    n_points: int
    steps: Collection[int] = ()


@dataclass(frozen=True)
class StepPoints:
    """The points of one step in the plane.

    Attributes:
        step: of the states.
        sites: of the points, in order.
        predicted: the token that the model gave the highest logit after each point's prompt.
        planes: by embedding and position.
        clusters: by position, numbered as k-means happened to.
        n_clusters: as many as there are tasks among the points.
        reduced: the first points at the spot, for t-SNE; None where this step gets no picture.
        neighbors: of the same points; None where `reduced` is.
    """

    step: int
    sites: tuple[str, ...]
    predicted: Int[np.ndarray, " point"]
    planes: Mapping[tuple[str, str], Float[np.ndarray, "site point 2"]]
    clusters: Mapping[str, Int[np.ndarray, "site point"]]
    n_clusters: int
    reduced: Float[np.ndarray, "site few d"] | None = None
    neighbors: Neighbors | None = None


class Projector:
    """Collects the points of one run, step after step."""

    def __init__(
        self,
        last: HiddenStates,
        shown: Int[np.ndarray, " point"],
        seed: int,
        n_init: int,
        spot: Spot | None = None,
    ) -> None:
        """Set the axes.

        Args:
            last: states of the points at the last step, in the order of `shown`.
            shown: the examples of every step's states that are drawn.
            seed: of the clusters and of t-SNE.
            n_init: starts of the clusters, which breathe.
            spot: what is looked at most closely, if anything.
        """
        self.shown, self.seed, self.n_init = shown, seed, n_init
        self.spot = spot if spot and _can_be_seen(last, spot) else None
        self._center = {name: last.at(name).mean(axis=1, keepdims=True) for name in last.positions}
        self._axes = {("pca", name): principal_axes(last.at(name)) for name in last.positions}
        if self.spot:
            # Held-out points are seen along axes that were found without them.
            train = last.of_split(TRAIN) if (last.split == TRAIN).any() else last
            axes = discriminant_axes(train.at(self.spot.position), train.labels[self.spot.factor])
            self._axes["discriminant", self.spot.position] = axes
        self._clusters: dict[str, Int[np.ndarray, "site point"]] = {}
        self._numbered: dict[tuple[int, str], Int[np.ndarray, "site point"]] = {}
        self._steps: list[StepPoints] = []

    def project(self, states: HiddenStates) -> StepPoints:
        """The points of one step; of all that is kept here, only the axes matter."""
        n_clusters = len(np.unique(states.labels["task"][self.shown]))
        found = {name: states.at(name)[:, self.shown] for name in states.positions}
        clusters = {
            name: kmeans(
                points, n_clusters, n_init=self.n_init, seed=self.seed, breaths=MANY_BREATHS
            ).best_labels
            for name, points in found.items()
        }
        planes = {
            (embedding, name): (found[name] - self._center[name]) @ axes
            for (embedding, name), axes in self._axes.items()
        }
        made = StepPoints(
            states.step, states.sites, states.predicted[self.shown], planes, clusters, n_clusters
        )
        if self.spot is None or states.step not in self.spot.steps:
            return made
        if min(self.spot.n_points, len(self.shown)) < _FEWEST:
            return made
        few = found[self.spot.position][:, : self.spot.n_points]
        labels = states.labels[self.spot.factor][self.shown]
        beside = neighbors_of(found[self.spot.position], labels, few.shape[1])
        return replace(made, reduced=reduced(few), neighbors=beside)

    def add(self, points: StepPoints) -> None:
        """Take in the next step, its clusters numbered after the step before where members agree."""
        self._steps.append(points)
        for position, found in points.clusters.items():
            pairs = zip(found, self._clusters.get(position, found), strict=True)
            numbered = [renumber(new, old, points.n_clusters) for new, old in pairs]
            self._clusters[position] = np.stack(numbered)
            self._numbered[points.step, position] = self._clusters[position]

    def finish(self, examples: pa.Table, text_of: Callable[[int], str]) -> Projections:
        """Args: one row of text and labels per point; the text of a token, for the answers."""
        answers = np.stack([points.predicted for points in self._steps], axis=1)
        texts = {token: text_of(token) for token in np.unique(answers).tolist()}
        predicted = pa.array([[texts[i] for i in row] for row in answers.tolist()], pa.list_(pa.string()))
        frames = [frame for points in self._steps for frame in self._frames_of(points)]
        frames += self._pictures()
        return Projections(
            examples.append_column("predicted", predicted),
            pa.Table.from_pylist(frames, schema=FRAMES_SCHEMA),
            pa.Table.from_pylist(list(self._neighbors()), schema=NEIGHBORS_SCHEMA),
        )

    def _frames_of(self, points: StepPoints) -> Iterator[dict[str, object]]:
        for (embedding, position), plane in points.planes.items():
            yield from self._frames(points, embedding, position, plane)

    def _pictures(self) -> Iterator[dict[str, object]]:
        """t-SNE of all steps that have points for it, at once: layers are made side by side."""
        pictured = {points.step: points for points in self._steps if points.reduced is not None}
        series = {step: points.reduced for step, points in pictured.items() if points.reduced is not None}
        for step, pictures in films(series, seed=self.seed).items():
            assert self.spot is not None, "only a spot has t-SNE"
            yield from self._frames(pictured[step], "tsne", self.spot.position, pictures)

    def _frames(
        self, points: StepPoints, embedding: str, position: str, plane: Float[np.ndarray, "site point 2"]
    ) -> Iterator[dict[str, object]]:
        """With the clusters that the position had at that step."""
        clusters = self._numbered[points.step, position]
        for site, xy, cluster in zip(points.sites, plane, clusters, strict=True):
            place = {"embedding": embedding, "step": points.step, "position": position, "site": site}
            yield {**place, "x": xy[:, 0], "y": xy[:, 1], "cluster": cluster[: len(xy)]}

    def _neighbors(self) -> Iterator[dict[str, object]]:
        for points in self._steps:
            if points.neighbors is None or self.spot is None:
                continue
            place = {"step": points.step, "position": self.spot.position, "factor": self.spot.factor}
            for site, beside in zip(points.sites, points.neighbors.by_site(), strict=True):
                yield {**place, "site": site, **beside}


def _can_be_seen(states: HiddenStates, spot: Spot) -> bool:
    """Whether the spot is there, with labels that differ."""
    is_there = spot.position in states.positions and spot.factor in states.labels
    return is_there and len(np.unique(states.labels[spot.factor])) > 1


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
