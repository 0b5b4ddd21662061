"""One small run for all tests of the page, and a real browser to open it in."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import nucleate
from nucleate.pictures.points_table import FRAMES_SCHEMA, Projections
from nucleate.report.contents import read_run
from nucleate.report.page import render
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import Score, Scores


@pytest.fixture(scope="session")
def run_folder(finished_smoke, tmp_path_factory):
    copy = shutil.copytree(finished_smoke, tmp_path_factory.mktemp("report") / "smoke")
    return nucleate.load_run(copy).folder


@pytest.fixture(scope="session")
def contents(run_folder):
    return read_run(run_folder)


def prompt_scores(n_layer=12, splits=("train",)):
    """One step of a model that was only looked at, with factors of the user's own."""
    rows = []
    for split in splits:
        for factor, rise in (("country", 0.03), ("relation", 0.07), ("=cost", 0.0)):
            for layer in range(n_layer + 1):
                row = {
                    "run": "prompts", "model": "some/causal-lm", "seed": 0, "step": 0, "split": split, "position": "last",
                    "factor": factor, "site": f"block.{layer}" if layer else "embed", "layer": layer, "method": "kmeans",
                    "metric": "ari", "value": rise * layer, "n_clusters": 4, "n_examples": 60, "ci_low": rise * layer - 0.02,
                    "ci_high": rise * layer + 0.02,
                }  # fmt: skip
                rows += [Score(**row), Score(**{**row, "value": 0.1, "control": "bag_of_tokens"})]
    return Scores.from_rows(rows)


def prompt_points(n_layer=12, n=60):
    """Points with prompts of some 300 characters, answers of several tokens, and one that nobody knows."""
    noise = np.random.default_rng(0)
    words = [f"Prompt {i} in many words. " * 12 + "The capital of" for i in range(n)]
    examples = pa.table(
        {
            "instance": pa.array(range(n), pa.int64()),
            "id": [f"p{i}" for i in range(n)],
            "country": [("France", "Peru", "Chad", "Laos")[i % 4] for i in range(n)],
            "relation": [("capital", "currency", "language")[i % 3] for i in range(n)],
            "prompt": words,
            "output": [None if i == 0 else "Port Louis" for i in range(n)],
            "split": ["train"] * n,
            "input_ids": [[1, 2, 3]] * n,
            "predicted": [[" Port"] if i % 2 else [" the"] for i in range(n)],
        }
    )
    frames = [
        {
            "embedding": "pca", "step": 0, "position": "last", "site": f"block.{layer}" if layer else "embed",
            "x": noise.normal(size=n) + 3 * (np.arange(n) % 4), "y": noise.normal(size=n), "cluster": np.arange(n) % 4,
        }
        for layer in range(n_layer + 1)
    ]  # fmt: skip
    return Projections(examples, pa.Table.from_pylist(frames, schema=FRAMES_SCHEMA))


@pytest.fixture(scope="session")
def prompts_folder(tmp_path_factory):
    """A run's folder as an analysis of a model leaves it: one step, no tasks, no claims, no training."""
    folder = RunFolder.create(tmp_path_factory.mktemp("prompts") / "prompts", 'model = "some/causal-lm"\n')
    points = prompt_points()
    with folder.stage("corpus", "x"), folder.commit(folder.corpus) as path:
        path.mkdir()
        pq.write_table(points.examples.drop_columns(["predicted"]), path / folder.instances.name)
    with folder.stage("scoring", "x"):
        with folder.commit(folder.scores) as path:
            prompt_scores().write(path)
        with folder.commit(folder.projections) as path:
            points.write(path)
    return folder


@pytest.fixture(scope="session")
def prompts(prompts_folder):
    return read_run(prompts_folder)


@dataclass
class Opened:
    """A page with everything that it said and asked for."""

    page: object
    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def open_page(browser, tmp_path_factory):
    """Opens runs as a page; afterwards nothing was said on the console and nothing left the page."""

    files = {}

    def written(runs, n_points):
        """Each page is built once; the runs are kept, so that no other can take their place."""
        key = (*map(id, runs), n_points)
        if key not in files:
            path = tmp_path_factory.mktemp("page") / "report.html"
            path.write_text(render(list(runs), n_points), encoding="utf-8")
            files[key] = (path, runs)
        return files[key][0]

    @contextmanager
    def opened(*runs, width=1440, scheme="light", n_points=None):
        path = written(runs, n_points)
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        page = context.new_page()
        one = Opened(page)
        page.on("console", lambda message: one.console.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: one.console.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (one.console.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: one.requests.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
        yield one
        assert one.console == []
        assert [url for url in one.requests if not url.startswith((path.as_uri(), "data:", "blob:"))] == []
        context.close()

    return opened
