"""The rules of the house that no linter knows."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "manager"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_read_in_one_sitting_and_says_what_it_hides(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500
    assert path.stem not in NAMELESS
    assert not text or ast.get_docstring(ast.parse(text)), "a module says what it hides and why"


@pytest.mark.parametrize(
    "room", sorted({path.parent for path in SOURCES}), ids=lambda room: str(room.relative_to(ROOT))
)
def test_a_room_has_at_most_nine_files(room):
    files = [path.name for path in SOURCES if path.parent == room and path.name != "__init__.py"]
    limit = {"cli": 99, "nucleate": 13}.get(room.name, 9)  # one file per verb; the ground floor
    assert len(files) <= limit, f"part this room: {files}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_tests_mirror_the_source(path):
    """A room is tested in the file of its name, or it is one that has nothing to test but through others."""
    through_others = {
        "__init__.py", "__main__.py", "errors.py", "run_folder/interrupts.py",  # every test of a mistake or a signal
        "capture/hidden_states.py", "capture/positions.py", "capture/sites.py",  # tests of capture/record.py
        "training/objective.py", "training/checkpoint.py", "training/observer.py",  # tests of packing.py and trainer.py
        "scoring/rows/cluster_figures.py", "scoring/rows/label_figures.py",  # tests of score_states.py
        "stages/observer.py", "stages/making.py", "stages/capturing.py", "stages/measuring.py", "stages/showing.py", "stages/subjects.py", "stages/looking.py", "stages/planning/analysis_settings.py",  # tests of experiment.py
        "api/plots.py",  # tests of api/runs.py
        "cluster/joined.py",  # tests of cluster/workers.py and sweep/executors/on_ray.py
        "corpus/prompts/files/prompt_lines.py",  # tests of prompt_files.py
        "resampling/named_seeds.py",  # of all that is drawn
    }  # fmt: skip
    place = path.relative_to(ROOT / "src" / "nucleate").as_posix()
    if place in through_others or place.startswith("cli/") or path.name in ("__init__.py", "settings.py"):
        return
    mirror = ROOT / "tests" / path.relative_to(ROOT / "src" / "nucleate").with_name(f"test_{path.name}")
    assert mirror.exists(), f"{place} has no {mirror.relative_to(ROOT)}"


def test_commands_page_is_what_the_program_says():
    code = compile((ROOT / "docs" / "commands.py").read_text(), "commands.py", "exec")
    names: dict = {"__name__": "commands"}
    exec(code, names)
    assert (ROOT / "docs" / "commands.md").read_text() == names["commands_page"](), (
        "write it again with: python docs/commands.py"
    )
