"""What became of control arms, at any width of a terminal."""

import io

import pytest
from rich.console import Console

from nucleate.arms import ArmAtEnd
from nucleate.cli.arms import _print_ends

ENDS = [
    ArmAtEnd("sequence", "own", False, -0.28, -0.37, 0.27, "shuffled_labels", 1.0, 1.0, 0.33, 1),
    ArmAtEnd("answer", "shared", True, 0.9, 0.8, 1.0, "shuffled_labels", 0.54, 0.54, 0.5, 1),
]


def printed(width):
    console = Console(file=io.StringIO(), width=width, soft_wrap=True)
    _print_ends(console, ENDS)
    return console.file.getvalue().replace("\u00a0", " ").splitlines()


def test_where_there_is_room_arms_are_lines_of_a_table():
    assert printed(120) == [
        "    loss on the sequence, own inputs  −0.28 [−0.37, 0.27] · accuracy 0.33 · not clearly above its controls (1.00)",
        "    tasks at random, loss on answers  0.90 [0.80, 1.00] · accuracy 0.50 · above its controls (0.54)",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [60, 80])
def test_where_there_is_none_their_figures_stand_below_their_names_and_none_is_parted(width):
    lines = printed(width)
    assert all(len(line) <= width for line in lines)
    assert lines[0] == "    loss on the sequence, own inputs"
    assert lines[1].startswith("      −0.28 [−0.37, 0.27] · accuracy 0.33 ·")
    assert " ".join(" ".join(lines).split()) == (
        "loss on the sequence, own inputs −0.28 [−0.37, 0.27] · accuracy 0.33 · not clearly above its controls (1.00) "
        "tasks at random, loss on answers 0.90 [0.80, 1.00] · accuracy 0.50 · above its controls (0.54)"
    )
