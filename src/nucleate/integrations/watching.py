"""A training that somebody else's loop runs, looked at from time to time.

This module hides that a look leaves no trace in the model or in the sources of chance, what a look costs
and how that is bounded, and that what was seen becomes a folder like that of any analysis.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from nucleate.api.runs import Run
from nucleate.capture.self_test import settle_capture
from nucleate.capture.stored import read_states, store_states
from nucleate.corpus.corpus import Corpus
from nucleate.corpus.prompts.given_prompts import GivenPrompts
from nucleate.corpus.prompts.prompt_corpus import PromptCorpus
from nucleate.corpus.subset import analysis_subset
from nucleate.errors import RunFolderError
from nucleate.models.series.settings import FROM_A_LOOP
from nucleate.models.series.trainer_log import log_lines, write_lines
from nucleate.run_folder.folder import RunFolder
from nucleate.scoring.methods import GLANCED_EXAMPLES, agreement_at_a_glance
from nucleate.settings.presets import AnalysisSettings
from nucleate.stages.context import FolderContext
from nucleate.stages.measuring import score, unseen, wanted_rows
from nucleate.stages.observer import Silent
from nucleate.stages.planning.analysis_settings import resolve_analysis
from nucleate.stages.showing import draw, make_report
from nucleate.stages.subjects import Kept


@dataclass
class Watch:
    """Looks at a model in training.

    Attributes:
        given: the prompts.
        out: the folder.
        most_share: of the time since the training began that looks may take; one that is due is left out
            where they have taken more. The first and the last are always taken.
        steps: of the looks that were taken.
        left_out: of those that were due and were not, or failed.
        seconds: that looks have taken.
    """

    given: GivenPrompts
    out: Path
    most_share: float
    overrides: tuple[str, ...] = ()
    steps: list[int] = field(default_factory=list)
    left_out: set[int] = field(default_factory=set)
    seconds: float = 0.0

    def begin(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, step: int
    ) -> Mapping[str, float]:
        """Make everything ready, prove that batches give what single prompts do, and take the first look."""
        self.begun = time.monotonic()
        with self.given.written():
            self._settle(model, tokenizer, step)
        self.steps = [one for one in self.folder.state_steps() if one < step]
        try:
            return self.look(model, step, must=True)
        except BaseException:
            self._open.close()  # else the folder stayed locked
            raise

    def _settle(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, step: int) -> None:
        self.settings, prompts = resolve_analysis(*self._asked(), self.overrides)
        self.folder = RunFolder.create(self.out, self.settings.to_toml())
        self._open = ExitStack()
        with ExitStack() as opening:
            opening.enter_context(self.folder.locked())
            context = FolderContext(self.settings, self.folder, Silent())
            self._refuse_another(step)
            with context.stage("corpus", self.settings.prompts.digest()) as is_due:
                self.corpus: Corpus = PromptCorpus.build(
                    prompts, tokenizer, self.settings.prompts.task or None
                )
                if is_due:
                    with self.folder.commit(self.folder.corpus) as path:
                        self.corpus.save(path)
            self.rows = wanted_rows(self.settings, self.corpus)
            with untouched(model):
                self.capture = settle_capture(model, self.corpus, self.rows, self.settings.capture).settings
            opening.enter_context(context.stage("capture", self.folder.manifest["begun"]))
            self._open = opening.pop_all()

    def look(self, model: PreTrainedModel, step: int, *, must: bool = False) -> Mapping[str, float]:
        """Keep the states of a step; returns quick agreement by name, nothing where the look was left out.

        Raises:
            ModelError: states are not finite. A look that fails for whatever reason leaves nothing behind.
        """
        began = time.monotonic()
        if step in self.steps:
            return {}
        self.left_out.add(step)
        if not must and self.seconds > self.most_share * (began - self.begun):
            return {}
        try:
            agreement = self._keep(model, step)
        finally:
            self.seconds += time.monotonic() - began
        return {**agreement, "nucleate/seconds": round(self.seconds, 3)}

    def _keep(self, model: PreTrainedModel, step: int) -> dict[str, float]:
        with untouched(model):
            with self.folder.commit(self.folder.states(step)) as path:
                store_states(
                    model,
                    self.corpus,
                    self.rows,
                    path,
                    step=step,
                    positions=self.settings.scoring.positions,
                    settings=self.capture,
                )
            self.steps.append(step)
            self.left_out.discard(step)
            return self._agreement(step)

    def end(self, history: Iterable[Mapping[str, Any]]) -> Run:
        """Scores, verdicts, figures and page of what was seen; `history` is the Trainer's log."""
        with self._open.pop_all():  # the lock and the stage of what was captured
            lines = log_lines([list(history)])
            if lines:
                with self.folder.commit(self.folder.training_log) as path:
                    write_lines(lines, path)
        cost = {"looks": len(self.steps), "left_out": len(self.left_out), "seconds": round(self.seconds, 3)}
        with self.folder.locked():
            self.folder.describe(watching=cost)
            context = FolderContext(self.settings, self.folder, Silent()).measuring(
                self.corpus, Kept(self.folder, self.out.name, sorted(self.steps))
            )
            score(context)
            unseen(context)
            draw(context)
            make_report(context)
        return Run(self.folder)

    def _asked(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"name": FROM_A_LOOP + self.out.name, "untrained": False}, {"file": str(self.given.path)}

    def _refuse_another(self, step: int) -> None:
        """A training that is gone on with adds to its looks; another one wants a folder of its own."""
        if self.folder.manifest["stages"].get("capture", {}).get("status") == "done":
            raise RunFolderError(
                f"{self.out} holds a training that was watched to its end", "Choose another folder with out=."
            )
        if step == 0 or "begun" not in self.folder.manifest:
            self.folder.describe(begun=uuid.uuid4().hex)

    def _agreement(self, step: int) -> dict[str, float]:
        """Of a sample with the labels that verdicts are about, for the eye and not for the table."""
        settings: AnalysisSettings = self.settings
        splits = [split for split in settings.scoring.splits if split != "train"][:1] or ["train"]
        rows = analysis_subset(
            self.corpus,
            settings.scoring.n_tasks,
            GLANCED_EXAMPLES,
            tuple(splits),
            settings.seed,
            per_instruction=len(self.rows),
        )
        states = read_states(self.folder.states(step), self.corpus, np.intersect1d(rows, self.rows))
        labels = states.labels[settings.claims.factor]
        found, n_init = {}, settings.scoring.n_init_settled
        for position in settings.scoring.positions:
            agreement = agreement_at_a_glance(states.at(position), labels, n_init)
            for site, own in zip(states.sites, agreement, strict=True):
                found[f"nucleate/{position}/{site}"] = round(own, 4)
        return found


@contextmanager
def untouched(model: PreTrainedModel) -> Iterator[None]:
    """Whatever is done within, the model's modules and all sources of chance are afterwards as before."""
    modes = [(module, module.training) for module in model.modules()]
    python, legacy = random.getstate(), np.random.get_state()
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(legacy)
            for module, was_training in modes:
                module.training = was_training
