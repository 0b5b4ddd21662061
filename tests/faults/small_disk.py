"""A disk that is really full: each stage on a file system that has hardly more room than what is there already.

A file system in memory is mounted for it, which root may do, or anybody in a namespace of their own:
`unshare --map-root-user --mount make faults PART=disk`.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.faults.outcome import Outcome
from tests.faults.promises import Story, disagreements, ending, goes_on

EXTRA = (8, 32, 128)
"""kB beside what is there."""
_PAGE = 4096
_ENOUGH = "size=64m"


def the_disk_fills(story: Story, extra: Sequence[int] = EXTRA) -> Outcome:
    """It is said which file cannot be written, what was finished stays, and with room the same command goes on."""
    outcome, usual = Outcome(), story.folder
    disk = story.place / "disk"
    for stage in story.stages:
        for kilobytes in extra:
            before = story.before(stage)
            with _mounted(disk, _kilobytes(before) + kilobytes) as folder:
                story.folder = folder
                if before.exists():
                    shutil.copytree(before, folder)
                ended = story.run(stage)
                wrong = [*ending(ended, "full"), *disagreements(folder)]
                if ended.code == 2 and str(folder) not in ended.said:
                    wrong.append(f"does not name the folder: {ended.last_lines}")
                subprocess.run(["mount", "-o", f"remount,{_ENOUGH}", disk], check=True)
                wrong += goes_on(story, stage)
                kind = "said to be full" if ended.code else "had room"
                outcome.count(kind, f"{kilobytes} kB for {stage}", wrong)
    story.folder = usual
    return outcome


@contextmanager
def _mounted(disk: Path, kilobytes: int) -> Iterator[Path]:
    disk.mkdir(exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", disk], check=True)
    try:
        yield disk / "run"
    finally:
        subprocess.run(["umount", disk], check=True)


def _kilobytes(folder: Path) -> int:
    """What a folder takes where every file begins a page."""
    files = [file for file in folder.rglob("*") if file.is_file()] if folder.exists() else []
    return sum(-(-file.stat().st_size // _PAGE) for file in files) * _PAGE // 1024
