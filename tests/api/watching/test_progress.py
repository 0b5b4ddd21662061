"""What is seen on a terminal and in a log."""

import io
import time

from rich.console import Console
from rich.progress import Progress

from nucleate.api.watching.progress import RunProgress, how_far, watched
from nucleate.stages.observer import Silent
from nucleate.training.observer import TrainingRecord

SITES = ("embed", *(f"block.{i}" for i in range(1, 7)), "final_norm")


STAGES = ("training", "scoring", "figures")


def watch(terminal, sites=SITES, width=80):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=width, highlight=False)
    with RunProgress("last_instruction", 400, console, stages=STAGES) as progress:
        progress.on_stage("training", "begins")
        for step in (0, 200, 400):
            loss, accuracy = (1.5 if step else None), {"train": step / 400, "validation": step / 401}
            progress.on_record(TrainingRecord(step, loss, 0.1, 1.0, 3, accuracy))
            agreement = [step / 400 * i / (len(sites) - 1) - 0.03 for i in range(len(sites))]
            progress.on_agreement(step, dict(zip(sites, agreement, strict=True)))
        progress._bar.refresh()
        progress.on_stage("training", "ends")
        progress.on_stage("scoring", "begins")
        progress.on_progress(3, 11)
        progress._bar.refresh()
        progress.on_stage("scoring", "ends")
        progress.on_stage("figures", "is done already")
    return console.file.getvalue()


def test_a_note_breaks_no_word_on_a_terminal_and_is_one_line_in_a_file():
    note = "runs/mine/training.jsonl is not the file that was written: torn or edited; it is not read"
    for terminal, lines in (
        (
            True,
            [
                "  runs/mine/training.jsonl is not the file that was written:",
                "  torn or edited; it is not read",
            ],
        ),
        (False, [f"  {note}"]),
    ):
        console = Console(file=io.StringIO(), force_terminal=terminal, color_system=None, width=60)
        RunProgress("last", 1, console).on_note(note)
        assert console.file.getvalue().splitlines() == lines


def test_a_terminal_sees_how_far_it_is_and_what_is_left():
    seen = watch(terminal=True)
    assert "400 of 400" in seen
    assert "3 of 11" in seen and "gone" in seen
    assert "stage 2 of 3, scoring" in seen
    assert "loss 1.500  train 1.000  valid 0.998" in watch(terminal=True, width=120)


def test_a_log_has_plain_lines_that_fit():
    lines = watch(terminal=False).splitlines()
    assert "\x1b" not in "".join(lines)
    assert max(map(len, lines)) <= 80
    (last,) = (line for line in lines if line.strip().startswith("400"))
    assert last.split()[:4] == ["400", "1.500", "1.000", "0.998"]
    assert [cell[1:] for cell in last.split()[4:]] == ["-.03", ".11", ".26", ".40", ".54", ".68", ".83"]


def test_as_many_layers_are_shown_as_fit():
    lines = watch(terminal=False, sites=tuple(f"block.{i}" for i in range(31))).splitlines()
    assert max(map(len, lines)) <= 80
    (header,) = (line for line in lines if line.strip().startswith("step"))
    assert header.split()[4:] == ["0", "5", "10", "15", "20", "25", "30"]


def test_a_log_that_has_been_silent_is_told_how_far_the_stage_is():
    console = Console(file=io.StringIO(), width=80)
    with RunProgress("last", 400, console, stages=STAGES, silence=0.05) as progress:
        progress.on_stage("scoring", "begins")
        progress.on_progress(3, 11)
        deadline = time.monotonic() + 20
        while "gone" not in console.file.getvalue() and time.monotonic() < deadline:
            time.sleep(0.01)
    assert "  … stage 2 of 3, scoring, 3 of 11, 0:00 gone" in console.file.getvalue()


def test_a_notebook_is_shown_progress_and_a_script_is_not(monkeypatch):
    mine = Silent()
    with watched(mine, "last") as watcher:
        assert watcher is mine
    with watched(None, "last") as watcher:
        assert isinstance(watcher, Silent)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    with watched(None, "input", 30) as watcher:
        assert isinstance(watcher, RunProgress)
        assert (watcher.position, watcher.steps) == ("input", 30)


def test_the_time_left_is_by_the_whole_and_not_by_a_burst():
    seconds = [100.0]
    bar = Progress(get_time=lambda: seconds[0], disable=True)
    bar.add_task("scoring", total=14)
    (task,) = bar.tasks
    seconds[0] += 60
    for done in (1, 2):
        bar.update(task.id, completed=done)
    assert how_far(task) == "2 of 14, 1:00 gone, about 6:00 left"
