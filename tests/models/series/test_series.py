import shutil

import pytest
import torch

from nucleate.errors import ModelError
from nucleate.models.blocks import find_blocks
from nucleate.models.loading import load_model
from nucleate.models.series.series import UNTRAINED, audit_of, find_series, shared_tensors_of
from nucleate.models.series.settings import SeriesSettings
from tests.models.series.test_hub import downloads
from tests.small_models import small_gpt2
from tests.small_tokenizers import byte_level_bpe


def settings(name, **more):
    return SeriesSettings(name=str(name), **more)


def test_a_folder_is_one_checkpoint_and_an_untrained_one_of_its_shape(folder, tmp_path):
    series = find_series(settings(folder), tmp_path)
    assert (series.name, series.members) == ("tiny", {0: UNTRAINED, 1: "main"})
    with series.model(1, 7) as model:
        trained = model.state_dict()
    with series.model(0, 7) as twin, series.model(0, 8) as other:
        assert not twin.training
        weights = twin.state_dict()
        assert weights.keys() == trained.keys()
        assert not torch.equal(weights["gpt_neox.embed_in.weight"], trained["gpt_neox.embed_in.weight"])
        assert not torch.equal(
            weights["gpt_neox.embed_in.weight"], other.state_dict()["gpt_neox.embed_in.weight"]
        )
    with series.model(0, 7) as again:
        assert torch.equal(
            weights["gpt_neox.embed_in.weight"], again.state_dict()["gpt_neox.embed_in.weight"]
        )
    assert series.tokenizer()("The")["input_ids"]
    assert find_series(settings(folder, untrained=False), tmp_path).members == {1: "main"}


def test_a_folder_of_checkpoints_is_a_series_without_its_repetitions(folder, tmp_path):
    for name in ("checkpoint-20", "checkpoint-5", "step-0"):
        shutil.copytree(folder, tmp_path / "checkpoints" / name)
    weights = tmp_path / "checkpoints" / "checkpoint-20" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\1")
    for place in (tmp_path, tmp_path / "checkpoints"):  # a run's folder, or the one within
        series = find_series(settings("tiny", folder=str(place)), tmp_path)
        assert [(row.revision, row.same_as) for row in series.table] == [
            ("step-0", "checkpoint-5"), ("checkpoint-5", ""), ("checkpoint-20", ""),
        ]  # fmt: skip
    kept = find_series(settings("tiny", folder=str(tmp_path), keep_identical=True), tmp_path)
    assert kept.members == {0: "step-0", 5: "checkpoint-5", 20: "checkpoint-20"}


def test_revisions_are_compared_before_anything_is_downloaded(hub, tmp_path):
    series = find_series(settings("me/tiny", revisions=("step0", "step5", "step9")), tmp_path)
    assert [(row.revision, row.same_as) for row in series.table] == [
        ("step0", ""),
        ("step5", "step0"),
        ("step9", "main"),
    ]
    assert series.members == {0: "step0"}
    assert find_series(settings("me/tiny", revisions=("step0", "main")), tmp_path).members == {
        0: "step0",
        1: "main",
    }
    assert {row.revision for row in audit_of(settings("me/tiny", revisions=("main", "step9"))).rows} == {
        "main",
        "step9",
    }
    assert downloads(hub) == []


def test_a_revision_is_there_while_it_is_looked_at(hub, folder, tmp_path):
    series = find_series(settings("me/tiny", revisions=("step0", "main")), tmp_path / "downloads")
    with series.model(0, 1) as model:
        expected = load_model(folder).state_dict()
        assert all(torch.equal(value.cpu(), expected[name]) for name, value in model.state_dict().items())
        assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["step0"]
    assert not (tmp_path / "downloads").exists()
    assert find_blocks(model).sites[0] == "embed", "it is loaded and needs no file any more"


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_precision_and_device_are_those_that_are_asked_for(folder, tmp_path, dtype):
    series = find_series(settings(folder, dtype=dtype, device="cpu"), tmp_path)
    with series.model(0, 1) as twin, series.model(1, 1) as model:
        assert model.dtype == twin.dtype == getattr(torch, dtype)
        assert model.device == twin.device == torch.device("cpu")


def test_a_model_may_be_spread_by_a_map(folder, tmp_path):
    pytest.importorskip("accelerate", reason="device maps need accelerate")
    with find_series(settings(folder, device_map="cpu"), tmp_path).model(1, 1) as model:
        assert model.device == torch.device("cpu")


def test_a_budget_is_kept(hub, tmp_path):
    series = find_series(settings("me/tiny", revisions=("step0",), disk_gb=1e-5), tmp_path / "downloads")
    with pytest.raises(ModelError, match=r"takes 0\.0 GB") as caught, series.model(0, 1):
        pass
    assert "model.disk_gb" in caught.value.mend
    assert downloads(hub) == []


