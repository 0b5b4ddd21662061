import html
from html.parser import HTMLParser

from nucleate.claims.verdicts import ClaimVerdict
from nucleate.report.in_notebook import Shown, card


def texts_of(page):
    found = []
    parser = HTMLParser()
    parser.handle_data = found.append
    parser.feed(page)
    return found


def test_a_page_in_a_frame_is_the_page(tmp_path):
    page = tmp_path / "report.html"
    page.write_text("<p title=\"a & b\">'1' < 2</p>")
    shown = Shown(page, 300)._repr_html_()
    inside = shown.split('srcdoc="')[1].split('"')[0]
    assert html.unescape(inside) == page.read_text()
    assert 'height="300"' in shown


def test_a_card_has_a_verdict_per_claim_and_words_are_words(tmp_path):
    verdict = ClaimVerdict("depth", "deeper & <b>later</b>", "rule", "input", "holds", {})
    shown = card("<run>", tmp_path, [verdict], tmp_path / "none.png")
    assert texts_of(shown)[-3:] == ["depth", "holds", "deeper & <b>later</b>"]
    assert "<run>" in texts_of(shown) and "<img" not in shown
    assert "<table" not in card("run", tmp_path, [], tmp_path / "none.png")
