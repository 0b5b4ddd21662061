"""End to end, on a server that speaks the Hub's API on loopback and on folders."""

import importlib.util
import json
import shutil

import pandas as pd
import pyarrow.parquet as pq
import pytest
from transformers import AutoModelForCausalLM

import nucleate
from nucleate.cli.main import main
from nucleate.errors import Interrupted
from nucleate.run_folder.folder import RunFolder
from nucleate.scores import Scores
from tests import small_models
from tests.hub_server import serving
from tests.small_tokenizers import byte_level_bpe

FEW = [
    f"--set={one}"
    for one in (
        "scoring.n_resamples=10", "scoring.milestones=0", "scoring.n_init=1", "scoring.preparations=[\"raw\"]",
        "unseen.n_resamples=5", "unseen.n_shuffles=2",
    )
]  # fmt: skip
LEAN = [
    *FEW,
    '--set=scoring.positions=["last"]',
    '--set=scoring.factors=["task"]',
    '--set=unseen.positions=["last"]',
    "--set=pictures.tsne=false",
]
ANSWERS = {
    "capital": {"France": "Paris", "Japan": "Tokyo", "Brazil": "Brasilia"},
    "currency": {"France": "euro", "Japan": "yen", "Brazil": "real"},
    "domain": {"France": ".fr", "Japan": ".jp", "Brazil": ".br"},
    "tongue": {"France": "French", "Japan": "Japanese", "Brazil": "Portuguese"},
}


