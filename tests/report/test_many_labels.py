"""Ten thousand labels: the page has no more elements than with four, and what grows with their product is bounded."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from nucleate.pictures.points_table import Projections
from tests.report.conftest import prompt_points
from tests.report.test_page import saved

N_LABELS, N_CLUSTERS = 10_000, 500


@pytest.fixture(scope="module")
def many(prompts):
    """Every prompt has a country of its own, and there are 500 clusters."""
    points = prompt_points(n=N_LABELS)
    countries = pa.array([f"country {i}" for i in range(N_LABELS)])
    place = points.examples.column_names.index("country")
    clusters = pa.ListArray.from_arrays(
        np.arange(points.frames.num_rows + 1) * N_LABELS,
        np.tile(np.arange(N_LABELS) % N_CLUSTERS, points.frames.num_rows).astype(np.int32),
    )
    at = points.frames.column_names.index("cluster")
    frames = points.frames.set_column(
        at, points.frames.schema.field(at), clusters.cast(points.frames.schema.field(at).type)
    )
    return replace(
        prompts, projections=Projections(points.examples.set_column(place, "country", countries), frames)
    )


@pytest.mark.browser
def test_the_page_of_ten_thousand_labels_has_no_more_elements_than_that_of_four(open_page, many, prompts):
    count = "document.querySelectorAll('*').length"
    with open_page(prompts) as opened:
        few = opened.page.evaluate(count)
    with open_page(many, n_points=N_LABELS) as opened:
        page = opened.page
        page.select_option("#factor", "country")
        assert page.evaluate(count) <= few
        assert len(page.content().encode()) < 5_000_000
        rows = saved(page, "confusion")
        assert len({row["label"] for row in rows}) == len({row["cluster"] for row in rows}) == 300
        assert "The 300 most common of 10,000 are shown." in page.text_content("#confusion-note")
        points = {(one["cluster"], one["country"]) for one in saved(page, "clusters")}
        assert len(points) == N_LABELS, "all of them are in the file that is saved"
        assert {(row["cluster"], row["label"]) for row in rows if row["points"] != "0"} <= points
        assert page.evaluate("performance.memory.usedJSHeapSize") < 200_000_000
