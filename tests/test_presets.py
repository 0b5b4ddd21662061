import pytest

from nucleate.errors import ConfigError
from nucleate.presets import preset_names, resolve


@pytest.mark.parametrize("preset", ["smoke", "quick", "paper", "paper-wide", "dialects"])
def test_presets_resolve(preset):
    assert preset in preset_names()
    settings = resolve(preset)
    assert settings == type(settings).from_mapping(settings.model_dump(), preset)


def test_overrides_and_seed_reach_the_settings():
    settings = resolve("quick", ["model.n_layer=2", "corpus.n_tasks=7"], seed=5)
    assert (settings.model.n_layer, settings.corpus.n_tasks, settings.seed) == (2, 7, 5)


def test_a_preset_that_is_not_there_is_named_with_its_nearest():
    with pytest.raises(ConfigError, match="Did you mean dialects"):
        resolve("dialect")
