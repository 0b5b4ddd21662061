"""Every word that a table can hold has an entry."""

from pathlib import Path

import pytest

from nucleate.display_names import CONTROLS
from nucleate.glossary import definition, glossary
from nucleate.scoring.settings import ScoringSettings


@pytest.mark.parametrize("name", ["positions", "factors", "splits"])
def test_what_is_scored_by_default_is_defined(name):
    for value in ScoringSettings.model_fields[name].default:
        assert definition(value), value


def test_controls_are_defined_and_strangers_are_not():
    assert all(definition(control) for control in CONTROLS if control in ("untrained", "bag_of_tokens"))
    assert definition("no such word") is None


def test_a_term_stands_in_one_group_and_its_definition_is_part_of_a_sentence():
    terms = [term for group in glossary().values() for term in group]
    assert len(terms) == len(set(terms))
    for group in glossary().values():
        for meaning in group.values():
            assert not meaning.endswith(".") and not meaning[:2].istitle()


def test_the_page_is_what_the_program_says():
    code = compile(Path("docs/glossary.py").read_text(encoding="utf-8"), "glossary.py", "exec")
    names: dict = {"__name__": "glossary"}
    exec(code, names)
    assert Path("docs/glossary.md").read_text(encoding="utf-8") == names["glossary_page"]()
