"""The tables of the further analyses, as rows that the page can draw beside the scores.

This module hides how a table with columns of its own fits those of Scores. What was done to a state stands
where a score has its factor, how strongly where a score has its preparation; the method names the analysis.
"""

from __future__ import annotations

import pandas as pd

from nucleate.foreign_files import read_parquet
from nucleate.run_folder.folder import RunFolder

UNSEEN, CAUSES = "unseen", "intervene"
"""Methods that the page's sections ask for."""


def analysis_rows(folder: RunFolder) -> list[pd.DataFrame]:
    """Rows about sites, of every analysis that the run has; none where it has none.

    Raises:
        RunFolderError: a table is not the one that was written.
    """
    found = []
    for path, as_rows in ((folder.unseen, _of_unseen), (folder.interventions, _of_interventions)):
        if folder.holds(path):
            frame = as_rows(read_parquet(path).to_pandas())
            found.append(frame[frame["site"] != ""].astype({"layer": "Int64"}))
    return found


def _of_unseen(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(method=UNSEEN)


def _of_interventions(frame: pd.DataFrame) -> pd.DataFrame:
    strength = frame["strength"].map("strength {:g}".format)
    return frame.assign(method=CAUSES, factor=frame["intervention"], preparation=strength, n_clusters=0)
