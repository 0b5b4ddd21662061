"""Every setting of a run, and the presets that come with the program.

Hidden here: where presets lie, and how a name, a file, overrides and a seed become one checked model. Each
component's own settings live beside it; this is the one place that puts them together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag

from nucleate.claims import ClaimSettings
from nucleate.clustering.settings import ScoringSettings
from nucleate.config import Settings, merge, nearest, override, read_toml
from nucleate.corpus.facts import FactSettings
from nucleate.corpus.settings import CorpusSettings
from nucleate.errors import ConfigError
from nucleate.intervene.measure import InterveneSettings
from nucleate.models import ModelSettings
from nucleate.run_folder import RunFolder
from nucleate.training.trainer import TrainingSettings
from nucleate.unseen.analysis import UnseenSettings


def _kind_of_corpus(corpus: Any) -> str:
    kind = corpus.get("kind") if isinstance(corpus, Mapping) else getattr(corpus, "kind", None)
    return "(facts)" if kind == "facts" else "(grammar)"


AnyCorpusSettings = Annotated[
    Annotated[CorpusSettings, Tag("(grammar)")] | Annotated[FactSettings, Tag("(facts)")],
    Discriminator(_kind_of_corpus),
]


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


def settings_of(folder: RunFolder, overrides: Iterable[str] = ()) -> ExperimentSettings:
    """The settings that a folder was made with, changed by `overrides`."""
    folder.read_config()
    values = override(read_toml(folder.config_toml), overrides)
    return ExperimentSettings.from_mapping(values, str(folder.config_toml))


def _presets() -> Any:
    return resources.files("nucleate") / "preset_files"
