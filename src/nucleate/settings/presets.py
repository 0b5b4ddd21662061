"""Every setting of a run, and the presets that come with the program.

This module hides where presets lie, and how a name, a file, overrides and a seed become one checked model.
Each room's own settings lie in its `settings.py`; this is the one place that puts them together. Nothing
here needs torch or transformers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Protocol

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from nucleate.capture.settings import CaptureSettings
from nucleate.claims.settings import ClaimSettings
from nucleate.corpus.prompts.settings import FactSettings, PromptSettings
from nucleate.corpus.settings import CorpusSettings
from nucleate.errors import ConfigError
from nucleate.figures.settings import FigureSettings
from nucleate.intervene.settings import InterveneSettings
from nucleate.models.series.settings import SeriesSettings
from nucleate.models.settings import ModelSettings
from nucleate.pictures.settings import PictureSettings
from nucleate.scoring.settings import ScoringSettings
from nucleate.settings.config import Settings, nearest
from nucleate.settings.tables import merge, override, read_toml
from nucleate.training.settings import TrainingSettings
from nucleate.unseen.settings import UnseenSettings


def _kind_of_corpus(corpus: Any) -> str:
    kind = corpus.get("kind") if isinstance(corpus, Mapping) else getattr(corpus, "kind", None)
    return "(facts)" if kind == "facts" else "(grammar)"


AnyCorpusSettings = Annotated[
    Annotated[CorpusSettings, Tag("(grammar)")] | Annotated[FactSettings, Tag("(facts)")],
    Discriminator(_kind_of_corpus),
]


class MeasurementSettings(Protocol):
    """What a run and an analysis have in common: how a model is measured."""

    @property
    def seed(self) -> int: ...
    @property
    def scoring(self) -> ScoringSettings: ...
    @property
    def pictures(self) -> PictureSettings: ...
    @property
    def unseen(self) -> UnseenSettings: ...
    @property
    def intervene(self) -> InterveneSettings: ...
    @property
    def claims(self) -> ClaimSettings: ...
    @property
    def figures(self) -> FigureSettings: ...


class AnalysisSettings(Settings):
    """Every setting of an analysis of somebody else's model."""

    seed: int = Field(
        1, ge=0, lt=2**63, description="where the randomness of samples, clusters and intervals begins"
    )
    model: SeriesSettings
    prompts: PromptSettings
    capture: CaptureSettings = CaptureSettings()
    scoring: ScoringSettings = ScoringSettings()
    pictures: PictureSettings = PictureSettings()
    unseen: UnseenSettings = UnseenSettings()
    intervene: InterveneSettings = InterveneSettings()
    claims: ClaimSettings = ClaimSettings()
    figures: FigureSettings = FigureSettings()

    @model_validator(mode="after")
    def _claims_are_scored(self) -> AnalysisSettings:
        _require_scored_claims(self.scoring, self.claims)
        return self


class ExperimentSettings(Settings):
    """Every setting of a run. `corpus.kind = "facts"` chooses the settings of facts in natural language."""

    seed: int = Field(
        1,
        ge=0,
        lt=2**63,
        description="where all randomness begins: corpus, weights, batches, samples, clusters and intervals",
    )
    corpus: AnyCorpusSettings = CorpusSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
    scoring: ScoringSettings = ScoringSettings()
    pictures: PictureSettings = PictureSettings()
    unseen: UnseenSettings = UnseenSettings()
    intervene: InterveneSettings = InterveneSettings()
    claims: ClaimSettings = ClaimSettings()
    figures: FigureSettings = FigureSettings()

    @field_validator("corpus", mode="before")
    @classmethod
    def _kind_is_known(cls, corpus: Any) -> Any:
        if isinstance(corpus, Mapping) and corpus.get("kind", "facts") != "facts":
            raise ValueError(
                f"kind is 'facts', or not given where grammars are drawn, not {corpus['kind']!r}"
            )
        return corpus

    @model_validator(mode="after")
    def _claims_are_scored(self) -> ExperimentSettings:
        _require_scored_claims(self.scoring, self.claims)
        return self


def preset_names() -> list[str]:
    """The presets that come with the program."""
    return sorted(
        file.name.removesuffix(".toml") for file in _presets().iterdir() if file.name.endswith(".toml")
    )


def preset_summary(name: str) -> str:
    """What a preset is, in a line: the first of its file."""
    return (_presets() / f"{name}.toml").read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")


def resolve(
    preset_or_toml: str, overrides: Iterable[str] = (), seed: int | None = None
) -> ExperimentSettings:
    """Settings from a preset's name or a TOML file, then `key=value` overrides, then `seed`.

    A table `with_start` holds settings that are put over the file's where `model.start` is given.

    Raises:
        ConfigError: no such preset or file, an unknown key, values that do not hold together.
    """
    if preset_or_toml in preset_names():
        with resources.as_file(_presets() / f"{preset_or_toml}.toml") as path:
            values = read_toml(path)
    elif preset_or_toml.endswith(".toml"):
        values = read_toml(Path(preset_or_toml))
        if not isinstance(values.get("with_start", {}), Mapping):
            raise ConfigError(
                f"with_start in {preset_or_toml} is no table", "Write it as [with_start.TABLE]."
            )
    else:
        raise ConfigError(
            f"no preset {preset_or_toml!r}.{nearest(preset_or_toml, preset_names())}",
            f"Presets: {', '.join(preset_names())}; or name a file that ends in .toml.",
        )
    chosen = [*overrides, *([] if seed is None else [f"seed={seed}"])]
    with_start = values.pop("with_start", {})
    model = override(values, chosen).get("model")
    if isinstance(model, Mapping) and model.get("start"):
        values = merge(values, with_start)
    return ExperimentSettings.from_mapping(override(values, chosen), preset_or_toml)


def read_settings(path: Path, overrides: Iterable[str] = ()) -> ExperimentSettings | AnalysisSettings:
    """The settings of a run's `config.toml`, changed by `overrides`.

    Raises:
        ConfigError: the file is no such config, or an override is wrong.
    """
    values = override(read_toml(path), overrides)
    kind = AnalysisSettings if "prompts" in values else ExperimentSettings
    return kind.from_mapping(values, str(path))


def training_steps(settings: ExperimentSettings | AnalysisSettings) -> int:
    """Of the training that a folder holds; an analysis has none."""
    return settings.training.steps if isinstance(settings, ExperimentSettings) else 0


def _require_scored_claims(scoring: ScoringSettings, claims: ClaimSettings) -> None:
    """What claims are judged by, and figures draw, must be scored."""
    for key, asked, scored in (
        ("position", claims.position, scoring.positions),
        ("factor", claims.factor, scoring.factors),
        ("preparation", claims.preparation, scoring.preparations),
    ):
        if asked not in scored:
            raise ValueError(f"claims.{key} is {asked}, and scoring.{key}s has only {', '.join(scored)}")
    if "kmeans" not in scoring.methods or "ari" not in scoring.metrics:
        raise ValueError(
            "claims are judged by ari of kmeans, and scoring.methods or scoring.metrics lacks it"
        )


def _presets() -> Any:
    return resources.files("nucleate") / "settings" / "preset_files"
