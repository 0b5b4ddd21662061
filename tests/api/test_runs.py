"""Each part of a run, as it was made."""

import pytest

from nucleate.errors import ConfigError, RunFolderError


def test_every_part_is_there(made):
    assert len(made.scores) > 100
    assert made.corpus.table.num_rows > 0
    assert {one.claim for one in made.claims} == {one.claim for one in made.judge()}
    assert made.claim_settings == made.settings.claims
    assert made.training_steps == 4


def test_a_run_without_interventions_has_no_readings(made):
    assert made.readings() == []


def test_changed_settings_are_looked_at_and_nothing_is_written(made):
    before = made.folder.config_toml.read_bytes()
    assert made.settings_with({"claims.factor": "input"}).claims.factor == "input"
    with pytest.raises(ConfigError, match=r"claims\.factr"):
        made.settings_with(["claims.factr=input"])
    assert made.folder.config_toml.read_bytes() == before


def test_edited_settings_are_refused(own, made):
    path = own / "config.toml"
    path.write_text(path.read_text().replace("steps = 4", "steps = 5"))
    with pytest.raises(RunFolderError, match="was edited"):
        type(made)(type(made.folder).open(own)).claim_settings  # noqa: B018 - it is read
