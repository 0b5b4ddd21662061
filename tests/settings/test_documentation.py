"""Every setting explains itself, in all three forms, and what explains it can still be read as settings."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from nucleate.settings.config import Settings, setting_names
from nucleate.settings.documentation import documented_toml, explain, json_schema, schema_file, tables_of
from nucleate.settings.presets import AnalysisSettings, ExperimentSettings, preset_names, resolve

DOCS = Path(__file__).parents[2] / "docs"


Share = Annotated[float, Field(ge=0, lt=1)]


class Planted(Settings):
    """Settings of every form."""

    share: float = Field(0.5, ge=0, lt=1, description="share of what there is")
    ways: tuple[Literal["a", "b"], ...] = Field(("a",), description="ways to go")
    ends: tuple[Share, Share] = Field((0.1, 0.9), description="where it begins and ends")
    word: str = Field("", description="any word")
    given: int = Field(gt=3, description="must be given, in steps")


@pytest.mark.parametrize("model", [ExperimentSettings, AnalysisSettings])
def test_no_setting_lacks_a_description(model):
    explained = [(table, one) for table, _, settings in tables_of(model) for one in settings]
    assert len(explained) >= 50
    for table, one in explained:
        assert len(one.description) > 4, f"{table}.{one.name} has no description"
        assert not one.description.startswith("of "), f"{table}.{one.name} does not say what it is"
        assert not one.description.endswith("."), f"{table}.{one.name}"


def test_explanations_name_every_setting():
    names = {
        f"{table}.{one.name}".lstrip(".") for table, _, all_ in tables_of(ExperimentSettings) for one in all_
    }
    assert names == set(setting_names(ExperimentSettings))


@pytest.mark.parametrize(
    ("name", "allowed", "default"),
    [
        ("share", "at least 0 and below 1", "0.5"),
        ("ways", "any of a, b", '["a"]'),
        ("ends", "each at least 0 and below 1", "[0.1, 0.9]"),
        ("word", "", '""'),
        ("given", "above 3", ""),
    ],
)
def test_bounds_choices_and_defaults_are_read_off_the_field(name, allowed, default):
    told = explain(name, Planted.model_fields[name])
    assert (told.allowed, told.default) == (allowed, default)


def test_the_comment_above_a_setting_explains_it_and_names_a_default_that_it_is_not():
    lines = documented_toml(Planted(given=9, share=0.25), "all forms").splitlines()
    assert lines[1] == "# All forms."
    place = lines.index("share = 0.25")
    assert lines[place - 1] == "# Share of what there is. At least 0 and below 1. Default 0.5."
    assert lines[lines.index('ways = ["a"]') - 1] == "# Ways to go. Any of a, b."


@pytest.mark.parametrize("preset", preset_names())
def test_documented_toml_reads_back_as_the_same_settings(preset, tmp_path):
    odd = ['scoring.positions=["it\'s", "\\"#"]', 'scoring.tsne_positions=["it\'s"]']
    settings = resolve(preset, [*odd, 'claims.position="it\'s"'])
    path = tmp_path / "mine.toml"
    path.write_text(documented_toml(settings, "mine"), encoding="utf-8")
    assert resolve(str(path)) == settings
    assert all(len(line) <= 110 for line in path.read_text(encoding="utf-8").splitlines()[1:])


def test_the_schema_that_is_installed_is_that_of_these_settings_and_the_toml_points_to_it():
    installed = schema_file().read_text(encoding="utf-8")
    assert installed == json_schema(ExperimentSettings), "write it again with: python docs/settings.py"
    steps = json.loads(installed)["$defs"]["TrainingSettings"]["properties"]["steps"]
    assert (steps["minimum"], steps["description"]) == (1, "optimizer steps")
    first = documented_toml(resolve("quick")).splitlines()[0]
    assert first == f"#:schema {schema_file().as_uri()}"
    assert (
        tomllib.loads(documented_toml(resolve("quick")))["training"]["steps"]
        == resolve("quick").training.steps
    )


def test_the_page_of_settings_is_what_they_say():
    names: dict = {"__name__": "settings"}
    exec(compile((DOCS / "settings.py").read_text(encoding="utf-8"), "settings.py", "exec"), names)
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == names["settings_page"](), (
        "write it again with: python docs/settings.py"
    )
