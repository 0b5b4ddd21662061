"""Shapes are checked under test only, and the program's caches stay out of the user's home."""

import os
import tempfile
from collections.abc import Iterator

import pytest
from jaxtyping import config, install_import_hook

os.environ["NUCLEATE_CACHE_DIR"] = tempfile.mkdtemp(prefix="nucleate-test-")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

# Rooms whose functions take arrays; the hook must be in place before they are imported.
install_import_hook(
    [f"nucleate.{room}" for room in ("hidden_states", "corpus", "training", "capture", "clustering")],
    "beartype.beartype",
)


@pytest.fixture
def shapes_unchecked() -> Iterator[None]:
    """For tests of what a user without the hook is told about arrays that do not fit."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)
