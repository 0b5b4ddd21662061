import base64
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.report.data.encoding import (
    LONGEST_TEXT,
    TypedArray,
    page_json,
    script_json,
    smallest_unsigned,
    visible,
)


@given(
    st.recursive(
        st.text() | st.integers() | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_script_json_is_json_that_can_end_no_element(document):
    text = script_json(document)
    assert not set(text) & set("<>&\u2028\u2029")
    assert json.loads(text) == document


def test_nothing_that_is_not_json():
    with pytest.raises(ValueError, match="JSON"):
        script_json({"value": float("nan")})


def arrays_of(document, block):
    """Every array of a page's document, read as the page's script reads it: byte by byte out of its planes."""
    types = {"Float32": "<f4", "Uint8": "u1", "Uint16": "<u2", "Uint32": "<u4", "Int32": "<i4"}
    found = {}
    for name, place in document.items():
        dtype = np.dtype(types[place["type"]])
        planes = np.frombuffer(block, np.uint8, place["n"] * dtype.itemsize, place["at"])
        found[name] = np.ascontiguousarray(planes.reshape(dtype.itemsize, -1).T).view(dtype).ravel()
    return found


def test_arrays_of_every_type_come_back_out_of_one_block():
    noise = np.random.default_rng(0)
    arrays = {
        "f4": noise.normal(size=70).astype("f4"),
        "u1": np.arange(5, dtype="u1"),
        "none": np.zeros(0, "u2"),
        "u2": noise.integers(0, 2**16, (3, 4)).astype(">u2"),
        "u4": np.array([0, 2**32 - 1], "u4"),
        "i4": np.array([-(2**31), 7], "i4"),
    }
    text, block = page_json({name: TypedArray(values) for name, values in arrays.items()})
    found = arrays_of(json.loads(text), zlib.decompress(base64.b64decode(block)))
    assert {name: one.tolist() for name, one in found.items()} == {
        name: values.ravel().tolist() for name, values in arrays.items()
    }


def test_what_repeats_costs_next_to_nothing():
    _, block = page_json({"code": TypedArray(np.repeat(np.arange(9, dtype="u4"), 10_000))})
    assert len(block) < 2_000


def test_the_smallest_type_that_holds_the_values():
    assert [smallest_unsigned(np.array([top])).dtype.name for top in (0, 255, 256, 65536)] == [
        "uint8",
        "uint8",
        "uint16",
        "uint32",
    ]


def test_what_hides_is_named():
    assert visible("a\u202eb\u2066c\x00d\u200b") == "a⟨U+202E⟩b⟨U+2066⟩c⟨U+0000⟩d⟨U+200B⟩"
    assert visible("two\nlines, naïve 日本 <b>") == "two lines, naïve 日本 <b>"
    assert len(visible("x" * 10_000)) == LONGEST_TEXT
