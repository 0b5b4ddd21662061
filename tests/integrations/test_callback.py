import json
import warnings

import jaxtyping
import pytest
import torch
from transformers import TrainerCallback

import nucleate
from nucleate import NucleateCallback
from nucleate.cli.main import main
from nucleate.errors import ConfigError, InterventionError, RunFolderError, WatchingWarning
from nucleate.integrations import callback as callback_module
from nucleate.integrations import watching

LEAN = (
    "scoring.n_resamples=10", "scoring.milestones=0", "scoring.n_init=1", 'scoring.preparations=["raw"]',
    'scoring.factors=["task"]', "unseen.n_resamples=5", "unseen.n_shuffles=2",
)  # fmt: skip


class Heard(TrainerCallback):
    def __init__(self):
        self.logs = []

    def on_log(self, args, state, control, logs=None, **kwargs):
        self.logs.append((state.global_step, dict(logs)))


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_watched_training_ends_in_the_same_bytes_and_in_a_page(train, prompts, tmp_path):
    plain = train().model.state_dict()
    heard, callback = (
        Heard(),
        NucleateCallback(prompts, every=2, out=tmp_path / "watched", most_share=1.0, overrides=LEAN),
    )

    def watch(trainer):
        trainer.add_callback(heard)
        callback.watch(trainer)

    trainer = train(watch)
    watched = trainer.model.state_dict()
    assert all(torch.equal(tensor, watched[name]) for name, tensor in plain.items())
    assert trainer.model.training

    looks = [step for step, logs in heard.logs if "nucleate/last/block.3" in logs]
    losses = [step for step, logs in heard.logs if "loss" in logs]
    assert (looks, losses) == ([0, 2, 4, 6], [3, 6]), "its own figures are logged as ever"
    run = callback.run
    assert (run.table.values("step"), run.table.values("model")) == ([0, 2, 4, 6], ["watched"])
    assert set(run.table.values("control")) >= {"none", "untrained", "bag_of_tokens", "shuffled_labels"}
    assert run.folder.report.is_file()
    cost = json.loads(run.folder.manifest_json.read_text())["watching"]
    assert (cost["looks"], cost["left_out"]) == (4, 0)
    log = [json.loads(line) for line in run.folder.training_log.read_text().splitlines()]
    assert [line["step"] for line in log] == [3, 6]
    assert main(["check", str(run.folder.path)]) == 0
    with pytest.raises(RunFolderError, match="watched to its end"):
        train(
            NucleateCallback(prompts, every=2, out=tmp_path / "watched", most_share=1.0, overrides=LEAN).watch
        )
    before = run.table.where(metric="ari").table["value"]
    again = nucleate.score(run, overrides={"scoring.n_resamples": 12})
    assert again.settings.scoring.n_resamples == 12
    assert again.table.where(metric="ari").table["value"] == before, "states are kept"
    with pytest.raises(InterventionError, match="not kept"):
        again.model(6)


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_looks_that_would_cost_too_much_are_left_out_and_counted(train, prompts, tmp_path):
    callback = NucleateCallback(prompts, every=1, out=tmp_path / "w", most_share=0.0, overrides=LEAN)
    trainer = train(lambda trainer: trainer.add_callback(callback))
    assert callback.run.table.values("step") == [0, 6], "the first and the last are always taken"
    assert json.loads(callback.run.folder.manifest_json.read_text())["watching"]["left_out"] == 5
    kept = [entry["step"] for entry in trainer.state.log_history if "nucleate/last/embed" in entry]
    assert kept == [0, 6], "without watch() the curves are in the Trainer's own log"


@pytest.mark.parametrize(
    "wrong",
    [
        {"every": 0}, {"every": "100"}, {"every": 2.5}, {"most_share": "all"}, {"most_share": float("nan")},
        {"most_share": -1}, {"positions": 3}, {"positions": [1]}, {"out": None}, {"out": ""},
    ],
)  # fmt: skip
def test_arguments_that_mean_nothing_are_named_at_once(prompts, tmp_path, wrong, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)  # who checks no hints is told too
    name, value = next(iter(wrong.items()))
    with pytest.raises(ConfigError, match=f"{name}={value!r}".replace("[", r"\[")):
        NucleateCallback(prompts, **{"out": tmp_path / "w", **wrong})


def test_one_position_is_one_and_what_is_watched_is_a_trainer(prompts, tmp_path, monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    callback = NucleateCallback(
        prompts, positions="last", out=tmp_path / "w", overrides={"scoring.n_init": 2}
    )
    assert callback._watch.overrides == (
        'scoring.positions=["last"]', 'unseen.positions=["last"]', "scoring.n_init=2",
    )  # fmt: skip
    with pytest.raises(ConfigError, match="expected a Trainer to watch, got NoneType"):
        callback.watch(None)


class Infinite(TrainerCallback):
    """From some steps on a weight is infinite while others look; the training itself never sees it."""

    def __init__(self, steps):
        self.steps, self.kept = steps, None

    def on_step_end(self, args, state, control, model=None, **kwargs):
        weight = model.model.layers[1].mlp.up_proj.weight.data
        if state.global_step in self.steps:
            if self.kept is None:
                self.kept = weight.clone()
                weight[0, 0] = float("inf")
            else:
                weight.copy_(self.kept)
                self.kept = None


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("steps", [(2, 4), (2, 4, 6)], ids=["for a while", "to the end"])
def test_a_look_at_what_is_not_finite_is_left_out_and_the_training_goes_on(train, prompts, tmp_path, steps):
    callback = NucleateCallback(prompts, every=2, out=tmp_path / "w", most_share=1.0, overrides=LEAN)
    infinite = Infinite(steps)

    def watch(trainer):
        for one in (infinite, callback, infinite):
            trainer.add_callback(one)

    with pytest.warns(WatchingWarning, match=r"look at step 2 is left out.* not finite at block\.2") as told:
        trainer = train(watch)
    assert trainer.state.global_step == 6
    assert sum(one.category is WatchingWarning for one in told) == 1, "once of a kind"
    seen = [step for step in (0, 2, 4, 6) if step not in steps]
    assert callback.run.table.values("step") == sorted({*seen, 6}), (
        "the last one is looked at when it is over"
    )
    cost = json.loads(callback.run.folder.manifest_json.read_text())["watching"]
    assert cost["left_out"] == len({*steps} - {6})
    assert callback.run.folder.report.is_file()


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_what_fails_behind_the_last_step_is_told_and_the_training_is_there(
    train, prompts, tmp_path, monkeypatch
):
    callback = NucleateCallback(prompts, every=3, out=tmp_path / "w", most_share=1.0, overrides=LEAN)
    with pytest.raises(RunFolderError, match="not at its end"):
        _ = callback.run

    def full(_context):
        raise OSError("No space left on device")

    monkeypatch.setattr(watching, "score", full)
    with pytest.warns(WatchingWarning, match="the scoring of what was seen is left out.*No space left"):
        trainer = train(callback.watch)
    assert trainer.state.global_step == 6
    with pytest.raises(RunFolderError, match="was not scored: OSError: No space left"):
        _ = callback.run
    monkeypatch.undo()
    assert nucleate.score(tmp_path / "w").table.values("step") == [0, 3, 6], "what was seen is kept"


def test_where_warnings_are_errors_none_of_ours_ends_a_training(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        callback_module._warn("the look at step 3 is left out")
    assert "step 3 is left out" in capsys.readouterr().err
