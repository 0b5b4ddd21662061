"""Pieces of work on the nodes of a cluster: what `ThisMachine` does in this process and beside it.

This module hides how pieces get there and what a lost one means. A piece is a callable that can be pickled
and writes into a folder that all nodes share; what it returns is small.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from nucleate.cluster.joined import as_they_end, connected, remote
from nucleate.cluster.settings import RaySettings
from nucleate.errors import NucleateError, ProcessError

Result = TypeVar("Result")


@contextmanager
def cluster_workers(settings: RaySettings) -> Iterator[ClusterWorkers]:
    """The nodes of a cluster, for as long as the block is at work.

    Raises:
        ProcessError: Ray is not installed, or there is no cluster at the address.
    """
    with connected(settings) as ray:
        yield ClusterWorkers(ray, remote(ray, settings, 1, _do))


@dataclass(frozen=True)
class ClusterWorkers:
    """A `Workplace` of which every worker may be on another machine."""

    ray: Any
    do: Any
    is_cluster: bool = True

    def one_by_one(self, pieces: Iterable[Callable[[], Result]]) -> Iterator[tuple[int, Result]]:
        """Which piece, and what it returns, as they come.

        Raises:
            NucleateError: what a piece raised.
            ProcessError: a piece was lost more often than it may be.
        """
        for index, ended in as_they_end(self.ray, self.do, pieces):
            yield index, self._result(ended)

    def side_by_side(
        self,
        pieces: Iterable[Callable[[], Result]],
        n_pieces: int,  # noqa: ARG002 - a cluster has as many workers as it has
        *,
        are_small: bool = False,
    ) -> Iterator[Result]:
        """What each piece returns, in their order; small ones are done in this process.

        Raises: as `one_by_one`.
        """
        if are_small:
            yield from (piece() for piece in pieces)
            return
        early: dict[int, Result] = {}
        n_given = 0
        for index, result in self.one_by_one(pieces):
            early[index] = result
            while n_given in early:
                yield early.pop(n_given)
                n_given += 1

    def _result(self, ended: Any) -> Any:
        try:
            return self.ray.get(ended)
        except self.ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None)
            if isinstance(cause, NucleateError):
                raise cause from error
            what = str(error).strip().splitlines()[-1]
            raise ProcessError(
                f"a piece of work was lost on the cluster: {type(error).__name__}: {what}",
                "Run the same command again, what is done is kept; or raise ray.memory_gb or ray.retries.",
            ) from error


def _do(piece: Callable[[], Result]) -> Result:
    return piece()
