"""What a fresh process has to load: rooms that need no model start without the libraries that hold one."""

import subprocess
import sys
from pathlib import Path

import pytest

from nucleate.cli.main import VERBS
from nucleate.run_folder.folder import RunFolder

SOURCE = Path(__file__).parents[1] / "src"
MODEL = {"torch", "transformers"}
LIGHT_ROOMS = ("claims", "figures", "kmeans", "metrics", "report", "resampling", "scoring")
ARRAYS = {"numpy", "pandas", "pyarrow", "scipy", "sklearn", "matplotlib", "joblib"}


def modules_of(place: str) -> list[str]:
    """Every module of a room, by its dotted name."""
    files = (SOURCE / "nucleate" / place).rglob("*.py")
    return sorted(".".join(file.relative_to(SOURCE).with_suffix("").parts) for file in files)


def loaded_by(code: str) -> set[str]:
    """The top names in `sys.modules` after a fresh process ran `code`."""
    program = f"{code}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("room", LIGHT_ROOMS)
def test_a_room_that_needs_no_model_loads_none(room):
    assert not loaded_by(f"import {', '.join(modules_of(room))}") & MODEL


def test_a_scoring_process_loads_what_it_uses_alone():
    code = "import nucleate.stages.looking\nfrom nucleate.scores import Score, Scores\n"
    code += "about = dict(run='r', model='m', seed=1, step=0, split='train', metric='ari', value=0.5)\n"
    code += "assert len(Scores.from_rows([Score(**about, n_examples=9, method='kmeans')])) == 1"
    assert not loaded_by(code) & (MODEL | {"pandas", "sklearn", "matplotlib"})


def test_settings_load_no_arrays_either():
    """Of all rooms, and of all that puts them together; so that the commands about settings answer at once."""
    every = [name for name in modules_of("") if name.endswith(".settings")] + modules_of("settings")
    assert len(every) > 10
    assert not loaded_by(f"import {', '.join(every)}") & (MODEL | ARRAYS)


@pytest.mark.parametrize(
    "arguments",
    [["presets"], ["config", "quick"], ["--help"], *([verb.__name__, "--help"] for verb in VERBS)],
    ids=" ".join,
)
def test_a_question_about_what_there_is_loads_no_arrays(arguments):
    code = f"from nucleate.cli.main import main\nassert main({arguments!r}) == 0"
    assert not loaded_by(code) & (MODEL | ARRAYS)


def test_verdicts_are_judged_without_pandas(planted_scores, tmp_path):
    """It takes longer to load than all claims take to judge."""
    folder = RunFolder.create(tmp_path / "run", "seed = 1\n[claims]\n")
    for stage, table in (("scoring", folder.scores), ("unseen", folder.unseen)):
        with folder.stage(stage, "x"), folder.commit(table) as path:
            planted_scores(lambda step, layer: 0.2 * layer * (step > 0), bag=0.1).write(path)
    code = f"from nucleate.cli.main import main\nassert main(['verify', {str(folder.path)!r}]) in (0, 1)"
    assert not loaded_by(code) & (MODEL | ARRAYS - {"numpy", "pyarrow"})
