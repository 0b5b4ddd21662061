import struct

import pytest

from nucleate.foreign_files import ForeignFileError
from nucleate.models.gguf_header import read_gguf_header


def text(word):
    return struct.pack("<Q", len(word)) + word.encode()


def gguf(n_tensors=1, n_keys=3, length=2):
    """A header by the letter of the specification: a number, a list of texts, a list of numbers, a tensor."""
    keys = text("llama.block_count") + struct.pack("<II", 4, 7)
    keys += text("words") + struct.pack("<IIQ", 9, 8, length) + text("a") + text("bc")
    keys += text("scores") + struct.pack("<IIQ", 9, 6, 2) + struct.pack("<ff", 1, 2)
    tensor = text("w") + struct.pack("<IQQIQ", 2, 3, 5, 0, 0)
    return b"GGUF" + struct.pack("<IQQ", 3, n_tensors, n_keys) + keys + tensor + b"\0" * 60


def test_shapes_and_numbers(tmp_path):
    (tmp_path / "m.gguf").write_bytes(gguf())
    found = read_gguf_header(tmp_path / "m.gguf")
    assert found.tensors == {"w": (5, 3)}
    assert found.numbers == {"llama.block_count": 7}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (gguf(n_tensors=2**62), "the number of tensors is 4611686018427387904, more than the file holds"),
        (gguf(n_keys=2**40), "the number of keys"),
        (gguf(length=2**50), "words is 1125899906842624"),
        (gguf()[:70], "more than the file holds|ends within"),
        (b"GGUX" + gguf()[4:], "does not begin"),
        (b"GGUF\x09\0\0\0" + gguf()[8:], "version 9 is neither 2 nor 3"),
    ],
)
def test_nothing_leads_beyond_the_end_of_the_file(tmp_path, content, what):
    (tmp_path / "m.gguf").write_bytes(content)
    with pytest.raises(ForeignFileError, match=what):
        read_gguf_header(tmp_path / "m.gguf")
