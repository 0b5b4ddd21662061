"""Every setting of a run, and the presets that come with the program.

Hidden here: where presets lie, and how a name, a file, overrides and a seed become one checked model. Each
component's own settings live beside it; this is the one place that puts them together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Protocol

from pydantic import Discriminator, Field, Tag

from nucleate.capture.settings import CaptureSettings
from nucleate.claims import ClaimSettings
from nucleate.clustering.settings import ScoringSettings
from nucleate.config import Settings, merge, nearest, override, read_toml
from nucleate.corpus.facts import FactSettings
from nucleate.corpus.prompt_corpus import factors_of, task_of
from nucleate.corpus.prompt_settings import PromptSettings
from nucleate.corpus.prompts import Prompt, read_prompts
from nucleate.corpus.settings import CorpusSettings
from nucleate.errors import ConfigError
from nucleate.intervene.measure import InterveneSettings
from nucleate.models import ModelSettings
from nucleate.run_folder import RunFolder
from nucleate.series.settings import SeriesSettings
from nucleate.training.trainer import TrainingSettings
from nucleate.unseen.analysis import UnseenSettings


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
    def unseen(self) -> UnseenSettings: ...
    @property
    def intervene(self) -> InterveneSettings: ...
    @property
    def claims(self) -> ClaimSettings: ...


class AnalysisSettings(Settings):
    """Every setting of an analysis of somebody else's model."""

    seed: int = Field(1, ge=0)
    model: SeriesSettings
    prompts: PromptSettings
    capture: CaptureSettings = CaptureSettings()
    scoring: ScoringSettings = ScoringSettings()
    unseen: UnseenSettings = UnseenSettings()
    intervene: InterveneSettings = InterveneSettings()
    claims: ClaimSettings = ClaimSettings()


class ExperimentSettings(Settings):
    """Every setting of a run. `corpus.kind = "facts"` chooses the settings of `corpus/facts.py`."""

    seed: int = Field(1, ge=0)
    corpus: AnyCorpusSettings = CorpusSettings()
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
    scoring: ScoringSettings = ScoringSettings()
    unseen: UnseenSettings = UnseenSettings()
    intervene: InterveneSettings = InterveneSettings()
    claims: ClaimSettings = ClaimSettings()


def preset_names() -> list[str]:
    """The presets that come with the program."""
    return sorted(
        file.name.removesuffix(".toml") for file in _presets().iterdir() if file.name.endswith(".toml")
    )


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
    else:
        raise ConfigError(
            f"no preset {preset_or_toml!r}.{nearest(preset_or_toml, preset_names())}",
            f"Presets: {', '.join(preset_names())}; or name a file that ends in .toml.",
        )
    chosen = [*overrides, *([] if seed is None else [f"seed={seed}"])]
    with_start = values.pop("with_start", {})
    if override(values, chosen).get("model", {}).get("start"):
        values = merge(values, with_start)
    return ExperimentSettings.from_mapping(override(values, chosen), preset_or_toml)


def resolve_analysis(
    model: Mapping[str, Any], prompts: Mapping[str, Any], overrides: Iterable[str] = ()
) -> tuple[AnalysisSettings, list[Prompt]]:
    """Settings that fit the prompts, and the prompts: what they tell is measured, in all their splits.

    Args:
        model: values of `SeriesSettings`.
        prompts: values of `PromptSettings`; `sha256` is found here.
        overrides: `key=value`, over everything.

    Raises:
        CorpusError: the file is not one of prompts; ConfigError: an override is wrong.
    """
    asked = override({"model": model, "prompts": prompts}, overrides)["prompts"]
    file = Path(asked["file"])
    read = read_prompts(file, **{name: asked[name] for name in ("template", "delimiter") if name in asked})
    fitting = _fitting(read, asked.get("task") or None)
    found = {"prompts": {**prompts, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}, "model": model}
    values = override({**fitting, **found}, overrides)
    return AnalysisSettings.from_mapping(values, "the analysis"), read


def _fitting(prompts: Sequence[Prompt], task: str | None) -> dict[str, Any]:
    """Settings of the stages, as the prompts allow: every position and factor that they tell."""
    of_instruction = ["last_instruction", "instruction_mean"] if prompts[0].instruction else []
    positions = ["last", *of_instruction, *(["input"] if prompts[0].input else [])]
    factors = factors_of(prompts)
    splits = sorted({prompt.split for prompt in prompts}, key=lambda split: (split != "train", split))
    return {
        "scoring": {
            "positions": positions,
            "factors": list(factors),
            "splits": splits,
            "instances_per_instruction": len(prompts),
            "preparations": ["raw", "standardise"],
            "tsne_positions": ["last"],
        },
        "unseen": {"positions": positions},
        "intervene": {"in_run": False},
        "claims": {"position": "last", "factor": task_of(prompts, task)},
    }


def settings_of(folder: RunFolder, overrides: Iterable[str] = ()) -> ExperimentSettings | AnalysisSettings:
    """The settings that a folder was made with, changed by `overrides`."""
    folder.read_config()
    values = override(read_toml(folder.config_toml), overrides)
    kind = AnalysisSettings if "prompts" in values else ExperimentSettings
    return kind.from_mapping(values, str(folder.config_toml))


def training_steps(settings: ExperimentSettings | AnalysisSettings) -> int:
    """Of the training that a folder holds; an analysis has none."""
    return settings.training.steps if isinstance(settings, ExperimentSettings) else 0


def _presets() -> Any:
    return resources.files("nucleate") / "preset_files"
