"""Folders of strangers' models, each broken or hostile in one way."""

import io
import json
import os
import pickle
import shutil
import struct
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFWriter
from safetensors.torch import load_file, save_file

from tests.small_models import small_gpt2
from tests.small_tokenizers import byte_level_bpe

Harm = Callable[[Path], None]
LOADS = (
    "plain", "config/attention of ours", "config/attention inside", "config/other weights named", "config/kernels",
    "config/precision too", "config/quantized fp8", "tokenizer/code", "tokenizer/unknown class and code",
    "tokenizer/evil template", "tokenizer/added far away", "weights/compiled", "weights/parallel", "weights/nan",
    "weights/integers", "weights/bin",
)  # fmt: skip
"""What must load all the same, as it is; everything else is refused."""


def make(place: Path, every: int = 1) -> list[str]:
    """Write folders below `place`: a sound one, and of the harms every so-and-so-many-th. Their names."""
    sound = place / "plain"
    small_gpt2_with_tokens(sound)
    (place.parent / "outside.safetensors").write_bytes((sound / "model.safetensors").read_bytes())
    names = ["plain"]
    for number, (name, harm) in enumerate(harms()):
        if number % every:
            continue
        folder = place / name.replace("/", "-")
        shutil.copytree(sound, folder)
        harm(folder)
        names.append(name)
    for number, content in enumerate(broken_gguf()):
        if number % every == 0:
            folder = place / f"gguf-{number}"
            folder.mkdir()
            (folder / "m.gguf").write_bytes(content)
            names.append(f"gguf/{number}")
    return names


def small_gpt2_with_tokens(folder: Path) -> None:
    """A whole model that any text can be given to."""
    folder.mkdir(parents=True)
    small_gpt2().save_pretrained(folder)
    tokenizer = byte_level_bpe(n_merges=0)
    tokenizer.save_pretrained(folder)
    _widen(folder, len(tokenizer))


def harms() -> Iterator[tuple[str, Harm]]:
    for key in ("n_layer", "n_head", "n_embd", "vocab_size", "n_positions"):
        for value in (0, -1, 1.5, True, None, "text", [1], {}, 10**5, 10**9, 10**12, 2**63, [[[[]]]]):
            yield (
                f"config/{key}={json.dumps(value)[:12]}".replace("[", "(").replace("]", ")"),
                _config(**{key: value}),
            )
    for name, changes in _CONFIGS.items():
        yield f"config/{name}", _config(**changes)
    for name, text in _TEXTS.items():
        yield f"config/{name}", _text("config.json", text)
        yield f"tokenizer/{name}", _text("tokenizer.json", text)
        yield f"tokenizer config/{name}", _text("tokenizer_config.json", text)
        yield f"index/{name}", _index(text)
    yield from ((f"weights/{name}", harm) for name, harm in _WEIGHTS.items())
    yield from ((f"tokenizer/{name}", harm) for name, harm in _TOKENIZERS.items())


_DEEP = "[" * 100_000 + "]" * 100_000
_TEXTS = {
    "list": "[]", "null": "null", "text": '"text"', "empty": "", "cut": '{"model_type": "gp', "deep": _DEEP,
    "deep object": '{"a":' * 50_000 + "1" + "}" * 50_000, "binary": "\x00\x01\x02", "number": "1" * 5000,
}  # fmt: skip
_CONFIGS = {
    "unknown kind": {"model_type": "no-such-model"}, "kind is a list": {"model_type": ["gpt2"]}, "kind is a path": {"model_type": "../gpt2"},
    "no kind": {"model_type": None}, "code": {"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModelForCausalLM": "evil.M"}},
    "attention of ours": {"attn_implementation": "kernels-community/flash-attn", "_attn_implementation": "someone/kernel"},
    "attention inside": {"_attn_implementation_internal": "someone/kernel"}, "other weights named": {"transformers_weights": "../../outside.safetensors"},
    "kernels": {"kernel_config": {"a": "someone/kernel"}, "use_kernels": True, "fusion_config": {"evil": True}},
    "quantized": {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}, "quantized list": {"quantization_config": [1]},
    "quantized fp8": {"quantization_config": {"quant_method": "fp8"}}, "many labels": {"num_labels": 10**9}, "another kind": {"model_type": "llama"},
    "more layers": {"n_layer": 5}, "fewer layers": {"n_layer": 2}, "another width": {"n_embd": 32}, "no activation": {"activation_function": "no-such"},
    "not tied": {"tie_word_embeddings": False}, "precision": {"dtype": "evil"}, "precision too": {"torch_dtype": ["float32"]},
    "dropout": {"attn_pdrop": "a"}, "epsilon": {"layer_norm_epsilon": "a"}, "vision": {"model_type": "vit"}, "encoder and decoder": {"model_type": "t5"},
}  # fmt: skip


def _config(**changes) -> Harm:
    return lambda folder: (folder / "config.json").write_text(
        json.dumps(json.loads((folder / "config.json").read_text()) | changes)
    )


