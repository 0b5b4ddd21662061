import pytest

from nucleate.errors import ModelError
from nucleate.models.series.hub import Hub, weight_files
from tests.hub_server import digest


def downloads(asked):
    return [path for method, path in asked if method == "GET" and "/resolve/" in path]


def test_digests_are_those_that_the_hub_lists_and_nothing_is_downloaded(hub, folder):
    listed = Hub("me/tiny").weights("step0")
    content = (folder / "model.safetensors").read_bytes()
    assert (listed.digests, listed.size) == ({"model.safetensors": digest(content)}, len(content))
    assert set(Hub("me/tiny").revisions()) == {"main", "step0", "step5", "step9", "no-weights"}
    assert downloads(hub) == []


def test_a_download_is_the_model_and_no_code(hub, folder, tmp_path):
    found = Hub("me/tiny").download("main", tmp_path / "here")
    assert {file.name for file in found.iterdir()} - {".cache"} == {file.name for file in folder.iterdir()}
    assert (found / "config.json").read_bytes() == (folder / "config.json").read_bytes()


def test_a_tokenizer_needs_no_weights(hub, tmp_path):
    found = Hub("me/tiny").download("step0", tmp_path / "here", weights=False)
    assert not list(found.glob("*.safetensors"))
    assert (found / "tokenizer.json").exists()


@pytest.mark.parametrize(
    ("name", "revision", "message"),
    [
        ("me/other", "main", "there is no model me/other"),
        ("me/tiny", "step7", "has no such revision"),
        ("me/tiny", "no-weights", "no weights at revision no-weights"),
        ("not a name", "main", "is no folder or file here"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(hub, name, revision, message):
    with pytest.raises(ModelError, match=message):
        Hub(name).weights(revision)


def test_a_hub_out_of_reach_is_named(monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    with pytest.raises(ModelError, match=r"http://127\.0\.0\.1:9 does not give it") as caught:
        Hub("me/tiny").weights("main")
    assert "HF_ENDPOINT" in caught.value.mend


def test_offline_means_offline(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="does not give it"):
        Hub("me/tiny").revisions()
    assert hub == []


def test_safetensors_come_before_pickles():
    both = [
        "pytorch_model.bin",
        "model.safetensors",
        "training_args.bin",
        "onnx/model.safetensors",
        "config.json",
    ]
    assert weight_files(both) == ["model.safetensors"]
    assert weight_files(["training_args.bin", "pytorch_model-00001.bin"]) == ["pytorch_model-00001.bin"]
    assert weight_files(["config.json"]) == []
