"""Tables within tables: what is put into them, where a file of them is torn, and the forms of a change."""

import pytest

from nucleate.errors import ConfigError
from nucleate.settings.tables import assignments, flat, merge, override, read_toml


def test_override_leaves_its_argument_alone():
    values = {"training": {"steps": 2}}
    override(values, ["training.steps=9"])
    assert values == {"training": {"steps": 2}}


def test_merge_puts_tables_over_tables_and_leaves_the_rest():
    values = {"a": 1, "b": {"c": 2, "d": 3}, "e": {"f": 4}}
    assert merge(values, {"b": {"c": 5}, "g": {"h": 6}}) == {
        "a": 1,
        "b": {"c": 5, "d": 3},
        "e": {"f": 4},
        "g": {"h": 6},
    }
    assert values["b"] == {"c": 2, "d": 3}


def test_torn_toml_names_the_file(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text("a = [")
    with pytest.raises(ConfigError, match=r"x\.toml"):
        read_toml(path)


def test_a_change_is_the_same_in_whichever_form_it_is_given():
    said = ("training.steps=800", 'training.rule="late"')
    assert assignments({"training.steps": 800, "training.rule": "late"}) == said
    assert assignments({"training": {"steps": 800, "rule": "late"}}) == said
    assert assignments(list(said)) == said
    assert assignments(said[0]) == said[:1]


def test_changes_put_into_nothing_are_the_tables_that_they_name():
    values = {"seed": 1, "training": {"steps": 800, "deep": {"er": [1, 2]}}}
    assert override({}, assignments(values)) == values
    assert dict(flat(values)) == {"seed": 1, "training.steps": 800, "training.deep.er": [1, 2]}