def test_main_alone_stays_in_the_usual_cache(hub, tmp_path):
    with find_series(settings("me/tiny"), tmp_path / "downloads").model(1, 1):
        pass
    before = len(downloads(hub))
    series = find_series(settings("me/tiny"), tmp_path / "downloads")
    assert series.name == "me/tiny"
    with series.model(1, 1):
        pass
    assert len(downloads(hub)) == before > 0


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"name": "./nothing"}, r"there is no \./nothing"),
        ({"name": "nothing.gguf"}, r"there is no nothing\.gguf"),
        ({"name": "FOLDER", "revisions": ("step0",)}, "is on this machine and has no revisions"),
        ({"name": "EMPTY"}, "holds no weights"),
        ({"name": "x", "folder": "EMPTY"}, "holds no checkpoints"),
    ],
)  # fmt: skip
def test_what_is_no_series_is_named(folder, tmp_path, asked, message):
    places = {"FOLDER": str(folder), "EMPTY": str(tmp_path)}
    with pytest.raises(ModelError, match=message):
        find_series(
            SeriesSettings(
                **{
                    name: places.get(value, value) if isinstance(value, str) else value
                    for name, value in asked.items()
                }
            ),
            tmp_path,
        )


def test_steps_are_read_by_a_pattern_of_ones_own_and_strange_names_are_said(folder, tmp_path):
    for name in ("a1", "a20"):
        shutil.copytree(folder, tmp_path / name)
    numbered = find_series(settings("tiny", folder=str(tmp_path), keep_identical=True), tmp_path)
    assert list(numbered.members) == [0, 1, 2]
    assert "a1 and 1 more tell no step" in numbered.note
    read = find_series(
        settings("tiny", folder=str(tmp_path), keep_identical=True, step_regex=r"a(\d+)"), tmp_path
    )
    assert (list(read.members), read.note) == ([0, 1, 20], "")
    with pytest.raises(ValueError, match="no regular expression"):
        settings("tiny", step_regex="(")
    with pytest.raises(ValueError, match="needs a group"):
        settings("tiny", step_regex="a")


def test_a_tensor_copied_from_another_step_is_found_here_and_on_the_hub(folder, hub, tmp_path):
    shutil.copytree(folder, tmp_path / "step-0")
    model = load_model(folder)
    for name, parameter in model.named_parameters():
        if "embed_in" not in name:
            parameter.data += torch.linspace(0, 1, parameter.numel()).view_as(parameter)
    model.save_pretrained(tmp_path / "step-5")
    series = find_series(settings("tiny", folder=str(tmp_path)), tmp_path)
    assert [row.same_as or row.shared for row in series.table] == [{}, {}], "no file is the same"
    found = series.shared_tensors()
    assert [(row.revision, row.of, row.tensors) for row in found] == [
        ("step-5", "step-0", ("gpt_neox.embed_in.weight",))
    ]
    on_hub = shared_tensors_of(settings("me/tiny", revisions=("step0", "main")))
    assert [(row.revision, row.of) for row in on_hub] == [("main", "step0")]
    assert len(on_hub[0].tensors) == on_hub[0].n_tensors - 1, "one of them differs in its last value"


def test_what_a_trainer_saves_beside_weights_is_not_taken_for_weights(folder, tmp_path):
    for name in ("checkpoint-1", "checkpoint-2"):
        shutil.copytree(folder, tmp_path / name)
        for other in ("optimizer.pt", "optimizer.bin", "scheduler.pt", "training_args.bin", "rng_state.pth"):
            (tmp_path / name / other).write_text(name)
    rows = find_series(settings("tiny", folder=str(tmp_path)), tmp_path).table
    assert [row.same_as for row in rows] == ["", "checkpoint-1"]


def test_an_adapter_is_refused_with_the_way_to_merge_it(tmp_path):
    adapter = tmp_path / "checkpoint-3"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"base_model_name_or_path": "me/base"}')
    for asked in ({"name": str(adapter)}, {"name": "x", "folder": str(tmp_path)}):
        with pytest.raises(ModelError, match="is an adapter for me/base, and no model") as caught:
            find_series(SeriesSettings(**asked), tmp_path)
        assert "merge_and_unload" in caught.value.mend


@pytest.mark.parametrize("text", ["[]", "{", "null", "[" * 100_000])
def test_an_adapter_that_is_no_json_object_is_told(tmp_path, text):
    (tmp_path / "adapter_config.json").write_text(text)
    with pytest.raises(ModelError, match="is an adapter that cannot be read"):
        find_series(SeriesSettings(name=str(tmp_path)), tmp_path)


def test_a_checkpoint_without_a_tokenizer_takes_that_of_the_folder_above(tmp_path):
    for step in (1, 2):
        small_gpt2(seed=step).save_pretrained(tmp_path / f"checkpoint-{step}")
    series = find_series(SeriesSettings(name="run", folder=str(tmp_path)), tmp_path / "downloads")
    with pytest.raises(ModelError, match="has no tokenizer, and none lies in the folder above"):
        series.tokenizer()
    byte_level_bpe().save_pretrained(tmp_path)
    assert len(series.tokenizer()) == len(byte_level_bpe())
