"""What is left out where a corpus lacks something, and that it costs no run."""

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from nucleate.corpus.grammars.grammar_corpus import GrammarCorpus
from nucleate.corpus.prompts.files.prompt_files import Prompt, compose
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.errors import LabelsError
from nucleate.run_folder.folder import RunFolder
from nucleate.settings.presets import resolve
from nucleate.stages import measuring
from nucleate.stages.context import StageContext
from nucleate.stages.observer import Silent
from tests.small_tokenizers import byte_level_bpe


class Said(Silent):
    def __init__(self):
        self.seen = []

    def on_stage(self, name, what):
        self.seen.append(f"{name} {what}")

    def on_note(self, text):
        self.seen.append(text)


def prompts_of(inputs, splits):
    """Four tasks, each with a few instructions of as many letters."""
    prompts = []
    for i, task in enumerate(("capital", "dialing", "tongues", "domains")):
        for verb, split in zip(("Name", "Tell", "Find"), splits, strict=True):
            for x in inputs:
                text, instruction, input_ = compose("{instruction} {input}", f"{verb} {task}", x)
                prompts.append(Prompt(text, text, instruction, input_, f"{i}{x}", split, {"task": task}))
    return PromptCorpus.build(prompts, byte_level_bpe(n_merges=0))


def context_of(path, corpus, stage, *overrides):
    """A folder whose corpus and `stage` are finished, with a model that must not be asked anything."""
    settings = resolve("smoke", overrides)
    folder = RunFolder.create(path, settings.to_toml())
    for finished in ("corpus", stage):
        with folder.stage(finished, "planted"):
            pass
    subject = SimpleNamespace(name="m", stage=stage, steps=[1], model=lambda _step: nullcontext())
    return StageContext(settings, folder, Said(), corpus, subject)


def test_tasks_of_one_input_cost_the_interventions_and_not_the_run(tmp_path):
    corpus = prompts_of("x", ("train", "train", "validation"))
    context = context_of(tmp_path / "run", corpus, "training")
    measuring.intervene_if_possible(context)
    why = "a task has no centroid without the input that is tested"
    assert context.observer.seen == [f"intervene is left out: {why}"]
    assert context.folder.manifest["left_out"] == {"intervene": why}
    assert "intervene" not in context.folder.manifest["stages"]


def test_what_centroids_lack_on_the_way_costs_no_run_either(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise LabelsError("task 5 has no centroid", "Take more.")

    monkeypatch.setattr(measuring, "intervene_on", fail)
    context = context_of(tmp_path / "run", prompts_of("xy", ("train", "train", "validation")), "training")
    measuring.intervene_if_possible(context)
    assert context.folder.manifest["left_out"] == {"intervene": "task 5 has no centroid"}
    assert not context.folder.is_finished("intervene")


def test_it_is_said_that_nothing_is_repaired_where_nothing_is_held_out(tmp_path, monkeypatch):
    monkeypatch.setattr(measuring, "intervene_on", lambda *_, **__: [])
    corpus = prompts_of("xy", ("train", "train", "train"))
    context = context_of(tmp_path / "run", corpus, "capture", "intervene.split=train")
    measuring.intervene(context)
    assert context.folder.is_finished("intervene")
    assert any(said.startswith("repair is left out") for said in context.observer.seen)


@pytest.mark.parametrize("stage", ["capture", "training"])
def test_unseen_instances_that_cannot_be_looked_at_leave_no_finished_stage(tmp_path, monkeypatch, stage):
    def fail(*_, **__):
        raise LabelsError("task 5 has no centroid", "Take more.")

    monkeypatch.setattr(measuring, "look_at_unseen", fail)
    corpus = GrammarCorpus.build(resolve("smoke").corpus, 1)
    context = context_of(tmp_path / "run", corpus, stage)
    if stage == "training":
        with pytest.raises(LabelsError, match="task 5"):
            measuring.unseen(context)
        return
    measuring.unseen(context)
    assert "unseen is left out: task 5 has no centroid" in context.observer.seen
    assert context.folder.manifest["left_out"] == {"unseen": "task 5 has no centroid"}
    assert not context.folder.is_finished("unseen"), "claims would look for its table"


def test_clusters_of_pictures_have_as_many_starts_as_claims(monkeypatch):
    monkeypatch.setattr(measuring, "Projector", lambda *given: given[3])
    last = SimpleNamespace(
        split=np.repeat("train", 8), labels={"task": np.arange(8) % 2}, select=lambda _shown: None
    )
    assert measuring._projector(last, [1], resolve("smoke", ["scoring.n_init_settled=7"])) == 7
