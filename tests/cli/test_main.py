"""What a user sees: two lines for a mistake, never a traceback, nothing overwritten."""

import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

import nucleate
from nucleate.cli.main import main
from nucleate.errors import Interrupted


@pytest.fixture(scope="module")
def run_folder(finished_smoke, tmp_path_factory):
    return shutil.copytree(finished_smoke, tmp_path_factory.mktemp("runs") / "smoke")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["run", "quik"], "Did you mean quick?"),
        (["run", "nothing.toml"], "no such file: nothing.toml"),
        (["run", "quick", "--set", "model.n_layers=3"], "Did you mean model.n_layer?"),
        (["run", "quick", "--set", "model.n_layer=0"], "model.n_layer"),
        (["run", "quick", "--set", "model.n_embd=130"], "not a multiple of model.n_head"),
        (["run", "quick", "--set", "corpus.n_inputs=30"], "n_inputs"),
        (["run", "quick", "--set", "corpus.n_variants=1000000"], "n_variants"),
        (["run", "quick", "--set", "training.warmup_steps=50000"], "training.warmup_steps=50000"),
        (["run", "quick", "--set", "training.steps"], "expected KEY=VALUE"),
        (["config", "smoke", "--seed", "1.7"], "--seed: '1.7' is no whole number"),
        (["corpus", "smoke", "--out", "c", "--seed", "-0.5"], "--seed: '-0.5' is no whole number"),
        (["run", "smoke", "--seed", "1e3"], "--seed: '1e3' is no whole number"),
        (["run", "smoke", "--seeds", "1.6"], "--seeds: '1.6' is no whole number"),
        (["export", "nowhere", "--to", "csv", "--step", "1.5"], "--step: '1.5' is no whole number"),
        (["compare", "nowhere", "--out", "c.html", "--states", "--steps", "1.5"], "--steps"),
        (
            ["compare", "nowhere", "--out", "c.html", "--steps", "0"],
            "--steps goes with --states or --clusters",
        ),
        (["run"], "PRESET"),
        (["fly"], "fly"),
        (["verify", "nowhere"], "nowhere is not a run's folder"),
        (["check", "nowhere"], "nowhere is not a run's folder"),
    ],
)
def test_a_mistake_is_two_lines_and_exit_code_2(arguments, what, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert what in error
    assert len(error.strip().splitlines()) == 2
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_is_two_lines_too(run_folder, monkeypatch, capsys):
    def full(*_arguments, **_named):
        raise OSError(28, "No space left on device", "training.jsonl")

    monkeypatch.setattr("nucleate.api.run", full)
    assert main(["run", "smoke", "--out", str(run_folder)]) == 2
    error = capsys.readouterr().err
    assert "No space left on device: training.jsonl" in error
    assert len(error.strip().splitlines()) == 2


def test_another_configs_folder_is_refused_and_left_alone(run_folder, capsys):
    before = {file: file.read_bytes() for file in run_folder.rglob("*") if file.is_file()}
    assert main(["run", "smoke", "--out", str(run_folder), "--seed", "2"]) == 2
    assert "holds a run with other settings: seed is 1 there and 2 here" in capsys.readouterr().err
    assert {file: file.read_bytes() for file in before} == before


def bytes_in(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["score", 'scoring.factors=["tsak"]'], "claims.factor is task, and scoring.factors has only tsak"),
        (["score", 'scoring.factors=["task", "tsak"]'], "scoring.factors has 'tsak'"),
        (["score", 'scoring.positions=["last_instruction", "inptu"]'], "scoring.positions has 'inptu'"),
        (["score", "claims.preparation=standardise"], "claims.preparation is standardise"),
        (["score", "scoring.n_examples=2"], "claims are judged by task"),
        (["unseen", 'unseen.positions=["lst"]'], "unseen.positions has 'lst'"),
        (["unseen", "unseen.n_centroid_examples=2"], "leaves 2 of 4 tasks without a centroid"),
        (["intervene", "intervene.split=valid"], "intervene.split has 'valid'"),
    ],
)
def test_a_mistake_in_what_is_made_again_leaves_the_folder_as_it_is(run_folder, arguments, what, capsys):
    before = bytes_in(run_folder)
    verb, override = arguments
    assert main([verb, str(run_folder), "--set", override]) == 2
    assert what in capsys.readouterr().err
    assert bytes_in(run_folder) == before