@pytest.fixture(scope="module")
def prompts(tmp_path_factory):
    path = tmp_path_factory.mktemp("prompts") / "p.jsonl"
    lines = [
        {"instruction": f"{verb} the {task} of", "input": country, "answer": answer, "task": task, "tone": verb,
         "split": "validation" if (number + i) % 3 == 0 else "train"}
        for task, answers in ANSWERS.items()
        for number, verb in enumerate(("Name", "Tell", "Say"))
        for i, (country, answer) in enumerate(answers.items())
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "tiny"
    small_models.KINDS["Llama"]().save_pretrained(path)
    byte_level_bpe().save_pretrained(path)
    return path


@pytest.fixture
def hub(tiny, tmp_path, monkeypatch):
    files = {file.name: file.read_bytes() for file in tiny.iterdir()}
    other = {**files, "model.safetensors": files["model.safetensors"][:-2] + b"\1\2"}
    with serving({"me/tiny": {"main": files, "step0": other, "step4": other, "step8": files}}) as (
        address,
        asked,
    ):
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        yield asked


@pytest.mark.shapes
def test_a_series_of_the_hub_from_prompts_to_page(hub, prompts, tmp_path, capsys):
    out = tmp_path / "out"
    command = [
        "analyze",
        "me/tiny",
        "--prompts",
        str(prompts),
        "--revisions",
        "step0,step4,main",
        "--out",
        str(out),
        *FEW,
    ]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "1 of 3 have the weights of another one" in said
    scores = Scores.read(out / "scores.parquet")
    assert (scores.values("step"), scores.values("model")) == ([0, 5], ["me/tiny"])
    assert scores.values("split") == ["train", "validation"]
    assert set(scores.values("position")) == {"", "last", "last_instruction", "instruction_mean", "input"}
    assert {"task", "tone", "instruction", "input", "output", "task_input"} <= set(scores.values("factor"))
    assert set(scores.values("control")) == {
        "none",
        "untrained",
        "bag_of_tokens",
        "ngrams",
        "shuffled_labels",
    }
    assert set(scores.where(method="model").values("metric")) == {"accuracy", "first_token_accuracy", "loss"}
    assert Scores.read(out / "unseen.parquet").values("split") == ["validation"]
    assert {"report.html", "claims.json", "config.toml", "corpus", "figures"} <= {
        path.name for path in out.iterdir()
    }
    assert not (out / "downloads").exists()
    assert main(["check", str(out)]) == 0

    hub.clear()
    assert main(command) == 0
    assert hub == [], "a second call asks nobody for anything"
    assert "is done already" in capsys.readouterr().out
    assert (
        main(["score", str(out), "--set", 'scoring.factors=["task"]', "--set", 'scoring.positions=["last"]'])
        == 0
    )
    assert set(Scores.read(out / "scores.parquet").values("factor")) == {"", "task"}
    assert hub == [], "states lie on disk"


@pytest.mark.usefixtures("drawn")
def test_one_command_draws_when_tasks_gather_over_a_series_on_prompts_that_come_along(
    tiny, tmp_path, monkeypatch
):
    files = {file.name: file.read_bytes() for file in tiny.iterdir()}
    config = json.loads(files["config.json"]) | {"max_position_embeddings": 256}
    files["config.json"] = json.dumps(config).encode()
    weights = files["model.safetensors"]
    series = {
        f"step{step}": {**files, "model.safetensors": weights[:-2] + bytes([1 + step, 2])}
        for step in (1, 8, 64)
    }
    with serving({"me/series": {"main": series["step64"], **series}}) as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        out = tmp_path / "series"
        few = [
            "--set=scoring.n_examples=60",
            "--set=unseen.n_examples=30",
            "--set=unseen.n_centroid_examples=60",
        ]
        names = "step1,step8,step64"
        command = ["analyze", "me/series", "--revisions", names, "--prompts", "everyday", "--out", str(out)]
        assert main([*command, *LEAN, *few, "--set=model.keep_identical=true"]) == 0
    run = nucleate.load_run(out)
    assert sorted(run.scores["step"].unique()) == [0, 1, 8, 64], "and the untrained twin"
    assert {"pretraining.png", "pretraining.svg", "pretraining-column.pdf"} <= {
        file.name for file in run.folder.figures.iterdir()
    }
    assert (tmp_path / "series-prompts.jsonl").exists()
    assert len(run.selective.query("score == 'confidence'"))


def test_what_was_captured_is_kept_when_a_later_checkpoint_fails(hub, prompts, tmp_path, monkeypatch):
    from nucleate.stages import capturing  # noqa: PLC0415 - loads torch

    out, real, stored = tmp_path / "out", capturing.store_states, []

    def breaks_off(*arguments, step, **named):
        if len(stored) == 1:
            raise Interrupted(2)
        stored.append(step)
        real(*arguments, step=step, **named)

    command = [
        "analyze",
        "me/tiny",
        "--prompts",
        str(prompts),
        "--revisions",
        "step0,main",
        "--out",
        str(out),
        *LEAN,
    ]
    monkeypatch.setattr(capturing, "store_states", breaks_off)
    assert main(command) == 130
    monkeypatch.setattr(
        capturing, "store_states", lambda *a, step, **n: (stored.append(step), real(*a, step=step, **n))
    )
    assert main(command) == 0
    assert stored == [1, 0]


def test_a_folder_of_checkpoints_is_a_series(tiny, prompts, tmp_path):
    for step in (0, 50):
        shutil.copytree(tiny, tmp_path / "series" / f"checkpoint-{step}")
    model = small_models.KINDS["GPT-2"]()
    model.save_pretrained(tmp_path / "series" / "checkpoint-50")
    out = tmp_path / "out"
    command = [
        "analyze",
        "mine",
        "--prompts",
        str(prompts),
        "--revisions",
        str(tmp_path / "series"),
        "--out",
        str(out),
    ]
    assert main([*command, *LEAN]) == 0
    scores = Scores.read(out / "scores.parquet")
    assert (scores.values("step"), scores.values("model")) == ([0, 50], ["mine"])


def _other_weights():
    model = small_models.KINDS["Llama"]()
    for number, weights in enumerate(model.parameters()):
        weights.data = weights.data.roll(number + 1)
    return model


@pytest.mark.ray
def test_a_series_on_a_cluster_has_the_bytes_of_one_that_is_captured_here(
    tiny, prompts, tmp_path, monkeypatch, capsys
):
    if not importlib.util.find_spec("ray"):
        pytest.skip("Ray is not installed: pip install 'nucleate[ray]'")
    for step in (10, 20):
        shutil.copytree(tiny, tmp_path / "series" / f"checkpoint-{step}")
    _other_weights().save_pretrained(tmp_path / "series" / "checkpoint-20")
    monkeypatch.chdir(tmp_path)  # nodes work in folders of their own
    monkeypatch.setattr("nucleate.stages.looking.MANY_EXAMPLES", 0)
    command = ["analyze", "mine", "--prompts", str(prompts), "--revisions", "series", *LEAN]
    assert main([*command, "--out", "here"]) == 0
    assert main([*command, "--out", "there", "--on", "ray", "--set", "ray.retries=1"]) == 0
    here, there = RunFolder(tmp_path / "here"), RunFolder(tmp_path / "there")
    for step in (0, 10, 20):
        files = sorted(file.name for file in here.states(step).iterdir())
        assert "states.npy" in files
        assert all(
            (here.states(step) / name).read_bytes() == (there.states(step) / name).read_bytes()
            for name in files
        )
    frames = [Scores.read(folder.scores).to_pandas().drop(columns="run") for folder in (here, there)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    assert main(["check", "there"]) == 0
    assert not list(there.path.glob("*.tmp*")) and not list(there.path.glob(".*capturing*"))
    assert main([*command, "--out", "there", "--set", "ray.retries=1"]) == 2
    assert "--on ray" in capsys.readouterr().err


def test_a_folder_of_a_trainers_checkpoints_gives_name_steps_and_losses(tiny, prompts, tmp_path, capsys):
    for step in (3, 6):
        checkpoint = tmp_path / "my-llama" / f"checkpoint-{step}"
        shutil.copytree(tiny, checkpoint)
        history = [{"step": one, "loss": 3.0 / one, "learning_rate": 0.1} for one in (3, 6) if one <= step]
        history.append({"step": step, "eval_loss": 1.0, "eval_accuracy": 0.5})
        (checkpoint / "trainer_state.json").write_text(
            json.dumps({"global_step": step, "log_history": history})
        )
    small_models.KINDS["GPT-2"]().save_pretrained(tmp_path / "my-llama" / "checkpoint-6")
    out, command = tmp_path / "out", ["analyze", str(tmp_path / "my-llama"), "--prompts", str(prompts)]
    assert main([*command, "--out", str(out), *LEAN]) == 0
    scores = Scores.read(out / "scores.parquet")
    assert (scores.values("step"), scores.values("model")) == ([0, 3, 6], ["my-llama"])
    log = [json.loads(line) for line in (out / "training.jsonl").read_text().splitlines()]
    assert [(line["step"], line["loss"], line["accuracy"]["validation"]) for line in log] == [
        (3, 1.0, 0.5),
        (6, 0.5, 0.5),
    ]
    assert main(["check", str(out)]) == 0
    capsys.readouterr()
    assert main([*command[:2], "--audit", "--tensors", "--step-regex", r"check(\d*)"]) == 0
    assert "Steps: checkpoint-3 and 1 more tell no step, numbered 1 to 2" in capsys.readouterr().out


def test_prompts_without_parts_or_answers_of_a_single_model(tiny, tmp_path, capsys):
    (tmp_path / "p.csv").write_text(
        "prompt,topic\n"
        + "\n".join(f"{word} of {name},{word}" for word in ("capital", "currency", "yen") for name in ANSWERS)
    )
    out = tmp_path / "out"
    assert main(["analyze", str(tiny), "--prompts", str(tmp_path / "p.csv"), "--out", str(out), *FEW]) == 0
    assert "unseen is left out: the prompts do not tell their instruction" in " ".join(
        capsys.readouterr().out.split()
    )
    scores = Scores.read(out / "scores.parquet")
    assert (scores.values("model"), scores.values("step")) == (["tiny"], [0, 1])
    assert scores.values("position") == ["last"]
    assert set(scores.where(control="none", metric="ari").values("factor")) == {"topic"}
    assert len(scores.where(method="model")) == 0
    table = pq.read_table(out / "corpus" / "instances.parquet")
    assert {"instance", "id", "topic", "prompt", "split", "input_ids"} <= set(table.column_names)
    assert main(["intervene", str(out)]) == 2
    assert "interventions need prompts that tell" in capsys.readouterr().err


def test_the_table_alone_downloads_no_weights(hub, tiny, capsys):
    assert main(["analyze", "me/tiny", "--audit"]) == 0
    said = capsys.readouterr().out
    for revision in ("main", "step0", "step4", "step8"):
        assert revision in said
    assert "2 of 4 have the weights of another one" in said
    assert not [path for _, path in hub if "/resolve/" in path]
    assert main(["analyze", str(tiny), "--audit"]) == 0


def test_interventions_on_somebody_elses_model(tiny, tmp_path):
    """Every letter is a token, so instructions of as many letters can be exchanged, and answers begin differently."""
    model, out, words = tmp_path / "letters", tmp_path / "out", ("capital", "dialing", "tongues", "domains")
    shutil.copytree(tiny, model)
    byte_level_bpe(n_merges=0).save_pretrained(model)
    lines = [
        {"instruction": f"{verb} {task}", "input": x, "answer": f"{i}{x}", "task": task, "split": split}
        for i, task in enumerate(words)
        for verb, split in (("Name", "train"), ("Tell", "train"), ("Find", "validation"))
        for x in "xy"
    ]
    (tmp_path / "p.jsonl").write_text("\n".join(map(json.dumps, lines)))
    settings = (
        "intervene.in_run=true",
        "intervene.n_pairs=4",
        "intervene.n_resamples=5",
        "model.untrained=false",
        "prompts.delimiter=",
    )
    command = ["analyze", str(model), "--prompts", str(tmp_path / "p.jsonl"), "--out", str(out)]
    assert main([*command, *LEAN, *(f"--set={one}" for one in settings)]) == 0
    effects = pq.read_table(out / "interventions.parquet")
    assert set(effects["model"].to_pylist()) == {"letters"}
    assert {"last_instruction", "input", "all_prompt"} <= set(effects["position"].to_pylist())


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["TINY"], "no prompts are given"),
        (["TINY", "--prompts", "missing.jsonl"], "missing.jsonl cannot be read"),
        (["TINY", "--prompts", "bad.jsonl"], "bad.jsonl:2: prompt: is missing or empty"),
        (["TINY", "--prompts", "bare.jsonl"], "no label at all"),
        (["./nowhere", "--prompts", "good.jsonl"], "there is no ./nowhere"),
        (["me/nowhere", "--prompts", "good.jsonl"], "does not give it"),
        (["TINY", "--prompts", "good.jsonl", "--revisions", "step1"], "has no revisions"),
        (["TINY", "--prompts", "good.jsonl", "--set", "model.dtype=int4"], "model.dtype"),
        (["TINY", "--prompts", "good.jsonl", "--set", "scoring.positons=[]"], "Did you mean scoring.positions?"),
        (["TINY", "--prompts", "good.jsonl", "--set", "prompts.task=color"], "no prompt has the factor 'color'"),
        (["x.gguf", "--prompts", "good.jsonl"], "there is no x.gguf"),
    ],
)  # fmt: skip
def test_a_mistake_is_two_lines_and_nothing_is_written(tiny, tmp_path, monkeypatch, capsys, arguments, what):
    monkeypatch.chdir(tmp_path)
    good = [{"prompt": f"{one} b", "topic": "xy"[i // 2]} for i, one in enumerate("acef")]
    (tmp_path / "good.jsonl").write_text("\n".join(map(json.dumps, good)))
    (tmp_path / "bad.jsonl").write_text('{"prompt": "a b", "topic": "x"}\n{"topic": "y"}\n')
    (tmp_path / "bare.jsonl").write_text('{"prompt": "a b"}\n')
    before = set(tmp_path.iterdir())
    assert main(["analyze", *(str(tiny) if one == "TINY" else one for one in arguments)]) == 2
    error = capsys.readouterr().err
    assert what in error
    assert len(error.strip().splitlines()) == 2
    assert "Traceback" not in error
    assert set(tmp_path.iterdir()) == before


def test_weights_that_changed_are_captured_again(tiny, prompts, tmp_path):
    model, out = tmp_path / "model", tmp_path / "out"
    shutil.copytree(tiny, model)
    command = [
        "analyze",
        str(model),
        "--prompts",
        str(prompts),
        "--out",
        str(out),
        *LEAN,
        "--set=model.untrained=false",
    ]
    assert main(command) == 0
    before = RunFolder.open(out).outputs_digest("capture")
    changed = AutoModelForCausalLM.from_pretrained(model)
    changed.model.embed_tokens.weight.data.neg_()
    changed.save_pretrained(model)
    assert main(command) == 0
    assert RunFolder.open(out).outputs_digest("capture") != before


def test_prompts_may_be_a_table_in_memory(tiny, prompts, tmp_path):
    frame = pd.read_json(prompts, lines=True)
    settings = [one.removeprefix("--set=") for one in LEAN]
    run = nucleate.analyze(tiny, frame, tmp_path / "out", overrides=[*settings, "model.untrained=false"])
    assert set(run.scores["split"]) == {"train", "validation"}
    assert run.corpus.table.num_rows == len(frame)
