import pytest
import torch
from safetensors.torch import load_file, save_file

from nucleate.errors import ModelError
from nucleate.foreign_files import ForeignFileError
from nucleate.models.loading import load_model, notes_on
from nucleate.models.proof import free_memory, require_room, require_sane
from tests.small_models import KINDS
from tests.small_models import small_gpt2 as build

CLAIMED = {"a": (1000, 1000), "b": (1000,)}


@pytest.fixture
def saved(tmp_path):
    """A folder whose weights are changed by a function of name and tensor; returns it."""

    def save(change, model=None):
        (model or build()).save_pretrained(tmp_path)
        weights = load_file(tmp_path / "model.safetensors")
        changed = dict(pair for name, one in weights.items() for pair in change(name, one))
        save_file(changed, tmp_path / "model.safetensors", metadata={"format": "pt"})
        return tmp_path

    return save


@pytest.mark.parametrize(
    ("wrapped", "who"),
    [
        ("_orig_mod.{}", "torch.compile"),
        ("module.{}", "DistributedDataParallel"),
        ("module._orig_mod.{}", "torch.compile"),
    ],
)
def test_a_wrapped_model_is_the_model_and_that_is_said(saved, wrapped, who):
    plain = build()
    model = load_model(saved(lambda name, one: [(wrapped.format(name), one)]))
    for name, one in plain.state_dict().items():
        assert torch.equal(model.state_dict()[name], one), name
    assert any(who in note for note in notes_on(model))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda name, one: [] if ".h.1." in name else [(name, one)], "the weights lack transformer.h.1.* and 11 more"),
        (lambda name, one: [] if name.endswith("h.2.mlp.c_fc.bias") else [(name, one)], "lack transformer.h.2.mlp.c_fc.bias, "),
        (lambda name, one: [(f"net.{name}", one)], "would be random numbers"),
        (lambda name, one: [(name, one), (name.replace(".h.2.", ".h.3."), one.clone())], "hold transformer.h.3.*leaves out"),
        (lambda name, one: [(name, one[:5].clone() if name.endswith("wte.weight") else one)], r"wte.weight is \(5, 16\) in the file"),
    ],
)  # fmt: skip
def test_another_model_than_the_one_on_disk_is_refused(saved, change, what):
    with pytest.raises(ModelError, match=what):
        load_model(saved(change))


def test_what_belongs_to_no_part_is_left_unread_and_that_is_said(saved):
    model = load_model(
        saved(
            lambda name, one: [
                (name, one),
                *([("v_head.bias", one.clone())] if name.endswith("ln_f.bias") else []),
            ]
        )
    )
    assert "v_head.bias of the file is no part of the model and was not read" in notes_on(model)


@pytest.mark.parametrize("kind", KINDS)
def test_sound_models_have_no_notes(saved, kind):
    assert notes_on(load_model(saved(lambda name, one: [(name, one)], KINDS[kind]()))) == ()


@pytest.mark.parametrize(
    "values",
    [
        {"n_layer": 3}, {"num_hidden_layers": 1e9}, {"hidden_size": 10**9}, {"text_config": {"num_layers": 5}},
        {"num_heads": -1}, {"model_type": ["gpt2"]}, {"max_position_embeddings": 2**50}, {"num_local_experts": 5000},
    ],
)  # fmt: skip
def test_numbers_beyond_what_the_weights_hold(values):
    values = {key: int(one) if isinstance(one, float) else one for key, one in values.items()}
    with pytest.raises(ForeignFileError, match=f"^c.json: .*{next(iter(values))}.*: is "):
        require_sane(values, "c.json", CLAIMED)


def test_numbers_that_are_no_sizes_may_be_large():
    require_sane(
        {"max_position_embeddings": 10**7, "rope_theta": 10**8, "pad_token_id": -1, "n_layer": 2},
        "c",
        CLAIMED,
    )


def test_a_model_larger_than_memory_is_refused_before_it_is_made(monkeypatch):
    config = build().config
    require_room(config, "config.json", torch.float32)
    monkeypatch.setattr("nucleate.models.proof.free_memory", lambda: 30_000)
    with pytest.raises(ModelError, match="GB of memory are free"):
        require_room(config, "config.json", torch.float32)


def test_free_memory_is_a_part_of_what_there_is():
    free = free_memory()
    assert free is None or 2**20 < free < 2**50
