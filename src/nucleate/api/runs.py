"""`Run`: a run's folder to read, each part loaded when it is asked for.

What is hidden: what each part needs. Scores are read with Arrow alone; verdicts need pandas; nothing here
needs torch or transformers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nucleate.run_folder.folder import RunFolder

if TYPE_CHECKING:
    from nucleate.api.settings import Overrides
    from nucleate.claims.evidence import Evidence
    from nucleate.claims.settings import ClaimSettings
    from nucleate.claims.verdicts import ClaimVerdict
    from nucleate.corpus.corpus import Corpus
    from nucleate.scores import Scores
    from nucleate.settings.presets import AnalysisSettings, ExperimentSettings


@dataclass(frozen=True)
class Run:
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
        from nucleate.settings.config import read_toml

        self.folder.read_config()
        path = self.folder.config_toml
        return ClaimSettings.from_mapping(read_toml(path)["claims"], str(path))

    @property
    def scores(self) -> Scores:
        """The table of scores, one row per number."""
        from nucleate.scores import Scores

        self.folder.require("scoring")
        return Scores.read(self.folder.scores)

    @property
    def corpus(self) -> Corpus:
        """What the model was taught, or the prompts that it was given."""
        from nucleate.corpus.saved import load_corpus

        self.folder.require("corpus")
        return load_corpus(self.folder.corpus)

    @property
    def claims(self) -> list[ClaimVerdict]:
        """The verdicts that were written with the run, at every position."""
        from nucleate.claims.verdicts import read_claims

        self.folder.require("claims")
        return read_claims(self.folder.claims)

    def settings_with(self, overrides: Overrides) -> ExperimentSettings | AnalysisSettings:
        """Its settings as they would be with some of them changed; nothing is written.

        Raises:
            ConfigError: an override is wrong.
        """
        from nucleate.settings.config import assignments
        from nucleate.settings.presets import read_settings

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
