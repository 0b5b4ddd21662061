"""Shapes are checked under test only, and the program's caches stay out of the user's home."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from filelock import FileLock
from jaxtyping import config, install_import_hook

os.environ["NUCLEATE_CACHE_DIR"] = tempfile.mkdtemp(prefix="nucleate-test-")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("RAY_AUTH_MODE", "token")  # Ray reads it once, when it is loaded: one for all tests
os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
os.environ.setdefault("OMP_NUM_THREADS", "1")  # workers that share two cores stall on each other's threads

ROOMS = (
    "corpus", "training", "capture", "resampling", "kmeans", "metrics", "scoring", "pictures", "unseen", "intervene",
)  # fmt: skip
"""Rooms whose functions take arrays; the hook must be in place before they are imported."""

install_import_hook([f"nucleate.{room}" for room in ROOMS], "beartype.beartype")


import nucleate  # noqa: E402 - the hook comes first
from benchmarks.browser import chromium_at  # noqa: E402
from nucleate.capture.hidden_states import BEFORE_INPUT  # noqa: E402
from nucleate.figures.gallery import draw_figures  # noqa: E402
from nucleate.scores import Score, Scores  # noqa: E402
from tests.undrawn import draw_nothing  # noqa: E402

TESTS = Path(__file__).parent
LONGEST = (
    "test_experiment.py", "cli/test_interrupt.py", "cli/test_analyze.py", "sweep/executors/test_on_ray.py",
    "scoring/test_planted_structure.py", "test_realistic.py", "report/test_page.py", "sweep/test_run_sweep.py",
    "faults/test_promises.py", "cli/test_main.py", "test_examples.py", "report/test_access.py", "figures/test_gallery.py",
)  # fmt: skip
"""Half a minute and more, the first one first: it makes `finished_smoke`, for which others wait."""
DRAWN = "nucleate.stages.showing.draw_figures"


@pytest.fixture(scope="session", autouse=True)
def _undrawn() -> Iterator[None]:
    """Figures take most of a small run: files stand for them, but in `finished_smoke` and where a test asks for `drawn`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DRAWN, draw_nothing)
        yield


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures of a run are what is tried."""
    monkeypatch.setattr(DRAWN, draw_figures)


@pytest.fixture(scope="session")
def finished_smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run of `smoke`, made once for all of pytest's workers: copy it, change nothing."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "finished" / "smoke"
    with FileLock(shared / "finished.lock"):
        if not (folder / "report.html").exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(DRAWN, draw_figures)
                nucleate.run("smoke", folder)
    return folder


@pytest.fixture(scope="session")
def browser():
    """One for all tests of pages that a worker has: a second one in the same process cannot be started."""
    if (chromium := shutil.which("chromium")) is None:
        pytest.skip("needs Debian's chromium: apt-get install chromium")
    with chromium_at(chromium) as started:
        yield started


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Shapes are checked where a room's own tests call it; to check them takes whole runs as long as the run itself.

    Those marked `shapes` stand for the others: one from a grammar, one of facts, one analysis of a series.
    """
    of_a_room = item.path.relative_to(TESTS).parts[0] in ROOMS
    config.update("jaxtyping_disable", not of_a_room and item.get_closest_marker("shapes") is None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first: a worker that begins one of them last leaves the other without work."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.relative_to(TESTS).as_posix(), len(places)))


@pytest.fixture
def shapes_unchecked() -> None:
    """For what a user without the hook is told about arrays that do not fit, and for very many calls of one kind."""
    config.update("jaxtyping_disable", True)


@pytest.fixture
def planted_scores() -> Callable[..., Scores]:
    """Builds Scores in which a picture was planted; see `plant`."""
    return plant


def plant(
    agreement: Callable[[int, int], float],
    *,
    steps: Sequence[int] = (0, 5, 10, 20, 50, 100, 150, 200),
    n_layer: int = 4,
    splits: Sequence[str] = ("train", "validation"),
    position: str = "last_instruction",
    factor: str = "task",
    share: float = 1.0,
    matched: float = 1.0,
    bag: float | None = None,
    accuracy: Callable[[int], float] = lambda step: step / 200,
    loss_fallen: Callable[[int], float] = lambda step: step / 200,
    spread: float = 0.03,
    seed: int = 1,
) -> Scores:
    """Agreement of every layer, its controls, and task accuracy, of one run.

    Args:
        agreement: of step and layer; train's.
        steps: of the checkpoints.
        n_layer: blocks; layer 0 comes on top.
        splits: which.
        position: where.
        factor: with what.
        share: what the other splits keep of train's agreement.
        matched: what as few trained instructions as there are unseen ones keep of train's agreement.
        bag: agreement of clusters of token counts; None: not measured.
        accuracy: of step.
        loss_fallen: share of the loss's fall, of step.
        spread: half an interval.
        seed: of the run.
    """
    rows = []
    for split in splits:
        run = {"run": f"planted-seed{seed}", "model": "m", "seed": seed, "split": split, "n_examples": 100}
        for step in steps:
            row = {**run, "step": step}
            rows.append(Score(**row, method="model", metric="loss", value=4 - 3 * loss_fallen(step)))
            for control, right in {"none": accuracy(step), "untrained": accuracy(0)}.items():
                ends = {"ci_low": right - 0.01, "ci_high": right + 0.01}
                answers = Score(
                    **row, method="model", metric="accuracy", value=right, control=control, **ends
                )
                rows += [answers] if step or control == "none" else []
            for layer in range(n_layer + 1):
                site = f"block.{layer}" if layer else "embed"
                about = {
                    "position": position,
                    "factor": factor,
                    "site": site,
                    "layer": layer,
                    "n_clusters": 5,
                }

                def score(value, control="none", about=about, row=row):
                    ends = {"ci_low": value - spread, "ci_high": value + spread}
                    return Score(
                        **row, **about, method="kmeans", metric="ari", value=value, control=control, **ends
                    )

                kept = 1.0 if split == "train" else share
                rows.append(score(kept * agreement(step, layer)))
                rows.append(score(0.0, "shuffled_labels"))
                if step:
                    rows.append(score(kept * agreement(0, layer), "untrained"))
                if split == "unseen_instruction" and position in BEFORE_INPUT:
                    rows.append(score(matched * agreement(step, layer), "size_matched"))
                if bag is not None:
                    rows.append(score(bag, "bag_of_tokens"))
    return Scores.from_rows(rows)
