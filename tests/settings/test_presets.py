import pytest

from nucleate.errors import ConfigError
from nucleate.settings.presets import preset_names, resolve


@pytest.mark.parametrize("preset", ["smoke", "quick", "paper", "paper-wide", "dialects", "realistic"])
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


def test_a_pretrained_start_brings_settings_of_its_own_and_overrides_stand_above_them():
    scratch, on = (resolve("realistic", overrides) for overrides in ((), ("model.start=a.gguf",)))
    assert (scratch.claims.pretrained, on.claims.pretrained) == (False, True)
    assert on.training.learning_rate == 1e-4 < scratch.training.learning_rate
    assert on.corpus == scratch.corpus
    assert resolve("realistic", ["model.start=a.gguf", "training.steps=70"]).training.steps == 70


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            "scoring.positions=['input']",
            "claims.position is last_instruction, and scoring.positions has only input",
        ),
        ("scoring.factors=['tsak']", "claims.factor is task, and scoring.factors has only tsak"),
        (
            "scoring.preparations=['standardise']",
            "claims.preparation is raw, and scoring.preparations has only",
        ),
        ("claims.preparation=pca", "claims.preparation is pca, and scoring.preparations has only raw"),
        ("scoring.methods=['ward']", "claims are judged by ari of kmeans"),
        ("scoring.metrics=['ami']", "claims are judged by ari of kmeans"),
    ],
)
def test_claims_that_could_not_be_judged_are_refused_with_the_setting_to_change(override, words):
    with pytest.raises(ConfigError) as caught:
        resolve("quick", [override])
    assert words in caught.value.what


@pytest.mark.parametrize(
    ("override", "words"),
    [
        (
            "corpus.n_phrasing=9",
            "unknown setting corpus.n_phrasing in realistic. Did you mean corpus.n_phrasings",
        ),
        ("corpus.n_inputs=0", "corpus.n_inputs in realistic: input should be greater than"),
        ("corpus.n_symbols=9", "corpus.n_symbols does not go with the other settings"),
        ("corpus.kind=fact", "corpus in realistic: kind is 'facts', or not given"),
        ("model=3", "model in realistic: "),
    ],
)
def test_a_mistake_in_a_corpus_of_either_kind_is_named_by_its_key(override, words):
    with pytest.raises(ConfigError) as caught:
        resolve("realistic", [override])
    assert words in caught.value.what


def test_a_start_table_that_is_no_table_is_the_users_error(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('with_start = 3\nmodel.start = "somewhere"\n')
    with pytest.raises(ConfigError, match=r"with_start in .* is no table"):
        resolve(str(path))


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("unseen.positions=[]", "unseen.positions"),
        ("scoring.positions=[]", "scoring.positions"),
        ("intervene.positions=[]", "intervene.positions"),
        ("intervene.strengths=[1.0, nan]", "intervene.strengths"),
        ("training.learning_rate=inf", "training.learning_rate"),
        ("seed=9223372036854775808", "seed"),
        ("seed=true", "seed"),
        ("training.learning_rate=true", "training.learning_rate"),
        ("training.checkpoint_steps=[1, true]", "training.checkpoint_steps"),
        ("training.betas=[1, 2]", "training.betas"),
        ("training.betas=[0.9, 1.0]", "training.betas"),
        ("training.betas=[-0.1, 0.9]", "training.betas"),
    ],
)
def test_what_means_nothing_is_refused_by_its_name(override, key):
    with pytest.raises(ConfigError) as refused:
        resolve("smoke", [override])
    assert key in f"{refused.value.what} {refused.value.mend}"
