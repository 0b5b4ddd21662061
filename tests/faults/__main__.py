"""`make faults`: every promise at length, and the table of docs/reliability.md with its counts.

PART names promises (`watch kill tear fail full terminate disk damage manifest locks seeds long strangers tables numbers pages
signals`), EVERY tries each Nth point alone, QUICK is
the folder of a finished run in whose stages signals are tried, in place of the small one.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.faults import promises, strangers
from tests.faults.outcome import Outcome
from tests.faults.promises import Story
from tests.faults.signals import signals_are_heard
from tests.faults.small_disk import the_disk_fills
from tests.faults.trial import Forge
from tests.faults.watching import every_point


def main() -> int:
    """Try everything; exit 1 where something was not as promised."""
    Outcome.aloud = 100
    every = int(os.environ.get("EVERY", "1"))
    wanted = os.environ.get("PART", "").split()
    place = Path(tempfile.mkdtemp(prefix="nucleate-faults-"))
    forge = Forge(place)
    story = Story(forge, place)
    tried: dict[str, Callable[[], Outcome]] = {
        "watch": lambda: every_point(forge, every=every, first=every - 1),
        **{mode: partial(promises.never_torn, story, [mode], every) for mode in promises.MODES},
        "disk": lambda: the_disk_fills(story),
        "damage": lambda: promises.damage_is_found(story, every=every),
        "manifest": lambda: promises.structure_is_checked(story, every=every),
        "locks": lambda: promises.one_at_a_time(story),
        "seeds": lambda: promises.same_seed_same_bytes(story),
        "long": promises.long_runs,
        "strangers": lambda: strangers.models_run_and_reach_nothing(place / "models", every=every),
        "tables": lambda: strangers.tables_are_named_where_they_are_wrong(place, trials=3000 // every),
        "numbers": strangers.numbers_stay_sane,
        "pages": lambda: strangers.pages_are_inert(place / "pages"),
        "signals": lambda: signals_are_heard(
            Path(os.environ.get("QUICK", story.after("report"))), place / "stopped"
        ),
    }
    outcomes = {}
    for name, attempt in tried.items():
        if not wanted or name in wanted:
            begun = time.monotonic()
            outcomes[name] = attempt()
            print(f"{name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    forge.close()
    shutil.rmtree(place)
    print(table(outcomes))
    return int(any(outcome.wrong for outcome in outcomes.values()))


def table(outcomes: dict[str, Outcome]) -> str:
    """In Markdown: what was tried how often, and how often it was not as promised."""
    lines = ["| promise | tried | wrong |", "|---|---|---|"]
    for name, outcome in outcomes.items():
        counts = ", ".join(f"{kind} {n}" for kind, n in outcome.tried.items())
        lines.append(f"| {name} | {counts} | {len(outcome.wrong)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
