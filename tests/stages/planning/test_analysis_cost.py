"""The cost of an analysis: counted from what the Hub lists and a configuration says, with no weights fetched."""

# ruff: noqa: F811 - fixtures of another room
import pytest
from transformers import AutoModelForCausalLM

from nucleate import api
from nucleate.errors import ModelError
from nucleate.models.loading import shape_of
from tests.models.series.conftest import folder, hub  # noqa: F401 - fixtures

LEAN = {
    "scoring.positions": ["last"], "scoring.factors": ["task"], "unseen.positions": ["last"],
    "scoring.n_examples": 30, "unseen.n_examples": 20, "unseen.n_centroid_examples": 20,
}  # fmt: skip


def test_downloads_disk_and_arithmetic_are_counted_and_no_weights_are_fetched(hub, folder):
    model = AutoModelForCausalLM.from_pretrained(folder)
    size = (folder / "model.safetensors").stat().st_size
    cost = api.analysis_cost("me/tiny", "everyday", revisions=["step0", "step5", "step9"], overrides=LEAN)
    assert [row.revision for row in cost.checkpoints] == ["step0"], "step5 is step0, step9 is main"
    both = api.analysis_cost("me/tiny", "everyday", revisions=["step0", "main"], overrides=LEAN)
    assert (both.downloads, both.at_once) == (2 * size, size)
    assert both.n_weights == sum(one.numel() for one in model.parameters())
    assert both.flops == 2 * both.n_weights * both.n_tokens and both.n_prompts > 30
    assert both.seconds == pytest.approx(both.flops / both.flops_per_second) and both.flops_per_second > 0
    assert not [path for method, path in hub if method == "GET" and path.endswith(".safetensors")]


def test_a_shape_has_the_parameters_of_the_model_and_none_of_their_values(folder, tmp_path):
    shape = shape_of(folder, (folder / "model.safetensors").stat().st_size)
    whole = AutoModelForCausalLM.from_pretrained(folder)
    assert {name: one.shape for name, one in shape.named_parameters()} == {
        name: one.shape for name, one in whole.named_parameters()
    }
    assert all(one.is_meta for one in shape.parameters())
    (tmp_path / "config.json").write_text((folder / "config.json").read_text().replace(": 2,", ": 99999999,"))
    with pytest.raises(ModelError):
        shape_of(tmp_path, 1000)
