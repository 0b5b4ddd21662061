"""What is seen of a sweep: a bar on a terminal, lines elsewhere, and never silence."""

import io
import threading

import pytest
from rich.console import Console

from nucleate.cli.sweep_progress import SweepProgress, counts, in_words
from nucleate.settings.presets import resolve
from nucleate.sweep.executors.progress import Tally
from nucleate.sweep.executors.tasks import Outcome
from nucleate.sweep.grid import Point

POINT = Point({"training.objective": "answer", "model.n_layer": 2}, resolve("smoke", ["seed=7"]))


def tally_of(*outcomes):
    tally = Tally(n_points=6, before=2, clock=iter(range(0, 1000, 100)).__next__)
    for outcome in outcomes:
        tally.count(outcome)
    return tally


def test_counts_say_all_that_there_is_to_say():
    assert counts(tally_of()) == "2/6 done, 0 running"
    some = tally_of(
        Outcome("a", "begins"), Outcome("a", "done", 9.0), Outcome("b", "failed"), Outcome("c", "begins")
    )
    assert counts(some) == "3/6 done, 1 running, 1 failed, 2 min left"
    assert [in_words(one) for one in (89, 91, 5401)] == ["89 s", "2 min", "1.5 h"]


def test_a_point_that_ends_is_a_line():
    console = Console(file=io.StringIO(), soft_wrap=True)
    with SweepProgress(6, 2, console) as progress:
        begun = Outcome(POINT.name, "begins")
        progress.on_outcome(POINT, begun, tally_of(begun))
        assert console.file.getvalue() == ""
        done = Outcome(POINT.name, "done", 9.0)
        progress.on_outcome(POINT, done, tally_of(begun, done))
    assert "✓ objective=answer, n_layer=2, seed=7 9.0 s · 3/6 done, 0 running" in console.file.getvalue()


ARM = Point(
    {"training.objective": "sequence", "corpus.input_vocabulary": 6, "corpus.memorize": False},
    resolve("smoke"),
)


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (120, ["  ✓ objective=sequence, input_vocabulary=6, memorize=False, seed=1 9.0 s · 3/6 done, 0 running, 10 min left"]),
        (80, ["  ✓ objective=sequence, input_vocabulary=6, memorize=False, seed=1", "    9.0 s · 3/6 done, 0 running, 10 min left"]),
        (60, [
            "  ✓ objective=sequence, input_vocabulary=6, memorize=False,", "    seed=1",
            "    9.0 s · 3/6 done, 0 running, 10 min left",
        ]),
    ],
)  # fmt: skip
def test_on_a_terminal_no_word_of_a_point_is_broken(width, lines):
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width, soft_wrap=True)
    begun, done = Outcome("a", "begins"), Outcome("a", "done", 9.0)
    progress = SweepProgress(6, 2, console)
    progress.on_outcome(ARM, done, tally_of(begun, done))
    assert console.file.getvalue().splitlines() == lines


def test_in_a_file_a_point_is_one_line_however_long():
    console = Console(file=io.StringIO(), width=60, soft_wrap=True)
    begun, done = Outcome("a", "begins"), Outcome("a", "done", 9.0)
    SweepProgress(6, 2, console).on_outcome(ARM, done, tally_of(begun, done))
    assert len(console.file.getvalue().splitlines()) == 1


class Listened(io.StringIO):
    """Says when a text was written."""

    def __init__(self, text):
        super().__init__()
        self.text, self.heard = text, threading.Event()

    def write(self, what):
        n = super().write(what)
        if self.text in self.getvalue():
            self.heard.set()
        return n


def test_where_there_is_no_bar_a_line_comes_even_if_no_point_ends():
    log = Listened("1 running")
    with SweepProgress(6, 2, Console(file=log, soft_wrap=True), beat=0.01) as progress:
        begun = Outcome(POINT.name, "begins")
        progress.on_outcome(POINT, begun, tally_of(begun))
        assert log.heard.wait(60)
    assert "… 2/6 done, 1 running" in log.getvalue()


def test_a_terminal_has_a_bar_with_the_counts():
    screen = io.StringIO()
    with SweepProgress(6, 2, Console(file=screen, force_terminal=True, width=100)) as progress:
        begun = Outcome(POINT.name, "begins")
        progress.on_outcome(POINT, begun, tally_of(begun))
        progress._bar.refresh()
    assert "━" in screen.getvalue() and "2/6 done, 1 running" in screen.getvalue()
