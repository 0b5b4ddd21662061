"""Terms are explained once each, by the glossary, and no text becomes markup."""

import re

from nucleate.glossary import definition
from nucleate.report.words.terms import explained, terms


def test_the_first_place_of_a_term_has_its_definition():
    text = "adjusted Rand index across groups, then adjusted Rand index, then adjusted Rand index again"
    buttons = re.findall(r'data-means="([^"]*)"[^>]*>([^<]*)</span>', explained(text))
    assert buttons == [
        (definition("ari_across"), "adjusted Rand index across groups"),
        (definition("ari"), "adjusted Rand index"),
    ]
    assert re.sub(r"<[^>]*>", "", explained(text)) == text


def test_parts_of_words_are_none_and_markup_is_text():
    assert "role=" not in explained("excessive, 195 %, un-excess")
    assert explained("<b>x</b>") == "&lt;b&gt;x&lt;/b&gt;"


def test_every_term_is_in_the_glossary():
    assert len(terms()) > 15 and all(terms().values())
    assert "task" not in terms(), "a page in which every second word is explained explains none"
