"""`Run`: a run's folder to read, each part loaded when it is asked for.

This module hides what each part needs. `table` is read with Arrow alone, frames need pandas, pictures
matplotlib; nothing but models and their states needs torch or transformers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nucleate.api.plots import Plots
from nucleate.run_folder.folder import RunFolder

if TYPE_CHECKING:
    import pandas as pd
    from transformers import PreTrainedModel

    from nucleate.api.settings import Overrides
    from nucleate.capture.hidden_states import HiddenStates
    from nucleate.claims.evidence import Evidence
    from nucleate.claims.settings import ClaimSettings
    from nucleate.claims.verdicts import ClaimVerdict
    from nucleate.corpus.corpus import Corpus
    from nucleate.report.in_notebook import Shown
    from nucleate.scores import Scores
    from nucleate.settings.presets import AnalysisSettings, ExperimentSettings


@dataclass(frozen=True)
class Run(Plots):
    """A run's folder with what is in it.

    Attributes:
        folder: where every file of it lies.
    """

    folder: RunFolder

    @property
    def settings(self) -> ExperimentSettings | AnalysisSettings:
        """Every setting that it was made with."""
        return self.settings_with(())

    @property
    def training_steps(self) -> int:
        """Of the training that it holds; an analysis has none."""
        from nucleate.settings.presets import training_steps

        return training_steps(self.settings)

    @property
    def claim_settings(self) -> ClaimSettings:
        """Where its claims are judged."""
        from nucleate.claims.settings import ClaimSettings
        from nucleate.settings.tables import read_toml

        self.folder.read_config()
        path = self.folder.config_toml
        return ClaimSettings.from_mapping(read_toml(path)["claims"], str(path))

    @property
    def table(self) -> Scores:
        """The scores as a table that is asked with `where`, without pandas."""
        from nucleate.scores import Scores

        self.folder.require("scoring")
        return Scores.read(self.folder.scores)

    @property
    def scores(self) -> pd.DataFrame:
        """One row per number: what it is of, its value, its 95 % interval; controls are rows too."""
        return self.table.to_pandas()

    @property
    def emergence(self) -> pd.DataFrame:
        """Onset, half-rise, level, overshoot and lag of every figure."""
        return self._read("claims", self.folder.emergence)

    @property
    def unseen(self) -> pd.DataFrame:
        """How cluster membership goes with answers on unseen instances."""
        return self._read("unseen", self.folder.unseen)

    @property
    def arms(self) -> pd.DataFrame:
        """The control arms, a row for every arm, seed and step; see `nucleate.train_arms`."""
        return self._read("arms", self.folder.arms)

    @property
    def selective(self) -> pd.DataFrame:
        """Risk and coverage of who answers unseen instances only where a state lies with its task."""
        return self._read("unseen", self.folder.selective)

    @property
    def interventions(self) -> pd.DataFrame:
        """What answers become when states are moved."""
        return self._read("intervene", self.folder.interventions)

    @property
    def projections(self) -> pd.DataFrame:
        """A row per point of each picture: its place, its cluster, and what is known of its example."""
        from nucleate.pictures.points_table import Projections

        self.folder.require("scoring")
        return Projections.read(self.folder.projections).to_pandas()

    @property
    def claims(self) -> pd.DataFrame:
        """The verdicts that were written with the run, a row per claim and position."""
        import pandas as pd

        return pd.DataFrame([vars(one) for one in self.verdicts])

    @property
    def verdicts(self) -> list[ClaimVerdict]:
        """The same, as objects."""
        from nucleate.claims.verdicts import read_claims

        self.folder.require("claims")
        return read_claims(self.folder.claims)

    @property
    def corpus(self) -> Corpus:
        """What the model was taught, or the prompts that it was given."""
        from nucleate.corpus.saved import load_corpus

        self.folder.require("corpus")
        return load_corpus(self.folder.corpus)

    def hidden_states(
        self,
        step: int | None = None,
        positions: Sequence[str] | None = None,
        rows: Sequence[int] | None = None,
    ) -> HiddenStates:
        """The states of some examples, `[example, site, position, d]`, with their labels.

        Args:
            step: of the checkpoint; the last where it is not given.
            positions: some of those that are scored; all where they are not given.
            rows: of `corpus.table`; the examples that are scored where they are not given.

        Raises:
            RunFolderError: there is no such checkpoint; LabelsError: no such position.
        """
        import numpy as np

        from nucleate.comparing.looked import look_into

        looked = look_into(self.folder)
        wanted = None if rows is None else np.asarray(rows)
        return looked.states(looked.steps(None if step is None else [step])[0], wanted, positions)

    def model(self, step: int | None = None) -> PreTrainedModel:
        """The model of a step, the last where it is not given, as transformers has it.

        Raises:
            RunFolderError: there is no such checkpoint; InterventionError: the model was not kept.
        """
        from nucleate.comparing.looked import look_into

        looked = look_into(self.folder)
        return looked.model(looked.steps(None if step is None else [step])[0])

    def show(self, height: int = 820) -> Shown:
        """The page: below the cell of a notebook, in a browser elsewhere.

        Raises:
            RunFolderError: there is no page yet.
        """
        import webbrowser

        from rich.console import Console

        from nucleate.report.in_notebook import Shown

        self.folder.require("report")
        if not Console().is_jupyter:
            webbrowser.open(self.folder.report.resolve().as_uri())
        return Shown(self.folder.report, height)

    def _repr_html_(self) -> str:
        from nucleate.report.in_notebook import card

        judged = self.verdicts if self.folder.is_finished("claims") else []
        position = self.claim_settings.position
        here = [one for one in judged if one.position == position]
        return card(self.folder.name, self.folder.path, here, self.folder.figures / "emergence.png")

    def _read(self, stage: str, table: Path) -> pd.DataFrame:
        from nucleate.foreign_files import read_parquet

        self.folder.require(stage)
        return read_parquet(table).to_pandas()

    def settings_with(self, overrides: Overrides) -> ExperimentSettings | AnalysisSettings:
        """Its settings as they would be with some of them changed; nothing is written.

        Raises:
            ConfigError: an override is wrong.
        """
        from nucleate.settings.presets import read_settings
        from nucleate.settings.tables import assignments

        self.folder.read_config()
        return read_settings(self.folder.config_toml, assignments(overrides))

    @cached_property
    def evidence(self) -> Evidence:
        """The tables that its claims are judged by, read once.

        Raises:
            RunFolderError: a table is missing or is not the one that was written.
        """
        from nucleate.claims.evidence import Evidence

        return Evidence.read(self.folder, self.claim_settings)

    def judge(self) -> list[ClaimVerdict]:
        """The verdicts anew, from the tables that are there; nothing is written."""
        from nucleate.claims.judging import judge_claims

        return judge_claims(self.evidence)

    def readings(self) -> list[str]:
        """What interventions on single tokens mean, in sentences; none where there were no interventions."""
        from nucleate.claims.single_tokens import read_interventions, sentences

        found = self.evidence
        if found.effects is None:
            return []
        return list(sentences(read_interventions(found.scores, found.effects, found.view)))
