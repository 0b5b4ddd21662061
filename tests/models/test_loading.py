import json

import pytest
import torch

from nucleate.errors import ModelError
from nucleate.models.loading import load_model, pick_device, untrained_like
from tests.small_models import small_gpt2 as build


def test_saved_and_loaded_is_the_same_model(tmp_path):
    model = build().eval()
    model.save_pretrained(tmp_path)
    ids = torch.arange(6)[None]
    with torch.no_grad():
        torch.testing.assert_close(load_model(tmp_path)(ids).logits, model(ids).logits, rtol=0, atol=0)


@pytest.mark.parametrize("harm", ["no folder", "no weights"])
def test_what_is_no_model_is_named(tmp_path, harm):
    if harm == "no weights":
        build().config.save_pretrained(tmp_path)
    else:
        tmp_path /= "nothing"
    with pytest.raises(ModelError, match="does not load as a causal language model"):
        load_model(tmp_path)


def test_devices():
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type in {"cpu", "cuda"}
    with pytest.raises(ModelError, match="abacus"):
        pick_device("abacus")


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


def test_pickles_are_read_without_running_them(tmp_path):
    model = build()
    model.config.save_pretrained(tmp_path)
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    loaded = load_model(tmp_path)
    assert torch.equal(loaded.transformer.wpe.weight, model.transformer.wpe.weight)
    torch.save({"transformer.wpe.weight": Evil(str(tmp_path / "owned"))}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="does not load as a causal language model"):
        load_model(tmp_path)
    assert not (tmp_path / "owned").exists()


def test_code_that_comes_with_a_model_is_not_run(tmp_path):
    build().save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    config |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModelForCausalLM": "evil.M"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'owned')!r}, 'w')\n")
    with pytest.raises(ModelError, match="does not load as a causal language model"):
        load_model(tmp_path)
    assert not (tmp_path / "owned").exists()


def test_a_gguf_file_needs_its_package(tmp_path, monkeypatch):
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(ModelError) as caught:
        load_model(tmp_path / "m.gguf")
    assert caught.value.mend == "pip install 'nucleate[gguf]'"


def test_a_torn_gguf_file_is_named(tmp_path):
    pytest.importorskip("gguf")
    (tmp_path / "m.gguf").write_bytes(b"GGUF" + b"\0" * 20)
    with pytest.raises(ModelError, match=r"m\.gguf does not load"):
        load_model(tmp_path / "m.gguf")


def test_an_untrained_twin_has_the_shape_and_other_weights():
    model = build().bfloat16()
    twin, again = untrained_like(model, 5), untrained_like(model, 5)
    assert twin.dtype == torch.bfloat16
    assert {n: p.shape for n, p in twin.named_parameters()} == {
        n: p.shape for n, p in model.named_parameters()
    }
    assert not torch.equal(twin.transformer.wte.weight, model.transformer.wte.weight)
    assert torch.equal(twin.transformer.wte.weight, again.transformer.wte.weight)


@pytest.mark.parametrize(
    ("cuda", "mps", "device"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_auto_is_the_fastest_device_there_is(monkeypatch, cuda, mps, device):
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: mps)
    assert pick_device("auto").type == device


def test_attention_and_files_are_not_chosen_by_the_configuration(tmp_path):
    build().save_pretrained(tmp_path / "m")
    config = json.loads((tmp_path / "m" / "config.json").read_text())
    chosen = {"attn_implementation": "someone/kernel", "transformers_weights": "../outside.safetensors"}
    (tmp_path / "m" / "config.json").write_text(json.dumps(config | chosen))
    assert load_model(tmp_path / "m").config._attn_implementation == "sdpa"


def test_an_adapter_is_no_model(tmp_path):
    build().save_pretrained(tmp_path)
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(ModelError, match="this is an adapter"):
        load_model(tmp_path)


def test_a_device_that_computes_nothing_is_refused():
    with pytest.raises(ModelError, match="no device 'meta'"):
        pick_device("meta")