@pytest.mark.parametrize("broken_off", ["look_at_all", "untrained_control"])
def test_scoring_again_that_is_broken_off_leaves_scores_settings_and_run(run_folder, broken_off, monkeypatch):
    def interrupt(*_, **__):
        raise Interrupted(2)

    before = bytes_in(run_folder)
    with monkeypatch.context() as patched:
        patched.setattr(f"nucleate.stages.measuring.{broken_off}", interrupt)
        again = ["score", str(run_folder), "--set", "scoring.n_init=2", "--set", "scoring.milestones=0"]
        assert main(again) == 130
    assert bytes_in(run_folder) == before
    assert main(["run", "smoke", "--out", str(run_folder)]) == 0
    assert main(["check", str(run_folder)]) == 0


def test_a_mistake_is_told_before_anything_is_trained(tmp_path, capsys):
    out = tmp_path / "run"
    assert main(["run", "smoke", "--out", str(out), "--set", "intervene.split=valid"]) == 2
    assert "intervene.split has 'valid'" in capsys.readouterr().err
    assert not (out / "checkpoints").exists()


def test_a_path_is_printed_as_it_is_called(tmp_path, capsys):
    out = tmp_path / "[b]x[/] :smile:"
    assert main(["corpus", "smoke", "--out", str(out)]) == 0
    assert f"  The corpus: {out / 'corpus'}\n" in capsys.readouterr().out
    (out / "corpus" / "tasks.json").unlink()
    assert main(["check", str(out)]) == 1
    assert f"✗ {out / 'corpus' / 'tasks.json'} is missing\n" in capsys.readouterr().out
    assert main(["score", str(out)]) == 2
    assert f"{out / 'corpus' / 'tasks.json'} is missing" in capsys.readouterr().err


@pytest.mark.parametrize(("verdict", "code"), [("fails", 1), ("inconclusive", 0), ("holds", 0)])
def test_verify_speaks_through_its_exit_code(run_folder, capsys, monkeypatch, verdict, code):
    """Of `smoke` itself nothing is sure, so its verdicts are given."""
    run = nucleate.load_run(run_folder)
    given = [replace(one, verdict=verdict if one.claim == "depth" else "holds") for one in run.verdicts]
    monkeypatch.setattr(nucleate.api, "verify", lambda _: given)
    assert main(["verify", str(run_folder)]) == code
    assert f"depth: {verdict}" in capsys.readouterr().out


def test_check_speaks_through_its_exit_code(run_folder, capsys):
    assert main(["check", str(run_folder)]) == 0
    figure = run_folder / "figures" / "emergence.svg"
    whole = figure.read_text()
    figure.write_text(whole[:-10])
    assert main(["check", str(run_folder)]) == 1
    assert "emergence.svg" in capsys.readouterr().out
    figure.write_text(whole)


@pytest.mark.parametrize(
    ("verb", "says"), [("unseen", "unseen.png"), ("intervene", "last instruction token, layer")]
)
def test_analyses_alone_say_what_they_found(run_folder, verb, says, capsys):
    assert main([verb, str(run_folder)]) == 0
    said = capsys.readouterr().out
    assert "is done already" in said
    assert says in said
    assert main([verb, str(run_folder), "--set", "training.steps=9"]) == 2
    assert f"not about {verb}" in capsys.readouterr().err


def test_config_prints_what_run_reads(capsys, tmp_path):
    assert main(["config", "quick", "--set", "training.steps=7", "--set", "training.warmup_steps=3"]) == 0
    path = tmp_path / "mine.toml"
    path.write_text(capsys.readouterr().out)
    assert main(["config", str(path)]) == 0
    assert "steps = 7" in capsys.readouterr().out


def test_presets_are_listed(capsys):
    assert main(["presets"]) == 0
    listed = capsys.readouterr().out
    assert all(name in listed for name in ("smoke", "quick", "paper", "paper-wide", "dialects"))


def test_help_loads_neither_torch_nor_transformers():
    code = (
        "import sys; from nucleate.cli.main import main\n"
        "assert main(['--help']) == 0\n"
        "heavy = {'torch', 'transformers', 'pandas', 'sklearn', 'matplotlib'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for verb in ("run", "corpus", "score", "verify", "check", "presets", "config"):
        assert verb in done.stdout
