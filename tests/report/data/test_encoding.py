import base64
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nucleate.report.data.encoding import LONGEST_TEXT, script_json, smallest_unsigned, typed_array, visible


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


@pytest.mark.parametrize("type_", ["f4", "u1", "u2", "u4", "i4"])
def test_typed_arrays_come_back(type_):
    values = np.array([0, 1, 200], dtype=type_)
    encoded = typed_array(values.astype(values.dtype.newbyteorder(">")))
    assert (np.frombuffer(base64.b64decode(encoded["base64"]), dtype="<" + type_) == values).all()


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
