"""A tiny model with its tokenizer in a folder, and on a server that speaks the Hub's API."""

import pytest

from tests import small_models
from tests.hub_server import serving
from tests.small_tokenizers import byte_level_bpe


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "tiny"
    model = small_models.KINDS["GPT-NeoX"]()
    model.config.max_position_embeddings = 512  # prompts that come along are longer in single bytes
    model.save_pretrained(path)
    byte_level_bpe().save_pretrained(path)
    return path


@pytest.fixture
def hub(folder, monkeypatch, tmp_path):
    """Yields what was asked for; `me/tiny` has step0, step5 = step0, step9 = main, and main."""
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    trained = {**files, "model.safetensors": files["model.safetensors"][:-4] + b"\0\0\0\1"}
    code = {"modeling_evil.py": b"raise SystemExit", "model.bin.py": b"raise SystemExit"}
    revisions = {
        "main": {**trained, **code},
        "step0": files,
        "step5": files,
        "step9": trained,
        "no-weights": {"a.json": b"{}"},
    }
    with serving({"me/tiny": revisions}) as (address, asked):
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        yield asked
