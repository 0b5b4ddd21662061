import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from nucleate.errors import ConfigError
from nucleate.settings.config import Settings, setting_names
from nucleate.settings.presets import resolve
from nucleate.settings.tables import override, read_toml


class Inner(Settings):
    steps: int = Field(4, ge=1)
    names: tuple[str, ...] = ()


class Outer(Settings):
    seed: int = 1
    training: Inner = Inner()


def test_overrides_reach_inner_tables_and_keep_the_rest():
    values = override(
        {"training": {"steps": 2}, "seed": 5}, ["training.steps=9", "training.names=['a', 'b']"]
    )
    settings = Outer.from_mapping(values, "here")
    assert (settings.seed, settings.training.steps, settings.training.names) == (5, 9, ("a", "b"))


@given(st.integers(), st.integers(1, 10**6), st.lists(st.text("abc_ é\"'", min_size=1)))
def test_toml_round_trip(tmp_path_factory, seed, steps, names):
    settings = Outer(seed=seed, training=Inner(steps=steps, names=tuple(names)))
    path = tmp_path_factory.mktemp("toml") / "config.toml"
    path.write_text(settings.to_toml(), encoding="utf-8")
    again = Outer.from_mapping(read_toml(path), "file")
    assert again == settings
    assert again.digest() == settings.digest()


def test_digest_changes_with_any_value():
    assert Outer().digest() != Outer(training=Inner(steps=5)).digest()


def test_every_setting_has_a_dotted_name():
    assert list(setting_names(Outer)) == ["seed", "training.steps", "training.names"]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["training.step=3"], "Did you mean training.steps?"),
        (["training.steps=0"], "training.steps"),
        (["training.steps=many"], "'many'"),
        (["training.steps"], "expected KEY=VALUE"),
        (["seed=2", "seed.x=1"], "seed is a value"),
        (["training.steps=" + "[" * 3000], "training.steps"),
    ],
)
def test_mistakes_are_named(overrides, words):
    with pytest.raises(ConfigError) as caught:
        Outer.from_mapping(override({}, overrides), "here")
    assert words in caught.value.what
    assert "\n" not in caught.value.what


def test_numbers_without_end_and_nul_are_named_as_mistakes(tmp_path):
    (tmp_path / "a.toml").write_text(f"seed = {'9' * 5000}\n")
    with pytest.raises(ConfigError, match=r"a\.toml is not readable TOML"):
        read_toml(tmp_path / "a.toml")
    assert override({}, [f"seed={'9' * 5000}"]) == {"seed": "9" * 5000}
    for asked in (
        "model.start=a\0b",
        f"seed={2**63}",
        'scoring.splits=["train", "train"]',
        "scoring.splits=[]",
    ):
        with pytest.raises(ConfigError, match=r"NUL|less than|twice|names nothing"):
            resolve("smoke", [asked])
