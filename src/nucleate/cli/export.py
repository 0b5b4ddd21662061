"""`nucleate export`: a run's points for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import Console

from nucleate.cli.options import Flag, Text, WholeNumber
from nucleate.lazy import lazy

exporting = lazy("nucleate.integrations.export")


def export(
    directory: Path,
    /,
    *,
    to: Literal["atlas", "csv", "anndata"],
    out: Path | None = None,
    embedding: Text = "",
    step: WholeNumber | None = None,
    position: Text = "",
    site: Text = "",
    every: Flag = False,
    with_: Annotated[
        tuple[Literal["vectors", "neighbors"], ...],
        Parameter(name="--with", consume_multiple=True, negative="", show_default=False),
    ] = (),
) -> int:
    """Write the points of one picture, or of all, for embedding-atlas, CSV readers or anndata.

    The default is the t-SNE picture of the last block at the last step, at the position of the claims.

    Example: nucleate export runs/quick --to atlas --with neighbors --out points.parquet

    Args:
        directory: A run's folder.
        to: atlas (Parquet for embedding-atlas FILE --x x --y y --text text), csv, or anndata (h5ad).
        out: The file; DIR-points.parquet, .csv or .h5ad if not given.
        embedding: tsne, pca or another one of the page's pictures.
        step: Of the picture.
        position: Of the picture.
        site: Of the picture, such as block.6.
        every: All pictures that match the options above.
        with_: Add to each point its state (vectors) or its ten nearest in the full space (neighbors).
    """
    named = {"embedding": embedding or None, "step": step, "position": position or None, "site": site or None}
    written = exporting.export(directory, to, out, **named, every=every, extra=with_)
    Console(emoji=False, highlight=False, soft_wrap=True).print(f"  The points: {written}", markup=False)
    return 0