def _text(name: str, text: str) -> Harm:
    return lambda folder: (folder / name).write_text(text)


def _index(text: str) -> Harm:
    def harm(folder: Path) -> None:
        (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
        (folder / "model.safetensors.index.json").write_text(text)

    return harm


def _renamed(rename: Callable[[str], str]) -> Harm:
    return _changed(lambda weights: {rename(name): one for name, one in weights.items()})


def _changed(change: Callable[[dict], dict]) -> Harm:
    def harm(folder: Path) -> None:
        file = folder / "model.safetensors"
        save_file({n: t.clone() for n, t in change(load_file(file)).items()}, file, metadata={"format": "pt"})

    return harm


def _widen(folder: Path, n_tokens: int, n_positions: int = 64) -> None:
    wider = {
        "transformer.wte.weight": torch.randn(n_tokens, 16),
        "transformer.wpe.weight": torch.randn(n_positions, 16),
    }
    _changed(lambda weights: weights | wider)(folder)
    _config(vocab_size=n_tokens, n_positions=n_positions)(folder)


def _bytes(change: Callable[[bytes], bytes]) -> Harm:
    def harm(folder: Path) -> None:
        file = folder / "model.safetensors"
        file.write_bytes(change(file.read_bytes()))

    return harm


def _header(**changes) -> Harm:
    """Another claim of the first tensor's."""

    def change(raw: bytes) -> bytes:
        n = struct.unpack("<Q", raw[:8])[0]
        header = json.loads(raw[8 : 8 + n])
        header[next(name for name in header if name != "__metadata__")] |= changes
        text = json.dumps(header).encode()
        return struct.pack("<Q", len(text)) + text + raw[8 + n :]

    return _bytes(change)


def _instead(name: str, target: str) -> Harm:
    def harm(folder: Path) -> None:
        (folder / name).unlink()
        (folder / name).symlink_to(target)

    return harm


def _pipe(name: str) -> Harm:
    def harm(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return harm


class Evil:
    def __reduce__(self):
        return (os.system, ("touch owned",))


def _bin(content: Callable[[dict], bytes]) -> Harm:
    def harm(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        (folder / "model.safetensors").unlink()
        (folder / "pytorch_model.bin").write_bytes(content(weights))

    return harm


def _saved(what, **how) -> bytes:
    held = io.BytesIO()
    torch.save(what, held, **how)
    return held.getvalue()


def _tar() -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name in ("sys_info", "pickle", "storages", "tensors"):
            raw = pickle.dumps(Evil())
            info = tarfile.TarInfo(name)
            info.size = len(raw)
            tar.addfile(info, io.BytesIO(raw))
    return held.getvalue()


def _huge_by_stride(weights: dict) -> bytes:
    return _saved(weights | {"transformer.wte.weight": torch.zeros(1).expand(10**6, 10**6)})


def _without(part: str) -> Harm:
    return _changed(lambda weights: {name: one for name, one in weights.items() if part not in name})


_WEIGHTS: dict[str, Harm] = {
    "compiled": _renamed(lambda name: f"_orig_mod.{name}"), "parallel": _renamed(lambda name: f"module.{name}"),
    "strange names": _renamed(lambda name: f"net.{name}"), "without a layer": _without(".h.1."), "without one": _without("h.2.mlp.c_fc.bias"),
    "without embeddings": _without("wte"), "empty table": _changed(lambda _: {}),
    "nan": _changed(lambda weights: {name: one * float("nan") for name, one in weights.items()}),
    "another size": _changed(lambda weights: weights | {"transformer.ln_f.bias": torch.zeros(17)}),
    "a layer too many": _changed(lambda weights: weights | {"transformer.h.3.ln_1.bias": torch.zeros(16)}),
    "integers": _changed(lambda weights: weights | {"transformer.ln_f.bias": torch.zeros(16, dtype=torch.int64)}),
    "cut": _bytes(lambda raw: raw[:-100]), "cut in the header": _bytes(lambda raw: raw[:100]), "empty": _bytes(lambda _: b""),
    "longer": _bytes(lambda raw: raw + b"0" * 100), "no header": _bytes(lambda raw: b"\xff" * 8 + raw[8:]), "text": _bytes(lambda _: b"not weights"),
    "lying shape": _header(shape=[10**9, 10**9]), "lying place": _header(data_offsets=[0, 10**12]), "negative shape": _header(shape=[-1]),
    "unknown type": _header(dtype="F999"), "shape is text": _header(shape="16"),
    "endless": _instead("model.safetensors", "/dev/zero"), "outside": _instead("model.safetensors", "../../outside.safetensors"),
    "nowhere": _instead("model.safetensors", "nothing"), "itself": _instead("model.safetensors", "model.safetensors"), "pipe": _pipe("model.safetensors"),
    "config outside": _instead("config.json", "/etc/passwd"), "config endless": _instead("config.json", "/dev/zero"), "config a pipe": _pipe("config.json"),
    "index leads out": _index('{"metadata": {}, "weight_map": {"a": "../../outside.safetensors"}}'),
    "index of numbers": _index('{"metadata": {}, "weight_map": {"a": 1}}'), "index of nothing": _index('{"metadata": {}}'),
    "bin": _bin(_saved), "evil": _bin(lambda _: _saved(Evil())), "evil and old": _bin(lambda _: pickle.dumps(Evil())), "tar": _bin(lambda _: _tar()),
    "bin cut": _bin(lambda weights: _saved(weights)[:-500]), "bin text": _bin(lambda _: b"not a pickle"), "bin empty": _bin(lambda _: b""),
    "bin list": _bin(lambda weights: _saved(list(weights.values()))), "bin of texts": _bin(lambda weights: _saved(dict.fromkeys(weights, "a"))),
    "bin by stride": _bin(_huge_by_stride), "bin wrapped": _bin(lambda weights: _saved({"model": weights})),
    "bin in the old form cut": _bin(lambda weights: _saved(weights, _use_new_zipfile_serialization=False)[:-500]),
    "adapter": _text("adapter_config.json", '{"base_model_name_or_path": "someone/base"}'),
}  # fmt: skip


def _tokenizer(**changes) -> Harm:
    return lambda folder: (folder / "tokenizer_config.json").write_text(
        json.dumps(json.loads((folder / "tokenizer_config.json").read_text()) | changes)
    )


def _tokens(change: Callable[[dict], object]) -> Harm:
    def harm(folder: Path) -> None:
        held = json.loads((folder / "tokenizer.json").read_text())
        change(held)
        (folder / "tokenizer.json").write_text(json.dumps(held))

    return harm


_TOKENIZERS: dict[str, Harm] = {
    "code": lambda folder: (
        _tokenizer(auto_map={"AutoTokenizer": ["evil.T", "evil.T"]})(folder),
        (folder / "evil.py").write_text("open('owned', 'w')\n"),
    )[0],
    "unknown class and code": _tokenizer(tokenizer_class="Evil", auto_map={"AutoTokenizer": ["evil.T", "evil.T"]}),
    "class is a list": _tokenizer(tokenizer_class=[1]), "evil template": _tokenizer(chat_template="{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    "added is text": _tokenizer(added_tokens_decoder="a"), "added far away": _tokenizer(added_tokens_decoder={"99999999999": {"content": "<x>"}}),
    "vocabulary a list": _tokens(lambda held: held["model"].update(vocab=[1])), "negative id": _tokens(lambda held: held["model"]["vocab"].update({"<x>": -1})),
    "no model": _tokens(lambda held: held.pop("model")), "unknown model": _tokens(lambda held: held["model"].update(type="Evil")),
    "outside": _instead("tokenizer.json", "/etc/passwd"), "endless": _instead("tokenizer.json", "/dev/zero"), "a pipe": _pipe("tokenizer_config.json"),
}  # fmt: skip


def broken_gguf() -> Iterator[bytes]:
    """A small header and its tensors with every eighth byte flipped, cut short, and with counts that lie."""
    sound = small_gguf()
    for place in range(4, 600, 8):
        yield sound[:place] + bytes([sound[place] ^ 0xFF]) + sound[place + 1 :]
    for place in (8, 16):
        for count in (2**31, 2**62):
            yield sound[:place] + struct.pack("<Q", count) + sound[place + 8 :]
    for cut in (0, 4, 20, 100, 400, len(sound) - 10):
        yield sound[:cut]


def small_gguf() -> bytes:
    """A Llama of one block, in memory."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "m.gguf"
        writer = GGUFWriter(path, "llama")
        writer.add_context_length(16)
        writer.add_embedding_length(8)
        writer.add_block_count(1)
        writer.add_feed_forward_length(16)
        writer.add_head_count(2)
        writer.add_head_count_kv(2)
        writer.add_layer_norm_rms_eps(1e-5)
        writer.add_vocab_size(5)
        writer.add_tokenizer_model("gpt2")
        writer.add_token_list(["a", "b", "ab", "<s>", "</s>"])
        writer.add_token_merges(["a b"])
        writer.add_bos_token_id(3)
        writer.add_eos_token_id(4)
        shapes = {"token_embd": (5, 8), "output_norm": (8,), "output": (5, 8)}
        shapes |= {f"blk.0.attn_{name}": (8, 8) for name in ("q", "k", "v", "output")}
        shapes |= {"blk.0.attn_norm": (8,), "blk.0.ffn_norm": (8,)}
        shapes |= {"blk.0.ffn_gate": (16, 8), "blk.0.ffn_up": (16, 8), "blk.0.ffn_down": (8, 16)}
        rng = np.random.default_rng(0)
        for name, shape in shapes.items():
            writer.add_tensor(f"{name}.weight", rng.normal(size=shape).astype(np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return path.read_bytes()
